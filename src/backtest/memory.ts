import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, US_PER_DAY, type Us } from '../core/time.js';
import { PART } from '../model/changed.js';
import type { CommonParams } from '../risk/common.js';
import type { RiskContext } from '../risk/context.js';
import type { AnswerMemory, AskedRule } from '../risk/evaluate.js';
import type { FactSheet } from '../risk/facts/fact-sheet.js';
import type { InstitutionRows } from '../risk/facts/rows.js';
import { rankOf } from '../risk/level.js';
import type { ParamValues } from '../risk/params.js';
import { type ReadingNote, TrackedSheet } from './tracked-facts.js';

/** What is remembered of one rule. `parts`: what its answer rests on. */
interface Remembered {
  params: ParamValues | null;
  parts: number;
  /** Infinity: never. */
  lookAgainAt: Us;
  day: Day;
  /** Good for this day only. */
  dayOnly: boolean;
  flag: boolean;
}

/**
 * Why a rule does not apply may pass with the days, and so may a history that is too short: such answers are good for a day.
 * No rule asks for more history than this.
 */
const YOUNG_US = 100 * US_PER_DAY;
const NEVER = Number.POSITIVE_INFINITY;

/** The answers of one institution, each with what it rests on. See `AnswerMemory`. */
export class RememberedAnswers implements AnswerMemory {
  private readonly rules: Remembered[] = [];
  private readonly note: ReadingNote = { parts: 0 };
  private readsOthers = false;
  private isYoung = true;

  /** Parts of the rows have changed: what rests on them is not settled any more. */
  forget(changed: number): void {
    if (changed === 0) return;
    for (const rule of this.rules) if ((rule.parts & changed) !== 0) rule.params = null;
  }

  isSettled(index: number, params: ParamValues, now: Us): boolean {
    const rule = this.rules[index];
    if (rule === undefined || rule.params !== params || now >= rule.lookAgainAt) return false;
    return !rule.dayOnly || rule.day === dayOf(now);
  }

  isFlagged(index: number): boolean {
    return this.rules[index]?.flag ?? false;
  }

  get lookAgainAt(): Us | null {
    let first = NEVER;
    for (const rule of this.rules) if (rule.lookAgainAt < first) first = rule.lookAgainAt;
    return first === NEVER ? null : first;
  }

  sheet(rows: InstitutionRows, now: Us, calendar: Calendar, common: CommonParams): FactSheet {
    this.isYoung = rows.firstAt === null || now - rows.firstAt < YOUNG_US;
    return new TrackedSheet(rows, now, calendar, common, this.note);
  }

  /** Findings of other rules come and go without a change of the rows: who reads them is never settled. */
  context(context: RiskContext): RiskContext {
    return {
      levelOf: (ruleId) => {
        this.readsOthers = true;
        return context.levelOf(ruleId);
      },
      hadFinding: (groups, floor, days) => {
        this.readsOthers = true;
        return context.hadFinding(groups, floor, days);
      },
    };
  }

  begin(): void {
    this.note.parts = 0;
    this.readsOthers = false;
  }

  keep(index: number, asked: AskedRule): void {
    const { answer, now } = asked;
    const flag = answer?.flag ?? false;
    // Being watched raises other rules: all of them are asked again when it begins or ends.
    if (flag !== this.isFlagged(index)) for (const rule of this.rules) rule.params = null;
    this.rules[index] = {
      params: this.readsOthers || !isAtRest(asked) ? null : asked.params,
      parts: this.note.parts,
      lookAgainAt: asked.lookAgainAt ?? NEVER,
      day: dayOf(now),
      dayOnly: answer?.state !== 'answered' || (this.isYoung && (this.note.parts & PART.firstAt) !== 0),
      flag,
    };
  }
}

/**
 * True when the finding comes out the same however often it is looked at with this answer: since when it has been inside each
 * level is noted, and late information cannot take back its last raise any more.
 */
function isAtRest({ answer, finding, newestEventAt }: AskedRule): boolean {
  const open = finding?.open;
  if (answer === null) return false;
  if (open == null) return true;
  if (open.insideSince.some((since, index) => since === null && index + 1 > rankOf(answer.holdLevel))) return false;
  const last = open.raises.at(-1)!;
  return rankOf(answer.level) >= rankOf(last.level) || (newestEventAt !== null && newestEventAt > last.at);
}
