import { type Day, dayOf, type Us } from '../core/time.js';
import { type Credit, creditGrade, creditOf } from './credit-grade.js';
import type { FindingState } from './finding.js';
import { higher, type Level, levelOf, type OpenLevel, rankOf } from './level.js';
import type { RuleGroup, Sentence } from './rule.js';
import type { ScoreParams } from './score-params.js';
import { plural } from './text.js';

export type ScoreGroup = Exclude<RuleGroup, 'G'>;
export const SCORE_GROUPS: readonly ScoreGroup[] = ['A', 'B', 'C', 'D', 'E', 'F'];
export type Grade = 'A' | 'B' | 'C' | 'D' | 'E';

/** One rule's part: what counts of it now. Values are in ten-thousandths of a point, so that they stay integers. */
export interface ScoreTerm {
  readonly ruleId: string;
  readonly group: RuleGroup;
  /** The level it counts with. */
  readonly level: OpenLevel;
  readonly value: number;
  /** Why it counts: open; cleared, and decaying; or failed, counted as yellow at least. */
  readonly because: 'open' | 'cleared' | 'failed';
  /** Whole days since the clearing; 0 while open. */
  readonly days: number;
}

export interface Score {
  /** 0 (no risk seen) … 100. */
  readonly score: number;
  readonly level: Level;
  readonly grade: Grade;
  readonly confidence: 'normal' | 'low';
  /** Smallest of the data shares, in basis points. */
  readonly confidenceBp: number;
  /** Value of each group, 0 … 100, rounded. */
  readonly groups: Readonly<Record<ScoreGroup, number>>;
  /** Everything that counts, largest first. */
  readonly terms: readonly ScoreTerm[];
  /** The floor that lifted the score; null when the weighted sum stood by itself. */
  readonly floor: { readonly level: OpenLevel; readonly score: number } | null;
  /** What is wrong with the data or the rules: `rule_failed:<id>`, `no_data:<id>`, `calendar_missing:<year>`. */
  readonly problems: readonly string[];
  /** What the grade rests on where the place grades by credit bands; null elsewhere. */
  readonly credit: Credit | null;
}

/** A score that held from the end of a day on, until the next one. */
export type ScoreMark = readonly [day: Day, score: number];

export interface ScoreInput {
  readonly findings: readonly ScoredFinding[];
  readonly params: ScoreParams;
  readonly now: Us;
  readonly history: readonly ScoreMark[];
  readonly confidenceBp: number;
  readonly problems: readonly string[];
  /** Credit points lost by refunds (C10). */
  readonly refundPoints: number;
}

export interface ScoredFinding {
  readonly group: RuleGroup;
  readonly state: FindingState;
  readonly failed: boolean;
}

const SCALE = 10_000;
/** A cleared finding below half a point of its group counts no more. */
const SMALLEST = SCALE / 2;

/**
 * G01: per group the largest value, weighted and summed; never below the floor of the worst open finding. A rule that failed
 * counts with its last level and as yellow at least, for the floor as well: a failed calculation is never a low score. Missing
 * data and failures lower the confidence, not the score. Pure; integers only.
 */
export function computeScore(input: ScoreInput): Score {
  const { params, now } = input;
  const terms = input.findings.flatMap((finding) => termsOf(finding, params, dayOf(now)));
  const groups = Object.fromEntries(SCORE_GROUPS.map((group) => [group, groupValue(terms, group)])) as Record<
    ScoreGroup,
    number
  >;
  const sum = SCORE_GROUPS.reduce((total, group) => total + groups[group] * params[`weight${group}`], 0);
  const weighted = roundHalfUp(sum, SCALE * 100);
  const worst = terms.reduce<Level>(
    (level, term) => (term.because === 'cleared' ? level : higher(level, term.level)),
    'none',
  );
  const floor = floorOf(worst, params);
  const score = Math.min(100, Math.max(weighted, floor));
  const credit = params.gradeScheme === 1 ? creditOf(openRules(input.findings), input.refundPoints, params) : null;
  return {
    score,
    level: higher(worst, levelOfScore(score, params)),
    grade: credit === null ? gradeOf(input.history, score, dayOf(now), params) : creditGrade(credit, params),
    confidence: input.confidenceBp < params.confidenceBp || input.problems.length > 0 ? 'low' : 'normal',
    confidenceBp: input.confidenceBp,
    groups: Object.fromEntries(SCORE_GROUPS.map((group) => [group, roundHalfUp(groups[group], SCALE)])) as Record<
      ScoreGroup,
      number
    >,
    terms: [...terms].sort((a, b) => b.value - a.value || (a.ruleId < b.ruleId ? -1 : 1)),
    floor: floor > weighted && worst !== 'none' ? { level: worst, score: floor } : null,
    problems: input.problems,
    credit,
  };
}

function openRules(findings: readonly ScoredFinding[]): ReadonlySet<string> {
  return new Set(findings.flatMap(({ state }) => (state.open === null ? [] : [state.ruleId])));
}

/** Whether the score still falls by itself from day to day. */
export function isDecaying(score: Score): boolean {
  return score.terms.some((term) => term.because === 'cleared');
}

