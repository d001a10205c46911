import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { type Policy, parsePolicy } from '../../src/risk/policy/policy.js';
import { addDays, type Backtested, backtested, enrolled, fileOf, founded, lineOf, SCHOOL, us } from './support.js';

function told({ lines }: Backtested, ruleId: string): string[] {
  return lines
    .filter((line) => line.ruleId === ruleId)
    .map((line) => `${(JSON.parse(line.json) as { time: string }).time} ${line.kind} ${line.level}`);
}

/** A school whose only lesson is on 20 December, with fees that are owed afterwards. */
const QUIET = [
  ...founded(SCHOOL, '2025-12-17'),
  ...enrolled(SCHOOL, 'C-1', '2025-12-18', 300_000),
  lineOf({ id: 'lesson', type: 'lesson.delivered', time: '2025-12-20T10:00:00+08:00', data: { lessonId: 'L-1' } }),
];

describe('the virtual clock', () => {
  it('goes on by itself to --until, over the end of a year', async () => {
    const { lines, counts } = await backtested(fileOf(QUIET), { until: us('2026-01-20T00:00:00+08:00') });
    expect(told({ lines, counts, text: '' }, 'D01')).toEqual([
      '2025-12-28T00:00:00+08:00 raised orange',
      '2026-01-04T00:00:00+08:00 level_changed red',
    ]);
  });

  it('ends with the day of the last event when nothing else is said', async () => {
    const whole = await backtested(fileOf(QUIET));
    expect(told(whole, 'D01')).toEqual([]);
    const later = await backtested(
      fileOf([
        ...QUIET,
        lineOf({ id: 'x', type: 'lesson.cancelled', time: '2026-01-03T23:59:59+08:00', data: { lessonId: 'L-2' } }),
      ]),
    );
    expect(told(later, 'D01')).toEqual([
      '2025-12-28T00:00:00+08:00 raised orange',
      '2026-01-04T00:00:00+08:00 level_changed red',
    ]);
  });

  it('does not go on for the sake of a line that is refused', async () => {
    const refused = lineOf({
      id: 'x',
      type: 'payment.succeeded',
      time: '2099-01-03T23:59:59+08:00',
      data: { paymentId: 'P-9', amountFen: -1, channel: 'card' },
    });
    const whole = await backtested(fileOf(QUIET));
    const more = await backtested(fileOf([...QUIET, refused]));
    expect(more.counts.byCode).toEqual({ bad_money: 1 });
    expect(more.text).toBe(whole.text);
  });

  it('tells of an event at its own moment, and of a moment between events at that moment', async () => {
    const lines = [
      ...QUIET,
      lineOf({
        id: 'visit',
        source: '/grid/370702',
        type: 'inspection.recorded',
        time: '2025-12-21T10:11:12.5+08:00',
        data: { inspectionId: 'I-1', role: 'grid', findings: ['shut'] },
      }),
    ];
    const result = await backtested(fileOf(lines), { until: us('2025-12-25T00:00:00+08:00') });
    expect(told(result, 'F07')).toEqual(['2025-12-21T10:11:12.5+08:00 raised red']);
    // The bank's statement of the first day is due by noon of the next working day.
    expect(told(result, 'A07')[0]).toBe('2025-12-18T12:00:00+08:00 raised blue');
  });

  it('goes by when an event was known, not by when it happened', async () => {
    const visit = {
      id: 'visit',
      type: 'inspection.recorded',
      time: '2025-12-21T10:00:00+08:00',
      recordedtime: '2025-12-23T09:00:00+08:00',
      data: { inspectionId: 'I-1', role: 'grid', findings: ['shut'] },
    };
    const result = await backtested(fileOf([...QUIET, lineOf(visit)]));
    expect(told(result, 'F07')).toEqual(['2025-12-23T09:00:00+08:00 raised red']);
  });

  it('looks at a moment as a whole: the order of its events decides neither whether nor when something is told', async () => {
    const recordedtime = '2025-12-19T15:00:00+08:00';
    const account = { bankCode: 'B001', mode: 'deposit', validFrom: '2025-12-17' };
    const base = [
      ...founded(SCHOOL, '2025-12-17').slice(0, 1),
      ...[
        { accountId: 'D-1', purpose: 'deposit', openingFen: 100 },
        { accountId: `A-${SCHOOL}`, purpose: 'settlement' },
      ].map((one) =>
        lineOf({
          id: one.accountId,
          type: 'account.registered',
          time: '2025-12-17T08:00:00+08:00',
          data: { ...account, ...one },
        }),
      ),
    ];
    const moment = enrolled(SCHOOL, 'C-1', '2025-12-19', 300_000)
      .slice(0, 2)
      .map((line) => JSON.stringify({ ...JSON.parse(line), recordedtime }));
    const forwards = await backtested(fileOf([...base, ...moment]));
    expect(told(forwards, 'A02')).toEqual(['2025-12-20T00:00:00+08:00 raised red']);
    expect((await backtested(fileOf([...base, ...moment.toReversed()]))).text).toBe(forwards.text);
  });

  it('says nothing of a history that begins after --until', async () => {
    const { counts, lines } = await backtested(fileOf(QUIET), { until: us('2025-01-01T00:00:00+08:00') });
    expect(lines).toEqual([]);
    expect(counts).toMatchObject({ read: 0, accepted: 0 });
  });

  it('reads an empty history, and one in which nothing is valid', async () => {
    expect((await backtested(fileOf([]))).counts).toMatchObject({ read: 0, rejected: 0 });
    const { counts } = await backtested(fileOf(['nonsense', '{"time":"2026-01-01T00:00:00+08:00"}', '[]']));
    expect(counts).toMatchObject({
      read: 3,
      accepted: 0,
      rejected: 3,
      byCode: { not_json: 1, missing_field: 1, not_an_object: 1 },
    });
  });
});

