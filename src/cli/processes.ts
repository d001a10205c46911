import type { Logger } from 'pino';
import { runApi } from '../../workers/api.js';
import type { EvaluateJob } from '../../workers/evaluate-thread.js';
import { evaluateInThread } from '../../workers/evaluating.js';
import { runIngest } from '../../workers/ingest.js';
import { runNotify } from '../../workers/notify.js';
import { runWorkers, type Worker } from '../../workers/run.js';
import { runSchedule } from '../../workers/schedule.js';
import { tellRejected } from '../alerts/rejected-messages.js';
import { createKey, listKeys } from '../api/keys.js';
import { readRulesFile } from '../banks/rules-file.js';
import { watchInbox } from '../banks/watch.js';
import { type Config, loadConfig } from '../config.js';
import { CHINA_CALENDAR } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import { type Database, openDatabase } from '../db/database.js';
import { type PatienceDeps, patiently } from '../db/patience.js';
import { NOT_JOINED } from '../observe/kafka-readers.js';
import { createLog } from '../observe/log.js';
import { createProducer } from '../sources/kafka/producer.js';
import { kafkaSecurity } from '../sources/kafka/security.js';
import { ensureTopics, PARTITIONS_DEFAULT } from '../sources/kafka/topics.js';
import type { ConsumerState, RecordProducer } from '../sources/kafka/types.js';
import { bringUpToDate } from './bring-up-to-date.js';
import { clock } from './context.js';
import { EXIT, printLine } from './output.js';

export const WORKER_NAMES = ['ingest', 'evaluate', 'notify', 'schedule', 'api'] as const;
export type WorkerName = (typeof WORKER_NAMES)[number];

export interface ProcessOptions {
  readonly data?: string;
  readonly port?: string;
  /** On a database without keys, make one for the first administrator and print it once. */
  readonly firstKey?: boolean;
}

/** Opens what the named workers need, runs them until the process is told to stop, and closes everything in reverse. */
export async function runProcess(names: readonly WorkerName[], options: ProcessOptions): Promise<void> {
  const config = loadConfig(undefined, { dataDir: options.data, port: options.port });
  const withKafka = config.kafkaBrokers.length > 0;
  const security = kafkaSecurity(config);
  // Told before anything starts.
  readRulesFile(config.bankRules);
  if (names.length === 1 && names[0] === 'ingest' && !withKafka) {
    throw new FeewardenError(
      'bad_setting',
      'KAFKA_BROKERS: the ingest worker reads from Kafka; name its brokers, host:port.',
    );
  }
  const log = createLog(config.logLevel, names.length === 1 ? `feewarden-${names[0]}` : 'feewarden');
  const database = await openDatabase(config, log.bindings()['name'] as string);
  let producer: RecordProducer | null = null;
  try {
    await bringUpToDate(database.pool, clock(), (sentence) => log.warn(sentence));
    if (options.firstKey) await makeFirstKey(database);
    if (withKafka && names.includes('notify')) {
      const { kafkaBrokers: brokers, kafkaClientId: clientId } = config;
      const client = { brokers, clientId, log, security };
      const ensure = () => ensureTopics({ ...client, partitions: PARTITIONS_DEFAULT });
      // A wrong login is told at the start; beside the consumer, the consumer tells it.
      if (!names.includes('ingest')) await ensure().catch(unlessAway);
      producer = withTopics(createProducer(client), ensure);
    }
    const wanted = names.filter((name) => name !== 'ingest' || withKafka);
    await runWorkers(makeWorkers(wanted, { config, database, log, producer }), log);
    process.exitCode = EXIT.success;
  } finally {
    endAnyway();
    await producer?.close();
    await database.close();
  }
}

function unlessAway(error: unknown): void {
  if (!(error instanceof FeewardenError) || error.code !== 'broker_unavailable') throw error;
}

/** Makes the topics before the first record and not at the start: without a broker nobody else is held up, webhooks least of all. */
function withTopics(producer: RecordProducer, ensure: () => Promise<unknown>): RecordProducer {
  let ensured: Promise<unknown> | null = null;
  return {
    async send(topic, records) {
      ensured ??= ensure();
      try {
        await ensured;
      } catch (error) {
        ensured = null;
        throw error;
      }
      await producer.send(topic, records);
    },
    close: () => producer.close(),
  };
}

