import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { decodeText } from '../../src/events/decode.js';
import type { AnyEvent, EventData, EventType } from '../../src/events/event.js';
import type { Outcome } from '../../src/ledger/book.js';
import type { Quantities } from '../../src/ledger/quantities.js';
import { Model } from '../../src/model/model.js';

export const SCHOOL = 'X-370702-1';
export const PLATFORM = '/platform/370700';
export const BANK = '/bank/B003';

export interface Telling {
  /** RFC 3339, or a day at noon in Shanghai. */
  readonly at?: string;
  readonly id?: string;
  readonly source?: string;
  readonly school?: string;
}

let told = 0;

/** An event as a source would send it. */
export function tell<T extends EventType>(type: T, data: EventData[T], telling: Telling = {}): AnyEvent {
  told += 1;
  const at = telling.at ?? '2026-03-02';
  const wire = {
    specversion: '1.0',
    id: telling.id ?? `told-${told}`,
    source: telling.source ?? (type.startsWith('custody') ? BANK : PLATFORM),
    type: `prepaid.${type}.v1`,
    subject: telling.school ?? SCHOOL,
    time: at.length === 10 ? `${at}T12:00:00+08:00` : at,
    data,
  };
  const decoded = decodeText(JSON.stringify(wire), { bytesMax: 262_144, depthMax: 32, receivedAt: null });
  if (!decoded.ok) throw new Error(decoded.rejection.message);
  return decoded.event;
}

/** The reversal of an event by its own source. */
export function undo(event: AnyEvent, telling: Telling = {}): AnyEvent {
  return tell(
    'event.reversed',
    { reverses: { source: event.source, id: event.id }, reason: 'told in error' },
    { source: event.source, school: event.subject, ...telling },
  );
}

export function custodyAccount(accountId = 'A-1', openingFen = 0): AnyEvent {
  return account(accountId, 'custody', 'per_lesson', openingFen);
}

export function account(
  accountId: string,
  purpose: EventData['account.registered']['purpose'],
  mode: EventData['account.registered']['mode'],
  openingFen = 0,
): AnyEvent {
  return tell('account.registered', {
    accountId,
    bankCode: 'B003',
    purpose,
    mode,
    validFrom: '2026-01-01',
    openingFen,
  });
}

export function contract(contractId: string, terms: Partial<EventData['contract.signed']> = {}): AnyEvent {
  return tell(
    'contract.signed',
    {
      contractId,
      learnerHash: 'aaaaaaaaaaaaaaaa',
      courseId: 'K-1',
      courseKind: 'subject',
      modelForm: true,
      pricing: 'hour',
      hoursPaid: 10,
      priceFen: 100_000,
      periodFrom: '2026-02-01',
      periodTo: '2026-06-30',
      ...terms,
    },
    { at: '2026-01-20' },
  );
}

export function paid(
  paymentId: string,
  amountFen: number,
  more: Partial<EventData['payment.succeeded']> = {},
  telling: Telling = {},
): AnyEvent {
  return tell('payment.succeeded', { paymentId, amountFen, channel: 'card', ...more }, telling);
}

/** A credit to A-1 unless told otherwise. */
export function credited(
  bankTxnId: string,
  amountFen: number,
  bookedOn: string,
  more: Partial<EventData['custody.credited']> = {},
  telling: Telling = {},
): AnyEvent {
  return tell(
    'custody.credited',
    { accountId: 'A-1', bankTxnId, amountFen, bookedOn, ...more },
    { at: bookedOn, ...telling },
  );
}

export function debited(
  bankTxnId: string,
  amountFen: number,
  purpose: EventData['custody.debited']['purpose'],
  more: Partial<EventData['custody.debited']> = {},
): AnyEvent {
  return tell('custody.debited', {
    accountId: 'A-1',
    bankTxnId,
    amountFen,
    bookedOn: '2026-03-10',
    purpose,
    ...more,
  });
}

/** The model after the events, in this order. */
export function modelOf(...events: readonly AnyEvent[]): Model {
  const model = new Model(CHINA_CALENDAR);
  for (const event of events) model.book(event);
  return model;
}

/** Quantities of SCHOOL after the events; `now` is a time, or a day at noon in Shanghai. */
export function quantitiesAfter(events: readonly AnyEvent[], now = '2026-03-20'): Quantities {
  return modelOf(...events).quantities(SCHOOL, moment(now));
}

export function moment(text: string): number {
  return parseTime(text.length === 10 ? `${text}T12:00:00+08:00` : text)!;
}

/** What became of each event: its kind, or the code of its refusal. */
export function answers(...events: readonly AnyEvent[]): string[] {
  const model = new Model(CHINA_CALENDAR);
  return events.map((event) => answer(model.book(event)));
}

function answer(outcome: Outcome): string {
  return outcome.kind === 'rejected' ? outcome.code : outcome.kind;
}
