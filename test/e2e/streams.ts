import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import type pg from 'pg';
import { expect } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { FeewardenError } from '../../src/core/errors.js';
import { quantities } from '../../src/ledger/quantities.js';
import { listInstitutionNos, readBooksRows } from '../../src/ledger/read.js';
import { verifyBooks } from '../../src/ledger/verify.js';
import { createProducer } from '../../src/sources/kafka/producer.js';
import { ensureTopics, PARTITIONS_DEFAULT } from '../../src/sources/kafka/topics.js';
import type { KafkaLog } from '../../src/sources/kafka/types.js';
import { comparable, expectedBooks, expectedRejects, historyAsOf, historyLines } from '../support/history.js';

/** What the sample says of itself. */
export const ACCEPTED = 33_353;
export const LINES = 34_082;

const QUIET: KafkaLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const RECORDS_PER_SEND = 500;
const SEND_PAUSE_MS = 200;

/** Makes the topics of the contract. */
export async function makeTopics(brokers: string[]): Promise<void> {
  await ensureTopics({ brokers, clientId: 'test', log: QUIET, partitions: PARTITIONS_DEFAULT, replicationFactor: 1 });
}

/** Sends lines as banks and the platform do: each to its topic, under its institution; again and again while the broker is away. */
export async function sendLines(
  brokers: string[],
  lines: readonly string[],
  onSent: (count: number) => void = () => {},
): Promise<void> {
  const producer = createProducer({ brokers, clientId: 'test', log: QUIET });
  try {
    for (let from = 0; from < lines.length; from += RECORDS_PER_SEND) {
      const part = lines.slice(from, from + RECORDS_PER_SEND).map((value) => ({ value, ...placeOf(value) }));
      for (const topic of ['prepaid.events', 'prepaid.bank']) {
        await stubbornly(() =>
          producer.send(
            topic,
            part.filter((record) => record.topic === topic),
          ),
        );
      }
      onSent(Math.min(lines.length, from + RECORDS_PER_SEND));
    }
  } finally {
    await producer.close();
  }
}

async function stubbornly(send: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof FeewardenError) || error.kind !== 'transient') throw error;
      await sleep(SEND_PAUSE_MS);
    }
  }
}

function placeOf(line: string): { topic: string; key: string } {
  const source = /"source":"([^"]*)"/.exec(line)?.[1] ?? '';
  return {
    topic: source.startsWith('/bank/') ? 'prepaid.bank' : 'prepaid.events',
    key: /"subject":"([^"]*)"/.exec(line)?.[1] ?? '',
  };
}

export interface OutgoingEvent {
  readonly id: string;
  readonly type: string;
  readonly subject?: string;
  readonly data: Record<string, unknown>;
}

/** Listens to a topic from its start; `events` grows. */
export async function listen(
  brokers: string[],
  topic: string,
): Promise<{ readonly events: OutgoingEvent[]; close(): Promise<void> }> {
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 50 } }).consumer({
    groupId: `test-${topic}-${Date.now()}`,
  });
  const events: OutgoingEvent[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => void events.push(JSON.parse(message.value!.toString()) as OutgoingEvent),
  });
  return { events, close: () => consumer.disconnect() };
}

/** How many share the group's partitions; 0 while they are being shared out. */
export async function membersOf(brokers: string[], groupId: string): Promise<number> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([groupId]);
    return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
  } finally {
    await admin.disconnect();
  }
}

export async function countOf(pool: pg.Pool, table: string): Promise<number> {
  return (await pool.query<{ n: number }>(`select count(*) as n from ${table}`)).rows[0]!.n;
}

/** The books are exactly those of the sample, and nothing in them or in the events contradicts anything else. */
export async function expectBooksOfSample(pool: pg.Pool): Promise<void> {
  expect(await countOf(pool, 'events')).toBe(ACCEPTED);
  const nos = await listInstitutionNos(pool, null);
  const rows = await readBooksRows(
    pool,
    nos.map(({ no }) => no),
  );
  const byId = new Map([...rows.values()].map((row) => [row.institutionId, row]));
  expect(byId.size).toBe(24);
  for (const expected of expectedBooks()) {
    const [got, wanted] = comparable(
      quantities(byId.get(expected.institutionId)!, historyAsOf(), CHINA_CALENDAR),
      expected,
    );
    expect(got).toEqual(wanted);
  }
  await expectClean(pool);
}

export async function expectClean(pool: pg.Pool): Promise<void> {
  for await (const difference of verifyBooks(pool, { calendar: CHINA_CALENDAR }))
    throw new Error(JSON.stringify(difference));
}

/** The texts that the sample's list of rejects names, and those that were refused; both sorted. */
export async function refusedTexts(pool: pg.Pool): Promise<{ refused: string[]; wanted: string[] }> {
  const { rows } = await pool.query<{ input: Buffer }>(
    'select distinct input from rejected_events where redriven_at is null',
  );
  const lines = historyLines();
  return {
    refused: rows.map((row) => row.input.toString()).sort(),
    wanted: [...new Set(expectedRejects().map((reject) => lines[reject.line - 1]!))].sort(),
  };
}
