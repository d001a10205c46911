import { dayOf, formatDay, parseDay, startOfDay, US_PER_DAY, type Us } from '../core/time.js';
import { rankOf } from '../risk/level.js';
import type { KnownLabel } from './labels.js';
import type { Point } from './measure.js';
import type { Kind, Outcomes, Told, Week } from './outcomes.js';
import type { HotSpan } from './standing.js';
import type { Trial } from './tune.js';

/** Days before the stop at which recall is told. */
export const LEAD_DAYS = [0, 7, 14, 30] as const;
/** Those on which what was found in time is judged. */
const EARLY_DAYS = 14;

/** How many were found that many days before their lessons stopped, of those that showed a sign by then. */
export interface Recall {
  readonly days: number;
  readonly eligible: number;
  /** At orange or above at least so many days before, and not before the first sign. */
  readonly found: number;
  /** … by their alerts alone, without cases that several yellow ones make orange (G02). */
  readonly foundByAlert: number;
  /** … and still there at that moment. */
  readonly openThen: number;
}

export interface ShapeReport {
  readonly shape: string;
  readonly institutions: number;
  readonly recall: readonly Recall[];
  /** Over the institutions that show a sign at least 14 days before. Null: none does, or less than half were found at all. */
  readonly medianLeadDays: number | null;
  /** Median of how early they show a sign. */
  readonly medianSignDays: number | null;
  /** Which rule brought them to orange first. */
  readonly firstRules: Readonly<Record<string, number>>;
  /** Institutions at which the rule was at yellow or above between the first sign and the stop. */
  readonly contributingRules: Readonly<Record<string, number>>;
}

export interface WeekReport {
  readonly monday: string;
  /** Healthy institutions at that level or above in the week. */
  readonly healthyYellow: number;
  readonly healthyOrange: number;
  readonly healthyOrangeCases: number;
  readonly healthyRed: number;
  readonly raised: { readonly blue: number; readonly yellow: number; readonly orange: number; readonly red: number };
}

export interface BacktestReport {
  readonly policyVersion: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly institutions: Readonly<Record<Kind, number>>;
  readonly recall: readonly Recall[];
  readonly medianLeadDays: number | null;
  /** What that is the median of: of each failing institution with a sign two weeks before; null where it was never found. */
  readonly leadDays: readonly (number | null)[];
  /** Over the shapes whose median sign is at least 30 days early. */
  readonly medianLeadDaysEarlyShapes: number | null;
  readonly shapes: readonly ShapeReport[];
  readonly worstWeek: { readonly monday: string; readonly orange: number; readonly share: number } | null;
  readonly worstWeekCases: { readonly monday: string; readonly orange: number; readonly share: number } | null;
  readonly weeks: readonly WeekReport[];
  readonly workload: {
    readonly inspectors: number;
    readonly meanPerWeek: number;
    readonly worstWeek: number;
    /** Alerts of yellow or above. */
    readonly meanPerInspectorAndWeek: number;
    readonly worstPerInspectorAndWeek: number;
  };
  readonly must: {
    readonly asked: number;
    readonly raised: number;
    readonly byRule: Readonly<Record<string, { readonly asked: number; readonly raised: number }>>;
    readonly missing: readonly { readonly id: string; readonly rule: string; readonly archetype: string | null }[];
  };
  /** Healthy institutions at orange or above, each time, for who reads why; `LISTED_MAX` at most. */
  readonly troubled: readonly {
    readonly id: string;
    readonly from: string;
    /** Null: to the end. */
    readonly to: string | null;
    /** What brought it there; G02: several yellow ones together. */
    readonly rule: string;
  }[];
  /** Failing institutions that showed a sign 14 days before their stop and were not at orange by then; `LISTED_MAX` at most. */
  readonly notFound: readonly {
    readonly id: string;
    readonly shape: string;
    readonly firstSignDay: string | null;
    readonly stopDay: string;
    /** Rules at yellow or above between the first sign and the stop. */
    readonly rules: readonly string[];
  }[];
  readonly rules: readonly {
    readonly rule: string;
    readonly raised: number;
    readonly reachedOrange: number;
    readonly raisedAt: Readonly<Record<Kind, number>>;
    readonly orangeAt: Readonly<Record<Kind, number>>;
  }[];
}

/** The report together with what other thresholds would have come to. */
export interface ReportWithSensitivity extends BacktestReport {
  readonly sensitivity: { readonly base: Point; readonly trials: readonly Trial[] } | null;
}

export interface ReportOptions {
  readonly policyVersion: string;
  readonly inspectors: number;
}

export const LISTED_MAX = 200;

