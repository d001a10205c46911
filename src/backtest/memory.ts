import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, type Us } from '../core/time.js';
import { ACCOUNT } from '../ledger/accounts.js';
import { BANK_IN, FINDINGS, PART, partOfAccount, partOfTally } from '../model/changed.js';
import type { ModelRows } from '../model/institution-rows.js';
import {
  ORDINARY_DAYS_AHEAD_MAX,
  ORDINARY_END_MINUTE,
  ORDINARY_FEN_MAX,
  ORDINARY_HOURS_MAX,
  ORDINARY_MONTHS_MAX,
} from '../model/ordinary.js';
import { isRaisedByWatching } from '../risk/ask.js';
import type { CommonParams } from '../risk/common.js';
import type { RiskContext } from '../risk/context.js';
import type { AnswerMemory, AskedRule } from '../risk/evaluate.js';
import type { FactSheet } from '../risk/facts/fact-sheet.js';
import type { InstitutionRows } from '../risk/facts/rows.js';
import { rankOf } from '../risk/level.js';
import type { ParamValues } from '../risk/params.js';
import { RULES } from '../risk/rules/list.js';
import type { Turns } from './rank-history.js';
import { FactCache, TrackedSheet } from './tracked-facts.js';

const NEVER = Number.POSITIVE_INFINITY;
const ANY_DAY = -(2 ** 31);
const NO_RULE = -1;
/** The rules of the groups that E04 raises. */
const IS_RAISED_BY_WATCHING = RULES.map(isRaisedByWatching);
const NO_PARAMS: readonly null[] = RULES.map(() => null);

/** The answers of one institution, each with what it rests on. See `AnswerMemory`. */
export class RememberedAnswers implements AnswerMemory {
  // By rule; arrays of numbers lie together in memory, which counts with thousands of institutions.
  private readonly params: (ParamValues | null)[] = NO_PARAMS.slice();
  /** What the answer rests on. */
  private readonly parts = new Int32Array(RULES.length);
  private readonly lookAgain = new Float64Array(RULES.length).fill(NEVER);
  /** The day for which the answer is good; ANY_DAY for all. */
  private readonly days = new Int32Array(RULES.length);
  private flagged = NO_RULE;
  /** Rules of which being watched would raise a finding: one is there, or near. */
  private readonly raisable = new Uint8Array(RULES.length);
  private raisableCount = 0;
  /** Days on which the first of them came, and on which the last one went, in turn. */
  private readonly raisableTurns: Day[] = [];
  private readonly facts = new FactCache();
  private readonly note = this.facts.note;
  /** The rule asked whether others found something in the last days: the days pass. */
  private looksBack = false;

  /** Parts of the rows have changed, or lost what their window has left behind. */
  follow(changed: number, moved: number): void {
    this.facts.forget(changed | moved);
    this.forget(changed);
  }

  /** What rests on these parts is not settled any more. */
  private forget(changed: number): void {
    if (changed === 0) return;
    const { parts, params } = this;
    for (let index = 0; index < parts.length; index += 1) if ((parts[index]! & changed) !== 0) params[index] = null;
  }

  isSettled(index: number, params: ParamValues, now: Us): boolean {
    if (this.params[index] !== params || now >= this.lookAgain[index]!) return false;
    const day = this.days[index]!;
    return day === ANY_DAY || day === dayOf(now);
  }

  isFlagged(index: number): boolean {
    return this.flagged === index;
  }

  get lookAgainAt(): Us | null {
    const { lookAgain } = this;
    let first = NEVER;
    for (let index = 0; index < lookAgain.length; index += 1) if (lookAgain[index]! < first) first = lookAgain[index]!;
    return first === NEVER ? null : first;
  }

  sheet(rows: InstitutionRows, now: Us, calendar: Calendar, common: CommonParams): FactSheet {
    this.facts.open(rows, now, common);
    // The back-test reads its rows from the model.
    return new TrackedSheet(rows as ModelRows, now, calendar, common, this.facts);
  }

  /** Findings of other rules are a part like the parts of the rows. */
  context(context: RiskContext): RiskContext {
    return {
      levelOf: (ruleId) => {
        this.note.parts |= FINDINGS;
        return context.levelOf(ruleId);
      },
      hadFinding: (groups, floor, days) => {
        this.note.parts |= FINDINGS;
        this.looksBack = true;
        return context.hadFinding(groups, floor, days);
      },
      reached: (floor) => {
        this.note.parts |= FINDINGS;
        return context.reached(floor);
      },
      // The rule is asked with the sheet, which notes what that reads.
      evidenceOf: (ruleId) => context.evidenceOf(ruleId),
    };
  }

  begin(): void {
    this.note.parts = 0;
    this.looksBack = false;
  }

  keep(index: number, asked: AskedRule): void {
    const flag = asked.answer?.flag ?? false;
    // Being watched raises other rules: all of them are asked again when it begins or ends.
    if (flag !== this.isFlagged(index)) {
      this.params.fill(null);
      this.flagged = flag ? index : NO_RULE;
    }
    // Rules that read findings come after those whose findings they read.
    if (asked.isFindingNew) this.forget(FINDINGS);
    this.params[index] = isAtRest(asked) ? asked.params : null;
    this.parts[index] = this.note.parts & ~harmlessParts(index, asked, this.note.parts);
    this.lookAgain[index] = asked.lookAgainAt ?? NEVER;
    this.days[index] = this.looksBack ? dayOf(asked.now) : ANY_DAY;
    this.noteRaisable(index, asked);
  }

