import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import type { IntakeDeps } from '../../src/ledger/intake.js';
import { BATCH_BYTES_MAX, type FileIntake, takeFile } from '../../src/ledger/intake-file.js';
import { laneOf, SPLIT_INPUTS_MIN } from '../../src/ledger/lanes.js';
import { verifyBooks } from '../../src/ledger/verify.js';
import { type InputFile, isProblem, openInputs } from '../../src/sources/files/records.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { expectedRejects, historyAsOf, historyLines, inputOf, LIMITS } from '../support/history.js';

/** Valid events in order of arrival; batches are small, so that a file has many. */
const EVENTS = 400;
const BATCH = 30;
const refused = new Set(expectedRejects().map((reject) => reject.line));
const valid = [...new Set(historyLines().filter((_, at) => !refused.has(at + 1)))];
const lines = valid.slice(0, EVENTS);
/** Enough for batches that are split. */
const MANY_BATCH = SPLIT_INPUTS_MIN + 100;
const many = [...new Map(valid.map((line) => [identityOf(line), line])).values()].slice(0, 2 * MANY_BATCH);

function identityOf(line: string): string {
  const { source, id } = JSON.parse(line);
  return `${source} ${id}`;
}

let folder: string;
let db: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'feewarden-files-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.drop());

const KINDS = [
  { kind: 'plain', pack: (text: string) => Buffer.from(text) },
  { kind: 'gzip', pack: (text: string) => gzipSync(text) },
  {
    kind: 'JSON array',
    pack: (text: string) => Buffer.from(`[\n${text.trimEnd().split('\n').join(',\n')}\n]\n`),
    firstLine: 2,
  },
];

describe.each(KINDS)('a $kind file', ({ pack, firstLine = 1 }) => {
  it('is taken whole, and a second run changes nothing', async () => {
    const file = await fileOf(pack(text()));
    expect(await run(file)).toMatchObject({
      read: EVENTS,
      accepted: EVENTS,
      duplicates: 0,
      rejected: 0,
      resumedAtLine: null,
      finished: true,
      problem: null,
    });
    const before = await everything();
    expect(await run(file)).toMatchObject({
      read: EVENTS,
      accepted: 0,
      duplicates: EVENTS,
      rejected: 0,
      resumedAtLine: null,
      finished: true,
    });
    expect(await everything()).toEqual(before);
  });

  it('goes on where a run that was told to stop left it, and its counts are those of the whole file', async () => {
    const file = await fileOf(pack(text()));
    const stop = new AbortController();
    const first = await run(file, { signal: stop.signal, afterBatch: (batch) => batch === 3 && stop.abort() });
    expect(first).toMatchObject({ accepted: first.read, finished: false });
    // The next batch may have been on its way.
    expect([3 * BATCH, 4 * BATCH]).toContain(first.read);
    expect(await countEvents()).toBe(first.read);
    const second = await run(file);
    expect(second).toMatchObject({
      read: EVENTS,
      accepted: EVENTS,
      duplicates: 0,
      resumedAtLine: firstLine + first.read - 1,
      finished: true,
    });
    await expectWhole();
  });

  it('goes on where the database gave up, with nothing lost and nothing doubled', async () => {
    const file = await fileOf(pack(text()));
    const fail = (batch: number): void => {
      if (batch === 5) throw new Error('the disk is full');
    };
    await expect(run(file, { afterBatch: fail })).rejects.toThrow('the disk is full');
    expect(await countEvents()).toBe(4 * BATCH);
    expect(await run(file)).toMatchObject({
      read: EVENTS,
      accepted: EVENTS,
      duplicates: 0,
      resumedAtLine: firstLine + 4 * BATCH - 1,
    });
    await expectWhole();
  });
});