/** The report of a finished run. Pure. */
export function makeReport(outcomes: Outcomes, options: ReportOptions): BacktestReport {
  const labelled = [...outcomes.told.values()].filter(({ label }) => label.kind === 'failing');
  const { lastDay } = outcomes;
  const end = lastDay === null ? Number.POSITIVE_INFINITY : startOfDay(lastDay + 1);
  const failing = labelled.map((told) => resultOf(told, end));
  const shapes = byShape(failing);
  const { weeks } = outcomes;
  const early = failing.filter((one) => (medianOf(shapes.get(one.shape)!.map((other) => other.signDays)) ?? 0) >= 30);
  const warned = weeks.map(({ raised }) => raised[2]! + raised[3]! + raised[4]!);
  const perWeek = (counts: readonly number[]): number => (counts.length === 0 ? 0 : sum(counts) / counts.length);
  return {
    policyVersion: options.policyVersion,
    from: weeks[0] ? formatDay(weeks[0].monday) : null,
    to: weeks.length > 0 ? formatDay(weeks.at(-1)!.monday + 6) : null,
    institutions: { ...outcomes.counts },
    recall: LEAD_DAYS.map((days) => recallAt(failing, days)),
    medianLeadDays: medianLead(leadsOf(failing)),
    leadDays: leadsOf(failing),
    medianLeadDaysEarlyShapes: medianLead(leadsOf(early)),
    shapes: [...shapes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([shape, list]) => shapeReport(shape, list)),
    worstWeek: worst(weeks, outcomes.counts.healthy, (week) => week.healthy),
    worstWeekCases: worst(weeks, outcomes.counts.healthy, (week) => week.healthyCases),
    weeks: weeks.map(weekReport),
    workload: {
      inspectors: options.inspectors,
      meanPerWeek: round(perWeek(warned)),
      worstWeek: Math.max(0, ...warned),
      meanPerInspectorAndWeek: round(perWeek(warned) / options.inspectors),
      worstPerInspectorAndWeek: round(Math.max(0, ...warned) / options.inspectors),
    },
    must: mustReport([...outcomes.told.values()]),
    troubled: troubled([...outcomes.told.values()]),
    notFound: notFound(failing),
    rules: [...outcomes.rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([rule, count]) => ({ rule, ...count })),
  };
}

/** One failing institution. Days are counted back from the first moment of the day on which lessons stop. */
interface Result {
  readonly shape: string;
  readonly label: KnownLabel;
  readonly stop: Us;
  /** The end of the history: what lies behind it cannot have been found. */
  readonly end: Us;
  readonly signDays: number;
  /** Since when it was at orange or above, not before the first sign; null: never. */
  readonly hotAt: Us | null;
  readonly hotByAlertAt: Us | null;
  readonly firstRule: string | null;
  readonly spans: readonly HotSpan[];
  readonly contributing: readonly string[];
}

function resultOf({ label, standing, raised }: Told, end: Us): Result {
  const stop = startOfDay(parseDay(label.stopDay!)!);
  const sign = label.firstSignDay === null ? stop : startOfDay(parseDay(label.firstSignDay)!);
  const first = firstAfter(standing.hotByCase, sign);
  return {
    shape: label.archetype ?? 'failing',
    label,
    stop,
    end,
    signDays: (stop - sign) / US_PER_DAY,
    hotAt: first === null ? null : Math.max(first.from, sign),
    hotByAlertAt: atOrAfter(firstAfter(standing.hotByAlert, sign), sign),
    firstRule: first?.rule ?? null,
    spans: standing.hotByCase,
    contributing: [...raised].filter(([, warned]) => isWithin(warned, sign, stop)).map(([rule]) => rule),
  };
}

function isWithin(spans: readonly HotSpan[], sign: Us, stop: Us): boolean {
  return spans.some((span) => span.from < stop && (span.to === null || span.to > sign));
}

/** The first span that goes on after the sign: what ended before it was about something else. */
function firstAfter(spans: readonly HotSpan[], sign: Us): HotSpan | null {
  return spans.find((span) => span.to === null || span.to > sign) ?? null;
}

function atOrAfter(span: HotSpan | null, sign: Us): Us | null {
  return span === null ? null : Math.max(span.from, sign);
}

/** A history that ends before that many days before the stop says nothing of it. */
function isAskedFor({ signDays, stop, end }: Result, days: number): boolean {
  return signDays >= days && stop - days * US_PER_DAY <= end;
}

function recallAt(results: readonly Result[], days: number): Recall {
  const eligible = results.filter((one) => isAskedFor(one, days));
  const by = (one: Result): Us => one.stop - days * US_PER_DAY;
  return {
    days,
    eligible: eligible.length,
    found: eligible.filter((one) => one.hotAt !== null && one.hotAt <= by(one)).length,
    foundByAlert: eligible.filter((one) => one.hotByAlertAt !== null && one.hotByAlertAt <= by(one)).length,
    openThen: eligible.filter((one) =>
      one.spans.some((span) => span.from <= by(one) && (span.to === null || span.to > by(one))),
    ).length,
  };
}

