import type { Calendar } from '../core/calendar.js';
import type { Fen } from '../core/money.js';
import { dayOf, formatDay, startOfDay, type Us } from '../core/time.js';
import { askRule, isRaisedByWatching, isWatched } from './ask.js';
import { evaluateInstitution } from './evaluate.js';
import type { Evaluation, InstitutionRiskState, RuleFinding } from './evaluation.js';
import { FactSheet } from './facts/fact-sheet.js';
import type { Expiring, InstitutionRows } from './facts/rows.js';
import { type Level, lowered, OPEN_LEVELS, type OpenLevel, rankOf } from './level.js';
import { leaveAt } from './lifecycle.js';
import { policyFor } from './policy/of-institution.js';
import type { Policy } from './policy/policy.js';
import type { ResolvedPolicy } from './policy/resolve.js';
import { CHANGES, type Change } from './remedy-kinds.js';
import { Outlook } from './remedy-outlook.js';
import type { RemedyKind, Sentence } from './rule.js';
import { RULES } from './rules/list.js';
import { plural } from './text.js';

/** What ends a level of an open finding: the least of its kind, and one less does not. */
export interface Remedy {
  /** `wait`: it is back inside already, and only the days of the hysteresis are missing. */
  readonly kind: RemedyKind | 'wait';
  /** The level that is left, and with it all above; and the one that remains. */
  readonly leaves: OpenLevel;
  readonly to: Level;
  readonly amount: number;
  readonly unit: Change['unit'] | 'days';
  /** The money it takes; null where none is named. */
  readonly fen: Fen | null;
  /** When the level is left at the earliest, if it happened at the moment of the question and nothing else did. */
  readonly leavesAt: Us;
  readonly sentence: Sentence;
}

export interface FindingRemedies {
  readonly ruleId: string;
  readonly alertId: string;
  readonly level: OpenLevel;
  /** Per kind from the worst level down. */
  readonly remedies: readonly Remedy[];
  /** What no amount settles, in words. */
  readonly words: readonly Sentence[];
}

export interface RemedyQuestion {
  readonly rows: InstitutionRows;
  /** What time alone makes expired: while a level is being left, periods of contracts end. */
  readonly expiring: readonly Expiring[];
  /** What the last evaluation left behind; null: never evaluated. */
  readonly state: InstitutionRiskState | null;
  readonly now: Us;
  readonly calendar: Calendar;
  readonly policy: Policy;
}

/**
 * What would change each open finding: the money or the days that leave each of its levels. The least amount is found by asking the
 * rule itself about changed rows, from the next midnight to the one at which the level could be left, and told only if whole
 * evaluations at these moments leave it. Pure.
 */
export function findRemedies(question: RemedyQuestion): FindingRemedies[] {
  return [...eachRemedies(question)];
}

/** The same one by one: for all of a large institution they take seconds, in which whoever asks may let others have their turn. */
export function* eachRemedies(question: RemedyQuestion): Generator<FindingRemedies> {
  const { rows, state, now, calendar, policy } = question;
  const evaluation = evaluateInstitution(rows, state, now, calendar, policy);
  const unchanged = new Outlook(question, evaluation, () => rows);
  for (const finding of evaluation.findings) {
    const { open } = finding.finding;
    if (open === null) continue;
    const search = new Search(question, evaluation, finding, unchanged);
    const levels = OPEN_LEVELS.slice(0, rankOf(open.level)).reverse();
    const remedies = merged(
      levels.flatMap((level) => search.remediesOf(level)),
      (at) => calendar.missingYears(dayOf(now), dayOf(at)),
    );
    const words = wordsOf(finding, remedies);
    yield { ruleId: finding.rule.id, alertId: open.alertId, level: open.level, remedies, words };
  }
}

/** Before what several levels have in common is said once. */
type Found = Omit<Remedy, 'to' | 'sentence'> & { readonly said: Sentence };

