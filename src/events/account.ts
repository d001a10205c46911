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