function troubled(told: readonly Told[]): BacktestReport['troubled'] {
  return told
    .filter(({ label }) => label.kind === 'healthy')
    .flatMap(({ label, standing }) =>
      standing.hotByCase.map(({ from, to, rule }) => ({
        id: label.id,
        from: formatDay(dayOf(from)),
        to: to === null ? null : formatDay(dayOf(to)),
        rule,
      })),
    )
    .sort((a, b) => (a.from !== b.from ? (a.from < b.from ? -1 : 1) : a.id < b.id ? -1 : 1))
    .slice(0, LISTED_MAX);
}

function notFound(results: readonly Result[]): BacktestReport['notFound'] {
  return results
    .filter((one) => isAskedFor(one, EARLY_DAYS))
    .filter(({ hotAt, stop }) => hotAt === null || hotAt > stop - EARLY_DAYS * US_PER_DAY)
    .map(({ label, shape, contributing }) => ({
      id: label.id,
      shape,
      firstSignDay: label.firstSignDay,
      stopDay: label.stopDay!,
      rules: [...contributing].sort(),
    }))
    .slice(0, LISTED_MAX);
}

function byShape(results: readonly Result[]): Map<string, Result[]> {
  const shapes = new Map<string, Result[]>();
  for (const one of results) {
    const list = shapes.get(one.shape);
    if (list) list.push(one);
    else shapes.set(one.shape, [one]);
  }
  return shapes;
}

function shapeReport(shape: string, results: readonly Result[]): ShapeReport {
  return {
    shape,
    institutions: results.length,
    recall: LEAD_DAYS.map((days) => recallAt(results, days)),
    medianLeadDays: medianLead(leadsOf(results)),
    medianSignDays: medianOf(results.map((one) => one.signDays)),
    firstRules: tally(results.flatMap((one) => one.firstRule ?? [])),
    contributingRules: tally(results.flatMap((one) => one.contributing)),
  };
}

/** Of those that show a sign two weeks before, in days and tenths. */
function leadsOf(results: readonly Result[]): (number | null)[] {
  return results
    .filter((one) => isAskedFor(one, EARLY_DAYS))
    .map((one) => (one.hotAt === null ? null : Math.floor(((one.stop - one.hotAt) / US_PER_DAY) * 10) / 10));
}

/** Who was never found counts as found last; null when that is so of the one in the middle. */
export function medianLead(leads: readonly (number | null)[]): number | null {
  const median = medianOf(leads.map((days) => days ?? Number.NEGATIVE_INFINITY));
  return median !== null && Number.isFinite(median) ? median : null;
}

/** The lower one of the two in the middle. */
function medianOf(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
}

function worst(weeks: readonly Week[], healthy: number, of: (week: Week) => readonly number[]) {
  let found: { monday: string; orange: number; share: number } | null = null;
  for (const week of weeks) {
    const orange = atLeast(of(week), 'orange');
    if (found === null || orange > found.orange)
      found = { monday: formatDay(week.monday), orange, share: healthy === 0 ? 0 : round(orange / healthy, 5) };
  }
  return found;
}

function weekReport(week: Week): WeekReport {
  const [, blue, yellow, orange, red] = week.raised as [number, number, number, number, number];
  return {
    monday: formatDay(week.monday),
    healthyYellow: atLeast(week.healthy, 'yellow'),
    healthyOrange: atLeast(week.healthy, 'orange'),
    healthyOrangeCases: atLeast(week.healthyCases, 'orange'),
    healthyRed: atLeast(week.healthy, 'red'),
    raised: { blue, yellow, orange, red },
  };
}

function atLeast(counts: readonly number[], level: 'yellow' | 'orange' | 'red'): number {
  return sum(counts.slice(rankOf(level)));
}

function mustReport(told: readonly Told[]): BacktestReport['must'] {
  const byRule: Record<string, { asked: number; raised: number }> = {};
  const missing: { id: string; rule: string; archetype: string | null }[] = [];
  for (const { label, raised } of told) {
    for (const rule of label.must) {
      byRule[rule] ??= { asked: 0, raised: 0 };
      byRule[rule].asked += 1;
      if (raised.has(rule)) byRule[rule].raised += 1;
      else missing.push({ id: label.id, rule, archetype: label.archetype });
    }
  }
  const counts = Object.values(byRule);
  return {
    asked: sum(counts.map((one) => one.asked)),
    raised: sum(counts.map((one) => one.raised)),
    byRule: Object.fromEntries(Object.entries(byRule).sort(([a], [b]) => (a < b ? -1 : 1))),
    missing: missing.slice(0, LISTED_MAX),
  };
}

function tally(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}

function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
