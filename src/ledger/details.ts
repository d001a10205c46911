import { type Day, dayOf, parseTime, type Us } from '../core/time.js';
import type { AnyEvent, Event, EventData } from '../events/event.js';
import {
  type Booked,
  bookedOf,
  isNewer,
  isWithdrawal,
  joinKey,
  SEPARATOR,
  type Told,
  type Withdrawal,
  withBooked,
  withdrawalOf,
} from './rows.js';

/** A lesson as last scheduled. */
export interface ScheduledLesson extends Told {
  readonly lessonId: string;
  readonly startsAt: Us;
  readonly endsAt: Us;
  readonly delivery: EventData['lesson.scheduled']['delivery'];
  readonly courseKind: EventData['lesson.scheduled']['courseKind'];
  readonly teacherHash: string | null;
  readonly roomId: string | null;
  readonly capacity: number | null;
}

export interface DeliveredLesson extends Told {
  readonly learners: readonly string[];
  /** When it ended, where that was told. */
  readonly endedAt: Us | null;
}

export interface Confirmation extends Told {
  readonly confirmId: string;
  readonly contractId: string;
  readonly lessonId: string | null;
  readonly amountFen: number;
  readonly by: EventData['lesson.confirmed']['by'];
}

export interface PaidTo {
  readonly payeeHash: string | null;
  readonly originalChannel: boolean | null;
  /** Who paid; null where that part is not told. */
  readonly via: EventData['refund.paid']['via'] | null;
}

/**
 * What the model keeps of events that PostgreSQL reads from the events themselves when a fact sheet asks: lessons, requests and
 * confirmations, who paid and to whom refunds went. The books of a batch have none. `sign` −1 takes an event back.
 */
export class Details {
  readonly scheduled = new Newest<ScheduledLesson>();
  readonly cancelled = new Newest<Told>();
  readonly delivered = new Newest<DeliveredLesson>();
  readonly requests = new Newest<Told>();
  /** Those that nobody has forgotten, by confirmation. */
  readonly confirmations = new Map<string, Confirmation>();
  /** Per contract: moment and hundredths of hours of each confirmation, in turn. */
  readonly hoursOf = new Map<string, number[]>();
  readonly paidTo = new Map<string, PaidTo>();
  /** Per contract the payers of its payments: null where none is told. */
  readonly payersOf = new Map<string, Map<string, string | null>>();
  /** Who instructed a release, and when. */
  readonly instructed = new Map<string, Told>();
  /** The bank's debits of a refund, sorted by key. */
  readonly refundDebits = new Map<string, readonly Booked[]>();
  /** By account and the bank's transaction. */
  readonly withdrawals = new Map<string, Withdrawal>();
  private readonly requestsOf = new DayKeys();
  private readonly confirmationsOf = new DayKeys();
  private readonly deliveriesOf = new DayKeys();
  /** Keys that changed; whoever follows the model takes them out. */
  readonly changedLessons = new Set<string>();
  readonly changedConfirmations = new Set<string>();
  readonly changedPayers = new Set<string>();
  readonly changedRefundDebits = new Set<string>();

  apply(event: AnyEvent, sign: 1 | -1): void {
    switch (event.type) {
      case 'lesson.scheduled':
        this.scheduled.change(event.data.lessonId, scheduledOf(event), sign);
        this.changedLessons.add(event.data.lessonId);
        return;
      case 'lesson.cancelled':
        this.cancelled.change(event.data.lessonId, toldOf(event), sign);
        this.changedLessons.add(event.data.lessonId);
        return;
      case 'lesson.delivered':
        this.delivered.change(event.data.lessonId, deliveredOf(event), sign);
        this.changedLessons.add(event.data.lessonId);
        this.deliveriesOf.add(dayOf(event.at), event.data.lessonId);
        return;
      case 'lesson.confirm_requested':
        this.requests.change(event.data.confirmId, toldOf(event), sign);
        this.requestsOf.add(dayOf(event.at), event.data.confirmId);
        this.changedConfirmations.add(event.data.confirmId);
        return;
      case 'lesson.confirmed':
        return this.confirm(event, sign);
      case 'payment.succeeded':
        return this.pay(event, sign);
      case 'refund.paid':
        return this.refund(event, sign);
      case 'release.instructed':
        if (sign > 0) this.instructed.set(event.data.instructionId, toldOf(event));
        else this.instructed.delete(event.data.instructionId);
        return;
      case 'custody.debited':
        if (event.data.purpose === 'refund' && event.data.refundId !== undefined)
          this.refundDebited(event.data.refundId, bookedOf(event), sign);
        if (isWithdrawal(event.data)) this.withdraw(event, sign);
        return;
    }
  }

