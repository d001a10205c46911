import type pg from 'pg';
import { type Day, dayOf, formatDay, startOfDay, type Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import type { Event, EventData } from '../../events/event.js';
import { eventTypeNumber } from '../../events/list.js';
import { type PaidTo, paidToOf } from '../details.js';
import { IS_NOT_DISPLACED } from '../displaced.js';
import {
  type Booked,
  bookedOf,
  isWithdrawal,
  type ReleaseRow,
  type Told,
  WITHDRAWAL_PURPOSES,
  type Withdrawal,
  withdrawalOf,
} from '../rows.js';
import { isNewerSql, isStanding, oldestFirst } from '../telling-sql.js';
import { toldField } from '../told-field.js';

type Db = pg.ClientBase | pg.Pool;

const [PAYMENT, REFUND_PAID, INSTRUCTED, CONFIRMED, DEBITED] = (
  ['payment.succeeded', 'refund.paid', 'release.instructed', 'lesson.confirmed', 'custody.debited'] as const
).map(eventTypeNumber) as [number, number, number, number, number];
const STANDING = `${isStanding('e')} and ${IS_NOT_DISPLACED}`;

/** A contract of the last days and one that the same learner signed before it for the same course. */
export interface EarlierPair {
  readonly institutionNo: number;
  readonly contractId: string;
  readonly earlierId: string;
  readonly hours: number;
  readonly periodTo: Day;
  readonly paidFen: bigint;
  readonly refundedFen: bigint;
  /** Hundredths of hours that were confirmed when the later one was signed. */
  readonly confirmed: number;
}

/** The contract `p` is of the same learner and course as `c`, and older. */
const IS_EARLIER = `p.institution_no = c.institution_no and p.learner_hash = c.learner_hash and p.course_id = c.course_id and p.contract_id <> c.contract_id
                and p.at <= c.at and ${isNewerSql('c', 'p')}`;
/** The contract of a confirmation, and the refund of a debit: the expressions of indexes. */
const CONTRACT = `${toldField('e', 'contractId')} collate "C"`;
const REFUND = `${toldField('e', 'refundId')} collate "C"`;
/** As in the index of withdrawals. */
const IS_WITHDRAWAL = `e.type = ${DEBITED} and ${toldField('e', 'purpose')} in (${WITHDRAWAL_PURPOSES.map((one) => `'${one}'`).join(', ')})`;
const BOOKED_ON = `${toldField('e', 'bookedOn')} collate "C"`;

/** Of every contract signed on `from` or later the contracts before it, see `EarlierPair`. */
export function readEarlierContracts(client: Db, nos: readonly number[], from: Day): Promise<EarlierPair[]> {
  return readPairs(client, 'read_earlier_contracts', 'c.institution_no = any($1::int[]) and c.signed_on >= $2::date', [
    nos,
    formatDay(from),
  ]);
}

/** The same of contracts that are named, each with its institution. */
export function readEarlierOf(
  client: Db,
  nos: readonly number[],
  contractIds: readonly string[],
): Promise<EarlierPair[]> {
  const isNamed = '(c.institution_no, c.contract_id) in (select * from unnest($1::int[], $2::text[]))';
  return readPairs(client, 'read_earlier_of', isNamed, [nos, contractIds]);
}

async function readPairs(client: Db, name: string, where: string, values: readonly unknown[]): Promise<EarlierPair[]> {
  const { rows } = await client.query<{
    institution_no: number;
    contract_id: string;
    earlier_id: string;
    hours: number;
    period_to: Day;
    paid_fen: bigint;
    refunded_fen: bigint;
    confirmed: number;
  }>({
    name,
    // What was confirmed since is taken off the line's sum: a learner who signs again has few lessons of the earlier contract left, and
    // nearly all of its confirmations lie before.
    text: `select c.institution_no, c.contract_id, p.contract_id as earlier_id, p.hours_hundredths as hours, p.period_to,
                  coalesce(l.paid_fen, 0) as paid_fen, coalesce(l.refunded_fen, 0) as refunded_fen,
                  case when l.paid_fen > 0 and l.refunded_fen <= 0 then l.confirmed_hours_hundredths - (
                    select coalesce(sum(round(${toldField('e', 'hours')}::numeric * 100)), 0)::bigint from events e
                     where e.institution_no = p.institution_no and e.type = ${CONFIRMED} and e.at > c.at and ${CONTRACT} = p.contract_id and ${STANDING}
                  ) else 0 end as confirmed
             from contracts c
             join contracts p on ${IS_EARLIER}
             left join lines l on l.institution_no = p.institution_no and l.line = 'c:' || p.contract_id and p.period_to >= c.signed_on
            where ${where}`,
    values: [...values],
  });
  return rows.map((row) => ({
    institutionNo: row.institution_no,
    contractId: row.contract_id,
    earlierId: row.earlier_id,
    hours: row.hours,
    periodTo: row.period_to,
    paidFen: row.paid_fen,
    refundedFen: row.refunded_fen,
    confirmed: row.confirmed,
  }));
}

/** Those of the contracts before which the same learner had signed another one for the same course. */
export async function readSignedBefore(
  client: Db,
  nos: readonly number[],
  contractIds: readonly string[],
): Promise<{ readonly institutionNo: number; readonly contractId: string }[]> {
  if (nos.length === 0) return [];
  const { rows } = await client.query<{ institution_no: number; contract_id: string }>({
    name: 'read_signed_before',
    text: `select c.institution_no, c.contract_id from unnest($1::int[], $2::text[]) as t(institution_no, contract_id)
             join contracts c on c.institution_no = t.institution_no and c.contract_id = t.contract_id collate "C"
            where exists (select 1 from contracts p where ${IS_EARLIER})`,
    values: [nos, contractIds],
  });
  return rows.map((row) => ({ institutionNo: row.institution_no, contractId: row.contract_id }));
}

export interface RefundPath {
  readonly institutionNo: number;
  /** The event's key: refund and part. */
  readonly key: string;
  readonly to: PaidTo;
}

/** To whom the parts of the refunds went that were paid. */
export async function readRefundPaths(
  client: Db,
  nos: readonly number[],
  refundIds: readonly string[],
): Promise<RefundPath[]> {
  if (nos.length === 0) return [];
  const { rows } = await client.query<{ institution_no: number; key: string; body: string }>({
    name: 'read_refund_paths',
    text: `select e.institution_no, e.key, e.body from unnest($1::int[], $2::text[]) as t(institution_no, refund_id)
             join events e on e.institution_no = t.institution_no and e.type = ${REFUND_PAID}
              and e.key > (t.refund_id || chr(31)) collate "C" and e.key < (t.refund_id || chr(32)) collate "C"
            where ${STANDING}`,
    values: [nos, refundIds],
  });
  return rows.map((row) => ({
    institutionNo: row.institution_no,
    key: row.key,
    to: paidToOf((JSON.parse(row.body) as { data: EventData['refund.paid'] }).data),
  }));
}

export interface RefundDebit {
  readonly institutionNo: number;
  readonly refundId: string;
  readonly debit: Booked;
}

/** What the banks have booked for the refunds. */
export async function readRefundDebits(
  client: Db,
  nos: readonly number[],
  refundIds: readonly string[],
): Promise<RefundDebit[]> {
  if (nos.length === 0) return [];
  const { rows } = await client.query<{ institution_no: number; refund_id: string; body: string }>({
    name: 'read_refund_debits',
    text: `select e.institution_no, t.refund_id, e.body
             from unnest($1::int[], $2::text[]) as t(no, refund_id)
             join events e on e.institution_no = t.no and e.type = ${DEBITED} and position('"refundId":' in e.body) > 0
              and ${REFUND} = t.refund_id collate "C"
            where ${STANDING}`,
    values: [nos, refundIds],
  });
  return rows.flatMap((row) => {
    const { data } = JSON.parse(row.body) as Event<'custody.debited'>;
    const isOfIt = data.purpose === 'refund' && data.refundId === row.refund_id;
    return isOfIt ? { institutionNo: row.institution_no, refundId: row.refund_id, debit: bookedOf({ data }) } : [];
  });
}

/** Withdrawals that were booked on the day or later, ascending (`isNewer`). */
export async function readWithdrawals(
  client: Db,
  nos: readonly number[],
  from: Day,
): Promise<{ readonly institutionNo: number; readonly withdrawal: Withdrawal }[]> {
  if (nos.length === 0) return [];
  const { rows } = await client.query<{ institution_no: number; at: Us; source: string; id: string; body: string }>({
    name: 'read_withdrawals',
    text: `select e.institution_no, e.at, e.source, e.id, e.body from events e
            where e.institution_no = any($1::int[]) and ${IS_WITHDRAWAL} and ${BOOKED_ON} >= $2 and ${STANDING}
            order by ${oldestFirst('e')}`,
    values: [nos, formatDay(from)],
  });
  return rows.flatMap(({ institution_no: institutionNo, at, source, id, body }) => {
    const { data } = JSON.parse(body) as Event<'custody.debited'>;
    return isWithdrawal(data) ? { institutionNo, withdrawal: withdrawalOf({ at, source, id, data }) } : [];
  });
}

export interface DifferingInstruction extends Told {
  readonly institutionNo: number;
  readonly instructionId: string;
  readonly row: ReleaseRow;
}

/** Releases that were instructed from the day on, and of which the banks have booked another amount. */
export async function readDifferingReleases(
  client: Db,
  nos: readonly number[],
  from: Day,
): Promise<DifferingInstruction[]> {
  const { rows } = await client.query<{
    institution_no: number;
    instruction_id: string;
    lines: string;
    booked: string;
    at: Us;
    source: string;
    id: string;
  }>({
    name: 'read_differing_releases',
    text: `select r.institution_no, r.instruction_id, r.lines, r.booked, e.at, e.source, e.id from releases r
             join events e on e.institution_no = r.institution_no and e.type = ${INSTRUCTED} and e.key = r.instruction_id
            where r.institution_no = any($1::int[]) and r.differs and e.at >= $2::timestamptz and ${STANDING}`,
    values: [nos, toDbTime(startOfDay(from))],
  });
  return rows.map(
    ({ institution_no: institutionNo, instruction_id: instructionId, at, source, id, lines, booked }) => ({
      institutionNo,
      instructionId,
      at,
      source,
      id,
      row: { instructionId, lines: JSON.parse(lines), debits: JSON.parse(booked) },
    }),
  );
}

export interface ContractPayer {
  readonly institutionNo: number;
  readonly contractId: string;
  readonly paymentId: string;
  readonly payer: string | null;
}

/** Who made the payments on the contracts. */
export async function readPayers(
  client: Db,
  nos: readonly number[],
  contractIds: readonly string[],
): Promise<ContractPayer[]> {
  if (nos.length === 0) return [];
  const { rows } = await client.query<{
    institution_no: number;
    contract_id: string;
    payment_id: string;
    body: string;
  }>({
    name: 'read_payers',
    text: `select p.institution_no, p.contract_id, p.payment_id, e.body from unnest($1::int[], $2::text[]) as t(institution_no, contract_id)
             join payments p on p.institution_no = t.institution_no and p.contract_id = t.contract_id collate "C"
             join events e on e.institution_no = p.institution_no and e.type = ${PAYMENT} and e.key = p.payment_id
            where ${STANDING}`,
    values: [nos, contractIds],
  });
  return rows.map((row) => ({
    institutionNo: row.institution_no,
    contractId: row.contract_id,
    paymentId: row.payment_id,
    payer: (JSON.parse(row.body) as { data: EventData['payment.succeeded'] }).data.payerHash?.toLowerCase() ?? null,
  }));
}

export interface RecentRelease {
  readonly institutionNo: number;
  readonly on: Day;
  readonly lines: NonNullable<ReleaseRow['lines']>;
}

/** Releases that were instructed from the day on and that a bank carried out. */
export async function readRecentReleases(client: Db, nos: readonly number[], from: Day): Promise<RecentRelease[]> {
  if (nos.length === 0) return [];
  const { rows } = await client.query<{ institution_no: number; at: Us; lines: string }>({
    name: 'read_recent_releases',
    text: `select e.institution_no, e.at, r.lines from events e
             join releases r on r.institution_no = e.institution_no and r.instruction_id = e.key and r.booked is not null and r.lines is not null
            where e.institution_no = any($1::int[]) and e.type = ${INSTRUCTED} and e.at >= $2::timestamptz and ${STANDING}`,
    values: [nos, toDbTime(startOfDay(from))],
  });
  return rows.map((row) => ({ institutionNo: row.institution_no, on: dayOf(row.at), lines: JSON.parse(row.lines) }));
}
