import type pg from 'pg';
import { type Day, dayOf, formatDay } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { type PaidTo, refundPartKey } from '../ledger/details.js';
import { isRefundRead, refundContract } from '../ledger/refunds.js';
import { type Booked, byFirst, isNewer, type RefundRow } from '../ledger/rows.js';
import {
  CONTRACT_COLUMNS,
  type ContractColumns,
  contractRowOf,
  loadContracts,
  type Pairs,
  type PaymentColumns,
  paymentRowOf,
} from '../ledger/sql/load-registers.js';
import {
  type EarlierPair,
  readEarlierContracts,
  readEarlierOf,
  readPayers,
  readRefundDebits,
  readRefundPaths,
  readSignedBefore,
} from '../ledger/sql/read-details.js';
import { hoursLeft } from './facts/hours-left.js';
import { payersOf } from './facts/refund-path.js';
import { CONTRACT_DAYS, PAYMENT_DAYS, REFUND_DAYS } from './facts/rows.js';
import { type BuildingOf, type LineColumns, lineOf } from './read-building.js';

type Db = pg.ClientBase;

/** Contracts signed in the last days, and those signed before on which something was paid in these days. The payments are read already. */
export async function readContracts(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const from = today - CONTRACT_DAYS;
  const { rows } = await client.query<ContractColumns>({
    name: 'risk_contracts',
    text: `select ${CONTRACT_COLUMNS} from contracts c where c.institution_no = any($1::int[]) and c.signed_on >= $2::date`,
    values: [nos, formatDay(from)],
  });
  const contracts = rows.map(contractRowOf);
  const pairs = await readEarlierContracts(client, nos, from);
  const known = new Set(contracts.map((one) => keyOf(one.institutionNo, one.contractId)));
  const paid = paidSince(nos, from, of).filter(({ no, contractId }) => !known.has(keyOf(no, contractId)));
  if (paid.length > 0) {
    const wanted: Pairs = { nos: paid.map(({ no }) => no), keys: paid.map(({ contractId }) => contractId) };
    const older = await loadContracts(client, wanted);
    contracts.push(...older);
    if (older.length > 0) pairs.push(...(await readEarlierOf(client, wanted.nos, wanted.keys)));
  }
  const earlier = new Map<string, EarlierPair[]>();
  for (const pair of pairs) {
    const key = keyOf(pair.institutionNo, pair.contractId);
    const list = earlier.get(key);
    if (list) list.push(pair);
    else earlier.set(key, [pair]);
  }
  for (const { institutionNo, ...row } of contracts) {
    const before = earlier.get(keyOf(institutionNo, row.contractId)) ?? [];
    of(institutionNo).contracts.push({ ...row, hoursLeftHundredths: hoursLeft(before, dayOf(row.at)) });
  }
  for (const no of nos) of(no).contracts.sort((a, b) => (isNewer(a, b) ? 1 : -1));
}

/** Contracts on which something was paid on that day or later, each once. */
function paidSince(nos: readonly number[], day: Day, of: BuildingOf): { no: number; contractId: string }[] {
  return nos.flatMap((no) => {
    const ids = new Set<string>();
    for (const { told } of of(no).payments)
      if (told !== null && told.contractId !== null && dayOf(told.at) >= day) ids.add(told.contractId);
    return [...ids].map((contractId) => ({ no, contractId }));
  });
}

/** Those that are read: every column costs for each of the rows, of which there are most. */
const PAYMENT_COLUMNS =
  'institution_no, payment_id, amount_fen, at, source, id, contract_id, payee, channel, loan, reversed_fen, named_by, matched_by, matched_on';

/** Recent payments; older ones only while a custody account still waits for their credit. */
export async function readPayments(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const custody = nos.filter((no) =>
    of(no).registers['account.registered']?.some(
      (row) => (row.data as EventData['account.registered']).purpose === 'custody',
    ),
  );
  const { rows } = await client.query<PaymentColumns>({
    name: 'risk_payments',
    text: `select ${PAYMENT_COLUMNS} from payments where institution_no = any($1::int[]) and paid_on >= $3::date
           union all
           select ${PAYMENT_COLUMNS} from payments where institution_no = any($2::int[]) and not settled and paid_on < $3::date and reversed_fen < amount_fen`,
    values: [nos, custody, formatDay(today - PAYMENT_DAYS)],
  });
  for (const row of rows) of(row.institution_no).payments.push(paymentRowOf(row));
  for (const no of nos) of(no).payments.sort((a, b) => (isNewer(a.told!, b.told!) ? 1 : -1));
}

