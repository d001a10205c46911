import type { Us } from '../core/time.js';
import type { AccountRegistered, AccountRequirementSet, AccountStateChanged } from './account.js';
import type { ContractEnded, ContractSigned } from './contract.js';
import type { CustodyBalanceReported, CustodyCredited, CustodyDebited } from './custody.js';
import type { GuaranteeRegistered, StockDeclared } from './guarantee.js';
import type { InstitutionUpserted } from './institution.js';
import type {
  LessonCancelled,
  LessonConfirmed,
  LessonConfirmRequested,
  LessonDelivered,
  LessonDisputed,
  LessonScheduled,
} from './lesson.js';
import type { PaymentReversed, PaymentSucceeded } from './payment.js';
import type { RefundApproved, RefundPaid, RefundRejected, RefundRequested, RefundWithdrawn } from './refund.js';
import type { ReleaseInstructed } from './release.js';
import type { EventReversed } from './reversal.js';
import type {
  BreakDeclared,
  ComplaintClosed,
  ComplaintReceived,
  ContactAttempted,
  ExternalSignal,
  InspectionRecorded,
} from './signal.js';
import type { StatementFiled } from './statement.js';

/**
 * The data of every type of the contract, by the name between `prepaid.` and `.v1`. Money is fen as a safe integer, dates are
 * `YYYY-MM-DD` and times RFC 3339 (as written by the source), hashes are lower case. Fields the contract does not know are
 * kept on the object as well. An absent field has no property: null and undefined never occur.
 */
export interface EventData {
  'institution.upserted': InstitutionUpserted;
  'account.registered': AccountRegistered;
  'account.state_changed': AccountStateChanged;
  'account.requirement_set': AccountRequirementSet;
  'contract.signed': ContractSigned;
  'contract.ended': ContractEnded;
  'payment.succeeded': PaymentSucceeded;
  'payment.reversed': PaymentReversed;
  'custody.credited': CustodyCredited;
  'custody.debited': CustodyDebited;
  'custody.balance_reported': CustodyBalanceReported;
  'guarantee.registered': GuaranteeRegistered;
  'stock.declared': StockDeclared;
  'lesson.scheduled': LessonScheduled;
  'lesson.cancelled': LessonCancelled;
  'lesson.delivered': LessonDelivered;
  'lesson.confirm_requested': LessonConfirmRequested;
  'lesson.confirmed': LessonConfirmed;
  'lesson.disputed': LessonDisputed;
  'release.instructed': ReleaseInstructed;
  'refund.requested': RefundRequested;
  'refund.approved': RefundApproved;
  'refund.rejected': RefundRejected;
  'refund.withdrawn': RefundWithdrawn;
  'refund.paid': RefundPaid;
  'statement.filed': StatementFiled;
  'complaint.received': ComplaintReceived;
  'complaint.closed': ComplaintClosed;
  'inspection.recorded': InspectionRecorded;
  'external.signal': ExternalSignal;
  'contact.attempted': ContactAttempted;
  'break.declared': BreakDeclared;
  'event.reversed': EventReversed;
}

/** The name between `prepaid.` and `.v1`. */
export type EventType = keyof EventData;

/** One accepted event. For narrowing by `type` use `AnyEvent`. */
export interface Event<T extends EventType = EventType> {
  readonly type: T;
  /** Unique within `source`. */
  readonly id: string;
  readonly source: string;
  /** The institution: USCC or X-<region>-<digits>. */
  readonly subject: string;
  /** When it happened (`time`). */
  readonly at: Us;
  /** When the source knew it (`recordedtime`, else `time`). */
  readonly recordedAt: Us;
  readonly sequence: bigint | null;
  readonly data: EventData[T];
  /** SHA-256 (32 bytes) of the canonical content: type, subject, at, data. Equal content ⇔ equal hash. */
  readonly contentHash: Buffer;
  /** The whole event as canonical JSON with all its attributes; decoding it again gives the same event. */
  readonly body: string;
}

/** The union over all types: `switch (event.type)` narrows `data`. */
export type AnyEvent = { [T in EventType]: Event<T> }[EventType];
