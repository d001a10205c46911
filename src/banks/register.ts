import { createHash } from 'node:crypto';
import type pg from 'pg';
import type { Us } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import { dayOfText, timeOf } from './movement.js';
import type { BankAccount, Telling } from './plan.js';
import type { StatementHead, StatementKind } from './statement.js';
import { openingAndClosing, type StatementSurvey } from './survey.js';

export const KIND_NUMBERS: Readonly<Record<StatementKind, number>> = { report: 1, statement: 2, notification: 3 };

export interface RegisteredStatement {
  readonly no: number;
  /** Read to its end before. */
  readonly isKnown: boolean;
}

/** Writes the statement into the register, or finds it there. */
export async function registerStatement(
  client: pg.ClientBase,
  survey: StatementSurvey,
  account: BankAccount | null,
  origin: string,
  now: Us,
): Promise<RegisteredStatement> {
  const { head, arithmetic } = survey;
  const { opening, closing } = openingAndClosing(head, survey.balances);
  const createdAt = timeOf(head.createdAt ?? '');
  const identity = createHash('sha256')
    .update(
      JSON.stringify([
        head.accountId,
        head.kind,
        head.statementId,
        head.sequence,
        pageOf(head),
        createdAt,
        head.from,
        head.to,
      ]),
    )
    .update(survey.digest)
    .digest();
  const { rows } = await client.query<{ no: number; is_known: boolean }>({
    name: 'register_bank_statement',
    text: `insert into bank_statements (institution_no, account_id, bank_code, kind, format, statement_id, sequence, page, is_last_page, created_at, from_on, to_on,
             currency, opening_e5, opening_on, closing_e5, closing_on, credits_e5, debits_e5, entries, pending, arithmetic, remarks, identity, origin, line,
             first_read_at, last_read_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $27)
           on conflict (identity) do update set institution_no = coalesce(excluded.institution_no, bank_statements.institution_no),
             bank_code = coalesce(excluded.bank_code, bank_statements.bank_code), last_read_at = excluded.last_read_at
           returning no, finished_at is not null as is_known`,
    values: [
      account?.institutionNo ?? null,
      head.accountId ?? '',
      account?.bankCode ?? null,
      KIND_NUMBERS[head.kind],
      head.format,
      head.statementId,
      head.sequence,
      pageOf(head),
      head.isLastPage,
      createdAt,
      dayOfText(head.from ?? ''),
      dayOfText(head.to ?? ''),
      head.currency ?? opening?.currency ?? closing?.currency ?? null,
      text(arithmetic.opening),
      dayOfText(opening?.at ?? ''),
      text(arithmetic.closing),
      dayOfText(closing?.at ?? ''),
      text(arithmetic.credits),
      text(arithmetic.debits),
      survey.entries,
      survey.pending,
      arithmetic.state,
      JSON.stringify(arithmetic.remarks),
      identity,
      origin,
      head.line,
      toDbTime(now),
    ],
  });
  return { no: rows[0]!.no, isKnown: rows[0]!.is_known };
}
const PAGES_MAX = 2_147_483_647;

/** Below zero: the page of the message. Messages number their pages whatever statements are in them, so nothing is missing between those. */
function pageOf({ page, messagePage }: StatementHead): number {
  return messagePage > 1 ? -Math.min(messagePage, PAGES_MAX) : Math.min(page, PAGES_MAX);
}

/** What decides what becomes of the entries of a registered statement (see `Telling`). `met` null: they are driven again. */
export async function tellingOf(
  client: pg.ClientBase,
  statementNo: number,
  account: BankAccount,
  { reading, isMixed, met }: { reading: number; isMixed: boolean; met: ReadonlySet<number> | null },
): Promise<Telling> {
  const { rows } = await client.query<{
    kind: number;
    created_at: string | null;
    older: number[] | null;
    newer: number[] | null;
  }>(
    `select s.kind, to_char(s.created_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"') as created_at,
            array_agg(o.no) filter (where o.created_at < s.created_at) as older, array_agg(o.no) filter (where o.created_at > s.created_at) as newer
       from bank_statements s left join bank_statements o
         on s.kind = 2 and o.kind = 2 and o.account_id = s.account_id and o.no <> s.no and o.page = s.page
        and coalesce(o.institution_no, $2) = $2
        and (o.statement_id = s.statement_id or o.sequence = s.sequence)
        and o.sequence is not distinct from s.sequence and o.from_on is not distinct from s.from_on
        and o.to_on is not distinct from s.to_on and o.closing_on is not distinct from s.closing_on
        and coalesce(s.sequence, s.to_on::text, s.closing_on::text) is not null
      where s.no = $1 group by s.no`,
    [statementNo, account.institutionNo],
  );
  const { kind, created_at, older, newer } = rows[0]!;
  const name = (Object.keys(KIND_NUMBERS) as StatementKind[]).find((one) => KIND_NUMBERS[one] === kind)!;
  return {
    account,
    kind: name,
    reading,
    statementNo: name === 'statement' ? statementNo : null,
    createdAt: created_at,
    replaces: older ?? [],
    isOutdated: newer !== null,
    isMixed,
    met: met ?? new Set(),
    isRedrive: met === null,
  };
}

export interface StatementCounts {
  readonly booked: number;
  readonly known: number;
  readonly refused: number;
}

/** The statement was read to its end. Its counts are those of the reading that told something new, else of the first. */
export async function finishStatement(
  client: pg.ClientBase,
  statementNo: number,
  replaces: readonly number[],
  counts: StatementCounts,
  now: Us,
): Promise<void> {
  await client.query(
    `update bank_statements set booked = case when finished_at is null then $2 else booked end, known = case when finished_at is null then $3 else known end,
            refused = $4, finished_at = coalesce(finished_at, $5) where no = $1`,
    [statementNo, counts.booked, counts.known, counts.refused, toDbTime(now)],
  );
  if (replaces.length > 0)
    await client.query('update bank_statements set replaced_by = $1 where no = any($2::bigint[])', [
      statementNo,
      replaces,
    ]);
}

function text(amount: bigint | null): string | null {
  return amount === null ? null : amount.toString();
}
