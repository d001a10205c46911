import type pg from 'pg';
import { type Day, formatDay, parseDay } from '../core/time.js';
import { arrayText } from '../db/arrays.js';
import { type EntryState, firstIdOf, type KnownEntry, refValuesOf } from './identity.js';
import type { Direction, Movement } from './movement.js';
import type { BankAccount } from './plan.js';

/** Advisory locks of bank accounts: first half. Taken before those of institutions, one account per transaction. */
const ACCOUNT_LOCKS = 72_707_372;
/** How far back an entry is looked for that a reversal or return undoes (our default: half a year). */
const UNDO_DAYS_MAX = 183;
const GONE_ROWS_MAX = 1_000;

/** Entries of one account are planned by one transaction at a time: two files may tell the same entry at the same moment. */
export async function lockAccount(client: pg.ClientBase, account: BankAccount): Promise<void> {
  const key = `${account.institutionNo} ${account.accountId}`;
  await client.query('select pg_advisory_xact_lock($1::int, hashtext($2))', [ACCOUNT_LOCKS, key]);
}

export async function nextReading(client: pg.ClientBase | pg.Pool): Promise<number> {
  const { rows } = await client.query<{ reading: number }>("select nextval('bank_readings') as reading");
  return rows[0]!.reading;
}

/**
 * All that the register knows of the account and that can matter for these movements. Planned anew each time: a plan that was made while
 * the table was small would read all of it for every batch.
 */
export async function loadKnown(
  client: pg.ClientBase,
  account: BankAccount,
  movements: readonly Movement[],
): Promise<KnownEntry[]> {
  const refs = new Set(movements.flatMap((one) => [...refValuesOf(one), firstIdOf(one, account.accountId)]));
  const undoing = movements.filter((one) => one.undoes);
  const { rows } = await client.query<Row>({
    text: `select ${COLUMNS} from bank_entries b join (
             select no from bank_entries where institution_no = $1 and account_id = $2 and ref = any($3::text[])
             union select no from bank_entries where institution_no = $1 and account_id = $2 and state = 'waiting'
             union select e.no from unnest($4::bigint[], $5::date[]) as t(amount_fen, booked_on)
               join bank_entries e on e.institution_no = $1 and e.account_id = $2 and e.amount_fen = t.amount_fen and e.booked_on = t.booked_on
             union select e.no from unnest($6::bigint[], $7::date[]) as t(amount_fen, booked_on)
               join bank_entries e on e.institution_no = $1 and e.account_id = $2 and e.amount_fen = t.amount_fen
                and e.booked_on between t.booked_on - ${UNDO_DAYS_MAX} and t.booked_on + ${UNDO_DAYS_MAX}
           ) found using (no) order by no`,
    values: [
      account.institutionNo,
      account.accountId,
      arrayText([...refs]),
      arrayText(movements.map((one) => one.amountFen)),
      arrayText(movements.map((one) => one.bookedOn)),
      arrayText(undoing.map((one) => one.amountFen)),
      arrayText(undoing.map((one) => one.bookedOn)),
    ],
  });
  return rows.map(knownOf);
}

/** Entries that only earlier versions of a statement told, some at a time, with the entries that they undo or were undone by. */
export async function loadGone(
  client: pg.ClientBase,
  account: BankAccount,
  replaced: readonly number[],
): Promise<{ readonly gone: KnownEntry[]; readonly known: KnownEntry[] }> {
  const { rows } = await client.query<Row>(
    `select ${COLUMNS} from bank_entries b where institution_no = $1 and account_id = $2 and statement_no = any($3::bigint[]) and state <> 'removed'
      order by no limit ${GONE_ROWS_MAX}`,
    [account.institutionNo, account.accountId, replaced],
  );
  const counterparts = rows.flatMap((row) => (row.counterpart === null ? [] : [row.counterpart]));
  const { rows: others } = await client.query<Row>(
    `select ${COLUMNS} from bank_entries b where institution_no = $1 and account_id = $2 and bank_txn_id = any($3::text[])`,
    [account.institutionNo, account.accountId, counterparts],
  );
  const gone = rows.map(knownOf);
  const byNo = new Map(gone.map((row) => [row.no, row]));
  const known = others.map((row) => byNo.get(row.no) ?? knownOf(row));
  return { gone, known };
}

