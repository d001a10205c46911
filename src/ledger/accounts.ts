/**
 * The chart of accounts of one institution, as data. `sub` says what divides the account. `number` is stored and never
 * reused. Debits are positive, credits negative. Clearing accounts hold what one side has told and the other has not:
 * their balance is in transit first and a break later.
 */
export interface ChartEntry {
  readonly account: number;
  readonly name: string;
  readonly kind: 'asset' | 'liability' | 'income' | 'clearing';
  readonly sub: '' | 'accountId' | 'payee';
  readonly zh: string;
  readonly en: string;
}

export const CHART = [
  { account: 1001, name: 'bank', kind: 'asset', sub: 'accountId', zh: '银行账户', en: 'bank account, by account' },
  {
    account: 1002,
    name: 'receipts',
    kind: 'clearing',
    sub: 'payee',
    zh: '家长付款',
    en: 'paid by parents, by payee account',
  },
  { account: 1003, name: 'receipts_reversed', kind: 'clearing', sub: '', zh: '撤销付款', en: 'payments reversed' },
  {
    account: 1004,
    name: 'stock',
    kind: 'asset',
    sub: '',
    zh: '申报存量',
    en: 'declared untaught fees from before custody',
  },
  {
    account: 1101,
    name: 'credit_clearing',
    kind: 'clearing',
    sub: 'accountId',
    zh: '银行入账',
    en: 'booked credits, by account',
  },
  {
    account: 1102,
    name: 'release_clearing',
    kind: 'clearing',
    sub: 'accountId',
    zh: '银行划拨',
    en: 'released by the bank, by account',
  },
  {
    account: 1103,
    name: 'refund_bank',
    kind: 'clearing',
    sub: 'accountId',
    zh: '银行退费',
    en: 'refunds debited by the bank, by account',
  },
  {
    account: 1104,
    name: 'refund_books',
    kind: 'clearing',
    sub: '',
    zh: '退费支付',
    en: 'refunds paid as the platform tells',
  },
  {
    account: 1105,
    name: 'other_debits',
    kind: 'clearing',
    sub: 'accountId',
    zh: '其他支出',
    en: 'fees, court and other debits, by account',
  },
  { account: 2001, name: 'unearned', kind: 'liability', sub: '', zh: '未消课预收', en: 'unearned fees' },
  { account: 3001, name: 'earned', kind: 'income', sub: '', zh: '已确认课消', en: 'confirmed lessons' },
] as const satisfies readonly ChartEntry[];

export type AccountName = (typeof CHART)[number]['name'];

export const ACCOUNT: { readonly [N in AccountName]: number } = Object.fromEntries(
  CHART.map((entry) => [entry.name, entry.account]),
) as { [N in AccountName]: number };

const NAMES = new Map<number, AccountName>(CHART.map((entry) => [entry.account, entry.name]));

/** The name of an account number. Throws RangeError for a number outside the chart. */
export function accountName(account: number): AccountName {
  const name = NAMES.get(account);
  if (name === undefined) throw new RangeError(`account ${account} is not in the chart`);
  return name;
}
