import { type Day, dayOf } from '../core/time.js';
import { isSettled } from '../ledger/quantities.js';
import { isNewer, type PaymentRow } from '../ledger/rows.js';
import type { Register } from '../ledger/working-set.js';
import { PAYMENT_DAYS } from '../risk/facts/rows.js';
import { SortedRows } from './sorted-rows.js';

/** The payments that an evaluation reads: all of the last days, and older ones that still wait for their credit. */
export class PaymentWindow {
  private readonly recent = new SortedRows<PaymentRow>(isLater);
  private readonly waiting = new SortedRows<PaymentRow>(isLater);
  private readonly known = new Map<string, PaymentRow>();
  private from: Day = Number.NEGATIVE_INFINITY;
  /** The window left payments behind at the last call of `follow`. */
  hasMoved = false;

  /** Takes in what changed since the last call and forgets what the window has left behind. True when something changed. */
  follow(payments: Register<PaymentRow>, today: Day): boolean {
    this.hasMoved = this.moveTo(today - PAYMENT_DAYS);
    if (payments.changed.size === 0) return false;
    for (const paymentId of payments.changed) this.update(paymentId, payments.get(paymentId));
    payments.changed.clear();
    return true;
  }

  /** Ascending by time. `withOlder`: also the older ones, which only matter where a custody account takes the fees. */
  rows(withOlder: boolean): readonly PaymentRow[] {
    if (!withOlder || this.waiting.rows.length === 0) return this.recent.rows;
    return [...this.waiting.rows, ...this.recent.rows];
  }

  private update(paymentId: string, row: PaymentRow | undefined): void {
    const before = this.known.get(paymentId);
    const after = row !== undefined && this.concerns(row) ? row : undefined;
    if (before !== undefined && after !== undefined && isSameTelling(before, after)) {
      this.listOf(before).replace(before, after);
      this.known.set(paymentId, after);
      return;
    }
    if (before !== undefined) {
      this.listOf(before).remove(before);
      this.known.delete(paymentId);
    }
    if (after === undefined) return;
    this.listOf(after).insert(after);
    this.known.set(paymentId, after);
  }

  private moveTo(from: Day): boolean {
    if (from <= this.from) return false;
    this.from = from;
    const left = this.recent.shiftWhile((one) => paidOn(one) < from);
    for (const row of left) {
      if (isWaiting(row)) this.waiting.insert(row);
      else this.known.delete(row.paymentId);
    }
    return left.length > 0;
  }

  private concerns(row: PaymentRow): boolean {
    return row.told !== null && (paidOn(row) >= this.from || isWaiting(row));
  }

  private listOf(row: PaymentRow): SortedRows<PaymentRow> {
    return paidOn(row) >= this.from ? this.recent : this.waiting;
  }
}

function paidOn(row: PaymentRow): Day {
  return dayOf(row.told!.at);
}

function isWaiting(row: PaymentRow): boolean {
  return !isSettled(row) && row.reversedFen < row.told!.amountFen;
}

function isLater(a: PaymentRow, b: PaymentRow): boolean {
  return isNewer(a.told!, b.told!);
}

function isSameTelling(a: PaymentRow, b: PaymentRow): boolean {
  return a.told!.at === b.told!.at && a.told!.source === b.told!.source && a.told!.id === b.told!.id;
}
