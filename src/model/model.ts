import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import type { AnyEvent } from '../events/event.js';
import { book, type Foresight, type Outcome } from '../ledger/book.js';
import { rematchAll } from '../ledger/match.js';
import { type Quantities, quantities } from '../ledger/quantities.js';
import type { RefundDefaults } from '../ledger/refunds.js';
import { WorkingSet } from '../ledger/working-set.js';
import { booksRowsOf } from './books-rows.js';

/** The books in memory, from the same plans as in PostgreSQL: the executable model that tests, --as-of, verify and the back-test share. */
export class Model {
  readonly set: WorkingSet;

  /** `keepJournal`: the books keep their entries, each with its event (`InstitutionBooks.entries`). */
  constructor(
    readonly calendar: Calendar,
    keepJournal = false,
  ) {
    this.set = new WorkingSet(keepJournal);
  }

  /** With foresight the model keeps less of the event; see `book`. */
  book(event: AnyEvent, foresight?: Foresight): Outcome {
    return book(this.set, event, event.recordedAt, foresight);
  }

  /** The contract's quantities of one institution at the moment `now`. */
  quantities(institutionId: string, now: Us, defaults?: RefundDefaults): Quantities {
    const books = this.set.institution(institutionId);
    rematchAll(books, this.calendar);
    return quantities(booksRowsOf(books), now, this.calendar, defaults);
  }
}
