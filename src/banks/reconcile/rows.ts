import { type Fen, maxFen } from '../../core/money.js';
import { type Day, dayOf, parseDay } from '../../core/time.js';
import type { EventData, EventType } from '../../events/event.js';
import { isForCustody, isLawfulPayee } from '../../ledger/quantities.js';
import { isNewer, joinKey, type PaymentRow, type Told } from '../../ledger/rows.js';
import type {
  AccountFact,
  BalanceFact,
  Contradiction,
  DayNet,
  EventRef,
  Facts,
  Item,
  OffAccountPayments,
  Relation,
  RelationFacts,
  ReleasedContract,
} from './facts.js';
import { TRANSACTION_REF } from './match.js';

/** An event that stands: no reversal names it, and no other telling keeps it out. */
export interface Standing<T extends EventType> extends Told {
  readonly data: EventData[T];
}

/** An entry of the bank that is kept out of the books because another telling of it stands. */
export interface KeptOutEntry extends Told {
  readonly type: 'custody.credited' | 'custody.debited';
  readonly data: EventData['custody.credited'] | EventData['custody.debited'];
}

/** What is read of one institution; the same from PostgreSQL and from the model. */
export interface ReconcileRows {
  readonly institutionId: string;
  readonly closedThrough: Day | null;
  readonly accounts: readonly (Standing<'account.registered'> & { readonly isClosed: boolean })[];
  /** Opening plus everything booked, by account. */
  readonly bookedFen: ReadonlyMap<string, Fen>;
  readonly payments: readonly PaymentRow[];
  readonly credits: readonly Standing<'custody.credited'>[];
  readonly debits: readonly Standing<'custody.debited'>[];
  readonly instructions: readonly Standing<'release.instructed'>[];
  readonly refundsPaid: readonly Standing<'refund.paid'>[];
  /** Of end of day. */
  readonly balances: readonly Standing<'custody.balance_reported'>[];
  readonly keptOut: readonly KeptOutEntry[];
  readonly overReleased: readonly { readonly contractId: string; readonly excessFen: Fen }[];
  readonly confirmedFen: Fen;
  /** Released from custody accounts, as the banks told it. */
  readonly releasedFen: Fen;
  readonly stockFen: Fen;
}

/** Rows → facts, with what was booked, paid or reported after the day `through` left out. */
export function factsOf(rows: ReconcileRows, through: Day): Facts {
  const accounts = accountsOf(rows);
  const custody = new Set(accounts.filter((one) => one.purpose === 'custody').map((one) => one.accountId));
  const known = new Set(accounts.map((one) => one.accountId));
  const nets = netsOf(rows, known);
  const from = Math.min(...accounts.filter((one) => one.purpose === 'custody').map((one) => one.validFrom));
  const mayReach = (row: PaymentRow): boolean =>
    custody.size > 0 && isForCustody(row.told!.payee, custody) && dayOf(row.told!.at) >= from;
  return {
    institutionId: rows.institutionId,
    closedThrough: rows.closedThrough,
    accounts: accounts.map((account) => ({
      ...account,
      bookedFen: nets
        .filter((net) => net.accountId === account.accountId && net.day > through)
        .reduce((sum, net) => sum - net.netFen, account.bookedFen),
    })),
    relations: {
      credit: creditsOf(rows, custody, mayReach, through),
      release: releasesOf(rows, custody, through),
      refund: refundsOf(rows, custody, through),
    },
    balances: balancesOf(rows, known, through),
    nets: nets.filter((net) => net.day <= through),
    contradictions: contradictionsOf(rows, known),
    overReleased: custody.size === 0 ? [] : overReleasedOf(rows),
    offAccount: offAccountOf(rows, through),
    releasedBeyondConfirmedFen: maxFen(0n, rows.releasedFen - rows.confirmedFen),
    stockFen: rows.stockFen,
  };
}

function accountsOf(rows: ReconcileRows): AccountFact[] {
  return rows.accounts.flatMap(({ data, source, id, at, isClosed }) => {
    const { accountId, bankCode, purpose, mode } = data;
    // A postpaid account holds no prepaid fees; a settlement account is the institution's own.
    if (purpose === 'settlement' || mode === 'postpaid') return [];
    const validFrom = parseDay(data.validFrom) ?? dayOf(at);
    const bookedFen = rows.bookedFen.get(accountId) ?? BigInt(data.openingFen ?? 0);
    return [{ accountId, bankCode, purpose, validFrom, isClosed, bookedFen, event: { source, id } }];
  });
}

