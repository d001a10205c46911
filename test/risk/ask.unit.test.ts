import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { startOfDay, US_PER_DAY, type Us } from '../../src/core/time.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { Evaluation, InstitutionRiskState } from '../../src/risk/evaluation.js';
import { type InstitutionRows, LATE_DAYS } from '../../src/risk/facts/rows.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { parsePolicy } from '../../src/risk/policy/policy.js';
import { NOW, on, type School, TODAY } from './builders.js';
import { healthy, short } from './healthy.js';

describe('a raise asked about again', () => {
  describe('with windows of days that move on', () => {
    const told = NOW - US_PER_DAY;
    const lesson = { startsAt: NOW, cancelled: false };
    const confirmation = (of: typeof lesson | null) => ({
      at: told,
      source: 's',
      id: 'c',
      confirmId: 'c',
      contractId: 'c1',
      lessonId: 'l',
      amountFen: 1,
      by: 'parent' as const,
      requestedAt: null,
      lesson: of,
    });
    const read = (of: typeof lesson | null, day: number, earlier: (day: number) => InstitutionRows | null) => ({
      ...healthy()
        .with({ confirmations: day > TODAY ? [] : [confirmation(of)] })
        .rows(),
      newestAt: told,
      day,
      earlier,
    });
    const d03 = (evaluation: Evaluation) => evaluation.changes.filter((one) => one.ruleId === 'D03');
    const ask = (rows: InstitutionRows, now: Us, previous: InstitutionRiskState | null) =>
      evaluateInstitution(rows, previous, now, CHINA_CALENDAR, DEFAULT_POLICY);
    const opened = () =>
      ask(
        read(lesson, TODAY, () => null),
        NOW,
        null,
      );
    const later = TODAY + 7;

    it('waits for what only falls because the window has left it behind', () => {
      const before = opened();
      expect(d03(before)).toMatchObject([{ kind: 'raised', level: 'yellow' }]);
      for (const earlier of [(day: number) => read(lesson, day, () => null), () => null]) {
        const rows = read(lesson, later, earlier);
        const fallen = ask(rows, startOfDay(later), before.state);
        expect(d03(fallen)).toEqual([]);
        // 29 and 30 April are worked, 1 to 5 May are off, the 6th is worked.
        const cleared = ask(rows, startOfDay(on('2026-05-07')), fallen.state);
        expect(d03(cleared)).toMatchObject([{ kind: 'cleared' }]);
        expect(d03(cleared)[0]!.reason.en).not.toContain('Late information');
      }
    });

    it('takes back what late information explains, on a later day as well', () => {
      const asked: number[] = [];
      const rows = read(null, later, (day) => {
        asked.push(day);
        return read({ startsAt: told - 1, cancelled: false }, day, () => null);
      });
      const [change] = d03(ask(rows, startOfDay(later), opened().state));
      expect(change).toMatchObject({ kind: 'cleared' });
      expect(change!.reason.en).toContain('Late information');
      expect(asked).toEqual([TODAY]);
    });

    it('does so for two weeks', () => {
      const innocent = (day: number) => read({ startsAt: told - 1, cancelled: false }, day, () => null);
      const changesOn = (day: number) => d03(ask(read(null, day, innocent), startOfDay(day), opened().state));
      expect(changesOn(TODAY + LATE_DAYS)).toHaveLength(1);
      expect(changesOn(TODAY + LATE_DAYS + 1)).toEqual([]);
    });
  });

  it('does not take an alarm for late information when the policy, the watch list or another institution has changed', () => {
    const policy = (redBelowBp: number) =>
      parsePolicy({
        version: `p${redBelowBp}`,
        entries: [
          {
            rule: 'A01',
            region: '000000',
            validFrom: '2026-01-01',
            params: { redBelowBp: { value: redBelowBp, source: 'ours', note: 'x' } },
          },
        ],
      });
    const quiet = (one: School) => ({ ...one.rows(), newestAt: NOW - 5 });
    const levels = (rows: InstitutionRows, previous: InstitutionRiskState | null, by = DEFAULT_POLICY) => {
      const { state, changes } = evaluateInstitution(rows, previous, NOW + 1, CHINA_CALENDAR, by);
      return { state, changed: changes.map(({ ruleId, level }) => `${ruleId} ${level}`) };
    };
    const judged = levels(quiet(short(60_000)), null, policy(7_000));
    expect(judged.changed).toContain('A01 red');
    expect(levels(quiet(short(60_000)), judged.state, policy(5_000)).changed).toEqual([]);

    const watched = levels({ ...quiet(short(80_000)), countyTopShare: true }, null);
    expect(watched.changed).toContain('A01 red');
    expect(levels(quiet(short(80_000)), watched.state).changed).toEqual([]);

    // Being watched for half-known facts of its own is information like any other.
    const large = levels({ ...quiet(short(80_000)), activeLearners: 500 }, null);
    expect(large.changed).toContain('A01 red');
    expect(levels(quiet(short(80_000)), large.state).changed).toEqual(['A01 orange']);

    const link = { institutionId: 'x', by: 'account', level: 'red', shared: 1 } as const;
    const tied = levels({ ...quiet(healthy()), links: [link] }, null);
    expect(tied.changed).toEqual(['E05 orange']);
    expect(levels({ ...quiet(healthy()), links: [] }, tied.state).changed).toEqual([]);
  });
});
