import type { Day } from '../../src/core/time.js';
import type { EventData } from '../../src/events/event.js';
import type { Booked, Line, PaymentRow } from '../../src/ledger/rows.js';

/** What a test says of a contract, a payment or a refund; builders.ts fills in the rest. */
export type ContractInput = Partial<EventData['contract.signed']> & {
  readonly signedOn?: Day;
  readonly hoursLeft?: number;
};
export type PaymentInput = Partial<NonNullable<PaymentRow['told']>> & {
  readonly paidOn?: Day;
  readonly reversedFen?: number;
  readonly settled?: boolean;
  readonly namedBy?: PaymentRow['namedBy'];
};
export interface RefundInput {
  readonly requestedOn?: Day;
  readonly amountFen?: number;
  /** Asked for; without it, `amountFen`. */
  readonly requestedFen?: number;
  readonly side?: EventData['refund.requested']['side'];
  readonly contractId?: string;
  readonly approvedOn?: Day;
  readonly dueOn?: Day;
  readonly rejectedOn?: Day;
  readonly withdrawnOn?: Day;
  readonly paid?: readonly {
    readonly on: Day;
    readonly fen: number;
    readonly payeeHash?: string;
    readonly originalChannel?: boolean;
    readonly via?: 'custody' | 'institution';
  }[];
  readonly debits?: readonly Booked[];
  readonly contract?: EventData['contract.signed'];
  readonly line?: Line;
  readonly payers?: readonly string[];
  readonly signedBefore?: boolean;
}