/** Longest wait for connections to close at the end. */
const CLOSE_MS_MAX = 15_000;

/**
 * A connection that does not close (a Kafka client that was still joining its group, say) must not keep a process alive that a
 * supervisor waits for: what counts is committed.
 */
function endAnyway(): void {
  setTimeout(() => process.exit(process.exitCode ?? EXIT.foundWrong), CLOSE_MS_MAX).unref();
}

interface Shared {
  readonly config: Config;
  readonly database: Database;
  readonly log: Logger;
  readonly producer: RecordProducer | null;
}

function makeWorkers(names: readonly WorkerName[], { config, database, log, producer }: Shared): Worker[] {
  const pool = database.pool;
  const kafkaEnabled = config.kafkaBrokers.length > 0;
  let broker: ConsumerState | null = null;
  const runners: Record<WorkerName, (signal: AbortSignal) => Promise<void>> = {
    ingest: (signal) =>
      runIngest({
        pool,
        config,
        calendar: CHINA_CALENDAR,
        clock,
        log,
        signal,
        onState: (state) => {
          broker = state;
        },
      }),
    evaluate: (signal) => evaluateInThread(evaluateJob(config, database, log), signal),
    notify: (signal) => runNotify({ pool, config, producer, log, signal }),
    schedule: async (signal) => {
      const deps = { pool, calendar: CHINA_CALENDAR, clock, log, signal };
      await patiently(patienceOf(config, log, signal), () => runSchedule(deps));
    },
    api: (signal) =>
      runApi({
        pool,
        config,
        calendar: CHINA_CALENDAR,
        clock,
        log,
        signal,
        alongside: tellRejected({ kafkaEnabled }),
        ...(names.includes('ingest') ? { broker: () => broker ?? NOT_JOINED } : {}),
        onListening: (address) => printLine(`Feewarden listens on ${address} (API documentation: ${address}/docs)`),
      }),
  };
  const workers: Worker[] = names.map((name) => ({ name, run: runners[name] }));
  // The folder belongs to the clockwork: one process that is there even where events come by other ways.
  if (config.bankInbox !== null && names.includes('schedule'))
    workers.push(bankInbox(config.bankInbox, { config, database, log, producer }));
  return workers;
}

function evaluateJob(config: Config, database: Database, log: Logger): EvaluateJob {
  const { pollMs, evaluateSettleMs, evaluateBatchMax, logLevel, kafkaBrokers, databaseUrl } = config;
  return {
    databaseUrl: database.url,
    waitsForDatabase: databaseUrl !== null,
    config: { pollMs, evaluateSettleMs, evaluateBatchMax },
    kafkaEnabled: kafkaBrokers.length > 0,
    name: log.bindings()['name'] as string,
    logLevel,
  };
}

function patienceOf({ databaseUrl }: Config, log: Logger, signal: AbortSignal): PatienceDeps {
  return { log, clock, signal, waitsForDatabase: databaseUrl !== null };
}

function bankInbox(folder: string, { config, database, log }: Shared): Worker {
  const kafkaEnabled = config.kafkaBrokers.length > 0;
  const deps = {
    pool: database.pool,
    calendar: CHINA_CALENDAR,
    clock,
    limits: { bytesMax: config.eventBytesMax, depthMax: config.eventDepthMax },
    alongside: tellRejected({ kafkaEnabled }),
    rules: readRulesFile(config.bankRules),
  };
  const { bankInboxSettleMs: settleMs, ingestBatchEventsMax: batchEntriesMax } = config;
  return {
    name: 'bank-inbox',
    run: async (signal) => {
      const options = { folder, settleMs, batchEntriesMax, log, signal };
      await patiently(patienceOf(config, log, signal), () => watchInbox(deps, options));
    },
  };
}

async function makeFirstKey(database: Database): Promise<void> {
  if ((await listKeys(database.pool)).length > 0) return;
  const made = await createKey(database.pool, { name: 'first administrator', role: 'admin', scope: '' }, clock());
  printLine(`Administrator key, shown only now: ${made.text}`);
}
