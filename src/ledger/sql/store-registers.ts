import type pg from 'pg';
import { dayOf } from '../../core/time.js';
import { arrayParams } from '../../db/arrays.js';
import { toDbDay, toDbTime } from '../../db/pool.js';
import { isRefundOpen, refundContract } from '../refunds.js';
import { releaseDiffers } from '../releases.js';
import type { ContractRow, CreditRow, PaymentRow, RefundRow, ReleaseRow } from '../rows.js';

/** Changed rows of a register with the number of their institution. A row that is gone is null. */
export interface Changed<R> {
  readonly institutionNo: number;
  readonly key: string;
  readonly row: R | null;
}

/** Rows that are gone are deleted, the others written whole: the institution's lock makes reading and writing back safe. */
async function store<R>(
  client: pg.ClientBase,
  table: string,
  keyColumn: string,
  changed: readonly Changed<R>[],
  upsert: (rows: { no: number; row: R }[]) => pg.QueryConfig,
): Promise<void> {
  const gone = changed.filter((change) => change.row === null);
  const kept = changed.flatMap((change) =>
    change.row === null ? [] : [{ no: change.institutionNo, row: change.row }],
  );
  if (gone.length > 0) {
    await client.query({
      text: `delete from ${table} r using unnest($1::int[], $2::text[]) as t(institution_no, key) where r.institution_no = t.institution_no and ${keyColumn} = t.key collate "C"`,
      values: [gone.map((change) => change.institutionNo), gone.map((change) => change.key)],
    });
  }
  if (kept.length > 0) await client.query(upsert(kept));
}

export function storeContracts(client: pg.ClientBase, changed: readonly Changed<ContractRow>[]): Promise<void> {
  return store(client, 'contracts', 'r.contract_id', changed, (rows) => ({
    name: 'store_contracts',
    text: `insert into contracts (institution_no, contract_id, at, source, id, signed_on, learner_hash, period_to, hours_hundredths, gifted_hundredths, data)
           select * from unnest($1::int[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::date[], $7::text[], $8::date[], $9::bigint[], $10::bigint[], $11::text[])
           on conflict (institution_no, contract_id) do update set at = excluded.at, source = excluded.source, id = excluded.id,
             signed_on = excluded.signed_on, learner_hash = excluded.learner_hash, period_to = excluded.period_to,
             hours_hundredths = excluded.hours_hundredths, gifted_hundredths = excluded.gifted_hundredths, data = excluded.data`,
    values: arrayParams(
      rows.map(({ no }) => no),
      rows.map(({ row }) => row.contractId),
      rows.map(({ row }) => toDbTime(row.at)),
      rows.map(({ row }) => row.source),
      rows.map(({ row }) => row.id),
      rows.map(({ row }) => toDbDay(dayOf(row.at))),
      rows.map(({ row }) => row.data.learnerHash),
      rows.map(({ row }) => row.data.periodTo),
      rows.map(({ row }) => Math.round(row.data.hoursPaid * 100)),
      rows.map(({ row }) => Math.round((row.data.hoursGifted ?? 0) * 100)),
      rows.map(({ row }) => JSON.stringify(row.data)),
    ),
  }));
}

export function storePayments(client: pg.ClientBase, changed: readonly Changed<PaymentRow>[]): Promise<void> {
  return store(client, 'payments', 'r.payment_id', changed, (rows) => ({
    name: 'store_payments',
    text: `insert into payments (institution_no, payment_id, amount_fen, at, paid_on, source, id, contract_id, payee, channel, loan, reversed_fen, named_by, matched_by, matched_on)
           select * from unnest($1::int[], $2::text[], $3::bigint[], $4::timestamptz[], $5::date[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                                $11::boolean[], $12::bigint[], $13::text[], $14::text[], $15::date[])
           on conflict (institution_no, payment_id) do update set amount_fen = excluded.amount_fen, at = excluded.at, paid_on = excluded.paid_on,
             source = excluded.source, id = excluded.id, contract_id = excluded.contract_id, payee = excluded.payee, channel = excluded.channel,
             loan = excluded.loan, reversed_fen = excluded.reversed_fen, named_by = excluded.named_by, matched_by = excluded.matched_by, matched_on = excluded.matched_on`,
    values: arrayParams(
      rows.map(({ no }) => no),
      rows.map(({ row }) => row.paymentId),
      rows.map(({ row }) => row.told?.amountFen ?? null),
      rows.map(({ row }) => (row.told ? toDbTime(row.told.at) : null)),
      rows.map(({ row }) => (row.told ? toDbDay(dayOf(row.told.at)) : null)),
      rows.map(({ row }) => row.told?.source ?? null),
      rows.map(({ row }) => row.told?.id ?? null),
      rows.map(({ row }) => row.told?.contractId ?? null),
      rows.map(({ row }) => row.told?.payee ?? null),
      rows.map(({ row }) => row.told?.channel ?? null),
      rows.map(({ row }) => row.told?.loan ?? false),
      rows.map(({ row }) => row.reversedFen),
      rows.map(({ row }) => (row.namedBy.length > 0 ? JSON.stringify(row.namedBy) : null)),
      rows.map(({ row }) => row.matchedBy?.credit ?? null),
      rows.map(({ row }) => (row.matchedBy ? toDbDay(row.matchedBy.on) : null)),
    ),
  }));
}