it('counts a bad line in its place, in whichever run it is met, and stores it once', async () => {
  const bad = [...lines];
  bad.splice(45, 0, 'this is no JSON');
  bad.splice(250, 0, '[]');
  const file = await fileOf(Buffer.from(`${bad.join('\n')}\n`));
  const stop = new AbortController();
  const first = await run(file, { signal: stop.signal, afterBatch: (batch) => batch === 2 && stop.abort() });
  expect([2 * BATCH, 3 * BATCH]).toContain(first.read);
  expect(first).toMatchObject({ rejected: 1, byCode: { not_json: 1 } });
  expect(await run(file)).toMatchObject({
    read: EVENTS + 2,
    accepted: EVENTS,
    rejected: 2,
    byCode: { not_json: 1, not_an_object: 1 },
  });
  expect(await run(file)).toMatchObject({ read: EVENTS + 2, accepted: 0, duplicates: EVENTS, rejected: 2 });
  const { rows } = await db.pool.query('select code, origin from rejected_events order by seq');
  expect(rows).toEqual([
    { code: 'not_json', origin: { file: file.path, line: 46, index: 45 } },
    { code: 'not_an_object', origin: { file: file.path, line: 251, index: 250 } },
  ]);
});

it('books what stands before the damage of a file that breaks off, says so, and takes the mended file without doubling', async () => {
  const whole = gzipSync(text());
  const file = await fileOf(whole.subarray(0, Math.floor(whole.length * 0.7)));
  const broken = await run(file);
  expect(broken.problem).toMatchObject({ code: 'unreadable_input' });
  expect(broken.finished).toBe(false);
  // More than whole batches alone: every record that could be read is booked.
  expect(broken.accepted).toBeGreaterThan(EVENTS / 3);
  expect(broken.accepted).toBeLessThan(EVENTS);
  expect(broken.accepted % BATCH).not.toBe(0);
  expect(await countEvents()).toBe(broken.accepted);
  expect(await run(file)).toMatchObject({
    read: broken.read,
    accepted: broken.accepted,
    duplicates: 0,
    finished: false,
    resumedAtLine: broken.accepted,
  });
  await writeFile(file.path, whole);
  expect(await run(await open(file.path))).toMatchObject({
    read: EVENTS,
    accepted: EVENTS - broken.accepted,
    duplicates: broken.accepted,
    finished: true,
    problem: null,
  });
  await expectWhole();
});

it('closes a batch of long events before it is full', async () => {
  const long = lines.slice(0, BATCH - 1).map((line) => JSON.stringify({ ...JSON.parse(line), note: 'x'.repeat(LONG) }));
  const file = await fileOf(Buffer.from(long.join('\n')));
  let batches = 0;
  const taken = await run(file, {
    afterBatch: () => {
      batches += 1;
    },
  });
  expect(taken).toMatchObject({ read: long.length, accepted: long.length, finished: true });
  expect(batches).toBe(Math.ceil((long.length * LONG) / BATCH_BYTES_MAX));
});
const LONG = 200_000;

it('reads a file that has grown or changed since from its start', async () => {
  const file = await fileOf(Buffer.from(`${lines.slice(0, 100).join('\n')}\n`));
  const stop = new AbortController();
  const { read } = await run(file, { signal: stop.signal, afterBatch: () => stop.abort() });
  expect([BATCH, 2 * BATCH]).toContain(read);
  await writeFile(file.path, text());
  expect(await run(await open(file.path))).toMatchObject({
    read: EVENTS,
    accepted: EVENTS - read,
    duplicates: read,
    resumedAtLine: null,
  });
  await expectWhole();
});

it('takes two runs of one file at the same time, each event once', async () => {
  const file = await fileOf(Buffer.from(text()));
  const [one, other] = await Promise.all([run(file), run(await open(file.path))]);
  // One may take up the progress of the other, and then counts what that one booked as its own.
  for (const { read, accepted, duplicates, finished } of [one, other]) {
    expect({ read, told: accepted + duplicates, finished }).toEqual({ read: EVENTS, told: EVENTS, finished: true });
  }
  await expectWhole();
});

