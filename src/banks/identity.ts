import { type Direction, digestOf, type Movement } from './movement.js';

/**
 * How an entry of an account stands:
 *   booked   – its events stand
 *   refused  – the books refused it; its entry is among the rejected and can be driven again
 *   waiting  – booked by itself; it undoes an entry that was not told yet
 *   undoing  – its events are the reversals of the entry that it undoes
 *   undone   – its events were reversed by such an entry
 *   removed  – the bank took it back in a newer version of the statement
 */
export type EntryState = 'booked' | 'refused' | 'waiting' | 'undoing' | 'undone' | 'removed';

/** An entry as the register keeps it: what has been told of it so far, by whichever file. */
export interface KnownEntry {
  /** Null: not stored yet. */
  no: number | null;
  direction: Direction;
  bankTxnId: string;
  /** Value of the strongest reference, or the derived id: what its neighbours with the same reference share. */
  ref: string;
  refs: readonly string[];
  marks: readonly string[];
  amountFen: number;
  bookedOn: string;
  undoes: boolean;
  /** bankTxnId of the entry that it undoes, or by which it was undone. */
  counterpart: string | null;
  content: string;
  /** The content was told by an end-of-day statement. */
  isFinal: boolean;
  revision: number;
  state: EntryState;
  /** Events that stand for it. */
  eventIds: readonly string[];
  /** The statement (of the end of day) that told it last. */
  statementNo: number | null;
  /** The reading in which it was met last: within one reading an entry is met once. */
  reading: number;
  line: number;
  changed: boolean;
}

/**
 * Which known entry each movement is, decided for all together: those that agree in reference and amount first, so that a payment
 * and its fee under one reference are not taken for each other, whatever their order. `known` has none that this reading has met.
 */
export function matchAll(
  movements: readonly Movement[],
  known: readonly KnownEntry[],
  isMixed: boolean,
): (KnownEntry | null)[] {
  const taken = new Set<KnownEntry>();
  const found: (KnownEntry | null)[] = movements.map(() => null);
  const index = new Candidates(known);
  const alike: Fits = (row, movement) =>
    sameAmountAndDay(row, movement) && !(isMixed && row.refs.length > 0 !== movement.refs.length > 0);
  for (const fits of [sameReferenceAndAmount, sameMarkAndAmount, alike, sameReference]) {
    movements.forEach((movement, at) => {
      if (found[at] !== null) return;
      const row = index
        .of(movement)
        .find((one) => !taken.has(one) && one.direction === movement.direction && fits(one, movement));
      if (row === undefined) return;
      taken.add(row);
      found[at] = row;
    });
  }
  return found;
}

/** The id for an entry that is told for the first time: the bank's own reference, else one made of what is told. */
export function firstIdOf(movement: Movement, accountId: string): string {
  const [strongest] = movement.refs;
  if (strongest !== undefined) {
    const value = valueOfRef(strongest);
    return BANK_TXN_ID.test(value) ? value : `h-${digestOf(value)}`;
  }
  return `d-${digestOf(accountId, movement.bookedOn, movement.amountFen, movement.direction)}`;
}
/** Leaves room for what is added to equal ones and to the transactions of a batch. */
const BANK_TXN_ID = /^[\x20-\x7e]{1,100}$/;

export function refValuesOf(movement: Pick<Movement, 'refs'>): string[] {
  return movement.refs.map(valueOfRef);
}

/** Whether the two share a reference, of the bank or of a customer. */
export function sharesReference(a: Pick<KnownEntry, 'refs' | 'marks'>, b: Pick<KnownEntry, 'refs' | 'marks'>): boolean {
  const values = new Set([...a.refs.map(valueOfRef), ...a.marks]);
  return [...b.refs.map(valueOfRef), ...b.marks].some((value) => values.has(value));
}

function valueOfRef(ref: string): string {
  return ref.slice(ref.indexOf(':') + 1);
}

class Candidates {
  private readonly byKey = new Map<string, KnownEntry[]>();

  constructor(rows: readonly KnownEntry[]) {
    for (const row of rows) for (const key of keysOf(row)) push(this.byKey, key, row);
  }

  of(movement: Movement): readonly KnownEntry[] {
    const keys = keysOf(movement);
    if (keys.length === 1) return this.byKey.get(keys[0]!) ?? [];
    return [...new Set(keys.flatMap((key) => this.byKey.get(key) ?? []))];
  }
}

function keysOf(one: Pick<Movement, 'refs' | 'amountFen' | 'bookedOn'>): string[] {
  return [`= ${one.amountFen} ${one.bookedOn}`, ...one.refs.map(valueOfRef)];
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

type Fits = (row: KnownEntry, movement: Movement) => boolean;

const sameReferenceAndAmount: Fits = (row, movement) => row.amountFen === movement.amountFen && overlaps(row, movement);

const sameMarkAndAmount: Fits = (row, movement) =>
  sameAmountAndDay(row, movement) && row.marks.some((mark) => movement.marks.includes(mark));

/** Nothing speaks against it: neither a reference of the same kind nor the customers' references differ. */
const sameAmountAndDay: Fits = (row, movement) =>
  row.amountFen === movement.amountFen &&
  row.bookedOn === movement.bookedOn &&
  !contradicts(row.refs, movement.refs) &&
  (row.marks.length === 0 || movement.marks.length === 0 || row.marks.some((mark) => movement.marks.includes(mark)));

/** Another amount under the same reference: a correction, or a contradiction. */
const sameReference: Fits = (row, movement) => overlaps(row, movement);

function overlaps(row: KnownEntry, movement: Movement): boolean {
  return movement.refs.some((ref) => row.refs.some((other) => valueOfRef(other) === valueOfRef(ref)));
}

function contradicts(a: readonly string[], b: readonly string[]): boolean {
  return a.some((ref) => b.some((other) => other[0] === ref[0] && other !== ref));
}
