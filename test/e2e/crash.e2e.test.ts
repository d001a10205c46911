import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubscription } from '../../src/alerts/subscriptions.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, startOfDay } from '../../src/core/time.js';
import { type EmbeddedDatabase, startEmbedded } from '../../src/db/embedded.js';
import { createPool } from '../../src/db/pool.js';
import { verifyRisk } from '../../src/risk/verify.js';
import { type Receiver, startReceiver } from '../alerts/receiver.js';
import { guard } from '../alerts/workers.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { historyLines } from '../support/history.js';
import { brokerOrSkip, type TestBroker } from '../support/kafka/broker.js';
import { freePorts } from '../support/kafka/ports.js';
import { endAll, feewarden, startFeewarden, temporaryFolder, until } from '../support/processes.js';
import { ACCEPTED, countOf, expectBooksOfSample, listen, makeTopics, refusedTexts, sendLines } from './streams.js';
import { type Supervised, supervise } from './supervisor.js';

/**
 * Workers and the database are killed (-9) at random moments, and in the end nobody can tell: books, findings and outgoing alerts
 * are those of a calm run, every message has arrived at least once, none is missing, none is extra.
 *
 * In two phases. First ingest reads the disordered history from Kafka while it and the database are killed; then evaluate and
 * notify work on the settled books while they and the database are killed. Evaluating in mid-stream as well would not be
 * comparable: a judgement on half-known facts rightly raises an alert that later facts withdraw, and which half is known at
 * that moment is chance.
 *
 * CRASH_SEED repeats a run's choice of victims and moments.
 */
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const KILLS_MIN = 20;
const FILE = fileURLToPath(new URL('../fixtures/history/events.ndjson.gz', import.meta.url));
const INSTITUTIONS = 24;
/** Small batches, so that a kill mostly hits one. */
const INGEST = { FEEWARDEN_INGEST_BATCH_EVENTS_MAX: '100' };
const EVALUATE = { FEEWARDEN_EVALUATE_BATCH_MAX: '1' };
/** A receiver that takes its time has deliveries under way when the sender dies. */
const ANSWER_MS = 25;

const random = randomFrom(SEED);
const kills: string[] = [];

let broker: TestBroker | undefined;
let receiver: Receiver;
let postgres: Postgres;
let pool: pg.Pool;
let calm: TestDatabase;
const looked: Supervised[] = [];

beforeAll(async () => {
  broker = await brokerOrSkip({ own: true });
  if (!broker) return;
  receiver = await startReceiver(
    (_request, response) => void setTimeout(() => response.writeHead(204).end(), ANSWER_MS),
  );
  calm = await testDatabase();
  postgres = await startPostgres();
  pool = createPool(postgres.url, { max: 3, applicationName: 'test' });
}, 600_000);

afterAll(async () => {
  for (const one of looked) await one.stop();
  await pool?.end();
  await postgres?.stop();
  await endAll();
  await receiver?.close();
  await calm?.drop();
  await broker?.stop();
}, 120_000);