it('goes on in each lane where it stood when one of the transactions of a batch failed, and the others went on', async () => {
  const bad = [...many];
  bad.splice(700, 0, 'this is no JSON');
  const file = await fileOf(Buffer.from(`${bad.join('\n')}\n`));
  let secondComes = (): void => {};
  const second = new Promise<void>((resolve) => {
    secondComes = resolve;
  });
  const fail = async (batch: number): Promise<void> => {
    // The first one waits, for a lane may be a batch ahead: so the second is another lane of the same batch.
    if (batch === 1) await second;
    if (batch !== 2) return;
    secondComes();
    throw new Error('the disk is full');
  };
  await expect(run(file, { afterBatch: fail, batchEventsMax: MANY_BATCH })).rejects.toThrow('the disk is full');
  const half = await countEvents();
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThan(many.length);
  expect(await run(file, { batchEventsMax: MANY_BATCH })).toMatchObject({
    read: bad.length,
    accepted: many.length,
    duplicates: 0,
    rejected: 1,
    byCode: { not_json: 1 },
    resumedAtLine: null,
    finished: true,
  });
  expect(await countEvents()).toBe(many.length);
  expect(await run(file)).toMatchObject({ accepted: 0, duplicates: many.length, rejected: 1 });
  for await (const difference of verifyBooks(db.pool, { calendar: CHINA_CALENDAR }))
    throw new Error(JSON.stringify(difference));
});

it('lets the first line stand when institutions of two lanes share an identity in one batch', async () => {
  const one = JSON.parse(many[0]!);
  const other = many.map((line) => JSON.parse(line)).find((event) => laneOfEvent(event) !== laneOfEvent(one))!;
  const shared = [one, other].map((event) => JSON.stringify({ ...event, source: '/platform/1', id: 'shared' }));
  const file = await fileOf(Buffer.from(`${[...shared, ...many].join('\n')}\n`));
  const taken = await run(file, { batchEventsMax: MANY_BATCH + shared.length });
  expect(taken.byCode).toEqual({ id_reused: 1 });
  const { rows } = await db.pool.query(
    "select i.id from events e join institutions i on i.no = e.institution_no where e.id = 'shared'",
  );
  expect(rows).toEqual([{ id: one.subject }]);
});

function laneOfEvent(event: object): number {
  return laneOf(inputOf(JSON.stringify(event), 1));
}

function text(): string {
  return `${lines.join('\n')}\n`;
}

let files = 0;
async function fileOf(bytes: Buffer): Promise<InputFile> {
  files += 1;
  const name = path.join(folder, `${files}.dat`);
  await writeFile(name, bytes);
  return open(name);
}

async function open(name: string): Promise<InputFile> {
  for await (const input of openInputs([name])) {
    if (isProblem(input)) throw input.error;
    return input;
  }
  throw new Error('no input');
}

interface RunOptions {
  readonly signal?: AbortSignal;
  /** Called inside the transaction of every batch, 1, 2, 3 …; may throw. */
  readonly afterBatch?: (batch: number) => unknown;
  readonly batchEventsMax?: number;
}

function run(file: InputFile, { signal, afterBatch, batchEventsMax = BATCH }: RunOptions = {}): Promise<FileIntake> {
  let batch = 0;
  const deps: IntakeDeps = {
    pool: db.pool,
    calendar: CHINA_CALENDAR,
    clock: historyAsOf,
    limits: LIMITS,
    alongside: async () => {
      batch += 1;
      await afterBatch?.(batch);
    },
  };
  return takeFile(deps, file, { batchEventsMax, ...(signal ? { signal } : {}) });
}

async function countEvents(): Promise<number> {
  return (await db.pool.query<{ n: number }>('select count(*) as n from events')).rows[0]!.n;
}

async function expectWhole(): Promise<void> {
  expect(await countEvents()).toBe(EVENTS);
  for await (const difference of verifyBooks(db.pool, { calendar: CHINA_CALENDAR }))
    throw new Error(JSON.stringify(difference));
}

/** Every row of the books, so that "changes nothing" means just that. */
async function everything(): Promise<Record<string, unknown[]>> {
  const tables = [
    'institutions',
    'events',
    'entries',
    'balances',
    'turnovers',
    'tallies',
    'lines',
    'contracts',
    'payments',
    'credits',
    'refunds',
    'releases',
    'rejected_events',
    'kept_out_events',
  ];
  const found: Record<string, unknown[]> = {};
  for (const table of tables) found[table] = (await db.pool.query(`select * from ${table} order by 1, 2, 3`)).rows;
  return found;
}