  /** Forgets requests, confirmations and deliveries from before these days: nobody will look at them again. */
  forgetBefore(requests: Day, confirmations: Day, deliveries: Day): void {
    this.requestsOf.forgetBefore(requests, (key) => forgetOld(this.requests, key, requests));
    this.deliveriesOf.forgetBefore(deliveries, (key) => forgetOld(this.delivered, key, deliveries));
    this.confirmationsOf.forgetBefore(confirmations, (key) => {
      // It may have been corrected since: then it is another one.
      const told = this.confirmations.get(key);
      if (told !== undefined && dayOf(told.at) < confirmations) this.confirmations.delete(key);
    });
  }

  private confirm(event: Event<'lesson.confirmed'>, sign: 1 | -1): void {
    const { confirmId, contractId, lessonId = null, amountFen, by, hours } = event.data;
    if (sign > 0) {
      const { at, source, id } = event;
      this.confirmations.set(confirmId, { at, source, id, confirmId, contractId, lessonId, amountFen, by });
      this.confirmationsOf.add(dayOf(at), confirmId);
    } else this.confirmations.delete(confirmId);
    this.changedConfirmations.add(confirmId);
    const hundredths = Math.round(hours * 100);
    const list = this.hoursOf.get(contractId);
    if (sign > 0) {
      if (list) list.push(event.at, hundredths);
      else this.hoursOf.set(contractId, [event.at, hundredths]);
    } else if (list) removePair(list, event.at, hundredths);
  }

  private pay(event: Event<'payment.succeeded'>, sign: 1 | -1): void {
    const { contractId, paymentId } = event.data;
    if (contractId === undefined) return;
    let payers = this.payersOf.get(contractId);
    if (payers === undefined) {
      payers = new Map();
      this.payersOf.set(contractId, payers);
    }
    if (sign > 0) payers.set(paymentId, event.data.payerHash?.toLowerCase() ?? null);
    else payers.delete(paymentId);
    this.changedPayers.add(contractId);
  }

  private refundDebited(refundId: string, debit: Booked, sign: 1 | -1): void {
    const debits = withBooked(this.refundDebits.get(refundId) ?? [], debit, sign);
    if (debits.length > 0) this.refundDebits.set(refundId, debits);
    else this.refundDebits.delete(refundId);
    this.changedRefundDebits.add(refundId);
  }

  private withdraw(event: Event<'custody.debited'>, sign: 1 | -1): void {
    const key = joinKey(event.data.accountId, event.data.bankTxnId);
    if (sign > 0) this.withdrawals.set(key, withdrawalOf(event));
    else this.withdrawals.delete(key);
  }

  private refund(event: Event<'refund.paid'>, sign: 1 | -1): void {
    const key = refundPartKey(event.data.refundId, refundPart(event));
    if (sign > 0) this.paidTo.set(key, paidToOf(event.data));
    else this.paidTo.delete(key);
  }
}

/** The part of a refund that an event pays: told by the bank's transaction, else by the event. */
export function refundPart(event: Event<'refund.paid'>): string {
  return event.data.bankTxnId ? `b${event.data.bankTxnId}` : `e${event.source}${SEPARATOR}${event.id}`;
}

export function refundPartKey(refundId: string, part: string): string {
  return `${refundId}${SEPARATOR}${part}`;
}

/** Tellings by key, of which the newest counts. Nearly every key is told once. */
export class Newest<T extends Told> {
  private readonly of = new Map<string, T | T[]>();