/**
 * The first day on which the grade is another one although the score stays as it is, because the days of its mean move on; null when
 * there is none. `history`: as marked today.
 */
export function gradeTurnsOn(history: readonly ScoreMark[], score: Score, today: Day, params: ScoreParams): Day | null {
  if (score.credit !== null || history.every(([, marked]) => marked === score.score)) return null;
  for (let day = today + 1; day < today + params.gradeDays; day += 1)
    if (gradeOf(history, score.score, day, params) !== score.grade) return day;
  return null;
}

/** The marks of the last `gradeDays` with today's score; marks that the window has passed are dropped but for the newest. */
export function markScore(history: readonly ScoreMark[], today: Day, score: number, gradeDays: number): ScoreMark[] {
  const before = history.filter(([day]) => day < today);
  const from = today - gradeDays + 1;
  const kept = before.filter(([day], index) => day >= from || (before[index + 1]?.[0] ?? today) > from);
  return kept.at(-1)?.[1] === score ? kept : [...kept, [today, score]];
}

/** One sentence for a term, for people. */
export function describeTerm(term: ScoreTerm): Sentence {
  const points = Math.round(term.value / SCALE);
  if (term.because === 'failed')
    return {
      zh: `${term.ruleId} 计算失败，至少按黄色计 ${points}`,
      en: `${term.ruleId} failed and counts as yellow at least: ${points}`,
    };
  if (term.because === 'cleared')
    return {
      zh: `${term.ruleId} 已解除 ${term.days} 天，余 ${points}`,
      en: `${term.ruleId} was cleared ${plural(term.days, 'day')} ago: ${points} is left`,
    };
  return { zh: `${term.ruleId} 未解除，计 ${points}`, en: `${term.ruleId} is open: ${points}` };
}

/** What was cleared goes on to count beside what is open: a rule that finds something again must not lower the score by it. */
function termsOf({ state, group, failed }: ScoredFinding, params: ScoreParams, today: Day): ScoreTerm[] {
  const { ruleId, open, cleared } = state;
  const terms: ScoreTerm[] = [];
  const isMild = open === null || rankOf(open.level) < rankOf('yellow');
  const level = failed && isMild ? 'yellow' : (open?.level ?? null);
  if (level !== null) {
    const because = failed ? 'failed' : 'open';
    terms.push({ ruleId, group, level, value: pointsOf(level, params) * SCALE, because, days: 0 });
  }
  const value = cleared === null ? 0 : clearedValue(cleared, params, today);
  if (cleared !== null && value >= SMALLEST && value > (terms[0]?.value ?? 0))
    terms.push({ ruleId, group, level: cleared.level, value, because: 'cleared', days: daysSince(cleared, today) });
  return terms;
}

type Cleared = NonNullable<FindingState['cleared']>;

/** What a cleared finding counts on a day. Of two that are cleared the one that counts more will always do so. */
export function clearedValue(cleared: Cleared, params: ScoreParams, today: Day): number {
  return Math.round(pointsOf(cleared.level, params) * SCALE * 2 ** (-daysSince(cleared, today) / params.halfLifeDays));
}

function daysSince({ at }: Cleared, today: Day): number {
  return Math.max(0, today - dayOf(at));
}

function groupValue(terms: readonly ScoreTerm[], group: ScoreGroup): number {
  return terms.reduce((value, term) => (term.group === group ? Math.max(value, term.value) : value), 0);
}

function pointsOf(level: OpenLevel, params: ScoreParams): number {
  return { blue: params.valueBlue, yellow: params.valueYellow, orange: params.valueOrange, red: params.valueRed }[
    level
  ];
}

function floorOf(worst: Level, params: ScoreParams): number {
  return { none: 0, blue: 0, yellow: params.floorYellow, orange: params.floorOrange, red: params.floorRed }[worst];
}

function levelOfScore(score: number, params: ScoreParams): Level {
  const from = [params.blueFrom, params.floorYellow, params.floorOrange, params.floorRed];
  return levelOf(from.filter((limit) => score >= limit).length);
}

/** G03 where the place does not grade by credit bands: the mean of the daily scores, as far back as they are known. */
function gradeOf(history: readonly ScoreMark[], score: number, today: Day, params: ScoreParams): Grade {
  const marks = markScore(history, today, score, params.gradeDays);
  const from = Math.max(today - params.gradeDays + 1, marks[0]?.[0] ?? today);
  const days = today - from + 1;
  let sum = 0;
  marks.forEach(([day, value], index) => {
    const next = marks[index + 1]?.[0] ?? today + 1;
    sum += value * Math.max(0, next - Math.max(day, from));
  });
  const limits: readonly (readonly [Grade, number])[] = [
    ['A', params.gradeA],
    ['B', params.gradeB],
    ['C', params.gradeC],
    ['D', params.gradeD],
  ];
  return limits.find(([, limit]) => sum < limit * days)?.[0] ?? 'E';
}

/** part / whole of non-negative integers, half rounded up. */
function roundHalfUp(part: number, whole: number): number {
  return Math.floor((part * 2 + whole) / (whole * 2));
}
