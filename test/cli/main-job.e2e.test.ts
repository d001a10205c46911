import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseTime } from '../../src/core/time.js';
import { startEmbedded } from '../../src/db/embedded.js';
import { createPool } from '../../src/db/pool.js';
import { expectedBooks, expectedRejects, historyLines } from '../support/history.js';
import { endAll, type Finished, feewarden, jsonLines, temporaryFolder } from '../support/processes.js';

/** The main job on a city's disordered history, by the built program, as a user runs it. */
const FILE = fileURLToPath(new URL('../fixtures/history/events.ndjson.gz', import.meta.url));
const AS_OF = '2026-07-03T23:59:59+08:00';

const data = temporaryFolder('main-job');
const run = (...args: string[]): Promise<Finished> => feewarden([...args, '--data', data]);

let first: Finished;
beforeAll(async () => {
  first = await run('ingest', FILE, '--json');
});
afterAll(endAll);

describe('ingest of the sample history', () => {
  it('accepts, drops and refuses exactly as many as the sample says, and ends with 1 because some were refused', () => {
    expect(first.stderr).toBe('');
    const { seconds, byCode, ...counts } = JSON.parse(first.stdout) as Record<string, unknown>;
    expect(counts).toEqual({ read: 34_082, accepted: 33_353, duplicates: 629, rejected: 100 });
    expect(byCode).toMatchObject({ unknown_type: 5, not_json: 5, not_an_object: 5, id_reused: 4, conflicting_fact: 4 });
    expect(seconds).toBeGreaterThan(0);
    expect(first.code).toBe(1);
  });

  it('rejects exactly the lines of the sample, each with its place and code', async () => {
    const rows = jsonLines<RejectedLine>((await run('rejected', '--json')).stdout);
    const wanted = expectedRejects();
    expect(rows.map((row) => row.origin.line).sort((a, b) => a - b)).toEqual(wanted.map((reject) => reject.line));
    for (const { line, code } of wanted) {
      const row = rows.find((one) => one.origin.line === line)!;
      expect(row.origin.file).toBe(FILE);
      expect(row.message.length, `line ${line}`).toBeGreaterThan(10);
      if (code !== null) expect(row.code, `line ${line}`).toBe(code);
    }
  });

  it('gives exactly the books of the sample, as of its last moment', async () => {
    const books = await booksAsOf(AS_OF);
    expect(books.size).toBe(24);
    for (const { omitted, ...wanted } of expectedBooks()) {
      const got = books.get(wanted.institutionId)!;
      const names = Object.keys(wanted).filter((name) => !omitted.includes(name));
      expect(pick(got, names)).toEqual(pick(wanted, names));
    }
  });

  it('gives the same sums from the stored books as from the replayed events', async () => {
    const replayed = await booksAsOf(AS_OF);
    const stored = jsonLines<Book>((await run('books', '--json')).stdout);
    expect(stored.map((book) => book.institutionId)).toEqual([...replayed.keys()]);
    for (const book of stored)
      expect(pick(book, CLOCKLESS)).toEqual(pick(replayed.get(book.institutionId)!, CLOCKLESS));
  });

  it('shows what was known at an earlier moment, and nothing that was recorded later', async () => {
    const asOf = '2026-03-01T12:00:00+08:00';
    const books = await booksAsOf(asOf);
    const known = knownBy(asOf);
    expect(new Map([...books].map(([id, book]) => [id, { events: book.events, paidFen: book.paidFen }]))).toEqual(
      known,
    );
    expect(known.size).toBeGreaterThan(20);
  });

  it('leaves books, scores and alerts that verify finds no fault with', async () => {
    const verified = await run('verify', '--json');
    expect(JSON.parse(verified.stdout)).toEqual({ institutions: 24, differences: 0, waiting: 0, ok: true });
    expect(verified.code).toBe(0);
  });

  it('is told on by verify, with exit code 1, when somebody changes a balance and a score', async () => {
    const database = await startEmbedded({ dataDir: data });
    const pool = createPool(database.url, { max: 1, applicationName: 'test' });
    const one = '(select institution_no, account, sub from balances order by 1, 2, 3 limit 1)';
    const addToBalance = `update balances set debit_fen = debit_fen + $1 where (institution_no, account, sub) = ${one}`;
    const setScore = 'update evaluations set score = $1 where institution_no = 1';
    const { rows } = await pool.query<{ score: number }>('select score from evaluations where institution_no = 1');
    const { score } = rows[0]!;
    try {
      await pool.query(addToBalance, [1]);
      await pool.query(setScore, [score === 0 ? 1 : score - 1]);
      const verified = await run('verify', '--json');
      expect(verified.code).toBe(1);
      const told = jsonLines(verified.stdout);
      expect(told).toContainEqual(expect.objectContaining({ table: 'balances', problem: 'changed' }));
      expect(told).toContainEqual(expect.objectContaining({ table: 'evaluations', key: 'score', problem: 'changed' }));
      expect(told.at(-1)).toMatchObject({ differences: told.length - 1, ok: false });
      await pool.query(addToBalance, [-1]);
      await pool.query(setScore, [score]);
      expect(await run('verify')).toMatchObject({ code: 0 });
    } finally {
      await pool.end();
      await database.stop();
    }
  });

  it('changes nothing when the same file is given again', async () => {
    const listings = async () => [
      (await run('books', '--json', '--as-of', AS_OF)).stdout,
      (await run('rejected', '--json')).stdout,
      (await run('alerts', '--json', '--limit', '500')).stdout,
    ];
    const before = await listings();
    const second = await run('ingest', FILE, '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ read: 34_082, accepted: 0, duplicates: 33_982, rejected: 100 });
    expect(second.code).toBe(1);
    expect(await listings()).toEqual(before);
  });

  it('has evaluated every institution, with reasons in both languages and the events behind each alert', async () => {
    const scores = jsonLines<ScoreLine>((await run('scores', '--json', '--limit', '500')).stdout);
    expect(scores).toHaveLength(24);
    expect(scores.flatMap((line) => line.problems.filter((problem) => problem.includes('failed')))).toEqual([]);
    for (const line of scores) {
      expect(line.score).toBeGreaterThanOrEqual(0);
      expect(line.score).toBeLessThanOrEqual(100);
    }
    const alerts = jsonLines<AlertLine>((await run('alerts', '--json', '--limit', '500')).stdout);
    expect(alerts.length).toBeGreaterThan(0);
    for (const alert of alerts) {
      expect(alert.reason.zh).toMatch(/\p{Script=Han}/u);
      expect(alert.reason.en).toMatch(/[a-z]/);
    }
    const withEvents = alerts.find((alert) => alert.evidence.length > 0)!;
    const explained = JSON.parse((await run('explain', withEvents.alertId, '--json')).stdout) as Explained;
    expect(explained.events.map(({ source, id }) => ({ source, id }))).toEqual(withEvents.evidence);
    expect(explained.records[0]).toMatchObject({ step: 1, kind: 'raised' });
  });
});

interface RejectedLine {
  readonly code: string;
  readonly message: string;
  readonly origin: { readonly file: string; readonly line: number };
}

interface Book extends Record<string, unknown> {
  readonly institutionId: string;
  readonly events: number;
  readonly paidFen: number;
}

interface ScoreLine {
  readonly score: number;
  readonly problems: readonly string[];
}

interface AlertLine {
  readonly alertId: string;
  readonly reason: { readonly zh: string; readonly en: string };
  readonly evidence: readonly { readonly source: string; readonly id: string }[];
}

interface Explained {
  readonly events: readonly { readonly source: string; readonly id: string }[];
  readonly records: readonly object[];
}

/** Quantities that do not depend on what time it is. */
const CLOCKLESS = [
  'paidFen',
  'confirmedFen',
  'refundedFen',
  'unearnedFen',
  'activeLearners',
  'custodyBookedFen',
  'custodyReportedFen',
  'depositFen',
  'creditedFen',
  'releasedFen',
  'refundedFromCustodyFen',
  'otherDebitsFen',
  'paidNotCreditedFen',
  'offAccountFen',
  'confirmedNotReleasedFen',
  'events',
];

async function booksAsOf(time: string): Promise<Map<string, Book>> {
  const { stdout } = await run('books', '--json', '--as-of', time);
  return new Map(jsonLines<Book>(stdout).map((book) => [book.institutionId, book]));
}

function pick(from: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

interface Line {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recordedtime?: string;
  readonly data: { readonly paymentId?: string; readonly amountFen: number };
}

/** Counted from the lines alone: the sample has no reversals, so that known events and payments simply add up. */
function knownBy(time: string): Map<string, { events: number; paidFen: number }> {
  const refused = new Set(expectedRejects().map((reject) => reject.line));
  const seen = new Set<string>();
  const paid = new Set<string>();
  const known = new Map<string, { events: number; paidFen: number }>();
  historyLines().forEach((text, at) => {
    if (refused.has(at + 1)) return;
    const line = JSON.parse(text) as Line;
    const identity = `${line.source} ${line.id}`;
    if (seen.has(identity) || parseTime(line.recordedtime ?? line.time)! > parseTime(time)!) return;
    seen.add(identity);
    const books = known.get(line.subject) ?? { events: 0, paidFen: 0 };
    books.events += 1;
    const payment = `${line.subject} ${line.data.paymentId}`;
    if (line.type === 'prepaid.payment.succeeded.v1' && !paid.has(payment)) {
      paid.add(payment);
      books.paidFen += line.data.amountFen;
    }
    if (line.type === 'prepaid.payment.reversed.v1') books.paidFen -= line.data.amountFen;
    if (line.type === 'prepaid.stock.declared.v1') books.paidFen += line.data.amountFen;
    known.set(line.subject, books);
  });
  return known;
}
