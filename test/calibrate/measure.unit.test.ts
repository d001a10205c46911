import { expect, it } from 'vitest';
import { measure } from '../../src/calibrate/measure.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { fileOf, founded, lineOf, SCHOOL, us } from '../backtest/support.js';

it('counts the weeks up to the last day of the history, not of its alerts', async () => {
  const seen = (id: string, time: string, finding: string) =>
    lineOf({
      id,
      source: '/grid/370702',
      type: 'inspection.recorded',
      time,
      data: { inspectionId: id, role: 'grid', findings: [finding] },
    });
  const shut = seen('shut', '2025-04-02T10:00:00+08:00', 'shut');
  const other = lineOf({
    id: 'x',
    type: 'complaint.received',
    time: '2025-06-10T10:00:00+08:00',
    data: { ticketId: 'H', kind: 'fee' },
  });
  const labels = [
    { id: SCHOOL, kind: 'healthy' as const, archetype: null, stopDay: null, firstSignDay: null, must: [] },
  ];
  const options = { calendar: CHINA_CALENDAR, threads: 1, limits: { bytesMax: 262_144, depthMax: 32 } };
  const of = (until: string | null) =>
    measure([{ paths: [fileOf([founded(SCHOOL, '2025-03-03')[0]!, shut, other])], labels }], DEFAULT_POLICY, {
      ...options,
      until: until === null ? null : us(until),
    });
  // Red from Wednesday 2 April on: weeks that begin on 31 March … 9 June.
  expect(await of(null)).toMatchObject({ healthyWeeks: 11, warnings: 1 });
  expect(await of('2025-04-16T12:00:00+08:00')).toMatchObject({ healthyWeeks: 3 });
});
