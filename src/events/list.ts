import type { z } from 'zod';
import { accountRegistered, accountRequirementSet, accountStateChanged } from './account.js';
import { contractEnded, contractSigned } from './contract.js';
import { custodyBalanceReported, custodyCredited, custodyDebited } from './custody.js';
import type { EventDefinition } from './definition.js';
import type { EventType } from './event.js';
import { guaranteeRegistered, stockDeclared } from './guarantee.js';
import { institutionUpserted } from './institution.js';
import {
  lessonCancelled,
  lessonConfirmed,
  lessonConfirmRequested,
  lessonDelivered,
  lessonDisputed,
  lessonScheduled,
} from './lesson.js';
import { paymentReversed, paymentSucceeded } from './payment.js';
import { refundApproved, refundPaid, refundRejected, refundRequested, refundWithdrawn } from './refund.js';
import { releaseInstructed } from './release.js';
import { eventReversed } from './reversal.js';
import {
  breakDeclared,
  complaintClosed,
  complaintReceived,
  contactAttempted,
  externalSignal,
  inspectionRecorded,
} from './signal.js';
import { statementFiled } from './statement.js';

/** One type as others see it. `example` is a whole event as a source would send it. */
export interface ListedType {
  readonly type: EventType;
  /** Stored in the database instead of the name (smallint): never changed, never reused. */
  readonly number: number;
  /** The part of the name before the dot: institution, account, custody … */
  readonly family: string;
  /** Of `data`. */
  readonly schema: z.ZodType;
  readonly example: WireEvent;
}

export interface WireEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: object;
}

/** The institution of the examples. */
export const EXAMPLE_INSTITUTION = '91370702MA3EXAMP07';

/** What stands before and after the name in `type` on the wire. */
export const TYPE_PREFIX = 'prepaid.';
export const TYPE_SUFFIX = '.v1';

/** The compiler demands an entry for every type of `EventData`. */
const DEFINITIONS: { readonly [T in EventType]: EventDefinition<T> } = {
  'institution.upserted': institutionUpserted,
  'account.registered': accountRegistered,
  'account.state_changed': accountStateChanged,
  'account.requirement_set': accountRequirementSet,
  'contract.signed': contractSigned,
  'contract.ended': contractEnded,
  'payment.succeeded': paymentSucceeded,
  'payment.reversed': paymentReversed,
  'custody.credited': custodyCredited,
  'custody.debited': custodyDebited,
  'custody.balance_reported': custodyBalanceReported,
  'guarantee.registered': guaranteeRegistered,
  'stock.declared': stockDeclared,
  'lesson.scheduled': lessonScheduled,
  'lesson.cancelled': lessonCancelled,
  'lesson.delivered': lessonDelivered,
  'lesson.confirm_requested': lessonConfirmRequested,
  'lesson.confirmed': lessonConfirmed,
  'lesson.disputed': lessonDisputed,
  'release.instructed': releaseInstructed,
  'refund.requested': refundRequested,
  'refund.approved': refundApproved,
  'refund.rejected': refundRejected,
  'refund.withdrawn': refundWithdrawn,
  'refund.paid': refundPaid,
  'statement.filed': statementFiled,
  'complaint.received': complaintReceived,
  'complaint.closed': complaintClosed,
  'inspection.recorded': inspectionRecorded,
  'external.signal': externalSignal,
  'contact.attempted': contactAttempted,
  'break.declared': breakDeclared,
  'event.reversed': eventReversed,
};

/** Every type of the contract, in its order. */
export const EVENT_TYPES: readonly ListedType[] = Object.values(DEFINITIONS).map((definition) => ({
  type: definition.type,
  number: definition.number,
  family: definition.type.slice(0, definition.type.indexOf('.')),
  schema: definition.schema,
  example: wireExample(definition),
}));

const BY_TYPE: ReadonlyMap<string, ListedType> = new Map(EVENT_TYPES.map((listed) => [listed.type, listed]));
const BY_NUMBER: ReadonlyMap<number, ListedType> = new Map(EVENT_TYPES.map((listed) => [listed.number, listed]));
const BY_WIRE_NAME: ReadonlyMap<string, ListedType> = new Map(
  EVENT_TYPES.map((listed) => [wireName(listed.type), listed]),
);

/** The number under which the database keeps the type. */
export function eventTypeNumber(type: EventType): number {
  return BY_TYPE.get(type)!.number;
}

/** The type of a stored number. Throws a RangeError for a number that this version does not know. */
export function eventTypeOf(number: number): EventType {
  const listed = BY_NUMBER.get(number);
  if (!listed) throw new RangeError(`event type number ${number} is not known`);
  return listed.type;
}

/** "payment.succeeded" → "prepaid.payment.succeeded.v1" */
export function wireName(type: EventType): string {
  return `${TYPE_PREFIX}${type}${TYPE_SUFFIX}`;
}

/** "prepaid.payment.succeeded.v1" → its entry; undefined for a name outside the contract. */
export function listedTypeOf(wireType: string): ListedType | undefined {
  return BY_WIRE_NAME.get(wireType);
}

function wireExample({ type, example }: { type: EventType; example: EventDefinition['example'] }): WireEvent {
  return {
    specversion: '1.0',
    id: `example-${type}`,
    source: example.source,
    type: wireName(type),
    subject: EXAMPLE_INSTITUTION,
    time: example.time,
    data: example.data,
  };
}
