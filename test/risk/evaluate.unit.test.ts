import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR, makeCalendar } from '../../src/core/calendar.js';
import { CALENDAR_YEARS } from '../../src/core/calendar-data.js';
import { formatDay, startOfDay, US_PER_DAY, type Us } from '../../src/core/time.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { Evaluation, InstitutionRiskState } from '../../src/risk/evaluation.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { type Policy, parsePolicy } from '../../src/risk/policy/policy.js';
import type { Rule, RuleAnswer } from '../../src/risk/rule.js';
import { RULES, ruleById } from '../../src/risk/rules/list.js';
import { ID, NOW, on, type School, school, TODAY, yuan } from './builders.js';
import { healthy, short } from './healthy.js';

interface Options {
  readonly previous?: InstitutionRiskState | null;
  readonly now?: Us;
  readonly policy?: Policy;
  readonly rules?: readonly Rule[];
}
const evaluate = (
  one: School,
  { previous = null, now = NOW, policy = DEFAULT_POLICY, rules = RULES }: Options = {},
): Evaluation => evaluateInstitution({ ...one.rows(), newestAt: now }, previous, now, CHINA_CALENDAR, policy, rules);
const of = (evaluation: Evaluation, ruleId: string) => evaluation.findings.find((one) => one.rule.id === ruleId)!;

/** A rule that says what the test wants. */
const scripted = (id: string, group: Rule['group'], answer: () => RuleAnswer): Rule => ({
  ...ruleById('A09')!,
  id,
  group,
  params: {},
  order: [],
  reads: [],
  evaluate: answer,
});
const throwing = scripted('A09', 'A', () => {
  throw new Error('division by zero');
});

