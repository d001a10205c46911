import type { ErrorCode } from '../core/errors.js';
import { ERRORS } from '../core/errors.js';
import type { Us } from '../core/time.js';
import type { AnyEvent, Event } from '../events/event.js';
import { businessKey, factAmounts } from '../events/keys.js';
import { eventTypeNumber } from '../events/list.js';
import { reversalKey, typeKey } from './keys.js';
import { planOf } from './plan.js';
import { applyRegisters, EVENT_REGISTERS } from './registers.js';
import { isNewer, joinKey, type KeptOut, type StoredEvent, tellingKey } from './rows.js';
import { standingOf } from './standing.js';
import type { InstitutionBooks, WorkingSet } from './working-set.js';

/**
 * What became of an event. A duplicate was told before, by the same event or as the same fact by another one. `changes`: it
 * tells the fact from now on, in the place of the other one, or it is newer than all that was known.
 */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'duplicate'; readonly changes: boolean }
  | { readonly kind: 'rejected'; readonly code: ErrorCode; readonly path: string; readonly message: string };

const ACCEPTED: Outcome = { kind: 'accepted' };
const TOLD_BEFORE: Outcome = { kind: 'duplicate', changes: false };
const TOLD_ANEW: Outcome = { kind: 'duplicate', changes: true };

/**
 * Decides what an event does to the books and does it to the working set. Pure but for the working set: no clock, no I/O.
 * The order of the checks is part of the contract: identity first, then the reversal rules, then the business fact.
 * The working set must hold what `prefetch` names for the event, or everything (the model). With foresight it keeps less of
 * the event.
 */
export function book(set: WorkingSet, event: AnyEvent, receivedAt: Us, foresight: Foresight = ANYTHING): Outcome {
  const known = foresight.isNamed ? set.byIdentity.get(joinKey(event.source, event.id)) : undefined;
  if (known) {
    if (!known.contentHash.equals(event.contentHash)) return reject('id_reused', 'id');
    if (event.recordedAt < known.recordedAt) noteEarlier(set, event);
    return TOLD_BEFORE;
  }
  const books = set.institution(event.subject);
  if (event.type === 'event.reversed') return bookReversal(set, books, event);
  return bookEvent(set, books, event, receivedAt, foresight);
}

/** The same event was known before the telling that was accepted: books as of a time between know it. */
function noteEarlier(set: WorkingSet, event: AnyEvent): void {
  const identity = joinKey(event.source, event.id);
  const noted = set.earlierTellings.get(identity);
  if (noted === undefined || event.recordedAt < noted.recordedAt) set.earlierTellings.set(identity, event);
}

/** What the rest of a history, before or after, may say of an event. True when it is not known. */
export interface Foresight {
  /** Another event has its identity or reverses it. */
  readonly isNamed: boolean;
  /** Another event of its type has its business key. */
  readonly isToldAgain: boolean;
}

const ANYTHING: Foresight = { isNamed: true, isToldAgain: true };

function bookEvent(
  set: WorkingSet,
  books: InstitutionBooks,
  event: AnyEvent,
  receivedAt: Us,
  foresight: Foresight,
): Outcome {
  if (!foresight.isNamed && !foresight.isToldAgain && !EVENT_REGISTERS.has(event.type)) {
    bookUnnamed(books, event);
    return ACCEPTED;
  }
  const amounts = factAmounts(event);
  const key = businessKey(event);
  const reversed = books.byKey.has(reversalKey(event.source, event.id));
  const standing = amounts === null || reversed ? undefined : standingOf(books, typeKey(event.type, key));
  if (standing && (standing.amounts !== amounts || isNewer(event, standing))) {
    keepOut(set, books, { institutionId: books.id, event, receivedAt });
    if (standing.amounts !== amounts) return reject('conflicting_fact', conflictPath(event));
    return isNewestYet(books, event) ? TOLD_ANEW : TOLD_BEFORE;
  }
  const stored = accept(set, books, event, key, amounts, foresight.isNamed);
  if (standing) {
    books.displace(standing);
    apply(books, stored, wholeOf(standing), -1);
  }
  // A reversal that came first: the event is kept, and has no effect.
  if (!reversed) apply(books, stored, event, 1);
  return standing ? TOLD_ANEW : ACCEPTED;
}