/** Kind by kind; the levels that the same amount leaves together are one. `guessed`: the years without a calendar up to a moment. */
function merged(found: readonly Found[], guessed: (at: Us) => readonly number[]): Remedy[] {
  const kinds = [...new Set(found.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const own = found.filter((one) => one.kind === kind);
    return own.flatMap((one, index): Remedy[] => {
      const isNext = (a: Found | undefined, b: Found): boolean =>
        a !== undefined && a.amount === b.amount && a.leavesAt === b.leavesAt;
      if (isNext(own[index - 1], one)) return [];
      let last = index;
      while (isNext(own[last + 1], one)) last += 1;
      const to = lowered(own[last]!.leaves);
      const { said, ...rest } = one;
      const sentence = withGuess(sentenceOf(said, one.leaves, to, one.leavesAt), guessed(one.leavesAt));
      return [{ ...rest, to, sentence }];
    });
  });
}

/** A year and a little: no rule looks further back. */
const DAYS_MAX = 400;

class Search {
  private readonly resolved: ResolvedPolicy;
  private readonly sheet: FactSheet;
  private readonly later = new Map<Us, Level>();

  constructor(
    private readonly question: RemedyQuestion,
    private readonly evaluation: Evaluation,
    private readonly finding: RuleFinding,
    /** If nothing happens. */
    private readonly unchanged: Outlook,
  ) {
    const { rows, now, policy } = question;
    this.resolved = policyFor(rows, now, policy);
    this.sheet = this.sheetOf(rows, now);
  }

  remediesOf(level: OpenLevel): Found[] {
    const since = this.insideSince(level);
    const waited = since === null ? [] : this.waiting(level, since);
    // It may be inside and not stay there: then something has to be done all the same.
    if (waited.length > 0) return waited;
    const kinds = (this.finding.rule.remedies ?? []).filter((one) => typeof one === 'string');
    return kinds.flatMap(
      (kind) => (kind === 'days' ? this.days(level) : this.change(level, kind, CHANGES[kind])) ?? [],
    );
  }

  private insideSince(level: OpenLevel): Us | null {
    return this.finding.finding.open?.insideSince[rankOf(level) - 1] ?? null;
  }

  /** True when the rule, asked at each of these moments, is inside the level by the margin at all of them. */
  private staysInside(level: OpenLevel, outlook: Outlook, moments: readonly Us[]): boolean {
    // The last moment first: it is the one that most often is not.
    return moments.every((_, index) => {
      const at = moments.at(-1 - index)!;
      return rankOf(this.heldLevel(outlook, at)) < rankOf(level);
    });
  }

  /** What the rule says of the unchanged rows at a midnight to come: asked once for all levels. */
  private heldLater(at: Us): Level {
    const known = this.later.get(at);
    if (known !== undefined) return known;
    const level = this.heldLevel(this.unchanged, at);
    this.later.set(at, level);
    return level;
  }

  private heldLevel(outlook: Outlook, at: Us): Level {
    const { rule } = this.finding;
    const resolved = this.resolvedAt(at);
    const sheet = new FactSheet(outlook.rowsAt(at), at, this.question.calendar, resolved.common);
    const context = outlook.contextAt(at);
    // What lowers what is owed may take the institution off the watch list, and its findings one level down.
    const watched = isRaisedByWatching(rule) && isWatched(RULES, sheet, resolved, context);
    // null: the policy has switched the rule off.
    const answer = askRule(rule, resolved.rules.get(rule.id) ?? null, sheet, context, watched);
    return answer.state === 'no_data' ? 'red' : answer.holdLevel;
  }

  /** The thresholds of a moment to come: an entry of the policy may begin or end before it. */
  private resolvedAt(at: Us): ResolvedPolicy {
    const { rows, policy } = this.question;
    const { changesOn } = this.resolved;
    return changesOn === null || dayOf(at) < changesOn ? this.resolved : policyFor(rows, at, policy);
  }

  private sheetOf(rows: InstitutionRows, at: Us): FactSheet {
    return new FactSheet(rows, at, this.question.calendar, this.resolved.common);
  }

  /** The first moment at which the working days that hold then are over: the policy may change them meanwhile. */
  private leaveAt(since: Us): Us {
    const { now, calendar } = this.question;
    const first = Math.max(now, since);
    for (let at = first, days = 1; ; at = startOfDay(dayOf(first) + days), days += 1) {
      const { clearWorkingDays } = this.resolvedAt(at).common;
      const leavesAt = leaveAt(since, { calendar, clearWorkingDays });
      if (leavesAt <= at) return at;
      if (days > LEAVE_DAYS_MAX) return leavesAt;
    }
  }