describe('kill -9', { timeout: 420_000 }, () => {
  it('of ingest and the database leaves the books of a calm run', async (t) => {
    t.skip(!broker);
    await makeTopics(broker!.brokers);
    // The database gets its tables before anybody is killed.
    expect(await feewarden(['books'], { env: { DATABASE_URL: postgres.url } })).toMatchObject({ code: 0 });
    const [one, two] = ['ingest 1', 'ingest 2'].map((name) => look(name, ['worker', 'ingest'], INGEST)) as [
      Supervised,
      Supervised,
    ];
    const sending = sendLines(broker!.brokers, historyLines());
    const rounds = shuffled<Victim[]>([
      [one],
      [two],
      [POSTGRES],
      [POSTGRES],
      [POSTGRES],
      [one, two],
      [two, one],
      [one, POSTGRES, two],
    ]);
    for (const [at, victims] of rounds.entries()) {
      const share = (at + 0.2 + 0.7 * random()) / rounds.length;
      await reached(`round ${at + 1}`, async () => (await countOf(pool, 'events')) >= share * 0.95 * ACCEPTED);
      for (const victim of victims) await kill(victim, `at ${await countNow('events')} events`);
    }
    await sending;
    await reached('every event is booked', async () => (await countOf(pool, 'events')) === ACCEPTED);
    const { wanted } = await refusedTexts(pool);
    await reached('every bad line is refused', async () => (await refusedTexts(pool)).refused.length === wanted.length);
    for (const worker of [one, two]) await worker.stop();
    await expectBooksOfSample(pool);
    expect((await refusedTexts(pool)).refused).toEqual(wanted);
  });

  it('of evaluate, notify and the database leaves the findings of a calm run, and every message arrives', async (t) => {
    t.skip(!broker);
    await awayFromMidnight();
    await runCalmly();
    await createSubscription(
      pool,
      guard,
      {
        name: 'city',
        url: receiver.url,
        types: [
          'prepaid.alert.raised.v1',
          'prepaid.alert.level_changed.v1',
          'prepaid.alert.cleared.v1',
          'prepaid.score.changed.v1',
        ],
      },
      null,
    );
    const evaluate = look('evaluate', ['worker', 'evaluate'], EVALUATE);
    const notify = look('notify', ['worker', 'notify'], {});
    const evaluated = (): Promise<number> => countOf(pool, 'evaluations');
    const received = async (): Promise<number> => receiver.received.length;
    await Promise.all([
      killAt(evaluate, evaluated, [2, 6, 10, 14, 18]),
      killAt(notify, received, [5, 20, 40, 60]),
      killAt(POSTGRES, async () => (await evaluated()) + (await received()) / 4, [12, 30]),
    ]);
    await reached(
      'everything is evaluated',
      async () => (await evaluated()) === INSTITUTIONS && (await countOf(pool, 'due_institutions')) === 0,
    );
    await reached(
      'everything is delivered',
      async () => (await countOf(pool, `deliveries where state <> 'delivered'`)) === 0,
    );
    for (const worker of [evaluate, notify]) await worker.stop();

    expect(await evaluationsOf(pool)).toEqual(await evaluationsOf(calm.pool));
    expect(await alertsOf(pool)).toEqual(await alertsOf(calm.pool));
    expect(await recordsOf(pool)).toEqual(await recordsOf(calm.pool));
    expect(await messagesOf(pool)).toEqual(await messagesOf(calm.pool));
    await expectBooksOfSample(pool);
    expect(await verifyRisk(pool, CHINA_CALENDAR)).toEqual({ differences: [], waiting: 0 });
  });

  it('is survived by every message on its way: webhook and Kafka have each of them, and nothing else', async (t) => {
    t.skip(!broker);
    const { rows: messages } = await pool.query<{ message_id: string; topic: string; institution_id: string }>(
      'select message_id, topic, institution_id from messages order by seq',
    );
    const { rows: alerts } = await pool.query<{ alert_id: string }>('select alert_id from alerts');
    const outgoing = messages.filter((message) => message.topic !== 'prepaid.rejected');
    expect(new Set(receiver.received.map((one) => one.id))).toEqual(
      new Set(outgoing.map((message) => message.message_id)),
    );
    const told = new Set(
      receiver.received.map((one) => (JSON.parse(one.body) as { data: { alertId?: string } }).data.alertId),
    );
    expect(alerts.length).toBeGreaterThan(INSTITUTIONS);
    expect(alerts.filter(({ alert_id }) => !told.has(alert_id))).toEqual([]);
    for (const topic of ['prepaid.alerts', 'prepaid.scores', 'prepaid.rejected']) {
      const wanted = messages.filter((message) => message.topic === topic).map((message) => message.message_id);
      const heard = await listen(broker!.brokers, topic);
      await until(
        `${topic} has everything`,
        () => new Set(heard.events.map((event) => event.id)).size >= wanted.length,
      );
      expect(new Set(heard.events.map((event) => event.id))).toEqual(new Set(wanted));
      await heard.close();
    }
  });

  it('came often enough, and to everybody', (t) => {
    t.skip(!broker);
    process.stderr.write(`[crash] seed ${SEED}, ${kills.length} kills: ${kills.join('; ')}\n`);
    expect(kills.length).toBeGreaterThanOrEqual(KILLS_MIN);
    for (const victim of ['ingest 1', 'ingest 2', 'evaluate', 'notify', 'postgres']) {
      expect(kills.filter((one) => one.startsWith(victim)).length, victim).toBeGreaterThanOrEqual(2);
    }
  });
});

/** The same history by file, evaluated by a worker that nobody disturbs. */
async function runCalmly(): Promise<void> {
  const env = { DATABASE_URL: calm.url };
  await feewarden(['ingest', FILE, '--no-evaluate', '--json'], { env });
  const evaluate = startFeewarden(['worker', 'evaluate'], { env });
  await until(
    'all is evaluated calmly',
    async () =>
      (await countOf(calm.pool, 'evaluations')) === INSTITUTIONS &&
      (await countOf(calm.pool, 'due_institutions')) === 0,
  );
  expect(await evaluate.end('SIGTERM')).toEqual({ code: 0, signal: null });
}

const POSTGRES = 'postgres';
type Victim = Supervised | typeof POSTGRES;

