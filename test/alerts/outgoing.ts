import type pg from 'pg';
import { enqueue, type OutgoingMessage } from '../../src/alerts/outbox.js';
import { inTransaction } from '../../src/db/pool.js';

/** An alert that was raised; give what matters to the test. */
export function alert(id: string, over: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    id,
    type: 'prepaid.alert.raised.v1',
    subject: 'X-370702-1',
    time: 1_795_392_000_000_000,
    data: { institutionId: 'X-370702-1', alertId: id },
    regionCode: '370702',
    topic: 'prepaid.alerts',
    level: 'red',
    ...over,
  };
}

/** Enqueues in a transaction of its own. */
export function keep(pool: pg.Pool, messages: readonly OutgoingMessage[], kafkaEnabled = false): Promise<number> {
  return inTransaction(pool, (client) => enqueue(client, messages, { kafkaEnabled }));
}