  private waiting(level: OpenLevel, since: Us): Found[] {
    const { now } = this.question;
    const leavesAt = this.leaveAt(since);
    const moments = momentsUntil(now, leavesAt);
    if (!this.staysInside(level, this.unchanged, moments) || !this.isConfirmed(level, this.unchanged, moments))
      return [];
    const amount = dayOf(leavesAt) - dayOf(now);
    const said = { zh: '已恢复，只需保持', en: 'it is back inside and only has to stay there' };
    return [{ kind: 'wait', leaves: level, amount, unit: 'days', fen: null, leavesAt, said }];
  }

  private change(level: OpenLevel, kind: RemedyKind, change: Change): Found | null {
    const { now } = this.question;
    if (change.max(this.sheet) < 1) return null;
    const daysMax = change.isHeld?.(this.sheet) ? DAYS_MAX : 0;
    for (let days = 0; days <= daysMax; days += 1) {
      const since = days === 0 ? (this.insideSince(level) ?? now) : startOfDay(dayOf(now) + days);
      const amount = this.amountOf(level, change, since);
      if (amount === null) continue;
      const said = change.say(this.sheet, amount);
      const fen = change.fen(this.sheet, amount);
      const leavesAt = this.leaveAt(since);
      return { kind, leaves: level, amount, unit: change.unit, fen, leavesAt, said };
    }
    return null;
  }

  /** The least amount that, if it happens now, keeps the finding inside the level from a moment on until it is left. */
  private amountOf(level: OpenLevel, change: Change, since: Us): number | null {
    const { now } = this.question;
    const max = change.max(this.sheet);
    const leavesAt = this.leaveAt(since);
    const all = momentsUntil(Math.max(now, since), leavesAt);
    // Who is inside from Monday on leaves no later than who is from Saturday on.
    const moments = all.slice(
      Math.max(
        0,
        all.findLastIndex((at) => this.leaveAt(at) <= leavesAt),
      ),
    );
    const outlooks = new Map<number, Outlook>();
    const outlookOf = (amount: number): Outlook => {
      const outlook = outlooks.get(amount) ?? this.changedBy(change, amount);
      outlooks.set(amount, outlook);
      return outlook;
    };
    const least = (asked: readonly Us[]): number | null => {
      const helps = (amount: number): boolean => this.staysInside(level, outlookOf(amount), asked);
      const inOrder = change.unit === 'refunds' || change.unit === 'payments';
      return inOrder ? firstOf(helps, max) : leastOf(helps, max);
    };
    const isConfirmed = (amount: number): boolean => this.isConfirmed(level, outlookOf(amount), moments);
    // The first and the last moment nearly always decide; those between are asked only where they do not.
    const found = least([moments[0]!, moments.at(-1)!]);
    if (found === null || isConfirmed(found)) return found;
    const throughout = least(moments);
    return throughout !== null && isConfirmed(throughout) ? throughout : null;
  }

  /** If so much of it happens now, and for what goes on, every day. */
  private changedBy(change: Change, amount: number): Outlook {
    const { question, evaluation, sheet } = this;
    if (change.lasting)
      return new Outlook(question, evaluation, (at) => changed(change, this.sheetOf(question.rows, at), amount));
    const then = changed(change, sheet, amount);
    return new Outlook(question, evaluation, () => then);
  }

  /** The first midnight from which on the unchanged rows stay inside until the level is left. */
  private days(level: OpenLevel): Found | null {
    const { now } = this.question;
    for (let amount = 1; amount <= DAYS_MAX; amount += 1) {
      const at = startOfDay(dayOf(now) + amount);
      if (rankOf(this.heldLater(at)) >= rankOf(level)) continue;
      const leavesAt = this.leaveAt(at);
      const moments = momentsUntil(at, leavesAt);
      if (moments.some((moment) => rankOf(this.heldLater(moment)) >= rankOf(level))) continue;
      if (!this.isConfirmed(level, this.unchanged, moments)) continue;
      const said = {
        zh: `${amount} 天内无新增情况`,
        en: `${plural(amount, 'day')} without anything new`,
      };
      return {
        kind: 'days',
        leaves: level,
        amount,
        unit: 'days',
        fen: null,
        leavesAt,
        said,
      };
    }
    return null;
  }

