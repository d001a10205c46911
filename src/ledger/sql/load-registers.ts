import type pg from 'pg';
import type { Day, Us } from '../../core/time.js';
import { arrayParams } from '../../db/arrays.js';
import type { ContractRow, CreditRow, PaymentRow, RefundRow, ReleaseRow } from '../rows.js';

/** Pairs of institution number and business id, as two arrays for unnest. */
export interface Pairs {
  readonly nos: number[];
  readonly keys: string[];
}
type Of<R> = R & { readonly institutionNo: number };

export interface ContractColumns {
  institution_no: number;
  contract_id: string;
  at: Us;
  source: string;
  id: string;
  data: string;
}

export const CONTRACT_COLUMNS = 'c.institution_no, c.contract_id, c.at, c.source, c.id, c.data';

export async function loadContracts(client: pg.ClientBase, pairs: Pairs): Promise<Of<ContractRow>[]> {
  const { rows } = await client.query<ContractColumns>({
    name: 'load_contracts',
    text: `select ${CONTRACT_COLUMNS}
             from unnest($1::int[], $2::text[]) as t(institution_no, key)
             join contracts c on c.institution_no = t.institution_no and c.contract_id = t.key collate "C"`,
    values: arrayParams(pairs.nos, pairs.keys),
  });
  return rows.map(contractRowOf);
}

export function contractRowOf(row: ContractColumns): Of<ContractRow> {
  return {
    institutionNo: row.institution_no,
    contractId: row.contract_id,
    at: row.at,
    source: row.source,
    id: row.id,
    data: JSON.parse(row.data),
  };
}

export async function loadPayments(client: pg.ClientBase, pairs: Pairs): Promise<Of<PaymentRow>[]> {
  const { rows } = await client.query<PaymentColumns>({
    name: 'load_payments',
    text: `select p.* from unnest($1::int[], $2::text[]) as t(institution_no, key)
             join payments p on p.institution_no = t.institution_no and p.payment_id = t.key collate "C"`,
    values: arrayParams(pairs.nos, pairs.keys),
  });
  return rows.map(paymentOf);
}

/** Amounts of an institution whose matching must be done again, each with the first day of payments and of credits. */
export interface AmountRange {
  readonly institutionNo: number;
  readonly amountFen: number;
  readonly paidFrom: string;
  readonly bookedFrom: string;
}

export async function loadUnnamedCredits(
  client: pg.ClientBase,
  ranges: readonly AmountRange[],
): Promise<Of<CreditRow>[]> {
  const { rows } = await client.query<CreditColumns>({
    name: 'load_unnamed_credits',
    text: `select c.* from unnest($1::int[], $2::bigint[], $3::date[]) as t(institution_no, amount_fen, booked_from)
             join credits c on c.institution_no = t.institution_no and c.amount_fen = t.amount_fen and c.booked_on >= t.booked_from and not c.names_payments`,
    values: [
      ranges.map((range) => range.institutionNo),
      ranges.map((range) => range.amountFen),
      ranges.map((range) => range.bookedFrom),
    ],
  });
  return rows.map((row) => ({
    institutionNo: row.institution_no,
    accountId: row.account_id,
    bankTxnId: row.bank_txn_id,
    amountFen: row.amount_fen,
    bookedOn: row.booked_on,
    at: row.at,
    source: row.source,
    id: row.id,
    namesPayments: row.names_payments,
    matchedPayment: row.matched_payment,
  }));
}

export async function loadPaymentsOfAmounts(
  client: pg.ClientBase,
  ranges: readonly AmountRange[],
): Promise<Of<PaymentRow>[]> {
  const { rows } = await client.query<PaymentColumns>({
    name: 'load_payments_of_amounts',
    text: `select p.* from unnest($1::int[], $2::bigint[], $3::date[]) as t(institution_no, amount_fen, paid_from)
             join payments p on p.institution_no = t.institution_no and p.amount_fen = t.amount_fen and p.paid_on >= t.paid_from`,
    values: [
      ranges.map((range) => range.institutionNo),
      ranges.map((range) => range.amountFen),
      ranges.map((range) => range.paidFrom),
    ],
  });
  return rows.map(paymentOf);
}

export async function loadRefunds(client: pg.ClientBase, pairs: Pairs): Promise<Of<RefundRow>[]> {
  const { rows } = await client.query<{ institution_no: number; steps: string }>({
    name: 'load_refunds',
    text: `select r.institution_no, r.steps from unnest($1::int[], $2::text[]) as t(institution_no, key)
             join refunds r on r.institution_no = t.institution_no and r.refund_id = t.key collate "C"`,
    values: arrayParams(pairs.nos, pairs.keys),
  });
  return rows.map((row) => ({ institutionNo: row.institution_no, ...(JSON.parse(row.steps) as RefundRow) }));
}

export async function loadReleases(client: pg.ClientBase, pairs: Pairs): Promise<Of<ReleaseRow>[]> {
  const { rows } = await client.query<{
    institution_no: number;
    instruction_id: string;
    lines: string | null;
    booked: string | null;
  }>({
    name: 'load_releases',
    text: `select r.institution_no, r.instruction_id, r.lines, r.booked from unnest($1::int[], $2::text[]) as t(institution_no, key)
             join releases r on r.institution_no = t.institution_no and r.instruction_id = t.key collate "C"`,
    values: arrayParams(pairs.nos, pairs.keys),
  });
  return rows.map((row) => ({
    institutionNo: row.institution_no,
    instructionId: row.instruction_id,
    lines: row.lines === null ? null : JSON.parse(row.lines),
    debits: row.booked === null ? [] : JSON.parse(row.booked),
  }));
}

export interface PaymentColumns {
  institution_no: number;
  payment_id: string;
  amount_fen: number | null;
  at: Us | null;
  source: string | null;
  id: string | null;
  contract_id: string | null;
  payee: string | null;
  channel: string | null;
  loan: boolean;
  reversed_fen: number;
  named_by: string | null;
  matched_by: string | null;
  matched_on: Day | null;
}

interface CreditColumns {
  institution_no: number;
  account_id: string;
  bank_txn_id: string;
  amount_fen: number;
  booked_on: Day;
  at: Us;
  source: string;
  id: string;
  names_payments: boolean;
  matched_payment: string | null;
}

/** A row of `payments` → the register's row. */
export function paymentOf(row: PaymentColumns): Of<PaymentRow> {
  return { institutionNo: row.institution_no, ...paymentRowOf(row) };
}

/** The same without its institution. */
export function paymentRowOf(row: PaymentColumns): PaymentRow {
  return {
    paymentId: row.payment_id,
    told: paymentTold(row),
    reversedFen: row.reversed_fen,
    namedBy: row.named_by === null ? [] : JSON.parse(row.named_by),
    matchedBy: row.matched_by === null ? null : { credit: row.matched_by, on: row.matched_on! },
  };
}

function paymentTold(row: PaymentColumns): PaymentRow['told'] {
  if (row.amount_fen === null) return null;
  return {
    at: row.at!,
    source: row.source!,
    id: row.id!,
    amountFen: row.amount_fen,
    contractId: row.contract_id,
    payee: row.payee,
    channel: row.channel!,
    loan: row.loan,
  };
}
