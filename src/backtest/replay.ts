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
import { alertMessage } from '../risk/messages.js';
import type { Policy } from '../risk/policy/policy.js';
import type { RankedInstitution } from '../risk/ranks.js';
import { RememberedAnswers } from './memory.js';
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
  /** False: every rule is asked at every evaluation; the alerts are the same. */
  readonly remembers?: boolean;
}

/** One institution on the virtual clock. */
interface Watched {
  readonly id: string;
  readonly books: InstitutionBooks;
  readonly reader: InstitutionRowsReader;
  memory: RememberedAnswers;
  readonly triggers: Triggers;
  state: InstitutionRiskState | null;
  lookAgainAt: Us | null;
  /** An event of this moment asks for an evaluation, once all events of the moment are booked. */
  pendingAt: Us | null;
  /** Something was booked since the last evaluation. */
  isDirty: boolean;
  isTopOfCounty: boolean;
  /** What was told for the ranks last. */
  ranked: RankedInstitution | null;
  /** The last day whose end it has seen. */
  endedDay: Day;
  /** How it was before the evaluation at that day's end, in case the ranks of the day change it; null if there was none. */
  beforeEnd: BeforeEnd | null;
  /** Records of each alert so far. */
  readonly steps: Map<string, number>;
}

interface BeforeEnd {
  readonly state: InstitutionRiskState | null;
  /** Steps of alerts before they were told of. */
  readonly steps: Map<string, number>;
  readonly lines: AlertLine[];
}

/**
 * Books and evaluates institutions on a virtual clock. Events come in order of the time at which they were known. An institution
 * is evaluated after the events of a moment when one of them can make something worse, at the moments its rules ask for, and at
 * the end of every day on which something was booked. Institutions do not depend on each other but for the ranks at day's end, so
 * that one can be brought through its day before the next: what it holds is then in the processor's cache.
 */
export class Replay {
  private readonly model: Model;
  private readonly watched = new Map<string, Watched>();
  private lines: AlertLine[] = [];

  constructor(private readonly options: ReplayOptions) {
    this.model = new Model(options.calendar);
  }

  take(event: AnyEvent, foresight?: Foresight): Outcome {
    const { recordedAt } = event;
    const before = this.watched.get(event.subject);
    if (before) this.advance(before, recordedAt);
    const outcome = this.model.book(event, foresight);
    if (outcome.kind !== 'accepted') return outcome;
    const institution = before ?? this.watch(event.subject);
    institution.isDirty = true;
    if (institution.triggers.isUrgent(event, () => institution.reader.accounts())) institution.pendingAt = recordedAt;
    return outcome;
  }

  /** Brings every institution to the moment, evaluations at the moment itself included. */
  advanceAll(to: Us): void {
    for (const institution of this.watched.values()) {
      this.advance(institution, to);
      if (institution.pendingAt === to || institution.lookAgainAt === to) this.evaluate(institution, to);
    }
  }

  /** The institution has had all events of the day: it is evaluated at the day's end, with the ranks of the day before. */
  endDayOf(id: string, day: Day): void {
    const institution = this.watched.get(id);
    if (institution) this.end(institution, day);
  }

  /** Ends the day for all others. Answers what changed for the ranks of the counties. */
  endDay(day: Day): RankedInstitution[] {
    const changed: RankedInstitution[] = [];
    for (const institution of this.watched.values()) {
      this.end(institution, day);
      const { unearnedFen } = institution.books;
      const regionCode = institution.reader.regionCode() ?? '';
      const { ranked } = institution;
      if (ranked !== null && ranked.unearnedFen === unearnedFen && ranked.regionCode === regionCode) continue;
      institution.ranked = { institutionId: institution.id, regionCode, unearnedFen };
      changed.push(institution.ranked);
    }
    return changed;
  }