function netsOf(rows: ReconcileRows, known: ReadonlySet<string>): DayNet[] {
  const nets = new Map<string, { accountId: string; day: Day; netFen: Fen }>();
  const add = (accountId: string, bookedOn: string, fen: Fen): void => {
    if (!known.has(accountId)) return;
    const day = parseDay(bookedOn)!;
    const key = joinKey(day, accountId);
    const net = nets.get(key) ?? { accountId, day, netFen: 0n };
    net.netFen += fen;
    nets.set(key, net);
  };
  for (const { data } of rows.credits) add(data.accountId, data.bookedOn, BigInt(data.amountFen));
  for (const { data } of rows.debits) add(data.accountId, data.bookedOn, -BigInt(data.amountFen));
  return [...nets.values()];
}

function creditsOf(
  rows: ReconcileRows,
  custody: ReadonlySet<string>,
  mayReach: (row: PaymentRow) => boolean,
  through: Day,
): RelationFacts {
  const named = new Set(rows.credits.flatMap(({ data }) => data.paymentIds ?? []));
  const matchedByBooks = new Map<string, string>();
  const told: Item[] = [];
  for (const row of rows.payments) {
    // A payment that a credit of custody names has reached it, whoever it was told to be paid to.
    if (row.told === null || !(mayReach(row) || named.has(row.paymentId))) continue;
    const { at, payee, amountFen, source, id } = row.told;
    const day = dayOf(at);
    if (day > through) continue;
    const reversed = BigInt(Math.min(row.reversedFen, amountFen));
    if (row.matchedBy) matchedByBooks.set(row.matchedBy.credit, `p:${row.paymentId}`);
    told.push({
      key: `p:${row.paymentId}`,
      accountId: payee !== null && custody.has(payee) ? payee : null,
      day,
      at,
      amountFen: BigInt(amountFen) - reversed,
      reversedFen: reversed,
      refs: [`p:${row.paymentId}`],
      event: { source, id },
    });
  }
  const booked = rows.credits.flatMap((credit) => {
    const { accountId, bankTxnId, bookedOn, paymentIds = [] } = credit.data;
    const refs = [...new Set(paymentIds)].sort().map((paymentId) => `p:${paymentId}`);
    return entryOf(credit, joinKey(accountId, bankTxnId), bookedOn, refs, custody, through);
  });
  return { told, booked, matchedByBooks };
}

function releasesOf(rows: ReconcileRows, custody: ReadonlySet<string>, through: Day): RelationFacts {
  const told = rows.instructions.flatMap(({ data, at, source, id }): Item[] => {
    const day = dayOf(at);
    if (!custody.has(data.accountId) || day > through) return [];
    const amountFen = data.lines.reduce((sum, line) => sum + BigInt(line.amountFen), 0n);
    const key = `i:${data.instructionId}`;
    return [
      { key, accountId: data.accountId, day, at, amountFen, reversedFen: 0n, refs: [key], event: { source, id } },
    ];
  });
  const booked = rows.debits.flatMap((debit) => {
    const { accountId, bankTxnId, bookedOn, purpose, instructionId } = debit.data;
    if (purpose !== 'release') return [];
    const refs = instructionId === undefined ? [] : [`i:${instructionId}`];
    return entryOf(debit, joinKey(accountId, bankTxnId), bookedOn, refs, custody, through);
  });
  return { told, booked, matchedByBooks: NONE };
}

function refundsOf(rows: ReconcileRows, custody: ReadonlySet<string>, through: Day): RelationFacts {
  const told = rows.refundsPaid.flatMap(({ data, at, source, id }): Item[] => {
    const day = dayOf(at);
    if (data.via !== 'custody' || day > through) return [];
    const { refundId, bankTxnId, amountFen } = data;
    const refs = [...(bankTxnId === undefined ? [] : [`${TRANSACTION_REF}${bankTxnId}`]), `r:${refundId}`];
    const key = bankTxnId === undefined ? joinKey(joinKey('r', source), id) : joinKey(`r:${refundId}`, bankTxnId);
    const amount = { amountFen: BigInt(amountFen), reversedFen: 0n };
    return [{ key, accountId: null, day, at, ...amount, refs, event: { source, id } }];
  });
  const booked = rows.debits.flatMap((debit) => {
    const { accountId, bankTxnId, bookedOn, purpose, refundId } = debit.data;
    if (purpose !== 'refund') return [];
    const refs = [`${TRANSACTION_REF}${bankTxnId}`, ...(refundId === undefined ? [] : [`r:${refundId}`])];
    return entryOf(debit, joinKey(accountId, bankTxnId), bookedOn, refs, custody, through);
  });
  return { told, booked, matchedByBooks: NONE };
}

const NONE: ReadonlyMap<string, string> = new Map();

