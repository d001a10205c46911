import { cloudEventOf } from '../alerts/outbox.js';
import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, startOfDay, type Us } from '../core/time.js';
import type { AnyEvent } from '../events/event.js';
import type { Foresight, Outcome } from '../ledger/book.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { InstitutionRowsReader } from '../model/institution-rows.js';
import { Model } from '../model/model.js';
import { evaluateAgain, evaluateInstitution } from '../risk/evaluate.js';
import type { AlertChange, InstitutionRiskState } from '../risk/evaluation.js';
import type { InstitutionRows } from '../risk/facts/rows.js';
import { isRedByItself } from '../risk/finding.js';
import { alertMessage } from '../risk/messages.js';
import type { Policy } from '../risk/policy/policy.js';
import { RememberedAnswers } from './memory.js';
import type { SizeChange, Turns } from './rank-history.js';
import { type KeyTurns, OwnTies, type TieLog } from './ties.js';
import { Triggers } from './triggers.js';

/** One alert record as it is written, with what puts it in order. */
export interface AlertLine {
  readonly at: Us;
  readonly institutionId: string;
  readonly ruleId: string;
  readonly kind: AlertChange['kind'];
  readonly level: AlertChange['level'];
  readonly json: string;
}

export interface ReplayOptions {
  readonly calendar: Calendar;
  readonly policy: Policy;
  /** Per institution the ends of days at which it became one of the largest of its county, or ceased to be. */
  readonly turns?: ReadonlyMap<string, Turns>;
  /** By what institutions may share: which red ones have it, and since when. */
  readonly keyTurns?: KeyTurns;
  /** False: every rule is asked at every evaluation; the alerts are the same. */
  readonly remembers?: boolean;
}

/** The end of a replay: the last day that ends, and the moment at which it stops, if that is later. */
export interface ReplayEnd {
  readonly lastDay: Day | null;
  readonly until: Us | null;
}

/** One institution on its virtual clock. */
interface Watched {
  readonly id: string;
  readonly books: InstitutionBooks;
  readonly reader: InstitutionRowsReader;
  readonly memory: RememberedAnswers;
  readonly triggers: Triggers;
  readonly ties: OwnTies;
  state: InstitutionRiskState | null;
  lookAgainAt: Us | null;
  /** An event of this moment asks for an evaluation, once all events of the moment are booked. */
  pendingAt: Us | null;
  /** The end of the day on which something was booked since the last evaluation. */
  dayEndsAt: Us | null;
  /** Of the turns, the next one. */
  nextTurn: number;
  isTopOfCounty: boolean;
  /** The day of the last event, and what was last told of the size at a day's end. */
  bookedOn: Day;
  told: SizeChange | null;
  /** Records of each alert so far. */
  readonly steps: Map<string, number>;
}

/**
 * Books and evaluates institutions on virtual clocks. The events of an institution come in order of the time at which they were
 * known. It is evaluated after the events of a moment when one of them can make something worse, at the moments its rules ask
 * for, at the end of every day on which something was booked, and after all that when an institution it is tied to became red at
 * the moment, or ceased to be. Ranks and ties come from a replay before, so that each institution has its own clock, and one may
 * be far ahead of another.
 */
export class Replay {
  readonly lines: AlertLine[] = [];
  /** How large the institutions were at the ends of days, each time it changed. */
  readonly sizes: SizeChange[] = [];
  private readonly model: Model;
  private readonly watched = new Map<string, Watched>();

  constructor(private readonly options: ReplayOptions) {
    this.model = new Model(options.calendar);
  }

  take(event: AnyEvent, foresight?: Foresight): Outcome {
    const { recordedAt } = event;
    const before = this.watched.get(event.subject);
    if (before) this.advance(before, recordedAt);
    const outcome = this.model.book(event, foresight);
    if (outcome.kind === 'rejected' || (outcome.kind === 'duplicate' && !outcome.changes)) return outcome;
    const institution = before ?? this.watch(event.subject, dayOf(recordedAt));
    institution.dayEndsAt = startOfDay(institution.bookedOn + 1);
    institution.triggers.add(event);
    return outcome;
  }

  /** Brings all clocks to the end. */
  finish({ lastDay, until }: ReplayEnd): void {
    for (const institution of this.watched.values()) {
      if (lastDay !== null) this.advance(institution, startOfDay(lastDay + 1));
      if (until !== null) {
        this.advance(institution, until);
        this.ask(institution, until + 1);
        if (institution.pendingAt === until || institution.lookAgainAt === until)
          this.evaluate(institution, until, false);
        if (institution.ties.nextAt === until) this.evaluate(institution, until, true);
      }
    }
  }

  get institutions(): Iterable<string> {
    return this.watched.keys();
  }

  /** What the institution leaves for others, as far as it was replayed. */
  tieLog(id: string): TieLog {
    return this.watched.get(id)!.ties.log;
  }

