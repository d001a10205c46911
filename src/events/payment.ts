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
