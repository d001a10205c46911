import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AlertLine } from '../../src/backtest/replay.js';
import { rankOf } from '../../src/risk/level.js';
import { expectedRejects, historyLines } from '../support/history.js';
import { type Backtested, backtested, fileOf, shuffled, us } from './support.js';

interface Label {
  readonly id: string;
  readonly kind: 'healthy' | 'failing' | 'violating';
  readonly archetype: string | null;
  readonly stopDay: string | null;
  readonly must: readonly string[];
}

const LABELS: readonly Label[] = JSON.parse(
  readFileSync(new URL('../fixtures/history/labels.json', import.meta.url), 'utf8'),
);
/** Days before the lessons stop at which ORANGE must have been told; a run on the school shows no sign that early. */
const LEAD_DAYS: Readonly<Record<string, number>> = {
  deposit_gap: 14,
  slow_refund: 7,
  closer: 14,
  quiet_stop: 14,
  promo_run: 14,
};

let whole: Backtested;
beforeAll(async () => {
  whole = await backtested(fileOf(historyLines()));
}, 120_000);

function alertsOf(id: string): AlertLine[] {
  return whole.lines.filter((line) => line.institutionId === id);
}

describe('a labelled history', () => {
  it('is read whole: every line is accepted, a duplicate or refused for its reason', () => {
    expect(whole.counts).toMatchObject({
      read: 34_082,
      accepted: 33_353,
      duplicates: 629,
      rejected: 100,
      institutions: 24,
    });
    const known = expectedRejects().flatMap(({ code }) => code ?? []);
    const codes = [...new Set(known)];
    for (const code of codes) expect(whole.counts.byCode[code]).toBe(known.filter((one) => one === code).length);
  });

  it.each(LABELS.filter(({ must }) => must.length > 0))(
    'raises what must be raised for $kind $archetype $id',
    ({ id, must }) => {
      const raised = new Set(alertsOf(id).flatMap(({ kind, ruleId }) => (kind === 'raised' ? [ruleId] : [])));
      expect(must.filter((rule) => !raised.has(rule))).toEqual([]);
    },
  );

  it.each(LABELS.filter(({ kind }) => kind === 'healthy'))('leaves healthy $id below orange', ({ id }) => {
    expect(alertsOf(id).filter(({ level }) => rankOf(level) >= rankOf('orange'))).toEqual([]);
  });

  it.each(LABELS.filter(({ archetype }) => archetype !== null && archetype in LEAD_DAYS))(
    'tells of $archetype $id well before its lessons stop',
    ({ id, archetype, stopDay }) => {
      const first = alertsOf(id).find(({ kind, level }) => kind !== 'cleared' && rankOf(level) >= rankOf('orange'))!;
      const leadDays = (us(`${stopDay}T00:00:00+08:00`) - first.at) / 86_400_000_000;
      expect(leadDays).toBeGreaterThanOrEqual(LEAD_DAYS[archetype!]!);
    },
  );

  it('names the events behind every alert', () => {
    const evidence = whole.lines.map(
      ({ json }) => (JSON.parse(json) as { data: { evidence: unknown[] } }).data.evidence,
    );
    expect(evidence.filter((refs) => refs.length === 0)).toEqual([]);
  });

  it('is told in order: by time, then institution, then rule', () => {
    const keys = whole.lines.map((line) =>
      [String(line.at).padStart(17, '0'), line.institutionId, line.ruleId].join(' '),
    );
    expect(keys).toEqual([...keys].sort());
    const ids = whole.lines.map(({ json }) => (JSON.parse(json) as { id: string }).id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each([1, 2])(
    'gives the same alerts byte for byte when its lines are shuffled (%i)',
    async (seed) => {
      const other = await backtested(fileOf(shuffled(historyLines(), seed)));
      expect(other.text).toBe(whole.text);
      expect(other.counts).toEqual(whole.counts);
    },
    120_000,
  );

  it('ends at --until as if nothing later had been known', async () => {
    const until = '2026-04-10T12:00:00+08:00';
    const cut = await backtested(fileOf(historyLines()), { until: us(until) });
    const expected = whole.lines.filter(({ at }) => at <= us(until));
    expect(cut.text).toBe(expected.map(({ json }) => json).join('\n'));
    expect(cut.counts.accepted).toBeLessThan(whole.counts.accepted);
  }, 120_000);
});
