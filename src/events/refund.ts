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
