import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, type Us } from '../core/time.js';
import { eventOf } from '../ledger/prefetch.js';
import type { EventToBook } from '../ledger/sql/read-events.js';
import type { InstitutionBooks } from '../ledger/working-set.js';
import { PART } from '../model/changed.js';
import { InstitutionRowsReader, type ModelRows } from '../model/institution-rows.js';
import { Model } from '../model/model.js';
import { evaluateRemembering } from './evaluate.js';
import type { Evaluation, InstitutionRiskState } from './evaluation.js';
import type { LinkedInstitution } from './facts/rows.js';
import type { Policy } from './policy/policy.js';
import type { InstitutionHead } from './read-heads.js';
import { RememberedAnswers } from './remembered-answers.js';
import { CALENDAR_MISSING } from './score.js';

/** Rows whose ties to others are not told yet. */
export type KeptRows = ModelRows & { links: readonly LinkedInstitution[] | null };

/** Where an evaluation starts from. */
export interface Before {
  readonly state: InstitutionRiskState;
  readonly evaluatedAt: Us;
}

/** The books of one institution in memory, as its events make them, and what the rules answered to them. */
export class KeptInstitution {
  /** All its events up to this number are known. */
  seq = 0;
  private readonly model: Model;
  private readonly books: InstitutionBooks;
  private readonly reader: InstitutionRowsReader;
  private readonly memory = new RememberedAnswers(true);
  /** The last evaluation, and whether it rested on no guess. */
  private judged: { readonly at: Us; readonly isFirm: boolean } | null = null;
  private links = NO_LINKS;

  constructor(
    id: string,
    private readonly calendar: Calendar,
    /** The moment of the last reading. */
    public readAt: Us,
  ) {
    this.model = new Model(calendar);
    this.books = this.model.set.institution(id);
    this.reader = new InstitutionRowsReader(this.books, calendar);
  }

  get eventCount(): number {
    return this.books.eventCount;
  }

  /** An event that is not the next one leaves a gap, which shows in the count. */
  book(event: EventToBook): void {
    if (event.ordinal !== this.books.eventCount + 1) return;
    this.model.book({ ...eventOf(event.body), recordedAt: event.recorded_at });
    this.seq = event.seq;
  }

  /** The rows as they are now, without ties to others. */
  read(head: InstitutionHead, today: Day): KeptRows {
    // What was told again by others counts as well, and is not among the events.
    this.books.newestAt = head.newest_at;
    const rows = this.reader.read(today, head.top);
    this.memory.follow(this.reader.changed, this.reader.moved);
    return { ...rows, links: [] };
  }

  /**
   * The evaluation of rows that were just read. What was answered before holds on the same day, and only if the evaluation that
   * `before` is of was made here: otherwise all rules are asked.
   */
  evaluate(rows: KeptRows, before: Before | null, now: Us, policy: Policy): Evaluation {
    const { judged, memory } = this;
    const isNext = judged?.isFirm && judged.at === before?.evaluatedAt && dayOf(judged.at) === dayOf(now);
    if (!isNext) memory.forgetAll();
    const links = JSON.stringify(rows.links);
    if (links !== this.links) memory.follow(PART.links, 0);
    this.links = links;
    const evaluation = evaluateRemembering(rows, before?.state ?? null, now, this.calendar, policy, memory);
    const isFirm = !evaluation.score.problems.some((problem) => problem.startsWith(CALENDAR_MISSING));
    this.judged = { at: now, isFirm };
    return evaluation;
  }
}

const NO_LINKS = '[]';
