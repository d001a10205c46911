import { formatDay } from '../../core/time.js';
import type { Policy, PolicyEntry } from './policy.js';
import { boundariesOf, forKind, inRegion, isEnabled, mergedParams, type Selector } from './resolve.js';
import { POLICY_SUBJECTS, type PolicySubject } from './specs.js';

/**
 * One threshold that two policies set differently, named at the widest place where they do; or, with `before` equal to `after`, a
 * place inside such a one that keeps out of it, because what it sets itself has the last word there in both.
 */
export interface PolicyDifference {
  readonly rule: string;
  /** `enabled` stands for switching the rule on (1) or off (0). */
  readonly param: string;
  readonly region: string;
  readonly category: PolicyEntry['category'] | null;
  readonly mode: PolicyEntry['mode'] | null;
  /** First and last day on which it differs so; null: from the beginning, without end. */
  readonly from: string | null;
  readonly to: string | null;
  readonly before: number;
  readonly after: number;
}

/**
 * Every difference in what holds, by rule, region and day, and the places that keep out of one: without them a reader takes the change
 * of a province for that of all its counties. What a place inherits is not named again there. Pure.
 */
export function diffPolicies(before: Policy, after: Policy): PolicyDifference[] {
  const days = [...new Set([...boundariesOf(before), ...boundariesOf(after)])].sort((a, b) => a - b);
  return [...POLICY_SUBJECTS].flatMap(([rule, subject]) => {
    const entries = [...before.entries, ...after.entries].filter((one) => one.rule === rule);
    const rows = placesOf(entries).flatMap((place) => rowsAt(before, after, rule, subject, place, days));
    return merged(rowsToName(rows));
  });
}

interface Place {
  readonly regionCode: string;
  readonly category: PolicyEntry['category'] | null;
  readonly mode: PolicyEntry['mode'] | null;
}

interface Row extends PolicyDifference {
  readonly prefix: string;
  /** Index of the span of days. */
  readonly span: number;
}

const NATION = '000000';

/** Every combination that the entries tell apart, wider ones first; kinds only where an entry that holds there asks for them. */
function placesOf(entries: readonly PolicyEntry[]): Place[] {
  const regions = [...new Set([NATION, ...entries.map((one) => one.region)])].sort(
    (a, b) => prefixOf(a).length - prefixOf(b).length || (a < b ? -1 : 1),
  );
  return regions.flatMap((regionCode) => {
    const here = entries.filter(({ region }) => regionCode.startsWith(prefixOf(region)));
    const categories = [...new Set<Place['category']>([null, ...here.flatMap((one) => one.category ?? [])])];
    const modes = [...new Set<Place['mode']>([null, ...here.flatMap((one) => one.mode ?? [])])];
    return categories.flatMap((category) => modes.map((mode) => ({ regionCode, category, mode })));
  });
}

function rowsAt(
  before: Policy,
  after: Policy,
  rule: string,
  subject: PolicySubject,
  place: Place,
  days: readonly number[],
): Row[] {
  const prefix = prefixOf(place.regionCode);
  const concerning = (policy: Policy) => forKind(inRegion(policy, place.regionCode), place.category, [place.mode]);
  const [own, other] = [concerning(before), concerning(after)];
  return days.flatMap((day, span) => {
    const selector = { ...place, day };
    const was = valuesOf(own, rule, subject, selector);
    const is = valuesOf(other, rule, subject, selector);
    const next = days[span + 1];
    return Object.keys(is).map((param) => ({
      rule,
      param,
      region: place.regionCode,
      prefix,
      category: place.category,
      mode: place.mode,
      from: span === 0 ? null : formatDay(day),
      to: next === undefined ? null : formatDay(next - 1),
      before: was[param]!,
      after: is[param]!,
      span,
    }));
  });
}

function valuesOf(policy: Policy, rule: string, subject: PolicySubject, selector: Selector): Record<string, number> {
  const enabled = isEnabled(policy, rule, selector) ? 1 : 0;
  return { enabled, ...mergedParams(policy, rule, subject.params, selector) };
}

/**
 * Rows that differ otherwise than what they inherit: the nearest wider place that says something else itself. One that only inherits hides
 * nothing: a category of a county has what the province says of the category, though the county as a whole has what the nation says. And
 * rows that do not differ where the nearest wider one that is named does.
 */
function rowsToName(rows: readonly Row[]): Row[] {
  const own = new Map<string, Row[]>();
  const named = new Map<string, Row[]>();
  // Rows come with wider places first, in the order in which entries override each other.
  return rows.filter((row) => {
    const wider = listOf(own, row).findLast((one) => contains(one, row));
    const inherits = wider !== undefined && wider.before === row.before && wider.after === row.after;
    if (!inherits) listOf(own, row).push(row);
    const isNamed = differs(row) ? !inherits : isInDifference(row, listOf(named, row));
    if (isNamed) listOf(named, row).push(row);
    return isNamed;
  });
}

function isInDifference(row: Row, named: readonly Row[]): boolean {
  const wider = named.findLast((one) => contains(one, row));
  return wider !== undefined && differs(wider);
}

/** The rows of one threshold and one span of days. */
function listOf(lists: Map<string, Row[]>, { param, span }: Row): Row[] {
  const key = `${param}|${span}`;
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

function differs({ before, after }: Row): boolean {
  return before !== after;
}

function contains(wide: Row, narrow: Row): boolean {
  if (!narrow.prefix.startsWith(wide.prefix)) return false;
  if (wide.category !== null && wide.category !== narrow.category) return false;
  return wide.mode === null || wide.mode === narrow.mode;
}

/** Spans that follow each other with the same values are one. */
function merged(rows: readonly Row[]): PolicyDifference[] {
  const open = new Map<string, Row>();
  const all: Row[] = [];
  for (const row of rows) {
    const key = [row.param, row.region, row.category, row.mode, row.before, row.after].join('|');
    const last = open.get(key);
    const joined = last !== undefined && last.span === row.span - 1 ? { ...last, to: row.to, span: row.span } : row;
    if (joined !== row) all[all.indexOf(last!)] = joined;
    else all.push(row);
    open.set(key, joined);
  }
  return all.map(({ span: _, prefix: __, ...difference }) => difference);
}

function prefixOf(region: string): string {
  return region.replace(/(?:00)+$/, '');
}
