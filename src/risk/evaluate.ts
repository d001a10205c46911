import type { Calendar } from '../core/calendar.js';
import { dayOf, startOfDay, type Us } from '../core/time.js';
import { askRule, isRaisedByWatching, PastQuestions } from './ask.js';
import { type CaseState, caseForNewAlert, caseIdOf } from './case.js';
import type { CommonParams } from './common.js';
import { confidenceBp } from './confidence.js';
import { contextOf, type RiskContext } from './context.js';
import type { AlertChange, Evaluation, InstitutionRiskState, RuleFinding } from './evaluation.js';
import { evidenceOf } from './facts/evidence.js';
import { FactSheet } from './facts/fact-sheet.js';
import { earliest } from './facts/moments.js';
import type { InstitutionRows } from './facts/rows.js';
import { type FindingState, newFinding, type Raise, type Watch } from './finding.js';
import { advance } from './lifecycle.js';
import type { ParamValues } from './params.js';
import { policyFor, regimeEndsAt } from './policy/of-institution.js';
import type { Policy } from './policy/policy.js';
import type { ResolvedPolicy } from './policy/resolve.js';
import type { EvidenceRef, Rule, RuleAnswer, Sentence } from './rule.js';
import { RULES } from './rules/list.js';
import { clearedValue, computeScore, gradeTurnsOn, isDecaying, markScore, type Score } from './score.js';

/** What is left of an evaluation when only the alerts are wanted. The score is computed where an alert tells it. */
export type AlertEvaluation = Pick<Evaluation, 'changes' | 'state' | 'lookAgainAt'>;

/**
 * Earlier answers of one institution, for who evaluates it again and again (the back-test). A rule is settled while nothing its
 * answer rests on has changed and no moment has come at which time could change it, or the finding it holds open.
 */
export interface AnswerMemory {
  /** A sheet that notes what is read of it. */
  sheet(rows: InstitutionRows, now: Us, calendar: Calendar, common: CommonParams): FactSheet;
  context(context: RiskContext): RiskContext;
  /** `rule` is its index in the list. */
  isSettled(rule: number, params: ParamValues, now: Us): boolean;
  /** Whether the rule, when it was asked last, put the institution on the watch list. */
  isFlagged(rule: number): boolean;
  /** Before a rule is asked. */
  begin(): void;
  keep(rule: number, asked: AskedRule): void;
  /** The earliest moment at which time alone could change anything, over all rules. */
  readonly lookAgainAt: Us | null;
}

/** A rule that was asked, and what its finding came to. */
export interface AskedRule {
  /** Null: the policy switches the rule off. */
  readonly params: ParamValues | null;
  /** Null: the rule failed. */
  readonly answer: RuleAnswer | null;
  readonly finding: FindingState | null;
  /** Of the answer and of the finding. */
  readonly lookAgainAt: Us | null;
  /** The finding was opened, changed or closed by this answer. */
  readonly isFindingNew: boolean;
  readonly newestEventAt: Us | null;
  /** When something that is known begins to count; null when all of it does. */
  readonly futureAt: Us | null;
  readonly now: Us;
}

/**
 * Facts → answers → findings → score of one institution at one moment. Pure: the same rows, state, moment, calendar and policies
 * give the same result, byte for byte. `previous` null: it was never evaluated. `raisedBy`: another policy, which may have raised what
 * is open, and is asked whether it would do so by what is known today (a draft in the shadow begins with what the live one holds open).
 */
export function evaluateInstitution(
  rows: InstitutionRows,
  previous: InstitutionRiskState | null,
  now: Us,
  calendar: Calendar,
  policy: Policy,
  rules: readonly Rule[] = RULES,
  raisedBy: Policy | null = null,
): Evaluation {
  return new Evaluator(rows, previous, now, calendar, policy, rules, null, raisedBy).run();
}

/** The changes of `evaluateInstitution`, without asking again what is settled. The state it answers has no marks of scores. */
export function evaluateAgain(
  rows: InstitutionRows,
  previous: InstitutionRiskState | null,
  now: Us,
  calendar: Calendar,
  policy: Policy,
  memory: AnswerMemory,
): AlertEvaluation {
  return new Evaluator(rows, previous, now, calendar, policy, RULES, memory, null).runAgain();
}

