import type { JsonObject } from '../events/canonical.js';
import { firstIdOf, type KnownEntry, matchAll, sharesReference } from './identity.js';
import { digestOf, type Movement, type Part, type Refusal } from './movement.js';
import type { StatementKind } from './statement.js';

/** Whose account it is. */
export interface BankAccount {
  readonly accountId: string;
  readonly bankCode: string;
  readonly institutionId: string;
  readonly institutionNo: number;
}

/** The statement that tells, as far as it decides what becomes of its entries. */
export interface Telling {
  readonly account: BankAccount;
  readonly kind: StatementKind;
  readonly reading: number;
  /** Of the end-of-day statement in the register; null for reports and notifications. */
  readonly statementNo: number | null;
  /** RFC 3339; null when the file does not say when it was made. */
  readonly createdAt: string | null;
  /** Earlier versions of this very statement. */
  readonly replaces: readonly number[];
  /** A newer version of it was read before. */
  readonly isOutdated: boolean;
  /**
   * Entries (`KnownEntry.no`) that this reading has met: within one statement no entry is met twice. Kept by the reader and not by the
   * rows, because two files may tell the same account at the same time.
   */
  readonly met: ReadonlySet<number>;
  /**
   * Of the statement's entries some have a reference of the bank and some have none. Then one without is none that was told with one,
   * however equal they are otherwise; in a statement without any the files of the bank differ, and it may be.
   */
  readonly isMixed: boolean;
  /** Refused entries once more, under the number of the reading that had refused them. */
  readonly isRedrive: boolean;
}

export interface Told {
  readonly movement: Movement;
  readonly line: number;
}

/**
 * What becomes of one entry. `events` are to be booked in this order, reversals before what takes their place.
 *   new      – told for the first time, or told anew by a correction
 *   known    – told before; `events` is empty, unless it is told more exactly now
 *   refused  – contradicts what was told before
 */
export interface Planned {
  readonly kind: 'new' | 'known' | 'refused';
  readonly row: KnownEntry | null;
  readonly events: readonly JsonObject[];
  readonly refusal: Refusal | null;
}

/**
 * Entries → events. Pure: `known` is what the register knows of the account (as far as it can matter) and is changed; new rows are
 * added to it. The books that follow do not depend on the order in which reports, notifications and statements arrive: of several
 * tellings of one entry the most exact one stands, and each reversal finds its entry whichever comes first.
 */
export function planEntries(telling: Telling, told: readonly Told[], known: KnownEntry[]): Planned[] {
  const matched = matchAll(
    told.map(({ movement }) => movement),
    known.filter((row) => !isMet(telling, row)),
    telling.isMixed,
  );
  const ids = new FreshIds(known);
  return told.map((one, at) => {
    const row = matched[at]!;
    return row === null ? planNew(telling, one, known, ids) : planKnown(telling, one, row, known);
  });
}

function isMet(telling: Telling, row: KnownEntry): boolean {
  if (telling.isRedrive) return row.reading === telling.reading && row.state !== 'refused';
  return row.no !== null && telling.met.has(row.no);
}

/** The statement told the entry in an earlier version and does not any more. */
export function planRemoved(telling: Telling, row: KnownEntry, known: readonly KnownEntry[]): JsonObject[] {
  const events = [...reversals(telling, row, 'removed'), ...release(telling, row, known)];
  set(row, 'removed', null);
  return events;
}

function planNew(telling: Telling, { movement, line }: Told, known: KnownEntry[], ids: FreshIds): Planned {
  if (telling.isOutdated) return { kind: 'known', row: null, events: [], refusal: null };
  const row = newRow(telling, movement, line, ids);
  known.push(row);
  const original = known.find((other) => other.state === 'booked' && isUndoneBy(other, row));
  if (original) return { kind: 'new', row, events: undo(telling, original, row), refusal: null };
  const events = retell(telling, row, movement, line);
  return { kind: 'new', row, events: [...events, ...settle(telling, row, known)], refusal: null };
}