  /** Whether being watched would have changed anything on one of the days between turns. */
  isTouchedBy(id: string, turns: Turns): boolean {
    return this.watched.get(id)?.memory.couldBeRaised(turns) ?? false;
  }

  private watch(id: string, bookedOn: Day): Watched {
    const books = this.model.set.institution(id);
    const institution: Watched = {
      id,
      books,
      reader: new InstitutionRowsReader(books, this.options.calendar),
      memory: new RememberedAnswers(),
      triggers: new Triggers(books),
      ties: new OwnTies(id, this.options.keyTurns ?? null),
      state: null,
      lookAgainAt: null,
      pendingAt: null,
      dayEndsAt: null,
      nextTurn: 0,
      isTopOfCounty: false,
      bookedOn,
      told: null,
      steps: new Map(),
    };
    this.watched.set(id, institution);
    return institution;
  }

  /**
   * Evaluates at every moment before `to` that is asked for. The end of a day comes before events of its very moment, and so
   * does what rules ask for then.
   */
  private advance(institution: Watched, to: Us): void {
    this.ask(institution, to);
    const isMidnight = to === startOfDay(dayOf(to));
    for (;;) {
      const turnAt = this.turnAt(institution);
      const { pendingAt, lookAgainAt, dayEndsAt } = institution;
      const ownAt = Math.min(pendingAt ?? NEVER, lookAgainAt ?? NEVER, dayEndsAt ?? NEVER, turnAt);
      const at = Math.min(ownAt, institution.ties.nextAt);
      if (at > to || (at === to && !(isMidnight && pendingAt !== to))) break;
      if (at === turnAt) this.turn(institution);
      this.evaluate(institution, at, at < ownAt);
    }
    const day = dayOf(to);
    if (day <= institution.bookedOn) return;
    this.tellSize(institution);
    institution.bookedOn = day;
  }

  /** Whether the events of a moment before `to` ask for an evaluation. */
  private ask(institution: Watched, to: Us): void {
    const { triggers, reader } = institution;
    institution.pendingAt = triggers.askedBefore(to, () => reader.accounts()) ?? institution.pendingAt;
  }

  private turnAt({ id, nextTurn }: Watched): Us {
    const day = this.options.turns?.get(id)?.[nextTurn];
    return day === undefined ? NEVER : startOfDay(day + 1);
  }

  private turn(institution: Watched): void {
    institution.isTopOfCounty = !institution.isTopOfCounty;
    institution.nextTurn += 1;
  }

  /** `isTold`: because of what is told of others at this very moment. */
  private evaluate(institution: Watched, at: Us, isTold: boolean): void {
    const { calendar, policy, remembers } = this.options;
    const { reader, memory, state, ties } = institution;
    ties.see(at, isTold);
    const rows = reader.read(dayOf(at), institution.isTopOfCounty, ties.linksOf);
    memory.follow(reader.changed, reader.moved);
    const evaluation =
      remembers === false
        ? evaluateInstitution(rows, state, at, calendar, policy)
        : evaluateAgain(rows, state, at, calendar, policy, memory);
    institution.state = evaluation.state;
    ties.note(at, reader.linkNames, isRedByItself(evaluation.state.findings));
    institution.lookAgainAt = evaluation.lookAgainAt;
    institution.pendingAt = null;
    institution.dayEndsAt = null;
    for (const change of evaluation.changes) this.tell(institution, rows, change);
  }

  private tell(institution: Watched, rows: InstitutionRows, change: AlertChange): void {
    const step = (institution.steps.get(change.alertId) ?? 0) + 1;
    if (change.kind === 'cleared') institution.steps.delete(change.alertId);
    else institution.steps.set(change.alertId, step);
    const { kind, level, ruleId, asOf: at } = change;
    const json = cloudEventOf(alertMessage(rows, change, step));
    this.lines.push({ at, institutionId: institution.id, ruleId, kind, level, json });
  }

  /** The size at the end of the last day on which something was booked. */
  private tellSize(institution: Watched): void {
    const { id: institutionId, books, reader, bookedOn: day, told } = institution;
    const { unearnedFen } = books;
    const regionCode = reader.regionCode() ?? '';
    if (told !== null && told.unearnedFen === unearnedFen && told.regionCode === regionCode) return;
    institution.told = { institutionId, regionCode, unearnedFen, day };
    this.sizes.push(institution.told);
  }
}

const NEVER = Number.POSITIVE_INFINITY;

/** Time, then institution, then rule; several records of one alert stay in the order in which they happened. */
export function inOrder(a: AlertLine, b: AlertLine): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.institutionId !== b.institutionId) return a.institutionId < b.institutionId ? -1 : 1;
  if (a.ruleId !== b.ruleId) return a.ruleId < b.ruleId ? -1 : 1;
  return 0;
}
