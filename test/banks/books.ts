import { readCamt } from '../../src/banks/formats/camt.js';
import { isStoredEntry, redriveEntries } from '../../src/banks/redrive.js';
import type { RulesByBank } from '../../src/banks/rules.js';
import { type BankIntakeDeps, type StatementIntake, takeStatements } from '../../src/banks/take.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { decodeInput, take } from '../../src/ledger/intake.js';
import { type RedriveCounts, redriveRejected } from '../../src/ledger/rejected.js';
import { verifyBooks } from '../../src/ledger/verify.js';
import type { TestDatabase } from '../support/database.js';

export const LIMITS = { bytesMax: 262_144, depthMax: 32 };
export const INSTITUTION = 'X-370702-1';

export function depsOf(db: TestDatabase, rules: RulesByBank = {}): BankIntakeDeps {
  return {
    pool: db.pool,
    calendar: CHINA_CALENDAR,
    clock: () => parseTime('2026-03-20T12:00:00+08:00')!,
    limits: LIMITS,
    rules,
  };
}

export async function tell(db: TestDatabase, ...events: Record<string, unknown>[]): Promise<string[]> {
  const deps = depsOf(db);
  const { outcomes } = await take(
    deps,
    events.map((event, at) =>
      decodeInput(
        Buffer.from(JSON.stringify({ specversion: '1.0', ...event })),
        { key: `test:${at}`, detail: {} },
        LIMITS,
        deps.clock(),
      ),
    ),
  );
  return outcomes.map((one) => one.kind);
}

export interface Registration {
  institution?: string;
  bankCode?: string;
  source?: string;
  id?: string;
  time?: string;
}

export function register(db: TestDatabase, accountId = 'A-10001', given: Registration = {}): Promise<string[]> {
  const { institution = INSTITUTION, bankCode = 'B003', source = '/platform/370700' } = given;
  const { id = `reg-${institution}-${accountId}`, time = '2026-01-01T00:00:00+08:00' } = given;
  return tell(db, {
    id,
    source,
    type: 'prepaid.account.registered.v1',
    subject: institution,
    time,
    data: { accountId, bankCode, purpose: 'custody', mode: 'per_lesson', validFrom: '2026-01-01' },
  });
}

export function takeXml(
  db: TestDatabase,
  xml: string,
  options: { name?: string; onlyBank?: string | null; rules?: RulesByBank; batch?: number; keyId?: string } = {},
): Promise<StatementIntake> {
  const { name = 'file.xml', onlyBank = null, rules, batch = 100, keyId } = options;
  const items = () => readCamt([Buffer.from(xml)]);
  return takeStatements(
    depsOf(db, rules),
    { label: name, items },
    {
      batchEntriesMax: batch,
      onlyBank,
      origin: (line, index) => ({
        key: `file:${name}:${line}:${index}`,
        detail: { file: name, line, index, ...(keyId ? { key: keyId } : {}) },
      }),
    },
  );
}

export function redrive(
  db: TestDatabase,
  code: string | null = null,
  mayAll = true,
  now = '2026-03-20T12:00:00+08:00',
): Promise<RedriveCounts> {
  const deps = { ...depsOf(db), clock: () => parseTime(now)!, maySpeak: async () => mayAll };
  return redriveRejected(
    {
      ...deps,
      findNotTheirs: async () => (mayAll ? null : { path: 'source', message: 'Not theirs.' }),
      others: { isOther: isStoredEntry, redrive: (client, inputs) => redriveEntries(deps, client, inputs) },
    },
    code,
  );
}

/** What the books say of the money that the bank told, without the number of events it took. */
export async function booksOf(db: TestDatabase): Promise<Record<string, unknown>> {
  const { rows: balances } = await db.pool.query(
    `select i.id, c.name, b.sub, b.debit_fen - b.credit_fen as fen from balances b join institutions i on i.no = b.institution_no
       join chart_of_accounts c on c.account = b.account where b.debit_fen <> b.credit_fen order by 1, 2, 3`,
  );
  const { rows: turnovers } = await db.pool.query(
    `select t.day, c.name, t.sub, t.debit_fen, t.credit_fen from turnovers t join chart_of_accounts c on c.account = t.account
      where t.debit_fen <> 0 or t.credit_fen <> 0 order by 1, 2, 3`,
  );
  return { balances, turnovers };
}

export async function rejectedOf(
  db: TestDatabase,
): Promise<{ code: string; path: string | null; origin: Record<string, unknown> }[]> {
  const { rows } = await db.pool.query(
    'select code, path, origin from rejected_events where redriven_at is null order by seq',
  );
  return rows;
}

export async function entriesIn(
  db: TestDatabase,
): Promise<{ bank_txn_id: string; amount_fen: number; state: string; direction: number }[]> {
  const { rows } = await db.pool.query(
    'select bank_txn_id, amount_fen, state, direction from bank_entries order by direction desc, bank_txn_id',
  );
  return rows;
}

export async function standingEvents(db: TestDatabase): Promise<Record<string, unknown>[]> {
  const { rows } = await db.pool.query<{ body: string }>(
    `select body from events e where type in (40, 41, 42) and not exists (select 1 from events r where r.type = 150 and r.key = e.source || chr(31) || e.id) order by key`,
  );
  return rows.map((row) => JSON.parse(row.body).data);
}

export async function differencesOf(db: TestDatabase): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const difference of verifyBooks(db.pool, { calendar: CHINA_CALENDAR })) found.push(difference);
  return found;
}