function planKnown(telling: Telling, told: Told, row: KnownEntry, known: readonly KnownEntry[]): Planned {
  const { movement, line } = told;
  const isCorrection = row.statementNo !== null && telling.replaces.includes(row.statementNo);
  const isOther = row.amountFen !== movement.amountFen && row.state !== 'removed' && row.state !== 'refused';
  // It is not this entry: the row is left for what is.
  if (isOther && !isCorrection && !telling.isOutdated) return refusedAs(row, movement);
  const isEarly = row.statementNo === null;
  const isLast = telling.kind === 'statement' && !telling.isOutdated;
  row.reading = telling.reading;
  row.refs = union(row.refs, movement.refs);
  row.marks = union(row.marks, movement.marks);
  row.changed = true;
  if (isLast) row.statementNo = telling.statementNo;
  if (telling.isOutdated) {
    // An intraday file told it and so did this version, but not the newer one that was read before.
    const isGone = isEarly && telling.kind === 'statement' && row.state !== 'removed';
    return { kind: 'known', row, events: isGone ? planRemoved(telling, row, known) : [], refusal: null };
  }
  if (row.state === 'removed' && !isLast) return { kind: 'known', row, events: [], refusal: null };
  if (row.state === 'removed' || row.state === 'refused' || isOther)
    return { kind: 'new', row, events: anew(telling, told, row, known), refusal: null };
  row.undoes ||= movement.undoes;
  const events = moreExact(telling, movement, row, line);
  return { kind: 'known', row, events: [...events, ...settle(telling, row, known)], refusal: null };
}

/** Told again after it was taken back, after the books refused it, or with another amount by a newer version. */
function anew(telling: Telling, { movement, line }: Told, row: KnownEntry, known: readonly KnownEntry[]): JsonObject[] {
  if (row.state === 'refused') {
    // A part that the books took the last time stands under its own id.
    const before = row.eventIds;
    const events = retell(telling, row, movement, line);
    row.eventIds = union(before, row.eventIds);
    return events;
  }
  const gone = row.state === 'removed' ? [] : [...reversals(telling, row, 'changed'), ...release(telling, row, known)];
  row.revision += 1;
  return [...gone, ...retell(telling, row, movement, line), ...settle(telling, row, known)];
}

/** The same entry with more said of it takes the place of what was booked. */
function moreExact(telling: Telling, movement: Movement, row: KnownEntry, line: number): JsonObject[] {
  const content = contentText(movement);
  if (content === row.content) row.isFinal ||= telling.kind === 'statement';
  if (content === row.content || !isBetter(content, telling.kind === 'statement', row)) return [];
  if (row.state !== 'booked' && row.state !== 'waiting') {
    // Undone, or undoing another: nothing of it stands, but it may come to stand again.
    row.content = content;
    row.isFinal = telling.kind === 'statement';
    return [];
  }
  const events = reversals(telling, row, 'told more exactly');
  row.revision += 1;
  return [...events, ...retell(telling, row, movement, line)];
}

/** Now that more is known of it: does it undo an entry, or is there one that undoes it? */
function settle(telling: Telling, row: KnownEntry, known: readonly KnownEntry[]): JsonObject[] {
  if (row.direction === 0) return [];
  if (row.undoes && (row.state === 'booked' || row.state === 'waiting')) {
    row.state = 'waiting';
    const original = known.find((other) => other.state === 'booked' && isUndoneBy(other, row));
    return original ? [...reversals(telling, row, 'undone'), ...undo(telling, original, row)] : [];
  }
  if (row.state !== 'booked') return [];
  const undoing = known.find((other) => other.state === 'waiting' && isUndoneBy(row, other));
  return undoing ? [...reversals(telling, undoing, 'undone'), ...undo(telling, row, undoing)] : [];
}

