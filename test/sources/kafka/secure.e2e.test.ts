import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config.js';
import { createProducer } from '../../../src/sources/kafka/producer.js';
import { kafkaSecurity } from '../../../src/sources/kafka/security.js';
import { ensureTopics } from '../../../src/sources/kafka/topics.js';
import type { TestBroker } from '../../support/kafka/broker.js';
import { say, whyNoJars } from '../../support/kafka/jars.js';
import { startJavaBroker } from '../../support/kafka/java.js';
import { freePorts } from '../../support/kafka/ports.js';
import { temporaryFolder } from '../../support/processes.js';
import { memoryLog, startConsumer } from './harness.js';

const run = promisify(execFile);
const USER = 'feewarden';
const PASSWORD = 'a-word-for-tests';
const STORE_PASSWORD = 'only-for-this-test';

/** The broker's certificates come with Java, so this needs Apache Kafka's own jars. */
const why = await whyNoJars();
if (why !== undefined) {
  if (process.env.CI === 'true') throw new Error(why);
  say(`SKIPPED: ${why}`);
}

const folder = temporaryFolder('secure-kafka');
const ca = path.join(folder, 'ca.pem');
let broker: TestBroker;
let brokers: string[];

describe.skipIf(why !== undefined)('brokers with TLS and a login', () => {
  beforeAll(async () => {
    const store = path.join(folder, 'broker.p12');
    const key = ['-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD, '-alias', 'broker'];
    await run('keytool', [
      '-genkeypair',
      ...key,
      '-keyalg',
      'EC',
      '-dname',
      'CN=localhost',
      '-ext',
      'san=ip:127.0.0.1,dns:localhost',
    ]);
    const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...key]);
    writeFileSync(ca, stdout);
    const [secure = 0] = await freePorts(1);
    brokers = [`127.0.0.1:${secure}`];
    broker = await startJavaBroker({
      properties: (port, controllerPort) => ({
        listeners: `PLAINTEXT://127.0.0.1:${port},SECURE://127.0.0.1:${secure},CONTROLLER://127.0.0.1:${controllerPort}`,
        'advertised.listeners': `PLAINTEXT://127.0.0.1:${port},SECURE://127.0.0.1:${secure}`,
        'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
        'sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.secure.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
        'ssl.keystore.location': store,
        'ssl.keystore.type': 'PKCS12',
        'ssl.keystore.password': STORE_PASSWORD,
      }),
    });
  });
  afterAll(() => broker?.stop());

  it('are written to and read from', async () => {
    const client = { brokers, clientId: 'test', log: memoryLog(), security: security({}) };
    await ensureTopics({ ...client, topics: ['secured'], partitions: 1, replicationFactor: 1 });
    const producer = createProducer(client);
    const got: string[] = [];
    const consumer = startConsumer({
      ...client,
      groupId: 'secured',
      topics: ['secured'],
      handle: async (records) => {
        got.push(...records.map((record) => String(record.value)));
      },
    });
    try {
      await producer.send('secured', [{ key: 'k', value: 'told in private' }]);
      await expect.poll(() => got, { timeout: 20_000 }).toEqual(['told in private']);
    } finally {
      consumer.stop();
      await consumer.done;
      await producer.close();
    }
  });

  it('refuse another password: an error that says so, and no retries', async () => {
    const client = { brokers, clientId: 'test', log: memoryLog() };
    await expect(
      ensureTopics({ ...client, security: security({ FEEWARDEN_KAFKA_PASSWORD: 'another' }) }),
    ).rejects.toMatchObject({ code: 'broker_refused' });
  });

  it('are not believed without the authority of their certificate', async () => {
    const client = { brokers, clientId: 'test', log: memoryLog(), clientRetries: 0 };
    await expect(
      ensureTopics({ ...client, security: security({ FEEWARDEN_KAFKA_TLS_CA_FILE: '' }) }),
    ).rejects.toMatchObject({
      code: 'broker_unavailable',
      message: expect.stringMatching(/self-signed certificate/),
    });
  });
});

function security(changes: Readonly<Record<string, string>>) {
  return kafkaSecurity(
    loadConfig({
      FEEWARDEN_KAFKA_TLS: 'on',
      FEEWARDEN_KAFKA_TLS_CA_FILE: ca,
      FEEWARDEN_KAFKA_SASL: 'plain',
      FEEWARDEN_KAFKA_USER: USER,
      FEEWARDEN_KAFKA_PASSWORD: PASSWORD,
      ...changes,
    }),
  );
}
