import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTopics } from '../../../src/sources/kafka/topics.js';
import type { TestBroker } from '../../support/kafka/broker.js';
import { say, whyNoJars } from '../../support/kafka/jars.js';
import { startJavaBroker } from '../../support/kafka/java.js';
import { memoryLog } from './harness.js';

/** Rights are for a broker of our own to keep, so this needs Apache Kafka's own jars. */
const why = await whyNoJars();
if (why !== undefined) {
  if (process.env.CI === 'true') throw new Error(why);
  say(`SKIPPED: ${why}`);
}

describe.skipIf(why !== undefined)('a broker that keeps rights', { timeout: 60_000 }, () => {
  let broker: TestBroker | undefined;

  beforeAll(async () => {
    broker = await startJavaBroker({
      properties: () => ({
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found': 'true',
      }),
    });
  }, 300_000);
  afterAll(() => broker?.stop());

  it('says which right is missing when it does not let us see or make a topic', async () => {
    const { brokers } = broker!;
    const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: 'hidden',
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: 'User:ANONYMOUS',
          host: '*',
          operation: AclOperationTypes.ALL,
          permissionType: AclPermissionTypes.DENY,
        },
      ],
    });
    await admin.disconnect();
    const client = { brokers, clientId: 'test', log: memoryLog(), clientRetries: 0 };
    await expect(ensureTopics({ ...client, topics: ['hidden'], partitions: 1 })).rejects.toMatchObject({
      code: 'broker_refused',
      message: expect.stringMatching(/rights.*describe all of them.*authorization failed/i),
    });
  });
});