class Evaluator {
  private readonly resolved: ResolvedPolicy;
  /** Until then the same thresholds and the same mode hold, for all rules. */
  private readonly regimeEndsAt: Us | null;
  private readonly futureAt: Us | null;
  private readonly sheet: FactSheet;
  /** By this policy, and by another one that may have raised what is open. */
  private readonly past: readonly PastQuestions[];
  private readonly states = new Map<string, FindingState>();
  private readonly context: RiskContext;
  private cases: CaseState;
  private watched = false;
  private touched = false;
  private lookAgainAt: Us | null = null;
  private readonly found: { readonly finding: RuleFinding; readonly changes: readonly Omit<AlertChange, 'score'>[] }[] =
    [];

  constructor(
    private readonly rows: InstitutionRows,
    private readonly previous: InstitutionRiskState | null,
    private readonly now: Us,
    private readonly calendar: Calendar,
    policy: Policy,
    private readonly rules: readonly Rule[],
    private readonly memory: AnswerMemory | null,
    raisedBy: Policy | null,
  ) {
    this.resolved = policyFor(rows, now, policy);
    this.regimeEndsAt = regimeEndsAt(rows, now, this.resolved);
    this.futureAt = futureOf(rows, now);
    const pastBy = (one: Policy, resolved: ResolvedPolicy) =>
      new PastQuestions(rows, now, calendar, one, resolved, rules);
    this.past = [pastBy(policy, this.resolved)];
    if (raisedBy !== null) this.past = [...this.past, pastBy(raisedBy, policyFor(rows, now, raisedBy))];
    const { common } = this.resolved;
    this.sheet = memory ? memory.sheet(rows, now, calendar, common) : new FactSheet(rows, now, calendar, common);
    this.cases = previous?.cases ?? { count: 0, lastClearedAt: null };
    for (const state of previous?.findings ?? []) this.states.set(state.ruleId, state);
    const context = contextOf(this.states, rules, now, (ruleId) => this.evidenceBehind(ruleId));
    this.context = memory ? memory.context(context) : context;
  }

  run(): Evaluation {
    this.rules.forEach((rule, index) => {
      this.found.push(this.evaluateRule(rule, index));
    });
    const findings = this.found.map(({ finding }) => finding);
    const inState = (state: RuleFinding['state']): string[] =>
      findings.filter((one) => one.state === state).map((one) => one.rule.id);
    const score = this.score(new Set(inState('failed')), inState('no_data'));
    const last = this.previous?.score ?? null;
    const { score: params } = this.resolved;
    const history = markScore(this.previous?.history ?? [], this.sheet.today, score.score, params.gradeDays);
    const turnsOn = isDecaying(score) ? this.sheet.today + 1 : gradeTurnsOn(history, score, this.sheet.today, params);
    if (turnsOn !== null) this.lookAgainAt = earliest(this.lookAgainAt, startOfDay(turnsOn));
    return {
      findings,
      score,
      scoreChanged: last === null || last.score !== score.score || last.level !== score.level,
      changes: this.found.flatMap(({ changes }) => changes.map((change) => ({ ...change, score: score.score }))),
      state: {
        version: 1,
        findings: this.statesInOrder(),
        cases: this.cases,
        score: { score: score.score, level: score.level },
        history,
      },
      lookAgainAt: earliest(this.lookAgainAt, this.futureAt),
      policyVersion: this.resolved.version,
      calendarVersion: this.calendar.version,
    };
  }

  runAgain(): AlertEvaluation {
    const { memory } = this;
    if (memory === null) throw new RangeError('a memory is needed');
    const changed: Omit<AlertChange, 'score'>[] = [];
    const failed = new Set<string>();
    for (let index = 0; index < this.rules.length; index += 1) {
      const rule = this.rules[index]!;
      const params = this.resolved.inOrder[index]!;
      if (params === null || !memory.isSettled(index, params, this.now)) {
        const asked = this.askAndAdvance(rule, index, params);
        if (asked.error !== null) failed.add(rule.id);
        if (asked.changes.length > 0) changed.push(...asked.changes);
      } else if (memory.isFlagged(index)) this.watched = true;
    }
    const score = changed.length === 0 ? 0 : this.score(failed, []).score;
    return {
      changes: changed.map((change) => ({ ...change, score })),
      state: {
        version: 1,
        findings: this.touched ? this.statesInOrder() : (this.previous?.findings ?? []),
        cases: this.cases,
        score: null,
        history: [],
      },
      lookAgainAt: earliest(memory.lookAgainAt, this.futureAt),
    };
  }

