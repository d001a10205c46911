import type { EntryReading } from './movement.js';
import { readBalances, readEntry } from './movement.js';
import type { BankRules } from './rules.js';
import type { BankEntry, StatementBalance, StatementHead } from './statement.js';

/** An entry (or a balance with its companion) as it is kept when it is refused: whole, so that it can be driven again. */
export interface StoredEntry {
  readonly bankEntry: 1;
  readonly statementNo: number;
  readonly head: StatementHead;
  readonly dayWithoutDate: string | null;
  /** Of its statement (see `Telling`). */
  readonly isMixed: boolean;
  readonly entry?: BankEntry;
  /** The refused balance first. */
  readonly balances?: readonly StatementBalance[];
}

/** JSON with amounts as text. */
export function storedText(stored: StoredEntry): string {
  return JSON.stringify(stored, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

/** Null when the bytes are no stored entry. */
export function parseStored(bytes: Buffer): StoredEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'), (name, part: unknown) =>
      AMOUNTS.has(name) && typeof part === 'string' ? BigInt(part.slice(0, -1)) : part,
    );
  } catch {
    return null;
  }
  return typeof value === 'object' && value !== null && 'bankEntry' in value ? (value as StoredEntry) : null;
}
/** Where amounts stand. A bank's own words may look like one: 20260302001n. */
const AMOUNTS: ReadonlySet<string> = new Set(['amount', 'detailSum'] satisfies (keyof BankEntry)[]);

/** What it means now: the rules of its bank may have changed since. */
export function readStored(stored: StoredEntry, rules: BankRules | undefined): EntryReading {
  const { head, entry, balances = [] } = stored;
  if (entry) return readEntry(entry, head, rules, stored.dayWithoutDate);
  const [told] = readBalances(balances, head);
  return told?.reading ?? { what: 'pending' };
}

export function lineOfStored({ entry, balances }: StoredEntry): number {
  return entry?.line ?? balances?.[0]?.line ?? 0;
}
