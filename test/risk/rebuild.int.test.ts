import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, startOfDay, type Us } from '../../src/core/time.js';
import { markOutdated } from '../../src/risk/evaluate-due.js';
import { explainInstitution, explainRemedies } from '../../src/risk/explain.js';
import { pastScores } from '../../src/risk/past-scores.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { publishPolicy } from '../../src/risk/policy-store.js';
import { us } from '../backtest/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { decodeLine, historyLines } from '../support/history.js';
import { entry, valid } from './policy/support.js';
import { evaluateAt, ingestAt } from './support.js';

const labels = JSON.parse(
  readFileSync(new URL('../fixtures/history/labels.json', import.meta.url), 'utf8'),
) as readonly { readonly id: string; readonly kind: string }[];
const IDS = labels
  .filter(({ kind }) => kind !== 'healthy')
  .map(({ id }) => id)
  .slice(0, 3);

interface Told {
  readonly line: string;
  readonly at: Us;
}
/** Valid lines of three institutions in the order in which they were known, each once. */
const told: readonly Told[] = [...new Set(historyLines())]
  .flatMap((line): Told[] => {
    const decoded = decodeLine(line);
    return decoded.ok && IDS.includes(decoded.event.subject) ? [{ line, at: decoded.event.recordedAt }] : [];
  })
  .sort((a, b) => a.at - b.at);

let db: TestDatabase;
const options = { calendar: CHINA_CALENDAR, now: us('2027-01-01T00:00:00+08:00') };
const POLICY_AT = us('2026-05-06T09:00:00+08:00');

/** Ingests as things are known, twice a day and late by some hours, and evaluates; a policy is published in between. */
beforeAll(async () => {
  db = await testDatabase();
  const first = dayOf(told[0]!.at);
  const last = dayOf(told.at(-1)!.at);
  let next = 0;
  let published = false;
  for (let day = first; day <= last; day += 1) {
    for (const hour of [9, 19]) {
      const now = startOfDay(day) + hour * 3_600_000_000;
      const lines: string[] = [];
      for (; next < told.length && told[next]!.at <= now; next += 1) lines.push(told[next]!.line);
      await ingestLoose(lines, now);
      if (!published && now >= POLICY_AT) {
        const strict = valid(
          'strict',
          entry('D01', '370000', { orangeDays: 5 }),
          entry('A08', '000000', { blueWorkingDays: 0 }),
        );
        await publishPolicy(db.pool, strict, { author: 'A', approver: 'B' }, POLICY_AT);
        published = true;
      }
      await evaluateAt(db.pool, now);
    }
  }
}, 300_000);
afterAll(() => db.drop());

/** Some lines of the sample contradict others; they are refused. */
async function ingestLoose(lines: readonly string[], now: Us): Promise<void> {
  for (let from = 0; from < lines.length; from += 500)
    await ingestAt(db.pool, lines.slice(from, from + 500), now, true);
}

interface HistoryRow {
  readonly id: string;
  readonly at: Us;
  readonly score: number;
  readonly level: string;
  readonly grade: string;
  readonly confidence: number;
  readonly groups: object;
  readonly policy_version: string;
}