/** The newest time is that of all tellings, so that it does not matter which of them was accepted. */
function isNewestYet(books: InstitutionBooks, event: AnyEvent): boolean {
  if (books.newestAt !== null && event.at <= books.newestAt) return false;
  books.newestAt = event.at;
  books.hasNewerTime = true;
  return true;
}

function wholeOf(stored: StoredEvent): AnyEvent {
  if (stored.event === null) throw new RangeError('an event to take back or to book again was not loaded');
  return stored.event;
}

/** An event that nothing else will ever look up is booked and not kept. */
function bookUnnamed(books: InstitutionBooks, event: AnyEvent): void {
  count(books, event);
  books.addPlan(planOf(event), NOT_KEPT, 1);
  applyRegisters(books, event, 1);
}

const NOT_KEPT: StoredEvent = {
  seq: 0,
  ordinal: 0,
  institutionId: '',
  source: '',
  id: '',
  type: 0,
  key: '',
  amounts: null,
  recordedAt: 0,
  at: 0,
  contentHash: Buffer.alloc(0),
  event: null,
};

function bookReversal(set: WorkingSet, books: InstitutionBooks, event: Event<'event.reversed'>): Outcome {
  const { source, id } = event.data.reverses;
  const target = set.byIdentity.get(joinKey(source, id));
  if (target?.institutionId !== undefined && target.institutionId !== books.id)
    return reject('reverses_other_institution', 'data.reverses.id');
  if (target && target.type === eventTypeNumber('event.reversed'))
    return reject('reverses_reversal', 'data.reverses.id');
  const again = books.byKey.has(reversalKey(source, id));
  const fact = target && target.amounts !== null ? typeKey(target.type, target.key) : null;
  const isDisplaced = fact !== null && standingOf(books, fact) !== target;
  const stored = accept(set, books, event, businessKey(event), null, true);
  if (again) return ACCEPTED;
  if (target) {
    books.tellingsOf(target.type).revisions += 1;
    books.tellingRevision += 1;
    if (isDisplaced) books.replace(target);
    else takeBack(set, books, target, stored, fact);
  } else {
    const waiting = set.keptOutByIdentity.get(joinKey(source, id)) ?? [];
    redrive(
      set,
      books,
      waiting.filter((kept) => kept.institutionId === books.id),
    );
  }
  return ACCEPTED;
}

/** Undoes the target's effect. Of a fact the next telling tells it from now on, or what had been kept out. */
function takeBack(
  set: WorkingSet,
  books: InstitutionBooks,
  target: StoredEvent,
  by: StoredEvent,
  fact: string | null,
): void {
  apply(books, by, wholeOf(target), -1);
  if (fact === null) return;
  const next = standingOf(books, fact);
  if (next) {
    books.replace(next);
    apply(books, by, wholeOf(next), 1);
  }
  redrive(set, books, books.keptOut.get(fact) ?? []);
}

/** Books again what had been kept out; the oldest first, so that the result does not depend on the order of arrival. */
function redrive(set: WorkingSet, books: InstitutionBooks, waiting: readonly KeptOut[]): void {
  const inOrder = [...waiting].sort(byAge);
  for (const kept of inOrder) {
    letIn(set, books, kept);
    const { kind } = book(set, kept.event, kept.receivedAt);
    set.redriven.set(tellingKey(kept.event), { event: kept.event, kind });
  }
}

