import type { Fen } from '../../core/money.js';
import type { Day, Us } from '../../core/time.js';

/** An event behind a fact. */
export interface EventRef {
  readonly source: string;
  readonly id: string;
}

/** What two sources tell of: fees paid in, releases, refunds. */
export const RELATIONS = ['credit', 'release', 'refund'] as const;
export type Relation = (typeof RELATIONS)[number];

/**
 * One movement of money as one side tells it: a payment, an instruction or a refund as `told` by the platform, or an entry as
 * `booked` by the bank. Amounts are positive; the relation says which way the money goes.
 */
export interface Item {
  /** The business id, unique within relation and side. */
  readonly key: string;
  /** Null: any custody account of the institution. */
  readonly accountId: string | null;
  readonly day: Day;
  readonly at: Us;
  /** What is left after reversals. */
  readonly amountFen: Fen;
  /** What was reversed of it: a bank may have booked it before or after. */
  readonly reversedFen: Fen;
  /** Names that an item of the other side may share with it, the narrowest first. */
  readonly refs: readonly string[];
  readonly event: EventRef;
}

export interface RelationFacts {
  readonly told: readonly Item[];
  readonly booked: readonly Item[];
  /** Pairs that the books have matched by equal amount, bank entry → told. */
  readonly matchedByBooks: ReadonlyMap<string, string>;
}

export interface AccountFact {
  readonly accountId: string;
  readonly bankCode: string;
  readonly purpose: 'custody' | 'deposit';
  readonly validFrom: Day;
  readonly isClosed: boolean;
  /** Opening plus all movements up to `through`. */
  readonly bookedFen: Fen;
  readonly event: EventRef;
}

export interface BalanceFact {
  readonly accountId: string;
  readonly day: Day;
  readonly reportedFen: Fen;
  readonly event: EventRef;
}

/** Net of all entries of an account on a day; every day that has an entry has a row. */
export interface DayNet {
  readonly accountId: string;
  readonly day: Day;
  readonly netFen: Fen;
}

/** An entry that the bank told twice with different amounts: the books hold one of them. */
export interface Contradiction {
  readonly relation: Relation | 'other';
  readonly accountId: string;
  readonly day: Day;
  readonly key: string;
  /** Booked less the other telling, as it moves the balance. */
  readonly differenceFen: Fen;
  readonly events: readonly EventRef[];
}

/** A contract of which more was released than confirmed. */
export interface ReleasedContract {
  readonly contractId: string;
  readonly accountId: string | null;
  readonly excessFen: Fen;
  /** The day of its newest release. */
  readonly day: Day;
  readonly events: readonly EventRef[];
}

/** Payments into an account that is not lawful for the institution. */
export interface OffAccountPayments {
  readonly payee: string;
  readonly firstDay: Day;
  readonly amountFen: Fen;
  readonly events: readonly EventRef[];
}

/** Everything that reconciliation looks at for one institution; only what stands, reversed events have left no trace. */
export interface Facts {
  readonly institutionId: string;
  /** Nothing of this day or before it is here: it agreed. Null: everything is here. */
  readonly closedThrough: Day | null;
  readonly accounts: readonly AccountFact[];
  readonly relations: Readonly<Record<Relation, RelationFacts>>;
  readonly balances: readonly BalanceFact[];
  readonly nets: readonly DayNet[];
  readonly contradictions: readonly Contradiction[];
  readonly overReleased: readonly ReleasedContract[];
  readonly offAccount: readonly OffAccountPayments[];
  /** What the banks released in all beyond all confirmed lessons; 0 when it is covered. */
  readonly releasedBeyondConfirmedFen: Fen;
  /** Declared untaught fees from before custody that may be brought in without a payment. */
  readonly stockFen: Fen;
}

/** The order of items that does not depend on who told them first. */
export function byAge(a: Item, b: Item): number {
  if (a.day !== b.day) return a.day - b.day;
  if (a.at !== b.at) return a.at - b.at;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
