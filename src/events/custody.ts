import { z } from 'zod';
import { parseDay } from '../core/time.js';
import { define } from './definition.js';
import { date, fieldsOf, id, listOf, money, oneOf, optional, parseInstant, rule } from './fields.js';

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

export const custodyCredited = define({
  type: 'custody.credited',
  number: 40,
  schema: fieldsOf({
    accountId: id,
    bankTxnId: id,
    amountFen: money,
    bookedOn: date,
    paymentIds: optional(listOf(id)),
    balanceAfterFen: optional(money),
  }),
  example: {
    source: '/bank/B003',
    time: '2026-01-07T02:00:00+08:00',
    data: {
      accountId: 'A-10001',
      bankTxnId: 'T-40001',
      amountFen: 480_000,
      bookedOn: '2026-01-07',
      paymentIds: ['P-30001'],
      balanceAfterFen: 480_000,
    },
  },
});

export const custodyDebited = define({
  type: 'custody.debited',
  number: 41,
  schema: fieldsOf({
    accountId: id,
    bankTxnId: id,
    amountFen: money,
    bookedOn: date,
    purpose: oneOf(DEBIT_PURPOSES),
    refundId: optional(id),
    instructionId: optional(id),
    balanceAfterFen: optional(money),
  }),
  example: {
    source: '/bank/B003',
    time: '2026-01-13T02:00:00+08:00',
    data: {
      accountId: 'A-10001',
      bankTxnId: 'T-40002',
      amountFen: 24_000,
      bookedOn: '2026-01-13',
      purpose: 'release',
      instructionId: 'N-60001',
      balanceAfterFen: 456_000,
    },
  },
});

const AS_OF = rule('wrong_type', 'must be a text');
const AS_OF_DAY = rule('bad_date', 'must be a real day written YYYY-MM-DD when kind is end_of_day');
const AS_OF_TIME = rule('bad_time', 'must be a time of RFC 3339 with an offset when kind is intraday');

export const custodyBalanceReported = define({
  type: 'custody.balance_reported',
  number: 42,
  schema: fieldsOf({
    accountId: id,
    asOf: z.string({ error: AS_OF }),
    kind: oneOf(BALANCE_KINDS),
    bookedFen: money,
    availableFen: optional(money),
    frozenFen: optional(money),
  })
    .refine((data) => data.kind !== 'end_of_day' || parseDay(data.asOf) !== null, { error: AS_OF_DAY, path: ['asOf'] })
    .refine((data) => data.kind !== 'intraday' || parseInstant(data.asOf) !== null, {
      error: AS_OF_TIME,
      path: ['asOf'],
    }),
  example: {
    source: '/bank/B003',
    time: '2026-01-13T23:50:00+08:00',
    data: {
      accountId: 'A-10001',
      asOf: '2026-01-13',
      kind: 'end_of_day',
      bookedFen: 456_000,
      availableFen: 456_000,
      frozenFen: 0,
    },
  },
});