describe('a policy of one’s own', () => {
  const policy = (params: object, enabled = true): Policy =>
    parsePolicy({
      version: 'strict',
      entries: [
        { rule: 'D01', region: '370700', validFrom: '2025-01-01', params, ...(enabled ? {} : { enabled: false }) },
      ],
    });
  const until = us('2026-01-20T00:00:00+08:00');
  const days = (value: number): object => ({ value, source: 'ours', note: 'test' });

  it('changes the alerts, and is named in them', async () => {
    const result = await backtested(fileOf(QUIET), {
      until,
      policy: policy({ orangeDays: days(5), redDays: days(6) }),
    });
    expect(told(result, 'D01')).toEqual([
      '2025-12-26T00:00:00+08:00 raised orange',
      '2025-12-27T00:00:00+08:00 level_changed red',
    ]);
    const d01 = result.lines.find(({ ruleId }) => ruleId === 'D01')!;
    expect(JSON.parse(d01.json)).toMatchObject({ data: { policyVersion: 'strict', threshold: 5 } });
  });

  it('can switch a rule off', async () => {
    const result = await backtested(fileOf(QUIET), { until, policy: policy({}, false) });
    expect(told(result, 'D01')).toEqual([]);
    expect(told(await backtested(fileOf(QUIET), { until, policy: DEFAULT_POLICY }), 'D01')).not.toEqual([]);
  });
});

describe('the largest of a county', () => {
  /** Twenty schools of one county; the last one is the largest, and one has overdue refunds, which weigh more on a watched one. */
  const schools = Array.from({ length: 20 }, (_, at) => `X-370702-${100 + at}`);
  const history = (sizes: (at: number) => number): string[] =>
    schools.flatMap((school, at) => [
      ...founded(school, '2026-01-05'),
      ...enrolled(school, `C-${at}`, '2026-01-06', sizes(at)),
      lineOf({
        subject: school,
        id: `refund-${at}`,
        type: 'refund.requested',
        time: '2026-01-07T10:00:00+08:00',
        data: { refundId: `R-${at}`, contractId: `C-${at}`, amountFen: 600_00, side: 'consumer' },
      }),
      lineOf({
        subject: school,
        id: `approval-${at}`,
        type: 'refund.approved',
        time: '2026-01-07T11:00:00+08:00',
        data: { refundId: `R-${at}`, contractId: `C-${at}`, amountFen: 600_00, dueOn: '2026-01-08' },
      }),
    ]);
  const firstC01 = ({ lines }: Backtested): Map<string, string> =>
    new Map(
      lines
        .filter(({ ruleId, kind }) => ruleId === 'C01' && kind === 'raised')
        .map((line) => [line.institutionId, line.level]),
    );

  it('is watched one level higher, as ranked at the end of each day', async () => {
    const levels = firstC01(
      await backtested(fileOf(history((at) => 100_000 + at)), { until: us('2026-01-10T00:00:00+08:00') }),
    );
    expect(levels.size).toBe(20);
    expect(levels.get(schools[19]!)).toBe('yellow');
    expect([...levels.values()].filter((level) => level === 'blue')).toHaveLength(19);
  });

  it('is not there in a county of fewer schools', async () => {
    const nineteen = history((at) => 100_000 + at).filter((line) => !line.includes(schools[0]!));
    const levels = firstC01(await backtested(fileOf(nineteen), { until: us('2026-01-10T00:00:00+08:00') }));
    expect(new Set(levels.values())).toEqual(new Set(['blue']));
  });

  it('changes with the sizes: a school that becomes the largest is watched from that day’s end', async () => {
    const grows = enrolled(schools[3]!, 'C-more', addDays('2026-01-06', 6), 400_000);
    const result = await backtested(fileOf([...history((at) => 100_000 + at), ...grows]), {
      until: us('2026-01-13T12:00:00+08:00'),
    });
    const changed = result.lines.filter(
      ({ ruleId, institutionId, kind }) => ruleId === 'C01' && institutionId === schools[3] && kind === 'level_changed',
    );
    expect(changed.map(({ at, level }) => [at, level])).toEqual([[us('2026-01-13T00:00:00+08:00'), 'yellow']]);
  });
});