/** Its counterpart stands by itself again: the undone entry, or the money of what had undone it. */
function release(telling: Telling, row: KnownEntry, known: readonly KnownEntry[]): JsonObject[] {
  const other = known.find((one) => one.direction === -row.direction && one.bankTxnId === row.counterpart);
  if (row.counterpart === null || !other) return [];
  other.revision += 1;
  const events = book(telling, other, contentOf(other));
  set(other, other.undoes ? 'waiting' : 'booked', null);
  return events;
}

function refusedAs(row: KnownEntry, movement: Movement): Planned {
  const what = movement.direction === 0 ? 'this balance' : 'this transaction of the bank';
  const path = movement.direction === 0 ? 'Bal/Amt' : 'Ntry/Amt';
  const message = `${path} differs from the amount that was told of ${what} before.`;
  return { kind: 'refused', row, events: [], refusal: { code: 'conflicting_fact', path, message } };
}

/** Ids for entries that are told for the first time: equal ones are numbered. */
class FreshIds {
  private readonly used: Set<string>;
  private readonly numbers = new Map<string, number>();

  constructor(known: readonly KnownEntry[]) {
    this.used = new Set(known.map((row) => `${row.direction} ${row.bankTxnId}`));
  }

  next(direction: Movement['direction'], ref: string): string {
    const key = `${direction} ${ref}`;
    let number = this.numbers.get(key) ?? 1;
    while (this.used.has(number === 1 ? key : `${key}#${number}`)) number += 1;
    this.numbers.set(key, number + 1);
    return number === 1 ? ref : `${ref}#${number}`;
  }
}

function newRow(telling: Telling, movement: Movement, line: number, ids: FreshIds): KnownEntry {
  const ref = firstIdOf(movement, telling.account.accountId);
  const bankTxnId = ids.next(movement.direction, ref);
  return {
    no: null,
    direction: movement.direction,
    bankTxnId,
    ref,
    refs: movement.refs,
    marks: movement.marks,
    amountFen: movement.amountFen,
    bookedOn: movement.bookedOn,
    undoes: movement.undoes,
    counterpart: null,
    content: contentText(movement),
    isFinal: telling.kind === 'statement',
    revision: 1,
    state: 'booked',
    eventIds: [],
    statementNo: telling.kind === 'statement' ? telling.statementNo : null,
    reading: telling.reading,
    line,
    changed: true,
  };
}

/** What the events of an entry are made of. */
interface Content {
  readonly at: string;
  readonly bookedOn: string;
  readonly parts: readonly Part[];
  readonly asOf?: string;
}

/** Without the time of day: a statement often tells the day alone where the report told the minute. */
function contentText({ bookedOn, parts, asOf: time }: Movement): string {
  return JSON.stringify({ bookedOn, parts, ...(time === undefined ? {} : { asOf: time }) });
}

/** Of money: nothing undoes a balance. */
function contentOf(row: KnownEntry): Content {
  const { bookedOn, parts } = JSON.parse(row.content) as Omit<Content, 'at'>;
  return { at: `${bookedOn}T00:00:00+08:00`, bookedOn, parts };
}

function asOf(movement: Movement): { asOf?: string } {
  return movement.asOf === undefined ? {} : { asOf: movement.asOf };
}

/** One order for all tellings of an entry, so that the same one wins whichever came first. */
function isBetter(content: string, isFinal: boolean, row: KnownEntry): boolean {
  const mine = [richness(content), isFinal ? 1 : 0] as const;
  const theirs = [richness(row.content), row.isFinal ? 1 : 0] as const;
  if (mine[0] !== theirs[0]) return mine[0] > theirs[0];
  if (mine[1] !== theirs[1]) return mine[1] > theirs[1];
  return content > row.content;
}

/** Single transactions tell more than their sum, a reference more than none, a reason more than `other`. */
function richness(content: string): number {
  const { parts } = JSON.parse(content) as Content;
  // An available balance of nothing is told, too.
  const named = parts.filter(
    (part) => (part.refundId ?? part.instructionId ?? part.paymentIds ?? part.availableFen) !== undefined,
  ).length;
  const reasoned = parts.filter((part) => part.purpose !== undefined && part.purpose !== 'other').length;
  return parts.length * 4 + named * 2 + reasoned;
}

