import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { FeewardenError } from '../../core/errors.js';
import { type ClientOptions, createClient, errorKindOf, isRetriable, rootCause, toBrokerError } from './client.js';

/** The topics of the wire contract. */
export const TOPICS_IN = ['prepaid.events', 'prepaid.bank'] as const;
export const TOPIC_ALERTS = 'prepaid.alerts';
export const TOPIC_CASES = 'prepaid.cases';
export const TOPIC_SCORES = 'prepaid.scores';
export const TOPIC_REJECTED = 'prepaid.rejected';
export const TOPICS_OUT = [TOPIC_ALERTS, TOPIC_CASES, TOPIC_SCORES, TOPIC_REJECTED] as const;

/** Our default: lets up to 8 workers share a topic and still keeps one institution in order. */
export const PARTITIONS_DEFAULT = 8;

/** The broker's own `default.replication.factor`. */
const REPLICATION_OF_BROKER = -1;
const CREATE_TIMEOUT_MS = 15_000;
const LEADER_ATTEMPTS_MAX = 100;
const LEADER_PAUSE_MS = 100;

export interface EnsureTopicsOptions extends ClientOptions {
  /** Default: the topics of the contract. */
  readonly topics?: readonly string[];
  readonly partitions?: number;
  readonly replicationFactor?: number;
}

/**
 * Creates the topics that are missing and returns their names; existing ones are left as their owner made them.
 * Two processes may do this at once. Throws `broker_unavailable` when no broker answers, `broker_refused` when it does not let us.
 */
export async function ensureTopics(options: EnsureTopicsOptions): Promise<string[]> {
  const wanted = options.topics ?? [...TOPICS_IN, ...TOPICS_OUT];
  const admin = createClient(options).admin();
  try {
    await admin.connect();
    const present = new Set(await admin.listTopics());
    const missing = wanted.filter((topic) => !present.has(topic));
    if (missing.length > 0) {
      await create(admin, missing, options);
      await untilLed(admin, missing);
    }
    return missing;
  } catch (error) {
    throw FORBIDDEN.has(errorKindOf(error)) ? forbidden(error) : toBrokerError(error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

const FORBIDDEN: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'POLICY_VIOLATION',
]);

/** A topic that the user may not even see looks missing, and is then not to be made. */
function forbidden(error: unknown): FeewardenError {
  const cause = rootCause(error);
  const why = cause instanceof Error ? cause.message : String(cause);
  return new FeewardenError(
    'broker_refused',
    `Make the topics beforehand and let the user describe all of them (${why}).`,
    {
      cause: error,
    },
  );
}

async function create(admin: Admin, topics: readonly string[], options: EnsureTopicsOptions): Promise<void> {
  await admin.createTopics({
    waitForLeaders: false,
    timeout: CREATE_TIMEOUT_MS,
    topics: topics.map((topic) => ({
      topic,
      numPartitions: options.partitions ?? PARTITIONS_DEFAULT,
      replicationFactor: options.replicationFactor ?? REPLICATION_OF_BROKER,
      // Stored plain whatever the sources use: what reads the topics besides us need not know every codec.
      configEntries: [{ name: 'compression.type', value: 'uncompressed' }],
    })),
  });
}

/** A new topic is known to each broker a moment after it was made; until then whoever uses it is told "unknown". */
async function untilLed(admin: Admin, topics: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await admin.fetchTopicMetadata({ topics: [...topics] });
      const partitions = answer.topics.flatMap((topic) => topic.partitions);
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) {
        return;
      }
    } catch (error) {
      if (!isRetriable(error) || attempt >= LEADER_ATTEMPTS_MAX) {
        throw error;
      }
    }
    if (attempt >= LEADER_ATTEMPTS_MAX) {
      throw new FeewardenError('broker_unavailable', `No leader yet for ${topics.join(', ')}.`);
    }
    await sleep(LEADER_PAUSE_MS);
  }
}