function byAge(a: KeptOut, b: KeptOut): number {
  if (isNewer(a.event, b.event)) return 1;
  return isNewer(b.event, a.event) ? -1 : Buffer.compare(a.event.contentHash, b.event.contentHash);
}

function accept(
  set: WorkingSet,
  books: InstitutionBooks,
  event: AnyEvent,
  key: string,
  amounts: string | null,
  isNamed: boolean,
): StoredEvent {
  count(books, event);
  const stored: StoredEvent = {
    seq: 0,
    ordinal: books.eventCount,
    institutionId: books.id,
    source: event.source,
    id: event.id,
    type: eventTypeNumber(event.type),
    key,
    amounts,
    at: event.at,
    recordedAt: event.recordedAt,
    contentHash: isNamed ? event.contentHash : NOT_KEPT.contentHash,
    event,
  };
  if (isNamed) set.byIdentity.set(joinKey(event.source, event.id), stored);
  index(books, stored);
  if (books.keepJournal) books.accepted.push(stored);
  return stored;
}

function count(books: InstitutionBooks, event: AnyEvent): void {
  books.eventCount += 1;
  if (books.newestAt === null || event.at > books.newestAt) books.newestAt = event.at;
  if (books.oldestAt === null || event.at < books.oldestAt) books.oldestAt = event.at;
  if (books.knownAt === null || event.recordedAt > books.knownAt) books.knownAt = event.recordedAt;
}

const BALANCE = eventTypeNumber('custody.balance_reported');

/** Makes the event findable by type and business key. */
export function index(books: InstitutionBooks, stored: StoredEvent): void {
  const key = typeKey(stored.type, stored.key);
  const list = books.byKey.get(key);
  const tellings = books.tellingsOf(stored.type);
  if (stored.type !== BALANCE) books.tellingRevision += 1;
  if (list) {
    list.push(stored);
    tellings.revisions += 1;
  } else {
    const first = [stored];
    books.byKey.set(key, first);
    tellings.lists.push(first);
  }
}

function apply(books: InstitutionBooks, by: StoredEvent, event: AnyEvent, sign: 1 | -1): void {
  books.addPlan(planOf(event), by, sign);
  applyRegisters(books, event, sign);
}

function keepOut(set: WorkingSet, books: InstitutionBooks, kept: KeptOut): void {
  const key = typeKey(kept.event.type, businessKey(kept.event));
  const list = books.keptOut.get(key) ?? [];
  const known = list.find((other) => sameTelling(other, kept));
  if (known !== undefined) {
    if (kept.event.recordedAt >= known.event.recordedAt) return;
    // It was known earlier than was told so far.
    letIn(set, books, known);
  }
  books.keptOut.set(key, [...(books.keptOut.get(key) ?? []), kept]);
  const identity = joinKey(kept.event.source, kept.event.id);
  set.keptOutByIdentity.set(identity, [...(set.keptOutByIdentity.get(identity) ?? []), kept]);
  books.keptOutAdded.add(kept);
}

function letIn(set: WorkingSet, books: InstitutionBooks, kept: KeptOut): void {
  const key = typeKey(kept.event.type, businessKey(kept.event));
  books.keptOut.set(
    key,
    (books.keptOut.get(key) ?? []).filter((other) => other !== kept),
  );
  const identity = joinKey(kept.event.source, kept.event.id);
  set.keptOutByIdentity.set(
    identity,
    (set.keptOutByIdentity.get(identity) ?? []).filter((other) => other !== kept),
  );
  if (!books.keptOutAdded.delete(kept)) books.keptOutRemoved.add(kept);
}

export function sameTelling(a: KeptOut, b: KeptOut): boolean {
  return tellingKey(a.event) === tellingKey(b.event);
}

function conflictPath(event: AnyEvent): string {
  return 'amountFen' in event.data ? 'data.amountFen' : 'data';
}

function reject(code: ErrorCode, path: string): Outcome {
  return { kind: 'rejected', code, path, message: ERRORS[code].message };
}