/** Kills when so much is done, and after a random moment more. */
async function killAt(victim: Victim, progress: () => Promise<number>, marks: readonly number[]): Promise<void> {
  for (const mark of marks) {
    await reached(`${mark} is done`, async () => (await progress()) >= mark);
    await kill(victim, `at ${await progress().catch(() => '?')}`);
  }
}

const MOMENT_MS_MAX = 120;

async function kill(victim: Victim, when: string): Promise<void> {
  await sleep(random() * MOMENT_MS_MAX);
  const name = victim === POSTGRES ? POSTGRES : victim.name;
  if (victim === POSTGRES) await postgres.kill9();
  else await victim.kill9();
  kills.push(`${name} ${when}`);
}

function look(name: string, args: readonly string[], more: Readonly<Record<string, string>>): Supervised {
  const env = {
    DATABASE_URL: postgres.url,
    KAFKA_BROKERS: broker!.brokers.join(','),
    FEEWARDEN_WEBHOOK_ALLOW_INTERNAL: receiver.address,
    LOG_LEVEL: 'info',
    ...more,
  };
  const supervised = supervise(name, args, env);
  looked.push(supervised);
  return supervised;
}

/** Waits for a condition that cannot be asked while the database is away. */
function reached(what: string, holds: () => Promise<boolean>): Promise<void> {
  return until(what, () => holds().catch(() => false), 150_000);
}

async function countNow(table: string): Promise<number | string> {
  return countOf(pool, table).catch(() => 'some');
}

interface Postgres {
  readonly url: string;
  /** Ends the server as a power cut would, and starts it again as an operator would, with what it finds. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
}

/** A durable server of its own: what was committed must be there after a kill. */
async function startPostgres(): Promise<Postgres> {
  const dataDir = temporaryFolder('crash');
  const [port] = await freePorts(1);
  const handles: EmbeddedDatabase[] = [await startEmbedded({ dataDir, port: port! })];
  return {
    url: handles[0]!.url,
    kill9: async () => {
      const pidFile = path.join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
      process.kill(Number.parseInt(readFileSync(pidFile, 'utf8'), 10), 'SIGKILL');
      // Its children may need a moment to notice; until then the new one is refused.
      await until('the database runs again', async () => {
        const started = await startEmbedded({ dataDir, port: port! }).catch(() => null);
        if (started) handles.push(started);
        return started !== null;
      });
    },
    stop: async () => {
      for (const handle of handles) await handle.stop();
    },
  };
}

const MIDNIGHT_MARGIN_US = 300 * 1_000_000;

/** Rules count days: two runs on two sides of midnight would rightly differ. */
async function awayFromMidnight(): Promise<void> {
  const now = Date.now() * 1_000;
  const left = startOfDay(dayOf(now) + 1) - now;
  if (left < MIDNIGHT_MARGIN_US) await sleep(left / 1_000 + 1_000);
}

const EVALUATIONS = `select i.id, v.score, v.level, v.grade, v.confidence, v.groups, v.problems, v.name, v.region_code, v.unearned_fen, v.next_at,
  (select jsonb_agg(f - 'openedAt' order by f ->> 'ruleId') from jsonb_array_elements(v.findings) f) as findings
  from evaluations v join institutions i on i.no = v.institution_no order by i.id`;

async function evaluationsOf(from: pg.Pool): Promise<unknown[]> {
  return (await from.query(EVALUATIONS)).rows;
}

async function alertsOf(from: pg.Pool): Promise<unknown[]> {
  return (
    await from.query(
      `select alert_id, rule_id, case_id, level, region_code, cleared_at is null as open, data - 'asOf' as data from alerts order by alert_id`,
    )
  ).rows;
}

async function recordsOf(from: pg.Pool): Promise<unknown[]> {
  return (
    await from.query(`select alert_id, step, kind, data - 'asOf' as data from alert_records order by alert_id, step`)
  ).rows;
}

/** The id of a score's message holds the moment; those of alerts are the same in every run. */
async function messagesOf(from: pg.Pool): Promise<unknown[]> {
  const { rows } = await from.query<{ message_id: string; type: string; body: string }>(
    `select message_id, type, body from messages where topic <> 'prepaid.rejected'`,
  );
  return rows
    .map(({ message_id, type, body }) => {
      const { subject, data } = JSON.parse(body) as { subject: string; data: Record<string, unknown> };
      const { asOf: _, ...facts } = data;
      return JSON.stringify([type, subject, type.startsWith('prepaid.alert') ? message_id : '', facts]);
    })
    .sort();
}

/** Mulberry32: small, seeded, and good enough to choose moments. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
