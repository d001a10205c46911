import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime, type Us } from '../../src/core/time.js';
import { createPool } from '../../src/db/pool.js';
import { JOBS } from '../../src/jobs/list.js';
import { readFailingJobs, readJobs } from '../../src/jobs/read-runs.js';
import { type Job, type JobDeps, RETRY_US, runIfDue } from '../../src/jobs/run-job.js';
import { runSchedule } from '../../workers/schedule.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let db: TestDatabase;
let now: Us;
let deps: JobDeps;
beforeEach(async () => {
  db = await testDatabase({ max: 8 });
  now = at('2026-03-06T13:00:00+08:00');
  deps = { pool: db.pool, clock: () => now, calendar: CHINA_CALENDAR, log: pino({ level: 'silent' }) };
});
afterEach(() => db.drop());

const at = (text: string): Us => parseTime(text)!;

function job(work: Job['work'], more: Partial<Job> = {}): Job {
  return { name: 'tested', does: 'a test', schedule: { at: [12, 30], on: 'working_days' }, lock: 99, work, ...more };
}

async function runs(): Promise<{ job: string; outcome: string; detail: Record<string, unknown> }[]> {
  return (await db.pool.query('select job, outcome, detail from job_runs order by run_id')).rows;
}

it('runs once for a due time, and once for all that were missed', async () => {
  let count = 0;
  const counted = job(async () => ({ count: ++count }));
  expect([await runIfDue(deps, counted), await runIfDue(deps, counted)]).toEqual([true, false]);
  now = at('2026-03-08T13:00:00+08:00');
  expect(await runIfDue(deps, counted)).toBe(false);
  // Two weeks in which nothing ran.
  now = at('2026-03-20T12:29:00+08:00');
  expect([await runIfDue(deps, counted), await runIfDue(deps, counted)]).toEqual([true, false]);
  now = at('2026-03-20T12:30:00+08:00');
  expect(await runIfDue(deps, counted)).toBe(true);
  expect(await runs()).toMatchObject([1, 2, 3].map((n) => ({ job: 'tested', outcome: 'done', detail: { count: n } })));
});

it('runs when it is due also after a clock that was ahead had it run for a time to come', async () => {
  const often = job(async () => ({}), { schedule: { everyMinutes: 10 } });
  now = at('2026-03-06T14:05:00+08:00');
  expect(await runIfDue(deps, often)).toBe(true);
  now = at('2026-03-06T13:05:00+08:00');
  expect([await runIfDue(deps, often), await runIfDue(deps, often)]).toEqual([true, false]);
  now = at('2026-03-06T13:10:00+08:00');
  expect(await runIfDue(deps, often)).toBe(true);
});

it('runs in one process at a time', async () => {
  let count = 0;
  const slow = job(async () => {
    count += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return {};
  });
  const answers = await Promise.all([runIfDue(deps, slow), runIfDue(deps, slow), runIfDue(deps, slow)]);
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(count).toBe(1);
});

it('records a failure, does not throw it, and tries again after a while', async () => {
  let broken = true;
  const failing = job(async () => {
    if (broken) throw new Error('the bank is closed');
    return {};
  });
  expect(await runIfDue(deps, failing)).toBe(true);
  expect(await readFailingJobs(db.pool)).toEqual(['tested']);
  expect(await runIfDue(deps, failing)).toBe(false);
  now += RETRY_US;
  broken = false;
  expect(await runIfDue(deps, failing)).toBe(true);
  expect(await runs()).toMatchObject([
    { outcome: 'failed', detail: { error: 'the bank is closed' } },
    { outcome: 'done' },
  ]);
  expect(await readFailingJobs(db.pool)).toEqual([]);
});

it('takes a run that was cut off for a failure, and runs again', async () => {
  await db.pool.query(
    `insert into job_runs (job, due_at, started_at) values ('tested', '2026-03-06T12:30:00+08:00', '2026-03-06T12:30:00+08:00')`,
  );
  expect(
    await runIfDue(
      deps,
      job(async () => ({})),
    ),
  ).toBe(true);
  expect(await runs()).toMatchObject([
    { outcome: 'failed', detail: { error: expect.any(String) } },
    { outcome: 'done' },
  ]);
});

it('the worker runs every job that is due, whatever happens to the others', async () => {
  const ended = new AbortController();
  const done: string[] = [];
  const jobs = ['a', 'b', 'c'].map((name, i) =>
    job(
      async () => {
        if (name === 'b') throw new Error('b is broken');
        done.push(name);
        if (name === 'c') ended.abort();
        return {};
      },
      { name, lock: 90 + i },
    ),
  );
  await runSchedule({ ...deps, jobs, signal: ended.signal });
  expect(done).toEqual(['a', 'c']);
  expect(await runs()).toMatchObject([
    { job: 'a', outcome: 'done' },
    { job: 'b', outcome: 'failed' },
    { job: 'c', outcome: 'done' },
  ]);
});

it('the real jobs end well on an empty database with two connections, and their history is shown', async () => {
  const pool = createPool(db.url, { max: 2, applicationName: 'test' });
  for (const one of JOBS) expect(await runIfDue({ ...deps, pool }, one)).toBe(true);
  await pool.end();
  const states = await readJobs(db.pool, now, CHINA_CALENDAR, 5);
  expect(states.map(({ job: name, state }) => [name, state])).toEqual(JOBS.map(({ name }) => [name, 'done']));
  now = at('2026-03-09T12:30:00+08:00');
  expect((await readJobs(db.pool, now, CHINA_CALENDAR, 5)).map(({ state }) => state)).toEqual([
    'waiting',
    'waiting',
    'waiting',
  ]);
});