/** Writes the rows that were changed or are new; new ones get their number. */
export async function saveKnown(
  client: pg.ClientBase,
  account: BankAccount,
  known: readonly KnownEntry[],
): Promise<void> {
  const changed = known.filter((row) => row.changed);
  if (changed.length === 0) return;
  // One JSON text: lists within columns cannot be unnested.
  const rows = changed.map((row) => ({ ...row, no: undefined, changed: undefined }));
  const { rows: saved } = await client.query<{ no: number; direction: number; bank_txn_id: string }>({
    name: 'save_bank_entries',
    text: `insert into bank_entries (institution_no, account_id, direction, bank_txn_id, ref, refs, marks, amount_fen, booked_on, undoes, counterpart,
             content, is_final, revision, state, event_ids, statement_no, reading, line)
           select $1, $2, r."direction", r."bankTxnId", r."ref", r."refs", r."marks", r."amountFen", r."bookedOn", r."undoes", r."counterpart",
             r."content", r."isFinal", r."revision", r."state", r."eventIds", r."statementNo", r."reading", r."line"
             from json_to_recordset($3::json) as r("direction" smallint, "bankTxnId" text, "ref" text, "refs" text[], "marks" text[], "amountFen" bigint,
               "bookedOn" date, "undoes" boolean, "counterpart" text, "content" text, "isFinal" boolean, "revision" int, "state" text, "eventIds" text[],
               "statementNo" bigint, "reading" bigint, "line" bigint)
           on conflict (institution_no, account_id, direction, bank_txn_id) do update set refs = excluded.refs, marks = excluded.marks,
             amount_fen = excluded.amount_fen, booked_on = excluded.booked_on, undoes = excluded.undoes, counterpart = excluded.counterpart,
             content = excluded.content, is_final = excluded.is_final, revision = excluded.revision, state = excluded.state,
             event_ids = excluded.event_ids, statement_no = excluded.statement_no, reading = excluded.reading, line = excluded.line
           returning no, direction, bank_txn_id`,
    values: [account.institutionNo, account.accountId, JSON.stringify(rows)],
  });
  const numbers = new Map(saved.map((row) => [`${row.direction} ${row.bank_txn_id}`, row.no]));
  for (const row of changed) row.no ??= numbers.get(`${row.direction} ${row.bankTxnId}`) ?? null;
}

interface Row {
  no: number;
  direction: Direction;
  bank_txn_id: string;
  ref: string;
  refs: string[];
  marks: string[];
  amount_fen: number;
  booked_on: Day;
  undoes: boolean;
  counterpart: string | null;
  content: string;
  is_final: boolean;
  revision: number;
  state: EntryState;
  event_ids: string[];
  statement_no: number | null;
  reading: number;
  line: number;
}

const COLUMNS = `b.no, b.direction, b.bank_txn_id, b.ref, b.refs, b.marks, b.amount_fen, b.booked_on, b.undoes, b.counterpart, b.content, b.is_final,
  b.revision, b.state, b.event_ids, b.statement_no, b.reading, b.line`;

function knownOf(row: Row): KnownEntry {
  return {
    no: row.no,
    direction: row.direction,
    bankTxnId: row.bank_txn_id,
    ref: row.ref,
    refs: row.refs,
    marks: row.marks,
    amountFen: row.amount_fen,
    bookedOn: formatDay(row.booked_on),
    undoes: row.undoes,
    counterpart: row.counterpart,
    content: row.content,
    isFinal: row.is_final,
    revision: row.revision,
    state: row.state,
    eventIds: row.event_ids,
    statementNo: row.statement_no,
    reading: row.reading,
    line: row.line,
    changed: false,
  };
}

/** A day as the file writes it → a date for the database. */
export function dbDay(text: string | null): string | null {
  return text === null || parseDay(text) === null ? null : text;
}
