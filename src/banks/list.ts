import type pg from 'pg';
import { type Day, dayOf, formatTime, type Us } from '../core/time.js';
import type { JudgedStatement, ListedStatement } from './completeness.js';
import { judgeStatements } from './completeness.js';

const ACCOUNTS_PER_READ = 500;

/** The statements of one account, or of all, judged account by account, in the order of account ids. */
export async function* readStatements(
  db: pg.Pool | pg.ClientBase,
  accountId: string | null,
): AsyncGenerator<JudgedStatement[]> {
  // Statements without an account stand under the empty name, which is the first.
  for (let after: string | null = null; ; ) {
    const accounts = await accountsAfter(db, accountId, after);
    if (accounts.length === 0) return;
    const { rows } = await db.query<Row>(
      `select s.*, i.id as institution_id from bank_statements s left join institutions i on i.no = s.institution_no where s.account_id = any($1::text[])`,
      [accounts],
    );
    const byAccount = new Map<string, ListedStatement[]>(accounts.map((account) => [account, []]));
    for (const row of rows) byAccount.get(row.account_id)!.push(listedOf(row));
    for (const statements of byAccount.values()) yield judgeStatements(statements);
    if (accountId !== null) return;
    after = accounts.at(-1)!;
  }
}

async function accountsAfter(
  db: pg.Pool | pg.ClientBase,
  accountId: string | null,
  after: string | null,
): Promise<string[]> {
  const { rows } = await db.query<{ account_id: string }>(
    `select distinct account_id from bank_statements where ($1::text is null or account_id = $1) and ($2::text is null or account_id > $2)
      order by account_id limit ${ACCOUNTS_PER_READ}`,
    [accountId, after],
  );
  return rows.map((row) => row.account_id);
}

interface Row {
  no: number;
  institution_id: string | null;
  account_id: string;
  bank_code: string | null;
  kind: number;
  format: string;
  statement_id: string | null;
  sequence: string | null;
  page: number;
  is_last_page: boolean;
  created_at: Us | null;
  to_on: Day | null;
  currency: string | null;
  opening_e5: bigint | null;
  closing_e5: bigint | null;
  closing_on: Day | null;
  credits_e5: bigint;
  debits_e5: bigint;
  entries: number;
  pending: number;
  booked: number;
  known: number;
  refused: number;
  arithmetic: ListedStatement['arithmetic'];
  remarks: string[];
  replaced_by: number | null;
  origin: string;
  finished_at: Us | null;
}

const KINDS = ['report', 'statement', 'notification'] as const;

function listedOf(row: Row): ListedStatement {
  return {
    no: row.no,
    institutionId: row.institution_id,
    accountId: row.account_id,
    bankCode: row.bank_code,
    kind: KINDS[row.kind - 1]!,
    format: row.format,
    statementId: row.statement_id,
    sequence: row.sequence,
    page: row.page,
    isLastPage: row.is_last_page,
    createdAt: row.created_at === null ? null : formatTime(row.created_at),
    day: row.closing_on ?? row.to_on ?? (row.created_at === null ? null : dayOf(row.created_at)),
    currency: row.currency,
    opening: row.opening_e5,
    closing: row.closing_e5,
    credits: row.credits_e5,
    debits: row.debits_e5,
    entries: row.entries,
    pending: row.pending,
    booked: row.booked,
    known: row.known,
    refused: row.refused,
    arithmetic: row.arithmetic,
    remarks: row.remarks,
    replacedBy: row.replaced_by,
    isFinished: row.finished_at !== null,
    origin: row.origin,
  };
}
