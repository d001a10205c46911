import { define } from './definition.js';
import { date, fieldsOf, flag, hash, id, money, oneOf, optional, text } from './fields.js';

export interface RefundRequested {
  readonly refundId: string;
  readonly contractId: string;
  readonly amountFen: number;
  readonly side: RefundSide;
}

export interface RefundApproved {
  readonly refundId: string;
  readonly contractId: string;
  readonly amountFen: number;
  /** YYYY-MM-DD */
  readonly dueOn?: string;
}

export interface RefundRejected {
  readonly refundId: string;
  readonly contractId: string;
  readonly reason?: string;
}

export interface RefundWithdrawn {
  readonly refundId: string;
  readonly contractId: string;
}

/** One part of a refund: a part is its `bankTxnId`, else the event. */
export interface RefundPaid {
  readonly refundId: string;
  readonly contractId: string;
  readonly amountFen: number;
  readonly via: RefundVia;
  readonly bankTxnId?: string;
  readonly payeeHash?: string;
  readonly originalChannel?: boolean;
}

export const REFUND_SIDES = ['operator', 'consumer', 'seven_day'] as const;
export type RefundSide = (typeof REFUND_SIDES)[number];
export const REFUND_VIAS = ['custody', 'institution'] as const;
export type RefundVia = (typeof REFUND_VIAS)[number];

export const refundRequested = define({
  type: 'refund.requested',
  number: 80,
  schema: fieldsOf({ refundId: id, contractId: id, amountFen: money, side: oneOf(REFUND_SIDES) }),
  example: {
    source: '/platform/370700',
    time: '2026-03-02T20:10:00+08:00',
    data: { refundId: 'Y-90001', contractId: 'C-20001', amountFen: 456_000, side: 'consumer' },
  },
});

export const refundApproved = define({
  type: 'refund.approved',
  number: 81,
  schema: fieldsOf({ refundId: id, contractId: id, amountFen: money, dueOn: optional(date) }),
  example: {
    source: '/platform/370700',
    time: '2026-03-05T15:00:00+08:00',
    data: { refundId: 'Y-90001', contractId: 'C-20001', amountFen: 456_000, dueOn: '2026-03-17' },
  },
});

export const refundRejected = define({
  type: 'refund.rejected',
  number: 82,
  schema: fieldsOf({ refundId: id, contractId: id, reason: optional(text) }),
  example: {
    source: '/platform/370700',
    time: '2026-03-05T15:10:00+08:00',
    data: { refundId: 'Y-90002', contractId: 'C-20002', reason: 'all lessons were taught' },
  },
});

export const refundWithdrawn = define({
  type: 'refund.withdrawn',
  number: 83,
  schema: fieldsOf({ refundId: id, contractId: id }),
  example: {
    source: '/platform/370700',
    time: '2026-03-06T09:00:00+08:00',
    data: { refundId: 'Y-90003', contractId: 'C-20003' },
  },
});

export const refundPaid = define({
  type: 'refund.paid',
  number: 84,
  schema: fieldsOf({
    refundId: id,
    contractId: id,
    amountFen: money,
    via: oneOf(REFUND_VIAS),
    bankTxnId: optional(id),
    payeeHash: optional(hash),
    originalChannel: optional(flag),
  }),
  example: {
    source: '/platform/370700',
    time: '2026-03-16T10:00:00+08:00',
    data: {
      refundId: 'Y-90001',
      contractId: 'C-20001',
      amountFen: 456_000,
      via: 'custody',
      bankTxnId: 'T-40003',
      payeeHash: 'b2f5ff47436671b6e533d8dc3614845d',
      originalChannel: true,
    },
  },
});