  /** Whether on one of the days from a turn to the next a finding was there that being watched would have raised. */
  couldBeRaised(turns: Turns): boolean {
    for (let at = 0; at < turns.length; at += 2) {
      const from = turns[at]!;
      const to = turns[at + 1] ?? NEVER;
      for (let own = 0; own < this.raisableTurns.length; own += 2) {
        if (this.raisableTurns[own]! <= to + 1 && (this.raisableTurns[own + 1] ?? NEVER) >= from) return true;
      }
    }
    return false;
  }

  private noteRaisable(index: number, { answer, now }: AskedRule): void {
    if (!IS_RAISED_BY_WATCHING[index]) return;
    const is = answer === null || answer.holdLevel !== 'none' ? 1 : 0;
    if (is === this.raisable[index]) return;
    this.raisable[index] = is;
    this.raisableCount += is === 1 ? 1 : -1;
    const wasOpen = this.raisableTurns.length % 2 === 1;
    if (wasOpen !== this.raisableCount > 0) this.raisableTurns.push(dayOf(now));
  }
}

/**
 * What cannot make a rule find something that it has just answered not to find: growth that is good news, or a burden that
 * became less. The rule need not be asked again for it; with a finding open it is, because good news closes it. A rule that is
 * not named here is asked whenever anything it read has changed.
 */
interface Harmless {
  readonly parts: number;
  readonly unlessRead?: number;
  /** Only where the policy's limits are not below those by which something is ordinary. */
  readonly where?: (p: ParamValues) => boolean;
}

const SALES = PART.sales | PART.repeats;

const HARMLESS: Readonly<Record<string, Harmless>> = {
  // Coverage: less is owed, more is held. A payment that is settled leaves the transit, which is another part.
  A01: { parts: PART.unearnedLess | BANK_IN | partOfAccount(ACCOUNT.earned) },
  A02: { parts: BANK_IN },
  A03: { parts: PART.unearnedLess | BANK_IN },
  A04: { parts: BANK_IN },
  // Lessons that are confirmed allow releases.
  A05: { parts: PART.unearnedMore | partOfAccount(ACCOUNT.earned) },
  // Ordinary contracts and payments, and hours left, which only B04 and B08 ask for.
  B01: { parts: SALES, where: (p) => p.yellowMonths! >= ORDINARY_MONTHS_MAX },
  B02: { parts: SALES, where: (p) => p.yellowHours! >= ORDINARY_HOURS_MAX * 100 },
  B03: { parts: SALES, where: (p) => p.yellowFen! >= ORDINARY_FEN_MAX },
  B04: { parts: PART.sales, where: (p) => p.monthsBefore! * 28 >= ORDINARY_DAYS_AHEAD_MAX },
  B05: { parts: SALES },
  B06: { parts: SALES },
  // Those that are repeated are another part.
  B08: { parts: PART.sales },
  B09: { parts: SALES },
  // Ordinary lessons.
  B10: {
    parts: PART.timetable,
    where: (p) => Math.min(p.offlineMinute!, p.onlineMinute!) >= ORDINARY_END_MINUTE,
  },
  B11: { parts: PART.timetable },
  // Lessons that are told, unless it is confirmations that stand for them.
  D01: {
    parts: PART.unearnedLess | partOfTally('lessons_delivered'),
    unlessRead: partOfTally('confirmations_parent'),
  },
  D05: { parts: partOfTally('confirmations_parent') },
  D06: { parts: PART.unearnedLess | partOfAccount(ACCOUNT.earned) },
  E02: { parts: partOfAccount(ACCOUNT.earned) },
  E03: { parts: PART.unearnedLess },
  E04: { parts: PART.unearnedLess },
  // Business that is told.
  F12: {
    parts:
      PART.unearnedLess |
      PART.newest |
      partOfTally('lessons_delivered') |
      partOfTally('confirmations_parent') |
      partOfAccount(ACCOUNT.receipts),
  },
};

const HARMLESS_BY_INDEX = RULES.map((rule) => HARMLESS[rule.id] ?? null);

function harmlessParts(index: number, { answer, finding, params }: AskedRule, read: number): number {
  const harmless = HARMLESS_BY_INDEX[index];
  if (harmless == null || answer === null || answer.state !== 'answered' || answer.level !== 'none') return 0;
  if (answer.flag || finding?.open != null || (read & (harmless.unlessRead ?? 0)) !== 0) return 0;
  if (harmless.where !== undefined && (params === null || !harmless.where(params))) return 0;
  return harmless.parts;
}

/**
 * True when the finding comes out the same however often it is looked at with this answer: since when it has been inside each
 * level is noted, late information cannot take back its last raise any more, and nothing is told of a moment to come.
 */
function isAtRest({ answer, finding, newestEventAt, futureAt }: AskedRule): boolean {
  const open = finding?.open;
  if (answer === null || futureAt !== null) return false;
  if (open == null) return true;
  if (open.insideSince.some((since, index) => since === null && index + 1 > rankOf(answer.holdLevel))) return false;
  const last = open.raises.at(-1)!;
  return rankOf(answer.level) >= rankOf(last.level) || (newestEventAt !== null && newestEventAt > last.at);
}
