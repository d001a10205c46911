import { addMonths, type Day, dayOf, parseDay } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import type { FactSheet } from './fact-sheet.js';
import type { PaymentFacts } from './payments.js';
import type { SignedContract } from './rows.js';

/** The terms of a contract in numbers. */
export interface ContractTerms {
  readonly from: Day;
  readonly to: Day;
  readonly firstLesson: Day;
  /** Paid and gifted hours, in hundredths. */
  readonly hours: number;
  readonly gifted: number;
  /** The period in calendar months, a part of one counted as a whole: 1 March to 1 June is three. */
  readonly months: number;
}

/** A contract and the largest single payment on it: one collection (the caps are per collection, not per contract). */
export interface Collection {
  readonly contract: SignedContract;
  readonly terms: ContractTerms;
  readonly payment: PaymentFacts;
  readonly paidOn: Day;
  /** The payment covers the whole price. */
  readonly whole: boolean;
  /** The later of signing and paying. */
  readonly activeOn: Day;
}

const termsOfData = new WeakMap<EventData['contract.signed'], ContractTerms>();

/** Parsed once per event: the same contract is looked at in every evaluation of sixty days. */
export function termsOf(data: EventData['contract.signed']): ContractTerms {
  let terms = termsOfData.get(data);
  if (terms === undefined) {
    const from = parseDay(data.periodFrom)!;
    const to = parseDay(data.periodTo)!;
    terms = {
      from,
      to,
      firstLesson: data.firstLessonOn === undefined ? from : parseDay(data.firstLessonOn)!,
      hours: Math.round(data.hoursPaid * 100),
      gifted: Math.round((data.hoursGifted ?? 0) * 100),
      months: monthsOf(from, to),
    };
    termsOfData.set(data, terms);
  }
  return terms;
}

/** Every contract of the rows with its largest payment that stands; one without a payment is no collection. */
export function collectionsOf(sheet: FactSheet): readonly Collection[] {
  if (sheet.rows.contracts.length === 0) return NONE;
  const largest = new Map<string, PaymentFacts>();
  for (const payment of sheet.payments) {
    const contractId = payment.told.contractId;
    if (contractId === null || payment.netFen <= 0n) continue;
    const best = largest.get(contractId);
    if (best === undefined || payment.netFen > best.netFen) largest.set(contractId, payment);
  }
  const found: Collection[] = [];
  for (const contract of sheet.rows.contracts) {
    const payment = largest.get(contract.contractId);
    if (payment !== undefined) found.push(collectionOf(contract, payment));
  }
  return found;
}

export function collectionOf(contract: SignedContract, payment: PaymentFacts): Collection {
  return {
    contract,
    terms: termsOf(contract.data),
    payment,
    paidOn: payment.paidOn,
    whole: payment.netFen >= BigInt(contract.data.priceFen),
    activeOn: Math.max(payment.paidOn, dayOf(contract.at)),
  };
}

const NONE: readonly Collection[] = [];

/** Of all, those that are not the only one of their learner, or on top of hours left: what an order can be split into. */
export function repeatedOf(collections: readonly Collection[]): readonly Collection[] {
  const count = new Map<string, number>();
  for (const one of collections) count.set(learnerOf(one), (count.get(learnerOf(one)) ?? 0) + 1);
  return collections.filter((one) => count.get(learnerOf(one))! > 1 || hasHoursLeft(one));
}

export function learnerOf({ contract }: Collection): string {
  return contract.data.learnerHash;
}

export function hasHoursLeft({ contract }: Collection): boolean {
  return (contract.hoursLeftHundredths ?? 0) !== 0;
}

/** The part of `amount` that the collection pays for (amount × payment / price, at most the whole) is above `limit`; exactly. */
export function coveredOver(collection: Collection, amount: number, limit: number): boolean {
  if (collection.whole || amount <= limit) return amount > limit;
  return BigInt(amount) * collection.payment.netFen > BigInt(limit) * BigInt(collection.contract.data.priceFen);
}

/** The same part as a number, rounded down. */
export function covered(collection: Collection, amount: number): number {
  if (collection.whole) return amount;
  return Number((BigInt(amount) * collection.payment.netFen) / BigInt(collection.contract.data.priceFen));
}

/** The same part rounded up: for whole limits it is above one exactly when the part is (`coveredOver`). */
export function coveredUp(collection: Collection, amount: number): number {
  if (collection.whole) return amount;
  const price = BigInt(collection.contract.data.priceFen);
  return Number((BigInt(amount) * collection.payment.netFen + price - 1n) / price);
}

/** The part of the period that was paid for in calendar months, a part of one counted as a whole. */
export function monthsCovered(collection: Collection): number {
  const { from, to } = collection.terms;
  return monthsOf(from, from + coveredUp(collection, to - from));
}

/** True when the part of the period that was paid for is longer than so many calendar months. */
export function spansOver(collection: Collection, months: number): boolean {
  const { from, to } = collection.terms;
  // A part is never longer than the whole.
  if (collection.terms.months <= months) return false;
  return collection.whole || coveredOver(collection, to - from, addMonths(from, months) - from);
}

function monthsOf(from: Day, to: Day): number {
  let months = Math.max(0, Math.ceil((to - from) / LONGEST_MONTH));
  while (addMonths(from, months) < to) months += 1;
  return months;
}

const LONGEST_MONTH = 31;
