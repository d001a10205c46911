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
}

/** A contract and the largest single payment on it: one collection (the caps are per collection, not per contract). */
export interface Collection {
  readonly contract: SignedContract;
  readonly terms: ContractTerms;
  readonly payment: PaymentFacts;
  readonly paidOn: Day;
}

const termsOfData = new WeakMap<EventData['contract.signed'], ContractTerms>();

/** Parsed once per event: the same contract is looked at in every evaluation of sixty days. */
export function termsOf(data: EventData['contract.signed']): ContractTerms {
  let terms = termsOfData.get(data);
  if (terms === undefined) {
    const from = parseDay(data.periodFrom)!;
    terms = {
      from,
      to: parseDay(data.periodTo)!,
      firstLesson: data.firstLessonOn === undefined ? from : parseDay(data.firstLessonOn)!,
      hours: Math.round(data.hoursPaid * 100),
      gifted: Math.round((data.hoursGifted ?? 0) * 100),
    };
    termsOfData.set(data, terms);
  }
  return terms;
}

/** Contracts that were signed, or of which something was paid, on or after `from`, with their largest payment that stands. */
export function collectionsSince(sheet: FactSheet, from: Day): readonly Collection[] {
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
    if (payment === undefined || (dayOf(contract.at) < from && payment.paidOn < from)) continue;
    found.push({ contract, terms: termsOf(contract.data), payment, paidOn: payment.paidOn });
  }
  return found;
}

/** The part of `amount` that the collection pays for: amount × payment / price, at most the whole; exact comparison by products. */
export function coveredOver(collection: Collection, amount: number, limit: number): boolean {
  const price = BigInt(collection.contract.data.priceFen);
  if (price === 0n || collection.payment.netFen >= price) return amount > limit;
  return BigInt(amount) * collection.payment.netFen > BigInt(limit) * price;
}

/** The same part as a number, rounded down. */
export function covered(collection: Collection, amount: number): number {
  const price = BigInt(collection.contract.data.priceFen);
  if (price === 0n || collection.payment.netFen >= price) return amount;
  return Number((BigInt(amount) * collection.payment.netFen) / price);
}

/** The last day of a span of calendar months that begins on `from`: 1 March and three months end on 1 June. */
export function spanLimit(from: Day, months: number): number {
  return addMonths(from, months) - from;
}