  get(key: string): T | undefined {
    const told = this.of.get(key);
    return Array.isArray(told) ? told[0] : told;
  }

  change(key: string, one: T, sign: 1 | -1): void {
    const told = this.of.get(key);
    if (sign > 0) {
      if (told === undefined) this.of.set(key, one);
      else this.of.set(key, [...(Array.isArray(told) ? told : [told]), one].sort(newestFirst));
    } else if (told !== undefined) {
      const rest = (Array.isArray(told) ? told : [told]).filter(
        ({ source, id }) => source !== one.source || id !== one.id,
      );
      if (rest.length > 0) this.of.set(key, rest);
      else this.of.delete(key);
    }
  }

  forget(key: string): void {
    this.of.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.of.keys();
  }
}

/** Keys by day. They are forgotten day by day, the oldest first. */
class DayKeys {
  private readonly of = new Map<Day, string[]>();
  /** No day before it has keys. */
  private first: Day = Number.POSITIVE_INFINITY;

  add(day: Day, key: string): void {
    const keys = this.of.get(day);
    if (keys) keys.push(key);
    else this.of.set(day, [key]);
    if (day < this.first) this.first = day;
  }

  forgetBefore(before: Day, forget: (key: string) => void): void {
    if (this.first >= before) return;
    // Nearly always one day has passed. What is told of long ago makes a span of more days than there are.
    const isShort = before - this.first <= this.of.size;
    if (isShort) for (let day = this.first; day < before; day += 1) this.forgetDay(day, forget);
    else for (const day of [...this.of.keys()]) if (day < before) this.forgetDay(day, forget);
    this.first = this.of.size === 0 ? Number.POSITIVE_INFINITY : before;
  }

  private forgetDay(day: Day, forget: (key: string) => void): void {
    for (const key of this.of.get(day) ?? NOTHING) forget(key);
    this.of.delete(day);
  }
}

function newestFirst(a: Told, b: Told): number {
  return isNewer(a, b) ? -1 : 1;
}

function toldOf({ at, source, id }: AnyEvent): Told {
  return { at, source, id };
}

/** People are told by hashes of either case. */
export function learnersOf(data: EventData['lesson.delivered']): readonly string[] {
  return data.learnerHashes?.map((hash) => hash.toLowerCase()) ?? NOBODY;
}

export function endedAtOf({ endedAt }: Pick<EventData['lesson.delivered'], 'endedAt'>): Us | null {
  return endedAt === undefined ? null : parseTime(endedAt);
}

function deliveredOf(event: Event<'lesson.delivered'>): DeliveredLesson {
  return { ...toldOf(event), learners: learnersOf(event.data), endedAt: endedAtOf(event.data) };
}

export function paidToOf(data: EventData['refund.paid']): PaidTo {
  return {
    payeeHash: data.payeeHash?.toLowerCase() ?? null,
    originalChannel: data.originalChannel ?? null,
    via: data.via,
  };
}

function scheduledOf(event: Event<'lesson.scheduled'>): ScheduledLesson {
  return scheduledLesson(toldOf(event), event.data);
}

export function scheduledLesson(told: Told, data: EventData['lesson.scheduled']): ScheduledLesson {
  return {
    at: told.at,
    source: told.source,
    id: told.id,
    lessonId: data.lessonId,
    startsAt: parseTime(data.startsAt)!,
    endsAt: parseTime(data.endsAt)!,
    delivery: data.delivery,
    courseKind: data.courseKind,
    teacherHash: data.teacherHash?.toLowerCase() ?? null,
    roomId: data.roomId ?? null,
    capacity: data.capacity ?? null,
  };
}

function forgetOld(tellings: Newest<Told>, key: string, before: Day): void {
  const newest = tellings.get(key);
  if (newest !== undefined && dayOf(newest.at) < before) tellings.forget(key);
}

function removePair(list: number[], at: Us, hundredths: number): void {
  for (let place = 0; place < list.length; place += 2) {
    if (list[place] !== at || list[place + 1] !== hundredths) continue;
    list.splice(place, 2);
    return;
  }
}

const NOBODY: readonly string[] = [];
const NOTHING: readonly string[] = [];