function entryOf(
  entry: Standing<'custody.credited'> | Standing<'custody.debited'>,
  key: string,
  bookedOn: string,
  refs: readonly string[],
  custody: ReadonlySet<string>,
  through: Day,
): Item[] {
  const { at, source, id } = entry;
  const { accountId, amountFen } = entry.data;
  const day = parseDay(bookedOn)!;
  if (!custody.has(accountId) || day > through) return [];
  return [{ key, accountId, day, at, amountFen: BigInt(amountFen), reversedFen: 0n, refs, event: { source, id } }];
}

/** The newest telling of each day, ascending. */
function balancesOf(rows: ReconcileRows, known: ReadonlySet<string>, through: Day): BalanceFact[] {
  const newest = new Map<string, Standing<'custody.balance_reported'>>();
  for (const one of rows.balances) {
    const day = one.data.kind === 'end_of_day' ? parseDay(one.data.asOf) : null;
    if (day === null || day > through || !known.has(one.data.accountId)) continue;
    const key = joinKey(day, one.data.accountId);
    const other = newest.get(key);
    if (!other || isNewer(one, other)) newest.set(key, one);
  }
  return [...newest.values()]
    .map(({ data, source, id }) => ({
      accountId: data.accountId,
      day: parseDay(data.asOf)!,
      reportedFen: BigInt(data.bookedFen),
      event: { source, id },
    }))
    .sort((a, b) => a.day - b.day);
}

/** Entries that the bank told under one number with another amount. */
function contradictionsOf(rows: ReconcileRows, known: ReadonlySet<string>): Contradiction[] {
  const found: Contradiction[] = [];
  const seen = new Set<string>();
  for (const other of rows.keptOut) {
    const { accountId, bankTxnId, amountFen } = other.data;
    const isCredit = other.type === 'custody.credited';
    const booked = (isCredit ? rows.credits : rows.debits).find(
      ({ data }) => data.accountId === accountId && data.bankTxnId === bankTxnId,
    );
    const key = joinKey(joinKey(other.type, accountId), bankTxnId);
    if (!booked || booked.data.amountFen === amountFen || !known.has(accountId) || seen.has(key)) continue;
    seen.add(key);
    const difference = BigInt(booked.data.amountFen - amountFen);
    found.push({
      relation: isCredit ? 'credit' : relationOf((booked as Standing<'custody.debited'>).data.purpose),
      accountId,
      day: parseDay(booked.data.bookedOn)!,
      key,
      differenceFen: isCredit ? difference : -difference,
      events: [refOf(booked), refOf(other)],
    });
  }
  return found;
}

function relationOf(purpose: EventData['custody.debited']['purpose']): Relation | 'other' {
  return purpose === 'release' || purpose === 'refund' ? purpose : 'other';
}

function overReleasedOf(rows: ReconcileRows): ReleasedContract[] {
  const debitOf = new Map(rows.debits.map((debit) => [debit.data.instructionId, debit]));
  return rows.overReleased.flatMap(({ contractId, excessFen }) => {
    if (excessFen <= OVER_RELEASE_ROUNDING_FEN) return [];
    const releases = rows.instructions
      .filter(
        ({ data }) => data.lines.some((line) => line.contractId === contractId) && debitOf.has(data.instructionId),
      )
      .sort((a, b) => b.at - a.at || (joinKey(b.source, b.id) < joinKey(a.source, a.id) ? -1 : 1));
    const newest = releases[0];
    if (!newest) return [];
    const day = parseDay(debitOf.get(newest.data.instructionId)!.data.bookedOn)!;
    return [{ contractId, accountId: newest.data.accountId, excessFen, day, events: releases.slice(0, 10).map(refOf) }];
  });
}

/** As rule A05: up to ¥1 on a contract is rounding. */
const OVER_RELEASE_ROUNDING_FEN = 100n;

function offAccountOf(rows: ReconcileRows, through: Day): OffAccountPayments[] {
  const accounts = rows.accounts.map(({ data }) => data);
  // Without any account nothing says where the fees should go.
  if (accounts.length === 0) return [];
  const byPayee = new Map<string, PaymentRow[]>();
  for (const row of rows.payments) {
    const told = row.told;
    if (told === null || told.payee === null || dayOf(told.at) > through || row.reversedFen >= told.amountFen) continue;
    if (isLawfulPayee(told.payee, accounts)) continue;
    byPayee.set(told.payee, [...(byPayee.get(told.payee) ?? []), row]);
  }
  return [...byPayee].map(([payee, payments]) => {
    const inOrder = payments.sort((a, b) => a.told!.at - b.told!.at || (a.paymentId < b.paymentId ? -1 : 1));
    return {
      payee,
      firstDay: dayOf(inOrder[0]!.told!.at),
      amountFen: inOrder.reduce((sum, row) => sum + BigInt(row.told!.amountFen - row.reversedFen), 0n),
      events: inOrder.map((row) => refOf(row.told!)),
    };
  });
}

function refOf({ source, id }: EventRef): EventRef {
  return { source, id };
}
