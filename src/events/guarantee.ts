export interface GuaranteeRegistered {
  readonly guaranteeId: string;
  readonly kind: GuaranteeKind;
  readonly coverFen: number;
  /** YYYY-MM-DD; a guarantee covers both days. */
  readonly validFrom: string;
  readonly validTo: string;
}

/** Untaught fees from before custody. */
export interface StockDeclared {
  readonly amountFen: number;
  /** YYYY-MM-DD */
  readonly dueOn: string;
  /** Then it adds to that contract's paid amount; else it is a line of its own that lessons do not consume. */
  readonly contractId?: string;
}

export const GUARANTEE_KINDS = ['insurance', 'bank_guarantee'] as const;
export type GuaranteeKind = (typeof GUARANTEE_KINDS)[number];