describe('evaluating an institution', () => {
  it('finds nothing wrong with a healthy school', () => {
    const evaluation = evaluate(healthy());
    expect(evaluation.changes).toEqual([]);
    expect(evaluation.score).toMatchObject({ score: 0, level: 'none', grade: 'A', confidence: 'normal', problems: [] });
    expect(evaluation.findings).toHaveLength(RULES.length);
    expect(evaluation.findings.every((one) => one.level === 'none')).toBe(true);
    // At midnight the windows of days move on.
    expect(evaluation.lookAgainAt).toBe(startOfDay(TODAY + 1));
  });

  it('names the events of both findings where two come together', () => {
    const gone = short(60_000).refund({ requestedOn: TODAY - 60, approvedOn: TODAY - 59, dueOn: TODAY - 40 });
    const { changes } = evaluate(gone);
    const evidenceOf = (ruleId: string) => changes.find((change) => change.ruleId === ruleId)!.evidence;
    const together = changes.find(({ ruleId }) => ruleId === 'G02')!;
    const named = ['A01', 'C01'].flatMap((ruleId) => evidenceOf(ruleId));
    expect(together.reason.en).toMatch(/A01 \(.*C01 \(/);
    expect(named.length).toBeGreaterThan(1);
    expect(together.evidence).toEqual(expect.arrayContaining(named));
  });

  it('gives everything an alert message needs', () => {
    const evaluation = evaluate(short(60_000));
    const [raised] = evaluation.changes.filter((change) => change.ruleId === 'A01');
    expect(raised).toMatchObject({
      kind: 'raised',
      alertId: `${ID}.A01.1`,
      caseId: `${ID}.1`,
      ruleVersion: RULES.find(({ id }) => id === 'A01')!.version,
      policyVersion: DEFAULT_POLICY.version,
      level: 'red',
      previousLevel: null,
      value: 6_000,
      threshold: 7_000,
      unit: 'basis_points',
      asOf: NOW,
      openedAt: NOW,
      clearedAt: null,
      score: evaluation.score.score,
    });
    expect(raised!.reason.zh).toContain('缺口 40,000.00 元');
    expect(raised!.reason.en).toContain('short by ¥40,000.00');
    expect(raised!.legalBasis.en).toContain('Notice 2021 No. 2');
    expect(raised!.evidence.length).toBeGreaterThan(0);
    expect(evaluation.score.level).toBe('red');
    expect(evaluation.scoreChanged).toBe(true);
  });

  it('says each thing once: the same facts again change nothing', () => {
    const first = evaluate(short(60_000));
    const second = evaluate(short(60_000), { previous: first.state, now: NOW + 1 });
    expect(second.changes).toEqual([]);
    expect(second.scoreChanged).toBe(false);
    expect(second.state).toEqual(first.state);
  });

  it('raises the findings of groups A and C of a watched institution by one level, and no others', () => {
    const answers = (id: string, group: Rule['group']) =>
      scripted(id, group, () => ({
        ...ruleById('A09')!.evaluate(
          { accounts: { custody: [], deposit: [] } } as never,
          { unfiledLevel: 3, frozenLevel: 4 },
          null as never,
        ),
        level: 'yellow',
        holdLevel: 'yellow',
      }));
    const rules = [ruleById('E04')!, answers('A09', 'A'), answers('C07', 'C'), answers('D05', 'D')];
    const levels = (one: School) => evaluate(one, { rules }).changes.map((change) => change.level);
    expect(levels(healthy())).toEqual(['yellow', 'yellow', 'yellow']);
    expect(levels(healthy().learners(500))).toEqual(['orange', 'orange', 'yellow']);
    expect(levels(healthy().with({ countyTopShare: true }))).toEqual(['orange', 'orange', 'yellow']);
  });

  it('asks with the thresholds of the place, the category, the mode and the day', () => {
    const policy = parsePolicy({
      version: 'place-1',
      entries: [
        {
          rule: 'A01',
          region: '370702',
          mode: 'per_lesson',
          validFrom: formatDay(TODAY),
          params: { redBelowBp: { value: 5_000, source: 'ours', note: 'local' } },
        },
      ],
    });
    expect(of(evaluate(short(60_000), { policy }), 'A01').level).toBe('orange');
    expect(of(evaluate(short(60_000).profile({ regionCode: '370703' }), { policy }), 'A01').level).toBe('red');
    expect(of(evaluate(short(60_000), { policy, now: NOW - US_PER_DAY }), 'A01').level).toBe('red');
    const off = parsePolicy({
      version: 'off',
      entries: [{ rule: 'A01', region: '000000', validFrom: '2026-01-01', enabled: false, params: {} }],
    });
    expect(of(evaluate(short(60_000), { policy: off }), 'A01')).toMatchObject({
      state: 'not_applicable',
      level: 'none',
    });
  });

  it('keeps the level of a rule that fails, shows why, and never scores it low', () => {
    const first = evaluate(
      healthy().register('account.state_changed', { accountId: 'A1', state: 'frozen', filed: true }),
    );
    expect(of(first, 'A09').level).toBe('red');
    const rules = RULES.map((rule) => (rule.id === 'A09' ? throwing : rule));
    const second = evaluate(healthy(), { previous: first.state, now: NOW + US_PER_DAY, rules });
    expect(of(second, 'A09')).toMatchObject({ state: 'failed', level: 'red', error: 'division by zero' });
    expect(of(second, 'A09').reason().en).toContain('division by zero');
    expect(second.score).toMatchObject({ level: 'red', confidence: 'low', problems: ['rule_failed:A09'] });
    const fresh = evaluate(healthy(), { rules });
    expect(fresh.score).toMatchObject({ score: 40, level: 'yellow' });
    expect(fresh.changes).toEqual([]);
  });

  it('says which years the calendar lacks instead of guessing in silence', () => {
    const until2025 = makeCalendar(
      'short',
      CALENDAR_YEARS.filter((one) => one.year < 2026),
    );
    const evaluation = evaluateInstitution(healthy().rows(), null, NOW, until2025, DEFAULT_POLICY);
    expect(evaluation.score).toMatchObject({ confidence: 'low', problems: ['calendar_missing:2026'] });
    expect(evaluation.calendarVersion).toBe('short');
  });

  it('has low confidence when statements or credits are missing', () => {
    const silent = evaluate(
      short(100_000).with({
        reported: healthy()
          .rows()
          .reported.filter((one) => one.asOf > TODAY - 10),
      }),
    );
    expect(silent.score).toMatchObject({ confidence: 'low' });
    const unmatched = healthy();
    for (let i = 0; i < 10; i += 1) unmatched.payment({ paidOn: TODAY - 20, settled: i !== 0, amountFen: 100 });
    expect(evaluate(unmatched).score).toMatchObject({ confidence: 'normal', confidenceBp: 9_000 });
    expect(evaluate(unmatched.payment({ paidOn: TODAY - 20, settled: false, amountFen: 100 })).score.confidence).toBe(
      'low',
    );
  });
});

describe('confidence in the schedule', () => {
  const told = (days: number, lessonId: string | null, found: boolean) => ({
    at: NOW - days * US_PER_DAY,
    source: 's',
    id: `${days}${lessonId}`,
    confirmId: `${days}${lessonId}`,
    contractId: 'c1',
    lessonId,
    amountFen: 1,
    by: 'silence' as const,
    requestedAt: null,
    lesson: found ? { startsAt: NOW - 9 * US_PER_DAY, cancelled: false } : null,
  });
  const lesson = {
    ...told(9, 'l', true),
    startsAt: NOW - 9 * US_PER_DAY,
    endsAt: NOW - 9 * US_PER_DAY + 1,
    delivery: 'offline' as const,
    courseKind: 'non_subject' as const,
    teacherHash: null,
    roomId: null,
    capacity: null,
    cancelled: false,
    endedAt: null,
  };
  const share = (confirmations: ReturnType<typeof told>[], lessons = [{ ...lesson, lessonId: 'l' }]) =>
    evaluate(healthy().with({ lessons, confirmations })).score.confidenceBp;

  it('is the share of confirmations, old enough, whose lesson was scheduled', () => {
    const nine = Array.from({ length: 9 }, (_, at) => told(4 + at / 10, 'l', true));
    expect(share([...nine, told(3, 'never', false)])).toBe(9_000);
    expect(share([...nine, told(2.9, 'never', false)])).toBe(10_000);
  });

  it('is not asked for where no schedule is told, or the confirmation names no lesson', () => {
    expect(share([told(4, 'never', false)], [])).toBe(10_000);
    expect(share([told(4, null, false)])).toBe(10_000);
  });
});

describe('from day to day', () => {
  /** A finding of A09 that is there or not, and nothing else. */
  const rules = (level: 'none' | 'yellow' | 'orange', group: Rule['group'] = 'A') => [
    scripted('A09', group, () => ({
      state: 'answered',
      level,
      holdLevel: level,
      value: 1,
      threshold: 1,
      unit: 'count',
      reason: () => ({ zh: '零', en: 'x' }),
      evidence: () => [],
      lookAgainAt: null,
    })),
  ];
  const at = (date: string) => startOfDay(on(date));

  it('clears after three working days, lets the score decay, and reopens the case within thirty days of the clearing', () => {
    const opened = evaluate(school(), { rules: rules('orange'), now: at('2026-04-20') });
    expect(opened.score.score).toBe(60);
    const inside = evaluate(school(), { rules: rules('none'), now: at('2026-04-21'), previous: opened.state });
    expect(inside).toMatchObject({ changes: [], lookAgainAt: at('2026-04-24') });
    const cleared = evaluate(school(), { rules: rules('none'), now: at('2026-04-24'), previous: inside.state });
    expect(cleared.changes).toMatchObject([
      {
        kind: 'cleared',
        alertId: `${ID}.A09.1`,
        level: 'orange',
        openedAt: at('2026-04-20'),
        clearedAt: at('2026-04-24'),
      },
    ]);
    expect(cleared.score.score).toBe(23);
    expect(cleared.lookAgainAt).toBe(at('2026-04-25'));
    const half = evaluate(school(), { rules: rules('none'), now: at('2026-05-08'), previous: cleared.state });
    expect(half.score.score).toBe(11);
    const soon = evaluate(school(), { rules: rules('yellow'), now: at('2026-05-24'), previous: half.state });
    expect(soon.changes).toMatchObject([{ alertId: `${ID}.A09.2`, caseId: `${ID}.1` }]);
    const later = evaluate(school(), { rules: rules('yellow'), now: at('2026-05-24') + 1, previous: half.state });
    expect(later.changes).toMatchObject([{ alertId: `${ID}.A09.2`, caseId: `${ID}.2` }]);
  });

  it('remembers for rules that look back when a level was left', () => {
    const opened = evaluate(healthy(), { rules: rules('orange'), now: at('2026-04-20') });
    const inside = evaluate(healthy(), { rules: rules('none'), now: at('2026-04-21'), previous: opened.state });
    const cleared = evaluate(healthy(), { rules: rules('none'), now: at('2026-04-24'), previous: inside.state });
    let had: boolean[] = [];
    const asking = scripted('F05', 'F', () =>
      ruleById('A09')!.evaluate(
        { accounts: { custody: [], deposit: [] } } as never,
        { unfiledLevel: 3, frozenLevel: 4 },
        null as never,
      ),
    );
    const looking: Rule = {
      ...asking,
      evaluate: (sheet, params, context) => {
        had = [
          context.hadFinding(['A'], 'orange', 90),
          context.hadFinding(['A'], 'red', 90),
          context.hadFinding(['A'], 'orange', 0),
          context.hadFinding(['C'], 'orange', 90),
        ];
        return asking.evaluate(sheet, params, context);
      },
    };
    const evaluatedOn = (date: string) =>
      evaluate(healthy(), { rules: [...rules('none'), looking], now: at(date), previous: cleared.state });
    evaluatedOn('2026-07-22');
    expect(had).toEqual([true, false, false, false]);
    evaluatedOn('2026-07-23');
    expect(had).toEqual([false, false, false, false]);
  });

  it('takes an alarm back at once when late events show that there was none', () => {
    const before = { ...short(60_000).rows(), newestAt: NOW - 5 };
    const alarmed = evaluateInstitution(before, null, NOW, CHINA_CALENDAR, DEFAULT_POLICY);
    expect(alarmed.changes.some((change) => change.ruleId === 'A01')).toBe(true);
    const told = { ...healthy().rows(), newestAt: NOW - 5 };
    const after = evaluateInstitution(told, alarmed.state, NOW + US_PER_DAY / 24, CHINA_CALENDAR, DEFAULT_POLICY);
    const [change] = after.changes.filter((one) => one.ruleId === 'A01');
    expect(change).toMatchObject({ kind: 'cleared', level: 'red' });
    expect(change!.reason.en).toContain('Late information shows that the limit was kept');
    expect(after.score.score).toBe(0);
  });
});

describe('the state', () => {
  it('is plain JSON and the same bytes for the same history', () => {
    const run = () => {
      let previous: InstitutionRiskState | null = null;
      for (const [days, one] of [
        [0, short(60_000)],
        [1, short(96_000)],
        [2, healthy()],
        [9, healthy().learners(19)],
      ] as const) {
        previous = evaluate(one, { previous, now: NOW + days * US_PER_DAY }).state;
        previous = JSON.parse(JSON.stringify(previous)) as InstitutionRiskState;
      }
      return JSON.stringify(previous);
    };
    expect(run()).toBe(run());
    expect(JSON.parse(run())).toMatchObject({ version: 1, cases: { count: 1 } });
  });

  it('goes on the same from what was stored as from what is in memory', () => {
    const first = evaluate(short(60_000)).state;
    const stored = JSON.parse(JSON.stringify(first)) as InstitutionRiskState;
    const next = (previous: InstitutionRiskState) => {
      const { findings, ...rest } = evaluate(healthy(), { previous, now: NOW + US_PER_DAY });
      return JSON.stringify({ rest, levels: findings.map((one) => one.level) });
    };
    expect(next(stored)).toBe(next(first));
  });

  it('keeps only what ever was found', () => {
    expect(evaluate(healthy()).state.findings).toEqual([]);
    expect(evaluate(short(60_000)).state.findings.map((one) => one.ruleId)).toContain('A01');
  });
});

describe('what is told of a moment to come', () => {
  const later = NOW + 90_000_000;
  it('counts from that moment on, at which the institution is due', () => {
    const seen = { inspectionId: 'i', role: 'grid', findings: ['emptied'] } as const;
    const one = { ...healthy().register('inspection.recorded', seen, later).rows(), newestAt: later };
    const ask = (now: Us) => evaluateInstitution(one, null, now, CHINA_CALENDAR, DEFAULT_POLICY);
    const before = ask(NOW);
    expect(of(before, 'F07').level).toBe('none');
    expect(before.lookAgainAt).toBe(later);
    const after = ask(later);
    expect(of(after, 'F07').level).toBe('red');
    expect(after.lookAgainAt).not.toBe(later);
  });

  it.each([
    [
      'a balance',
      () =>
        healthy()
          .statement(TODAY + 3, yuan(100_000))
          .statement(TODAY + 5, yuan(100_000)),
    ],
    [
      'a turnover',
      () =>
        healthy()
          .credit(TODAY + 3, yuan(1))
          .credit(TODAY + 5, yuan(1)),
    ],
    ['a count', () => healthy().tallies('lessons_delivered', TODAY + 3, TODAY + 5, 1)],
  ])('is also %s of a day to come', (_, one) => {
    const rows = { ...one().rows(), newestAt: NOW };
    const ask = (now: Us) => evaluateInstitution(rows, null, now, CHINA_CALENDAR, DEFAULT_POLICY, []).lookAgainAt;
    expect(ask(NOW)).toBe(startOfDay(TODAY + 3));
    expect(ask(startOfDay(TODAY + 3) - 1)).toBe(startOfDay(TODAY + 3));
    expect(ask(startOfDay(TODAY + 5))).toBeNull();
  });
});
