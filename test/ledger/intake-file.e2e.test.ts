import { execFileSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { verifyBooks } from '../../src/ledger/verify.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { expectedRejects, historyLines } from '../support/history.js';
import { endAll, feewarden, startFeewarden, temporaryFolder, until } from '../support/processes.js';

/** `feewarden ingest` is killed in the middle of a file, more than once, and given the file again. */
const LINES = 6_000;
const BATCH = 40;
const lines = historyLines().slice(0, LINES);
const refused = expectedRejects().filter((reject) => reject.line <= LINES).length;

const folder = temporaryFolder('killed');
let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());
afterAll(endAll);

describe.each([
  { kind: 'plain', bytes: Buffer.from(`${lines.join('\n')}\n`) },
  { kind: 'gzip', bytes: gzipSync(lines.join('\n')) },
])('a $kind file', ({ kind, bytes }) => {
  it('is taken up after each kill -9 behind the last line that is booked, and counted as a whole', async () => {
    const file = path.join(folder, kind);
    await writeFile(file, bytes);
    const env = { DATABASE_URL: db.url, FEEWARDEN_INGEST_BATCH_EVENTS_MAX: String(BATCH) };
    const args = ['ingest', file, '--no-evaluate', '--json'];
    for (const mark of [500, 1_500, 3_000]) {
      const running = startFeewarden(args, { env });
      await until(`line ${mark} is booked`, async () => (await lineBooked()) >= mark);
      expect(await running.end('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
    }
    // What a dying process had in hand may still commit: progress and events together, or neither.
    await until('its connections are gone', async () => (await connections()) === 0);
    const line = await lineBooked();
    expect(line % BATCH).toBe(0);
    expect(line).toBeLessThan(LINES);
    const last = await feewarden(args, { env });
    expect(JSON.parse(last.stdout)).toMatchObject({ read: LINES, rejected: refused, resumed: [{ path: file, line }] });
    const { accepted, duplicates } = JSON.parse(last.stdout) as { accepted: number; duplicates: number };
    expect(accepted + duplicates + refused).toBe(LINES);
    expect(await countEvents()).toBe(accepted);
    const again = await feewarden(args, { env });
    expect(JSON.parse(again.stdout)).toMatchObject({
      read: LINES,
      accepted: 0,
      rejected: refused,
      duplicates: LINES - refused,
    });
    for await (const difference of verifyBooks(db.pool, { calendar: CHINA_CALENDAR }))
      throw new Error(JSON.stringify(difference));
  });
});

it('is stopped by SIGTERM after the batch in hand, says how to go on, and goes on', async () => {
  const file = path.join(folder, 'stopped');
  await writeFile(file, `${lines.join('\n')}\n`);
  const env = { DATABASE_URL: db.url, FEEWARDEN_INGEST_BATCH_EVENTS_MAX: String(BATCH) };
  const running = startFeewarden(['ingest', file, '--no-evaluate', '--json'], { env });
  await until('some lines are booked', async () => (await lineBooked()) >= 400);
  expect(await running.end('SIGTERM')).toEqual({ code: 1, signal: null });
  expect(running.stderr()).toBe('feewarden: stopped; run the same command again to go on.\n');
  const stopped = JSON.parse(running.stdout()) as { read: number };
  expect(stopped.read).toBe(await lineBooked());
  const last = await feewarden(['ingest', file, '--no-evaluate', '--json'], { env });
  expect(JSON.parse(last.stdout)).toMatchObject({ read: LINES, rejected: refused, resumed: [{ line: stopped.read }] });
});

describe.runIf(process.platform !== 'win32')('a named pipe', () => {
  it.each([
    { state: 'that nobody opens', held: false },
    { state: 'whose writer says nothing', held: true },
  ])('$state is not waited for once SIGTERM comes', async ({ held }) => {
    const pipe = path.join(folder, `pipe-${held}`);
    execFileSync('mkfifo', [pipe]);
    // For reading as well, so that opening it does not wait.
    const writer = held ? await open(pipe, 'r+') : null;
    const first = path.join(folder, `before-${held}`);
    await writeFile(first, `${lines.slice(0, 10).join('\n')}\n`);
    const running = startFeewarden(['ingest', first, pipe, '--no-evaluate', '--json'], {
      env: { DATABASE_URL: db.url },
    });
    await until('the file before it is booked', async () => (await filesFinished()) === 1);
    expect(await running.end('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(running.stderr()).toBe('feewarden: stopped; run the same command again to go on.\n');
    expect(JSON.parse(running.stdout())).toMatchObject({ read: 10 });
    await writer?.close();
  });

  it('is taken from its first writer to its last', async () => {
    const pipe = path.join(folder, 'pipe-written');
    execFileSync('mkfifo', [pipe]);
    const running = startFeewarden(['ingest', pipe, '--no-evaluate', '--json'], { env: { DATABASE_URL: db.url } });
    await writeFile(pipe, `${lines.slice(0, 500).join('\n')}\n`);
    await running.ended;
    expect(JSON.parse(running.stdout())).toMatchObject({ read: 500 });
  });
});

async function filesFinished(): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(
    'select count(*) as n from file_progress where finished_at is not null',
  );
  return rows[0]!.n;
}

async function lineBooked(): Promise<number> {
  const { rows } = await db.pool.query<{ line_number: number }>(
    'select line_number from file_progress where finished_at is null',
  );
  return rows[0]?.line_number ?? 0;
}

async function countEvents(): Promise<number> {
  return (await db.pool.query<{ n: number }>('select count(*) as n from events')).rows[0]!.n;
}

async function connections(): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(
    `select count(*) as n from pg_stat_activity where datname = current_database() and application_name = 'feewarden cli'`,
  );
  return rows[0]!.n;
}