  private evaluateRule(rule: Rule, index: number): (typeof this.found)[number] {
    const params = this.resolved.rules.get(rule.id) ?? null;
    const { answer, error, changes } = this.askAndAdvance(rule, index, params);
    return { finding: this.describe(rule, answer, error), changes };
  }

  private statesInOrder(): FindingState[] {
    const states: FindingState[] = [];
    for (const { id } of this.rules) {
      const state = this.states.get(id);
      if (state !== undefined) states.push(state);
    }
    return states;
  }

  private askAndAdvance(rule: Rule, index: number, params: ParamValues | null): Asked {
    let answer: RuleAnswer | null = null;
    let error: string | null = null;
    this.memory?.begin();
    try {
      answer = askRule(rule, params, this.sheet, this.context, this.watched);
    } catch (thrown) {
      // A rule that fails must be seen and must not take the others with it; it is never a low score.
      error = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, ERROR_CHARS_MAX);
    }
    if (answer?.flag) this.watched = true;
    const outer = this.lookAgainAt;
    this.lookAgainAt = null;
    const changes = this.advance(rule, params, answer);
    if (this.memory !== null) {
      const finding = this.states.get(rule.id) ?? null;
      const isFindingNew = changes.length > 0;
      const { lookAgainAt, now } = this;
      const { futureAt, rows } = this;
      const newestEventAt = rows.newestAt;
      this.memory.keep(index, { params, answer, finding, lookAgainAt, isFindingNew, newestEventAt, futureAt, now });
    }
    this.lookAgainAt = earliest(outer, this.lookAgainAt);
    return { answer, error, changes };
  }

  private get watch(): Watch {
    if (!this.watched) return 'no';
    return this.rows.countyTopShare ? 'county' : 'own';
  }

  private answerAt(rule: Rule, raise: Raise): RuleAnswer | null {
    for (const past of this.past) {
      const answer = past.answerAt(rule, raise, this.states);
      if (answer !== null) return answer;
    }
    return null;
  }

  /** `no_data` rests on registrations alone, of which all are known at any time. */
  private lackedFactsAt(rule: Rule, params: ParamValues | null, at: Us): boolean {
    const sheet = new FactSheet(this.rows, at, this.calendar, this.resolved.common);
    return askRule(rule, params, sheet, this.context, this.watched).state === 'no_data';
  }

  /** Asked anew: a rule whose answer is settled was not asked in this evaluation. */
  private evidenceBehind(ruleId: string): readonly EvidenceRef[] {
    const rule = this.rules.find(({ id }) => id === ruleId);
    if (rule === undefined) return [];
    try {
      return askRule(rule, this.resolved.rules.get(ruleId) ?? null, this.sheet, this.context, this.watched).evidence();
    } catch {
      // That it fails is told as its own finding.
      return [];
    }
  }

  private advance(rule: Rule, params: ParamValues | null, answer: RuleAnswer | null): Omit<AlertChange, 'score'>[] {
    const before = this.states.get(rule.id);
    const known = answer === null || answer.state === 'no_data' ? null : answer;
    const lookAgainAt = answer?.lookAgainAt ?? null;
    // A rule that names a moment that has come is asked again at once, but not in a circle.
    const next = lookAgainAt === null ? null : Math.max(lookAgainAt, this.now + 1);
    this.lookAgainAt = earliest(this.lookAgainAt, next, this.regimeEndsAt);
    if (before?.open == null && (known === null || known.level === 'none')) return NO_CHANGES;
    const result = advance(before ?? newFinding(rule.id), known, {
      ruleId: rule.id,
      now: this.now,
      calendar: this.sheet.calendar,
      clearWorkingDays: this.resolved.common.clearWorkingDays,
      newestEventAt: this.rows.newestAt,
      failed: answer === null,
      answerAt: (raise) => this.answerAt(rule, raise),
      lackedFactsAt: (at) => this.lackedFactsAt(rule, params, at),
      policyVersion: this.resolved.version,
      watch: isRaisedByWatching(rule) ? this.watch : null,
      countsMore: (cleared, level) => this.clearedValue(cleared) > this.clearedValue({ at: this.now, level }),
      nextIds: () => this.nextIds(rule.id, before?.alerts ?? 0),
    });
    this.states.set(rule.id, result.state);
    this.touched = true;
    this.lookAgainAt = earliest(this.lookAgainAt, result.lookAgainAt);
    if (result.changes.some((change) => change.kind === 'cleared'))
      this.cases = { ...this.cases, lastClearedAt: this.now };
    if (answer === null) return NO_CHANGES;
    return result.changes.map((change) => ({
      kind: change.kind,
      alertId: change.alertId,
      caseId: change.caseId,
      ruleId: rule.id,
      ruleVersion: rule.version,
      policyVersion: this.resolved.version,
      level: change.level,
      previousLevel: change.previousLevel,
      value: answer.value,
      threshold: answer.threshold,
      unit: answer.unit,
      reason: change.late ? lateReason(answer.reason()) : answer.reason(),
      legalBasis: rule.basis,
      evidence: evidenceOf(answer, this.sheet),
      asOf: this.now,
      openedAt: change.openedAt,
      clearedAt: change.kind === 'cleared' ? this.now : null,
    }));
  }

  private clearedValue(cleared: NonNullable<FindingState['cleared']>): number {
    return clearedValue(cleared, this.resolved.score, this.sheet.today);
  }

  private nextIds(ruleId: string, alerts: number) {
    const anyOpen = [...this.states.values()].some((state) => state.open !== null);
    const count = caseForNewAlert(this.cases, anyOpen, this.now, this.resolved.common.sameCaseDays);
    this.cases = { ...this.cases, count };
    const { institutionId } = this.rows;
    return { alertId: `${institutionId}.${ruleId}.${alerts + 1}`, caseId: caseIdOf(institutionId, count) };
  }

  private describe(rule: Rule, answer: RuleAnswer | null, error: string | null): RuleFinding {
    const state = this.states.get(rule.id);
    return {
      rule,
      state: answer?.state ?? 'failed',
      level: state?.open?.level ?? 'none',
      answerLevel: answer?.level ?? 'none',
      value: answer?.value ?? 0,
      threshold: answer?.threshold ?? null,
      unit: answer?.unit ?? 'state',
      finding: state ?? newFinding(rule.id),
      watched: this.watched && isRaisedByWatching(rule),
      flag: answer?.flag ?? false,
      reason: answer?.reason ?? (() => ({ zh: `规则计算失败：${error}`, en: `The rule failed: ${error}` })),
      evidence: answer ? () => evidenceOf(answer, this.sheet) : () => [],
      error,
    };
  }

  private score(failed: ReadonlySet<string>, noData: readonly string[]): Score {
    const problems = [
      ...[...failed].map((ruleId) => `rule_failed:${ruleId}`),
      ...noData.map((ruleId) => `no_data:${ruleId}`),
      ...this.sheet.calendar.guessedYears.map((year) => `calendar_missing:${year}`),
    ];
    return computeScore({
      findings: this.rules.flatMap((rule) => {
        const state = this.states.get(rule.id);
        if (!failed.has(rule.id) && !state?.alerts) return [];
        return [{ group: rule.group, state: state ?? newFinding(rule.id), failed: failed.has(rule.id) }];
      }),
      params: this.resolved.score,
      now: this.now,
      history: this.previous?.history ?? [],
      confidenceBp: confidenceBp(this.sheet, this.resolved.score),
      problems,
      refundPoints: this.found.find(({ finding }) => finding.rule.id === 'C10')?.finding.value ?? 0,
    });
  }
}

/**
 * When something told of a moment to come begins to count: an event (clocks differ), a balance or a turnover of a day to come.
 * Null when nothing is.
 */
function futureOf({ newestAt, reported, turnovers, tallies }: InstitutionRows, now: Us): Us | null {
  let at = newestAt !== null && newestAt > now ? newestAt : null;
  const today = dayOf(now);
  for (const { asOf } of reported) if (asOf > today) at = earliest(at, startOfDay(asOf));
  for (const series of [turnovers, tallies]) {
    for (const { days } of series) {
      for (let last = days.length - 1; last >= 0 && days[last]!.day > today; last -= 1)
        at = earliest(at, startOfDay(days[last]!.day));
    }
  }
  return at;
}

interface Asked {
  readonly answer: RuleAnswer | null;
  /** What the rule threw; null unless it failed. */
  readonly error: string | null;
  readonly changes: readonly Omit<AlertChange, 'score'>[];
}

const NO_CHANGES: never[] = [];
const ERROR_CHARS_MAX = 200;

function lateReason({ zh, en }: Sentence): Sentence {
  return { zh: `迟到的数据表明当时未越限。${zh}`, en: `Late information shows that the limit was kept. ${en}` };
}