export function storeCredits(client: pg.ClientBase, changed: readonly Changed<CreditRow>[]): Promise<void> {
  return store(client, 'credits', `r.account_id || chr(31) || r.bank_txn_id`, changed, (rows) => ({
    name: 'store_credits',
    text: `insert into credits (institution_no, account_id, bank_txn_id, amount_fen, booked_on, at, source, id, names_payments, matched_payment)
           select * from unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::date[], $6::timestamptz[], $7::text[], $8::text[], $9::boolean[], $10::text[])
           on conflict (institution_no, account_id, bank_txn_id) do update set amount_fen = excluded.amount_fen, booked_on = excluded.booked_on, at = excluded.at,
             source = excluded.source, id = excluded.id, names_payments = excluded.names_payments, matched_payment = excluded.matched_payment`,
    values: arrayParams(
      rows.map(({ no }) => no),
      rows.map(({ row }) => row.accountId),
      rows.map(({ row }) => row.bankTxnId),
      rows.map(({ row }) => row.amountFen),
      rows.map(({ row }) => toDbDay(row.bookedOn)),
      rows.map(({ row }) => toDbTime(row.at)),
      rows.map(({ row }) => row.source),
      rows.map(({ row }) => row.id),
      rows.map(({ row }) => row.namesPayments),
      rows.map(({ row }) => row.matchedPayment),
    ),
  }));
}

export function storeRefunds(client: pg.ClientBase, changed: readonly Changed<RefundRow>[]): Promise<void> {
  return store(client, 'refunds', 'r.refund_id', changed, (rows) => ({
    name: 'store_refunds',
    text: `insert into refunds (institution_no, refund_id, contract_id, steps, paid_fen, open, requested_on)
           select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::numeric[], $6::boolean[], $7::date[])
           on conflict (institution_no, refund_id) do update set contract_id = excluded.contract_id, steps = excluded.steps,
             paid_fen = excluded.paid_fen, open = excluded.open, requested_on = excluded.requested_on`,
    values: arrayParams(
      rows.map(({ no }) => no),
      rows.map(({ row }) => row.refundId),
      rows.map(({ row }) => refundContract(row)),
      rows.map(({ row }) => JSON.stringify(row)),
      rows.map(({ row }) => row.paid.reduce((sum, part) => sum + BigInt(part.amountFen), 0n).toString()),
      rows.map(({ row }) => isRefundOpen(row)),
      rows.map(({ row }) => (row.requested ? toDbDay(dayOf(row.requested.at)) : null)),
    ),
  }));
}

export function storeReleases(client: pg.ClientBase, changed: readonly Changed<ReleaseRow>[]): Promise<void> {
  return store(client, 'releases', 'r.instruction_id', changed, (rows) => ({
    name: 'store_releases',
    text: `insert into releases (institution_no, instruction_id, lines, booked, differs)
           select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::boolean[])
           on conflict (institution_no, instruction_id) do update set lines = excluded.lines, booked = excluded.booked,
             differs = excluded.differs`,
    values: arrayParams(
      rows.map(({ no }) => no),
      rows.map(({ row }) => row.instructionId),
      rows.map(({ row }) => (row.lines ? JSON.stringify(row.lines) : null)),
      rows.map(({ row }) => (row.debits.length > 0 ? JSON.stringify(row.debits) : null)),
      rows.map(({ row }) => releaseDiffers(row)),
    ),
  }));
}