describe('a past score', () => {
  it('is made again as the history holds it, at every change and just before the next', async () => {
    const { rows } = await db.pool.query<HistoryRow>(
      `select i.id, s.at, score, level, grade, confidence, groups, policy_version from scores s join institutions i on i.no = s.institution_no order by i.id, s.at`,
    );
    expect(rows.length).toBeGreaterThan(15);
    expect(new Set(rows.map((row) => row.policy_version))).toEqual(new Set([DEFAULT_POLICY.version, 'strict']));
    for (const [index, { id, at, ...stored }] of rows.entries()) {
      const again = await explainInstitution(db.pool, id, at, options);
      expect(again).toMatchObject({ basis: 'evaluations', exact: true, policyVersion: stored.policy_version });
      const { score, level, grade, confidence, groups, policyVersion: policy_version } = again;
      expect(JSON.stringify({ score, level, grade, confidence, groups: sorted(groups), policy_version })).toBe(
        JSON.stringify({ ...stored, groups: sorted(stored.groups) }),
      );
      const later = rows[index + 1];
      if (later?.id === id)
        expect(await explainInstitution(db.pool, id, later.at - 1, options)).toMatchObject({ score, level });
    }
  }, 300_000);

  it('of the last evaluation of its day has every finding with its figures, evidence and versions', async () => {
    let compared = 0;
    for (const id of IDS) {
      const stored = await explainInstitution(db.pool, id, null, options);
      const { rows } = await db.pool.query<{ at: Us }>(
        'select max(at) as at from evaluation_steps e join institutions i on i.no = e.institution_no where i.id = $1',
        [id],
      );
      const again = await explainInstitution(db.pool, id, rows[0]!.at, options);
      if (again.at !== stored.at) continue;
      compared += 1;
      expect(JSON.parse(JSON.stringify(again))).toEqual({
        ...JSON.parse(JSON.stringify(stored)),
        basis: 'evaluations',
      });
      expect(again.findings[0]).toMatchObject({ policyVersion: 'strict', factsVersion: expect.any(Number) });
    }
    expect(compared).toBeGreaterThan(0);
  });

  it('agrees with the history for all institutions', async () => {
    const at = us('2026-05-20T12:00:00+08:00');
    const all: string[] = [];
    for await (const { explanation, history } of pastScores(db.pool, null, at, CHINA_CALENDAR))
      all.push(`${explanation.institutionId} ${history}`);
    expect(all).toEqual([...IDS].sort().map((id) => `${id} same`));
  }, 60_000);

  it('that the history tells otherwise is named', async () => {
    const [id] = IDS;
    const at = us('2026-05-20T12:00:00+08:00');
    const where = `institution_no = (select no from institutions where id = '${id}') and at = (select max(at) from scores where institution_no = (select no from institutions where id = '${id}') and at <= '2026-05-20T12:00:00+08:00')`;
    await db.pool.query(`update scores set score = score + 1 where ${where}`);
    const found: string[] = [];
    for await (const { history } of pastScores(db.pool, [id!], at, CHINA_CALENDAR)) found.push(history);
    expect(found).toEqual(['other']);
    await db.pool.query(`update scores set score = score - 1 where ${where}`);
  }, 60_000);

  it('of a moment without evaluations is that of its events by recorded time, and then by the policy of then', async () => {
    const other = await testDatabase();
    try {
      await ingestAt(
        other.pool,
        told.map(({ line }) => line),
        options.now,
        true,
      );
      const at = us('2026-05-20T19:00:00+08:00');
      const again = await explainInstitution(other.pool, IDS[0]!, at, options);
      expect(again).toMatchObject({ basis: 'recorded_time', policyVersion: DEFAULT_POLICY.version });
      expect(again.findings.length).toBeGreaterThan(0);
    } finally {
      await other.drop();
    }
  }, 60_000);

  it('before anything was known is not found', async () => {
    await expect(explainInstitution(db.pool, IDS[0]!, us('2020-01-01T00:00:00+08:00'), options)).rejects.toThrow(
      'by then',
    );
    await expect(explainInstitution(db.pool, 'X-370702-9999', null, options)).rejects.toThrow('No event tells');
  });

  it('comes with what would have changed it then', async () => {
    const found = await explainRemedies(db.pool, IDS[0]!, us('2026-05-28T12:00:00+08:00'), options);
    expect(found.length).toBeGreaterThan(0);
    const now = await explainRemedies(db.pool, IDS[0]!, null, { ...options, now: us('2026-07-01T00:00:00+08:00') });
    expect(now.every(({ words, remedies }) => words.length + remedies.length > 0)).toBe(true);
  }, 60_000);
});

function sorted(groups: object): object {
  return Object.fromEntries(Object.entries(groups).sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('a program with other rules', () => {
  it('judges everybody anew, starts from what was held open, and makes older scores again only as nearly as it can', async () => {
    const at = us('2026-12-01T12:00:00+08:00');
    await evaluateAt(db.pool, at);
    expect(await markOutdated(db.pool, CHINA_CALENDAR, at)).toBe(0);
    await db.pool.query(`update evaluations set rulebook = 'rules-of-yesterday'`);
    await db.pool.query(`update evaluation_steps set rulebook = 'rules-of-yesterday'`);
    expect(await markOutdated(db.pool, CHINA_CALENDAR, at)).toBe(IDS.length);
    expect(await markOutdated(db.pool, CHINA_CALENDAR, at)).toBe(0);
    expect(await evaluateAt(db.pool, at + 1)).toBe(IDS.length);
    const [id] = IDS;
    const stored = await explainInstitution(db.pool, id!, null, options);
    const again = await explainInstitution(db.pool, id!, at + 1, options);
    expect(JSON.parse(JSON.stringify(again))).toEqual({ ...JSON.parse(JSON.stringify(stored)), basis: 'evaluations' });
    expect(again.exact).toBe(true);
    expect(await explainInstitution(db.pool, id!, at, options)).toMatchObject({ basis: 'evaluations', exact: false });
  }, 60_000);
});