export async function readRefunds(client: Db, nos: readonly number[], today: Day, of: BuildingOf): Promise<void> {
  const { rows } = await client.query<{ refund_no: number; steps: string; contract_data: string | null } & LineColumns>(
    {
      name: 'risk_refunds',
      text: `select r.institution_no as refund_no, r.steps, c.data as contract_data, l.*
             from refunds r
             left join contracts c on c.institution_no = r.institution_no and c.contract_id = r.contract_id
             left join lines l on l.institution_no = r.institution_no and l.line = 'c:' || r.contract_id
            where r.institution_no = any($1::int[]) and (r.open or r.requested_on >= $2::date or r.requested_on is null) order by r.institution_no, r.refund_id`,
      values: [nos, formatDay(today - REFUND_DAYS)],
    },
  );
  const refunds = rows
    .map((row) => ({ no: row.refund_no, row, refund: JSON.parse(row.steps) as RefundRow }))
    .filter(({ refund }) => isRefundRead(refund, today - REFUND_DAYS));
  const { paidTo, payers } = await readPaths(
    client,
    refunds.filter(({ refund }) => refund.paid.length > 0),
  );
  const sevenDay = refunds.filter(({ refund }) => refund.requested?.side === 'seven_day');
  const signedBefore = new Set(
    (
      await readSignedBefore(
        client,
        sevenDay.map(({ no }) => no),
        sevenDay.map(({ refund }) => refundContract(refund)),
      )
    ).map(({ institutionNo, contractId }) => keyOf(institutionNo, contractId)),
  );
  const debits = await readDebits(client, refunds, paidTo);
  for (const { no, row, refund } of refunds) {
    of(no).refunds.push({
      refund,
      contract: row.contract_data === null ? null : JSON.parse(row.contract_data),
      line: row.line === null ? null : lineOf(row),
      paidTo: refund.paid.map(({ part }) => paidTo.get(keyOf(no, refundPartKey(refund.refundId, part))) ?? NOT_TOLD),
      payers: refund.paid.length === 0 ? null : payersOf(payers.get(keyOf(no, refundContract(refund))) ?? []),
      signedBefore: refund.requested?.side === 'seven_day' && signedBefore.has(keyOf(no, refundContract(refund))),
      debits: debits.get(keyOf(no, refund.refundId)) ?? [],
    });
  }
}

const NOT_TOLD: PaidTo = { payeeHash: null, originalChannel: null, via: null };

/** The bank's debits of refunds that are told as paid from custody. */
async function readDebits(
  client: Db,
  refunds: readonly { readonly no: number; readonly refund: RefundRow }[],
  paidTo: Paths['paidTo'],
): Promise<Map<string, Booked[]>> {
  const paid = refunds.filter(({ no, refund }) =>
    refund.paid.some(({ part }) => paidTo.get(keyOf(no, refundPartKey(refund.refundId, part)))?.via === 'custody'),
  );
  const debits = new Map<string, Booked[]>();
  for (const { institutionNo, refundId, debit } of await readRefundDebits(
    client,
    paid.map(({ no }) => no),
    paid.map(({ refund }) => refund.refundId),
  )) {
    const key = keyOf(institutionNo, refundId);
    const list = debits.get(key);
    if (list) list.push(debit);
    else debits.set(key, [debit]);
  }
  for (const list of debits.values()) list.sort(byFirst);
  return debits;
}

interface Paths {
  readonly paidTo: ReadonlyMap<string, PaidTo>;
  readonly payers: ReadonlyMap<string, readonly (string | null)[]>;
}

/** Who got what was paid of the refunds, and who had paid for their contracts. */
async function readPaths(
  client: Db,
  paid: readonly { readonly no: number; readonly refund: RefundRow }[],
): Promise<Paths> {
  const nos = paid.map(({ no }) => no);
  const ids = paid.map(({ refund }) => refund.refundId);
  const paidTo = new Map<string, PaidTo>();
  for (const { institutionNo, key, to } of await readRefundPaths(client, nos, ids))
    paidTo.set(keyOf(institutionNo, key), to);
  const contracts = new Map(paid.map(({ no, refund }) => [keyOf(no, refundContract(refund)), { no, refund }]));
  const payers = new Map<string, (string | null)[]>();
  for (const { institutionNo, contractId, payer } of await readPayers(
    client,
    [...contracts.values()].map(({ no }) => no),
    [...contracts.values()].map(({ refund }) => refundContract(refund)),
  )) {
    const key = keyOf(institutionNo, contractId);
    const list = payers.get(key);
    if (list) list.push(payer);
    else payers.set(key, [payer]);
  }
  return { paidTo, payers };
}

function keyOf(institutionNo: number, id: string): string {
  return `${institutionNo}/${id}`;
}