function retell(telling: Telling, row: KnownEntry, movement: Movement, line: number): JsonObject[] {
  row.amountFen = movement.amountFen;
  row.bookedOn = movement.bookedOn;
  row.content = contentText(movement);
  row.isFinal = telling.kind === 'statement';
  row.line = line;
  row.state = 'booked';
  row.counterpart = null;
  return book(telling, row, { at: movement.at, bookedOn: movement.bookedOn, parts: movement.parts, ...asOf(movement) });
}

function isUndoneBy(original: KnownEntry, undoing: KnownEntry): boolean {
  return (
    undoing.undoes &&
    !original.undoes &&
    original.direction === -undoing.direction &&
    original.amountFen === undoing.amountFen &&
    sharesReference(original, undoing)
  );
}

/** `undoing` takes the events of `original` back; its own money is thereby told. */
function undo(telling: Telling, original: KnownEntry, undoing: KnownEntry): JsonObject[] {
  const events = reversals(telling, original, 'undone by the bank');
  set(undoing, 'undoing', original.bankTxnId);
  set(original, 'undone', undoing.bankTxnId);
  return events;
}

function set(row: KnownEntry, state: KnownEntry['state'], counterpart: string | null): void {
  row.state = state;
  row.counterpart = counterpart;
  row.changed = true;
}

/** The events of an entry, one for each part. Their ids come from all that they say, so that the same telling has the same ids. */
function book(telling: Telling, row: KnownEntry, content: Content): JsonObject[] {
  const { account } = telling;
  const events = content.parts.map((part, at) => {
    const bankTxnId = content.parts.length === 1 ? row.bankTxnId : `${row.bankTxnId}/${at + 1}`;
    const data =
      row.direction === 0 ? balanceData(account, content, part) : moneyData(account, bankTxnId, content, part);
    const id = `bank-${digestOf(account.institutionId, account.accountId, row.direction, bankTxnId, row.revision, JSON.stringify(data), content.at)}`;
    const type = row.direction === 0 ? 'balance_reported' : row.direction === 1 ? 'credited' : 'debited';
    return envelope(telling, `prepaid.custody.${type}.v1`, id, content.at, data);
  });
  row.eventIds = events.map((event) => event['id'] as string);
  row.changed = true;
  return events;
}

function moneyData(account: BankAccount, bankTxnId: string, content: Content, part: Part): JsonObject {
  return { accountId: account.accountId, bankTxnId, bookedOn: content.bookedOn, ...part } as JsonObject;
}

function balanceData(account: BankAccount, content: Content, { amountFen, availableFen }: Part): JsonObject {
  const { asOf: time, bookedOn } = content;
  const kind = time === undefined ? 'end_of_day' : 'intraday';
  const data = { accountId: account.accountId, asOf: time ?? bookedOn, kind, bookedFen: amountFen };
  return availableFen === undefined ? data : { ...data, availableFen };
}

function reversals(telling: Telling, row: KnownEntry, reason: string): JsonObject[] {
  const time = telling.createdAt ?? `${row.bookedOn}T23:59:59+08:00`;
  const source = sourceOf(telling.account);
  const events = row.eventIds.map((id) =>
    envelope(telling, 'prepaid.event.reversed.v1', `undo-${id}`, time, { reverses: { source, id }, reason }),
  );
  row.eventIds = [];
  row.changed = true;
  return events;
}

function envelope(telling: Telling, type: string, id: string, time: string, data: JsonObject): JsonObject {
  const { account, createdAt } = telling;
  const attributes = { specversion: '1.0', id, source: sourceOf(account), type, subject: account.institutionId, time };
  return { ...attributes, ...(createdAt === null ? {} : { recordedtime: createdAt }), data };
}

export function sourceOf(account: Pick<BankAccount, 'bankCode'>): string {
  return `/bank/${account.bankCode}`;
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return b.every((one) => a.includes(one)) ? a : [...new Set([...a, ...b])];
}
