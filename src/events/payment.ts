import { define } from './definition.js';
import { fieldsOf, flag, hash, hours, id, money, oneOf, optional } from './fields.js';

export interface PaymentSucceeded {
  readonly paymentId: string;
  readonly contractId?: string;
  readonly amountFen: number;
  readonly hours?: number;
  readonly channel: PaymentChannel;
  readonly payeeAccountId?: string;
  readonly payerHash?: string;
  readonly loan?: boolean;
}

export interface PaymentReversed {
  readonly paymentId: string;
  readonly amountFen: number;
}

export const PAYMENT_CHANNELS = ['card', 'wechat', 'alipay', 'ecny', 'cash', 'transfer', 'other'] as const;
export type PaymentChannel = (typeof PAYMENT_CHANNELS)[number];

export const paymentSucceeded = define({
  type: 'payment.succeeded',
  number: 30,
  schema: fieldsOf({
    paymentId: id,
    contractId: optional(id),
    amountFen: money,
    hours: optional(hours),
    channel: oneOf(PAYMENT_CHANNELS),
    payeeAccountId: optional(id),
    payerHash: optional(hash),
    loan: optional(flag),
  }),
  example: {
    source: '/platform/370700',
    time: '2026-01-06T18:35:12+08:00',
    data: {
      paymentId: 'P-30001',
      contractId: 'C-20001',
      amountFen: 480_000,
      hours: 40,
      channel: 'wechat',
      payeeAccountId: 'A-10001',
      payerHash: 'b2f5ff47436671b6e533d8dc3614845d',
      loan: false,
    },
  },
});

export const paymentReversed = define({
  type: 'payment.reversed',
  number: 31,
  schema: fieldsOf({ paymentId: id, amountFen: money }),
  example: {
    source: '/platform/370700',
    time: '2026-01-07T09:00:00+08:00',
    data: { paymentId: 'P-30002', amountFen: 480_000 },
  },
});