  /** The ranks of the day that has ended: whoever they concern is evaluated at its end once more, as if for the first time. */
  rank(day: Day, topOfCounty: ReadonlySet<string>): void {
    for (const institution of this.watched.values()) {
      const isTop = topOfCounty.has(institution.id);
      const { beforeEnd } = institution;
      institution.beforeEnd = null;
      if (isTop !== institution.isTopOfCounty) {
        institution.isTopOfCounty = isTop;
        if (beforeEnd) takeBack(institution, beforeEnd);
        this.evaluate(institution, startOfDay(day + 1));
      } else if (beforeEnd) for (const line of beforeEnd.lines) this.lines.push(line);
    }
  }

  /** The alert records since the last call, in order of time, institution and rule. */
  drain(): AlertLine[] {
    const { lines } = this;
    this.lines = [];
    return lines.sort(inOrder);
  }

  get institutions(): number {
    return this.watched.size;
  }

  private end(institution: Watched, day: Day): void {
    if (institution.endedDay === day) return;
    institution.endedDay = day;
    const at = startOfDay(day + 1);
    this.advance(institution, at);
    if (!institution.isDirty && institution.lookAgainAt !== at) return;
    institution.beforeEnd = { state: institution.state, steps: new Map(), lines: [] };
    this.evaluate(institution, at);
  }

  private watch(id: string): Watched {
    const books = this.model.set.institution(id);
    const institution: Watched = {
      id,
      books,
      reader: new InstitutionRowsReader(books, this.options.calendar),
      memory: new RememberedAnswers(),
      triggers: new Triggers(books),
      state: null,
      lookAgainAt: null,
      pendingAt: null,
      isDirty: false,
      isTopOfCounty: false,
      ranked: null,
      endedDay: Number.NEGATIVE_INFINITY,
      beforeEnd: null,
      steps: new Map(),
    };
    this.watched.set(id, institution);
    return institution;
  }

  /** Evaluates at every moment before `to` that is asked for. */
  private advance(institution: Watched, to: Us): void {
    for (;;) {
      const { pendingAt, lookAgainAt } = institution;
      const at = pendingAt !== null && (lookAgainAt === null || pendingAt <= lookAgainAt) ? pendingAt : lookAgainAt;
      if (at === null || at >= to) return;
      this.evaluate(institution, at);
    }
  }

  private evaluate(institution: Watched, at: Us): void {
    const { calendar, policy, remembers } = this.options;
    const { reader, memory, state } = institution;
    const rows = reader.read(dayOf(at), institution.isTopOfCounty);
    memory.follow(reader.changed, reader.moved);
    const evaluation =
      remembers === false
        ? evaluateInstitution(rows, state, at, calendar, policy)
        : evaluateAgain(rows, state, at, calendar, policy, memory);
    institution.state = evaluation.state;
    institution.lookAgainAt = evaluation.lookAgainAt;
    institution.pendingAt = null;
    institution.isDirty = false;
    for (const change of evaluation.changes) this.tell(institution, rows, change);
  }

  private tell(institution: Watched, rows: InstitutionRows, change: AlertChange): void {
    const step = (institution.steps.get(change.alertId) ?? 0) + 1;
    if (change.kind === 'cleared') institution.steps.delete(change.alertId);
    else institution.steps.set(change.alertId, step);
    const message = alertMessage(rows, change, step);
    const { kind, level, ruleId } = change;
    this.lines.push({
      at: change.asOf,
      institutionId: institution.id,
      ruleId,
      kind,
      level,
      json: cloudEventOf(message),
    });
  }
}

function takeBack(institution: Watched, { state, steps }: BeforeEnd): void {
  institution.state = state;
  for (const [alertId, step] of steps) institution.steps.set(alertId, step);
  institution.memory = new RememberedAnswers();
}

/** Time, then institution, then rule; several records of one alert stay in the order in which they happened. */
export function inOrder(a: AlertLine, b: AlertLine): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.institutionId !== b.institutionId) return a.institutionId < b.institutionId ? -1 : 1;
  if (a.ruleId !== b.ruleId) return a.ruleId < b.ruleId ? -1 : 1;
  return 0;
}
