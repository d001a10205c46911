export interface CustodyCredited {
  readonly accountId: string;
  readonly bankTxnId: string;
  readonly amountFen: number;
  /** YYYY-MM-DD */
  readonly bookedOn: string;
  readonly paymentIds?: readonly string[];
  readonly balanceAfterFen?: number;
}

export interface CustodyDebited {
  readonly accountId: string;
  readonly bankTxnId: string;
  readonly amountFen: number;
  /** YYYY-MM-DD */
  readonly bookedOn: string;
  readonly purpose: DebitPurpose;
  readonly refundId?: string;
  readonly instructionId?: string;
  readonly balanceAfterFen?: number;
}

export interface CustodyBalanceReported {
  readonly accountId: string;
  /** YYYY-MM-DD when `kind` is end_of_day, RFC 3339 when it is intraday. */
  readonly asOf: string;
  readonly kind: BalanceKind;
  readonly bookedFen: number;
  readonly availableFen?: number;
  readonly frozenFen?: number;
}

export const DEBIT_PURPOSES = ['release', 'refund', 'fee', 'court', 'other'] as const;
export type DebitPurpose = (typeof DEBIT_PURPOSES)[number];
export const BALANCE_KINDS = ['end_of_day', 'intraday'] as const;
export type BalanceKind = (typeof BALANCE_KINDS)[number];
