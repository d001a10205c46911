import { define } from './definition.js';
import { date, fieldsOf, flag, id, money, oneOf, optional, text } from './fields.js';

export interface AccountRegistered {
  readonly accountId: string;
  readonly bankCode: string;
  readonly purpose: AccountPurpose;
  readonly mode: AccountMode;
  /** YYYY-MM-DD */
  readonly validFrom: string;
  /** Default 0. */
  readonly openingFen?: number;
}

export interface AccountStateChanged {
  readonly accountId: string;
  readonly state: AccountState;
  /** Whether the change was filed with the authority. */
  readonly filed: boolean;
  readonly reason?: string;
}

export interface AccountRequirementSet {
  readonly accountId: string;
  readonly kind: RequirementKind;
  readonly amountFen: number;
  /** YYYY-MM-DD */
  readonly validFrom: string;
  readonly basis?: string;
}

export const ACCOUNT_PURPOSES = ['custody', 'deposit', 'settlement'] as const;
export type AccountPurpose = (typeof ACCOUNT_PURPOSES)[number];
export const ACCOUNT_MODES = ['per_lesson', 'staged', 'deposit', 'parent_lock', 'ecny', 'postpaid'] as const;
export type AccountMode = (typeof ACCOUNT_MODES)[number];
export const ACCOUNT_STATES = ['active', 'frozen', 'closed'] as const;
export type AccountState = (typeof ACCOUNT_STATES)[number];
export const REQUIREMENT_KINDS = ['min_balance', 'deposit'] as const;
export type RequirementKind = (typeof REQUIREMENT_KINDS)[number];

export const accountRegistered = define({
  type: 'account.registered',
  number: 10,
  schema: fieldsOf({
    accountId: id,
    bankCode: id,
    purpose: oneOf(ACCOUNT_PURPOSES),
    mode: oneOf(ACCOUNT_MODES),
    validFrom: date,
    openingFen: optional(money),
  }),
  example: {
    source: '/bank/B003',
    time: '2026-01-05T10:00:00+08:00',
    data: {
      accountId: 'A-10001',
      bankCode: 'B003',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: '2026-01-05',
      openingFen: 0,
    },
  },
});

export const accountStateChanged = define({
  type: 'account.state_changed',
  number: 11,
  schema: fieldsOf({ accountId: id, state: oneOf(ACCOUNT_STATES), filed: flag, reason: optional(text) }),
  example: {
    source: '/bank/B003',
    time: '2026-01-05T10:05:00+08:00',
    data: { accountId: 'A-10001', state: 'active', filed: true },
  },
});

export const accountRequirementSet = define({
  type: 'account.requirement_set',
  number: 12,
  schema: fieldsOf({
    accountId: id,
    kind: oneOf(REQUIREMENT_KINDS),
    amountFen: money,
    validFrom: date,
    basis: optional(text),
  }),
  example: {
    source: '/platform/370700',
    time: '2026-01-05T11:00:00+08:00',
    data: {
      accountId: 'A-10001',
      kind: 'min_balance',
      amountFen: 5_000_000,
      validFrom: '2026-01-05',
      basis: 'custody agreement, article 7',
    },
  },
});
