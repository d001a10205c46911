import { define } from './definition.js';
import { date, fieldsOf, id, money, notBefore, oneOf, optional } from './fields.js';

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

export const guaranteeRegistered = define({
  type: 'guarantee.registered',
  number: 50,
  schema: notBefore(
    fieldsOf({ guaranteeId: id, kind: oneOf(GUARANTEE_KINDS), coverFen: money, validFrom: date, validTo: date }),
    'validFrom',
    'validTo',
  ),
  example: {
    source: '/platform/370700',
    time: '2026-01-05T12:00:00+08:00',
    data: {
      guaranteeId: 'U-50001',
      kind: 'insurance',
      coverFen: 20_000_000,
      validFrom: '2026-01-05',
      validTo: '2026-12-31',
    },
  },
});

export const stockDeclared = define({
  type: 'stock.declared',
  number: 55,
  schema: fieldsOf({ amountFen: money, dueOn: date, contractId: optional(id) }),
  example: {
    source: '/platform/370700',
    time: '2026-01-05T14:00:00+08:00',
    data: { amountFen: 1_260_000, dueOn: '2026-06-30' },
  },
});
