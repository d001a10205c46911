import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { type Day, formatDay, parseDay } from '../../../src/core/time.js';
import type { AnyEvent } from '../../../src/events/event.js';
import { contract, SCHOOL, tell, undo } from '../../model/tell.js';

/** Histories of one institution whose bank is honest, and faults put into what it tells. */
export const FAULTS = [
  'late_day',
  'doubled_file',
  'resent_file',
  'changed_entry',
  'missing_entry',
  'wrong_balance',
  'unknown_payer',
  'never_credited',
  'over_release',
  'wrongly_reversed',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Expected {
  readonly kind: string;
  readonly accountId: string;
  readonly amountFen: number;
}

export interface FaultyHistory {
  readonly events: AnyEvent[];
  readonly expected: Expected[];
  /** What the bank held back: told, they mend the faults that wait for it. */
  readonly held: AnyEvent[];
  readonly asOf: Day;
}

/** How a payment reaches custody. */
const WAYS = ['named', 'unnamed', 'batch_named', 'batch_unnamed', 'split_named', 'split_unnamed', 'next_day'] as const;

interface Entry {
  readonly day: Day;
  /** Signed. */
  readonly fen: number;
  readonly event: AnyEvent;
  /** What the platform told that it settles: amounts. */
  readonly settles: readonly number[];
  readonly isCredit: boolean;
}

export interface HistoryPlan {
  readonly seed: number;
  readonly days: number;
  /** At most one fault a week, in turn. */
  readonly faults: readonly Fault[];
}

const FIRST_DAY = parseDay('2026-03-02')!;
const ACCOUNT_ID = 'A-1';
/** Working days from one fault to the next. */
const FAULT_EVERY = 7;

export function faultyHistory(plan: HistoryPlan): FaultyHistory {
  return new Maker(plan).make();
}

class Maker {
  private readonly events: AnyEvent[] = [];
  private readonly expected: Expected[] = [];
  private readonly held: AnyEvent[] = [];
  private readonly days: Day[];
  private readonly faultOn: ReadonlyMap<Day, Fault>;
  private next = 0;
  private state: number;
  private balance = 0;
  private readonly later = new Map<Day, Entry[]>();

  constructor(private readonly plan: HistoryPlan) {
    this.state = plan.seed + 1;
    this.days = Array.from({ length: plan.days }, (_, i) => CHINA_CALENDAR.addWorkingDays(FIRST_DAY, i));
    this.faultOn = new Map(plan.faults.map((fault, i) => [this.days[3 + i * FAULT_EVERY]!, fault]));
  }

  make(): FaultyHistory {
    this.events.push(
      tell('account.registered', {
        accountId: ACCOUNT_ID,
        bankCode: 'B003',
        purpose: 'custody',
        mode: 'per_lesson',
        validFrom: '2026-01-01',
        openingFen: OPENING_FEN,
      }),
      contract('C-1'),
    );
    // Confirmed lessons enough for every release that is in order.
    this.events.push(
      tell(
        'lesson.confirmed',
        { confirmId: 'F-1', contractId: 'C-1', hours: 1, amountFen: 9_000_000_000_000, by: 'parent' },
        { at: '2026-03-01' },
      ),
    );
    for (const day of this.days) this.day(day);
    // Days in which what is on its way arrives, and what is late becomes missing.
    const asOf = this.days.at(-1)!;
    return { events: this.events, expected: this.expected, held: this.held, asOf };
  }

  private day(day: Day): void {
    const entries = [...(this.later.get(day) ?? []), ...this.payments(day)];
    if (this.roll(3) === 0) entries.push(this.release(day));
    if (this.roll(5) === 0) entries.push(this.refund(day));
    const fault = this.faultOn.get(day) ?? null;
    if (fault === 'unknown_payer') entries.push(this.stranger(day));
    if (fault === 'never_credited') this.pay(day, this.amount(), true);
    if (fault === 'over_release') entries.push(this.overRelease(day));
    for (const entry of entries) this.balance += entry.fen;
    const report = this.report(day, this.balance);
    if (fault === 'late_day' && entries.length > 0) return this.lateDay(day, entries, report);
    const wrong = fault === 'wrong_balance' ? this.wrongBalance(day) : report;
    this.events.push(wrong, ...this.told(fault, entries));
  }

  /** What the bank tells of its entries. */
  private told(fault: Fault | null, entries: readonly Entry[]): AnyEvent[] {
    const events = entries.map((entry) => entry.event);
    const first = entries.find((entry) => entry.settles.length > 0);
    switch (fault) {
      case 'doubled_file':
        for (const entry of entries) {
          const twin = again(entry.event, this.id('T'));
          events.push(twin);
          this.held.push(undo(twin));
          this.expect('duplicated', Math.abs(entry.fen));
        }
        return events;
      case 'resent_file':
        return [...events, ...entries.map((entry) => again(entry.event, null))];
      case 'changed_entry': {
        if (!first) return events;
        const by = 1 + this.roll(5_000);
        this.expect('amount_differs', by);
        const wrong = changed(first.event, by);
        this.held.push(undo(wrong), first.event);
        return events.map((event) => (event === first.event ? wrong : event));
      }
      case 'missing_entry':
      case 'wrongly_reversed': {
        // With nothing else on the day it could as well be a day that did not come.
        if (!first || entries.length === 1) return events;
        for (const fen of first.settles) this.expect('missing', fen);
        this.held.push(fault === 'missing_entry' ? first.event : again(first.event, this.id('T')));
        if (fault === 'wrongly_reversed') return [...events, undo(first.event)];
        return events.filter((event) => event !== first.event);
      }
      default:
        return events;
    }
  }

  private lateDay(day: Day, entries: readonly Entry[], report: AnyEvent): void {
    this.held.push(report, ...entries.map((entry) => entry.event));
    const net = entries.reduce((sum, entry) => sum + entry.fen, 0);
    if (net !== 0) this.expect('feed_missing', Math.abs(net));
    void day;
  }

  private wrongBalance(day: Day): AnyEvent {
    const by = 1 + this.roll(90_000);
    this.expect('balance_differs', by);
    return this.report(day, this.balance + by);
  }

  private payments(day: Day): Entry[] {
    const entries: Entry[] = [];
    for (let n = 1 + this.roll(3); n > 0; n -= 1) {
      const way = WAYS[this.roll(WAYS.length)]!;
      const amounts = way.startsWith('batch') ? [this.amount(), this.amount(), this.amount()] : [this.amount()];
      const ids = amounts.map((fen) => this.pay(day, fen));
      const named = way.endsWith('_named') || way === 'named' || way === 'next_day';
      const parts = way.startsWith('split') ? splitOf(amounts[0]!, this.roll(97)) : [amounts.reduce((a, b) => a + b)];
      const on = way === 'next_day' ? CHINA_CALENDAR.addWorkingDays(day, 1) : day;
      const made = parts.map((fen) => {
        const event = this.bank('custody.credited', on, fen, named ? { paymentIds: ids } : {});
        // The part of a split that is lost leaves the rest of its payment: told by its own test.
        return { day: on, fen, event, settles: parts.length > 1 ? [] : amounts, isCredit: true };
      });
      if (on === day) entries.push(...made);
      else this.later.set(on, [...(this.later.get(on) ?? []), ...made]);
    }
    return entries;
  }

  private pay(day: Day, amountFen: number, never = false): string {
    const paymentId = this.id('P');
    const at = formatDay(day);
    this.events.push(tell('payment.succeeded', { paymentId, contractId: 'C-1', amountFen, channel: 'card' }, { at }));
    if (never) this.expect('missing', amountFen);
    return paymentId;
  }

  private release(day: Day, amountFen = this.amount(), contractId = 'C-1'): Entry {
    const instructionId = this.id('I');
    const lines = [{ contractId, amountFen }];
    this.events.push(
      tell('release.instructed', { instructionId, accountId: ACCOUNT_ID, lines }, { at: formatDay(day) }),
    );
    const event = this.bank('custody.debited', day, amountFen, { purpose: 'release', instructionId });
    return { day, fen: -amountFen, event, settles: [amountFen], isCredit: false };
  }

  private overRelease(day: Day): Entry {
    const amountFen = this.amount();
    this.expect('over_release', amountFen);
    return this.release(day, amountFen, this.id('C'));
  }

  private refund(day: Day): Entry {
    const amountFen = this.amount();
    const refundId = this.id('R');
    const bankTxnId = this.id('T');
    const at = formatDay(day);
    this.events.push(
      tell('refund.paid', { refundId, contractId: 'C-1', amountFen, via: 'custody', bankTxnId }, { at }),
    );
    const event = this.bank('custody.debited', day, amountFen, { purpose: 'refund', refundId }, bankTxnId);
    return { day, fen: -amountFen, event, settles: [amountFen], isCredit: false };
  }

  private stranger(day: Day): Entry {
    const fen = this.amount();
    this.expect('unknown_payer', fen);
    return { day, fen, event: this.bank('custody.credited', day, fen, {}), settles: [], isCredit: true };
  }

  private bank(
    type: 'custody.credited' | 'custody.debited',
    day: Day,
    amountFen: number,
    more: object,
    bankTxnId = this.id('T'),
  ): AnyEvent {
    const at = formatDay(day);
    return tell(type, { accountId: ACCOUNT_ID, bankTxnId, amountFen, bookedOn: at, ...more } as never, {
      at: `${at}T21:00:00+08:00`,
    });
  }

  private report(day: Day, bookedFen: number): AnyEvent {
    const asOf = formatDay(day);
    return tell(
      'custody.balance_reported',
      { accountId: ACCOUNT_ID, asOf, kind: 'end_of_day', bookedFen: bookedFen + OPENING_FEN },
      { at: `${asOf}T23:50:00+08:00`, id: `B-${this.plan.seed}-${asOf}-${bookedFen}` },
    );
  }

  private expect(kind: string, amountFen: number): void {
    this.expected.push({ kind, accountId: ACCOUNT_ID, amountFen });
  }

  /** Amounts that do not meet by chance. */
  private amount(): number {
    this.next += 1;
    return 1_000_000 + this.next * 7_919 * 101 + this.roll(100_000) * 13;
  }

  private id(letter: string): string {
    this.next += 1;
    return `${letter}-${this.next}`;
  }

  /** 0 … n − 1, the same for the same seed. */
  private roll(n: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.state / 2 ** 32) * n);
  }
}

/** Balances may not be below zero; the account is registered with the same opening. */
const OPENING_FEN = 90_000_000_000;

function splitOf(fen: number, share: number): number[] {
  const part = Math.floor((fen * (share + 1)) / 99);
  return [part, fen - part];
}

/** The same entry told again: under another number of the bank's, or just by another event. */
function again(event: AnyEvent, bankTxnId: string | null): AnyEvent {
  const data = { ...event.data, ...(bankTxnId === null ? {} : { bankTxnId }) };
  return tell(event.type as 'custody.credited', data as never, { at: timeOf(event) });
}

function changed(event: AnyEvent, byFen: number): AnyEvent {
  const data = event.data as { amountFen: number };
  return tell(event.type as 'custody.credited', { ...data, amountFen: data.amountFen + byFen } as never, {
    at: timeOf(event),
  });
}

function timeOf(event: AnyEvent): string {
  return `${(event.data as { bookedOn: string }).bookedOn}T21:00:00+08:00`;
}

export { SCHOOL };