  /** Whole evaluations, as time passes: at the last of these moments the finding must have left the level. */
  private isConfirmed(level: OpenLevel, outlook: Outlook, moments: readonly Us[]): boolean {
    const { findings } = outlook.evaluationAt(moments.at(-1)!);
    const found = findings.find(({ rule }) => rule.id === this.finding.rule.id);
    return found !== undefined && found.state !== 'failed' && rankOf(found.level) < rankOf(level);
  }
}

/** A year and a little, and the longest time that a policy may ask for. */
const LEAVE_DAYS_MAX = 2_000;

/** When it has to be inside: the rest of a day that has begun does not count, then at every midnight until the level is left. */
function momentsUntil(since: Us, leavesAt: Us): Us[] {
  const moments: Us[] = [];
  for (let day = dayOf(since - 1) + 1; startOfDay(day) <= leavesAt; day += 1) moments.push(startOfDay(day));
  return moments.length === 0 ? [leavesAt] : moments;
}

/** The change is news: nobody knew of it before. */
function changed(change: Change, sheet: FactSheet, amount: number): InstitutionRows {
  const rows = change.apply(sheet, amount);
  return { ...rows, newestAt: Math.max(rows.newestAt ?? 0, sheet.now) + 1, eventCount: rows.eventCount + 1 };
}

/**
 * The least amount above `tooLittle` that helps, by doubling and halving: more than enough is enough. Null when even the largest does
 * not help.
 */
function leastOf(helps: (amount: number) => boolean, max: number, tooLittle = 0): number | null {
  let low = tooLittle;
  let high = Math.min(max, Math.max(1, low * 2));
  while (!helps(high)) {
    if (high === max) return null;
    low = high;
    high = Math.min(max, high * 2);
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (helps(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Few and unequal things are tried one after the other; of many, one more or less hardly matters. */
function firstOf(helps: (amount: number) => boolean, max: number): number | null {
  for (let amount = 1; amount <= Math.min(max, ONE_BY_ONE_MAX); amount += 1) if (helps(amount)) return amount;
  return max > ONE_BY_ONE_MAX ? leastOf(helps, max, ONE_BY_ONE_MAX) : null;
}
/** Our default: each try reads everything that the rule reads, and thousands of families may wait for their money. */
const ONE_BY_ONE_MAX = 50;

const ZH: Readonly<Record<OpenLevel, string>> = { blue: '蓝色', yellow: '黄色', orange: '橙色', red: '红色' };

function sentenceOf({ zh, en }: Sentence, level: OpenLevel, to: Level, at: Us): Sentence {
  const day = formatDay(dayOf(at));
  return to === 'none'
    ? { zh: `${zh}，最早 ${day} 解除`, en: `${en}: ends the finding, on ${day} at the earliest` }
    : { zh: `${zh}，最早 ${day} 离开${ZH[level]}`, en: `${en}: leaves ${level}, on ${day} at the earliest` };
}

/** A day in a year whose holidays are not published is no more than a guess. */
function withGuess({ zh, en }: Sentence, years: readonly number[]): Sentence {
  if (years.length === 0) return { zh, en };
  return {
    zh: `${zh}（${years.join('、')} 年放假安排未知，按周一至周五为工作日推算）`,
    en: `${en} (the holidays of ${years.join(', ')} are not known: Monday to Friday taken as working days)`,
  };
}

function wordsOf({ rule }: RuleFinding, remedies: readonly Remedy[]): readonly Sentence[] {
  const words = (rule.remedies ?? []).filter((one) => typeof one !== 'string');
  return words.length > 0 || remedies.length > 0 ? words : [NOTHING_ALONE];
}

const NOTHING_ALONE: Sentence = {
  zh: '没有单一的金额或天数能使其解除，须由新的事实改变依据',
  en: 'no single amount and no number of days ends it; what it rests on has to change',
};
