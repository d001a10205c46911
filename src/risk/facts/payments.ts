import { type Fen, maxFen } from '../../core/money.js';
import { type Day, dayOf, startOfDay, type Us } from '../../core/time.js';
import { isForCustody, isSettled } from '../../ledger/quantities.js';
import type { PaymentRow, Told } from '../../ledger/rows.js';
import type { FactSheet } from './fact-sheet.js';
import { earliest } from './moments.js';

/** A payment that was made, with what is left of it after reversals. */
export interface PaymentFacts {
  readonly paymentId: string;
  readonly told: NonNullable<PaymentRow['told']>;
  readonly amountFen: number;
  readonly netFen: Fen;
  readonly paidOn: Day;
  readonly settled: boolean;
}

/** A payment that should be in custody and is not yet booked there. */
export interface UncreditedPayment extends PaymentFacts {
  /** Working days after the day of payment, today included. */
  readonly ageWorkingDays: number;
}

export function paymentsFacts(sheet: FactSheet): readonly PaymentFacts[] {
  const payments: PaymentFacts[] = [];
  for (const row of sheet.rows.payments) {
    if (row.told !== null && row.told.at <= sheet.now) payments.push(paymentFacts(row, row.told));
  }
  return payments;
}

export function paymentFacts(row: PaymentRow, told: PaymentFacts['told']): PaymentFacts {
  return {
    paymentId: row.paymentId,
    told,
    amountFen: told.amountFen,
    netFen: maxFen(0n, BigInt(told.amountFen - row.reversedFen)),
    paidOn: dayOf(told.at),
    settled: isSettled(row),
  };
}

/**
 * Payments without their credit whose payee is a custody account or not told, oldest first. Payments from before the first
 * custody account was valid were made under other rules and are left out.
 */
export function uncreditedPayments(sheet: FactSheet): readonly UncreditedPayment[] {
  const { custodyIds, custodyFrom } = sheet.accounts;
  if (custodyFrom === null) return [];
  const found: UncreditedPayment[] = [];
  for (const row of sheet.rows.payments) {
    const told = row.told;
    if (told === null || isSettled(row) || told.at > sheet.now || row.reversedFen >= told.amountFen) continue;
    if (!isForCustody(told.payee, custodyIds)) continue;
    const paidOn = dayOf(told.at);
    if (paidOn < custodyFrom) continue;
    found.push({
      paymentId: row.paymentId,
      told,
      amountFen: told.amountFen,
      netFen: BigInt(told.amountFen - row.reversedFen),
      paidOn,
      settled: false,
      ageWorkingDays: sheet.calendar.workingDaysBetween(paidOn, sheet.today),
    });
  }
  return found;
}

/** When the next payment ceases to count as in transit; null when none is on its way. */
export function transitEndsAt(sheet: FactSheet, graceWorkingDays: number): Us | null {
  let at: Us | null = null;
  for (const payment of sheet.uncredited) {
    if (payment.ageWorkingDays > graceWorkingDays) continue;
    at = earliest(at, startOfDay(sheet.calendar.addWorkingDays(payment.paidOn, graceWorkingDays + 1)));
  }
  return at;
}

/** The newest first. */
export function newestFirst<T extends Told>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => b.at - a.at || (a.source + a.id < b.source + b.id ? 1 : -1));
}
