import { describe, expect, it } from 'vitest';
import { createKafkaSink, type KeyedRecord } from '../../../src/alerts/sinks/kafka.js';
import { FeewardenError } from '../../../src/core/errors.js';

const TOPIC = 'prepaid.alerts';

function message(institutionId: string | null, body = '{}') {
  return { institutionId, body };
}

/** A producer that keeps what it is given; `fails` decides for each call. */
function producer(fails: (topic: string, records: readonly KeyedRecord[]) => unknown = () => null) {
  const sent: { topic: string; records: readonly KeyedRecord[] }[] = [];
  return {
    sent,
    async send(topic: string, records: readonly KeyedRecord[]) {
      const error = fails(topic, records);
      if (error) throw error;
      sent.push({ topic, records });
    },
  };
}

const tooLarge = Object.assign(new Error('too large'), { name: 'KafkaJSProtocolError', type: 'MESSAGE_TOO_LARGE' });

describe('the Kafka sink', () => {
  it('sends one batch, in order, keyed by the institution, as CloudEvents', async () => {
    const made = producer();
    const outcomes = await createKafkaSink(made).send(TOPIC, [message('b', '{"a":1}'), message('a'), message(null)]);
    expect(outcomes).toEqual(
      Array(3).fill({ kind: 'delivered', status: null, proof: 'prepaid.alerts, acknowledged by all in-sync replicas' }),
    );
    expect(made.sent).toHaveLength(1);
    expect(made.sent[0]!.topic).toBe(TOPIC);
    expect(made.sent[0]!.records.map((record) => record.key)).toEqual(['b', 'a', '']);
    expect(made.sent[0]!.records[0]).toMatchObject({
      value: '{"a":1}',
      headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    });
  });

  it('asks to try again when the broker is away', async () => {
    const made = producer(() => new FeewardenError('broker_unavailable'));
    const outcomes = await createKafkaSink(made).send(TOPIC, [message('a'), message('b')]);
    expect(outcomes).toMatchObject([
      { kind: 'retry', error: 'broker_unavailable' },
      { kind: 'retry', error: 'broker_unavailable' },
    ]);
  });

  it('refuses only the record that the broker will never take', async () => {
    const made = producer((_topic, records) =>
      records.some((record) => record.value.length > 10)
        ? Object.assign(new Error('send failed'), { name: 'KafkaJSNonRetriableError', originalError: tooLarge })
        : null,
    );
    const outcomes = await createKafkaSink(made).send(TOPIC, [
      message('a'),
      message('b', 'far too long a body'),
      message('c'),
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'delivered' },
      { kind: 'refused', error: 'MESSAGE_TOO_LARGE' },
      { kind: 'delivered' },
    ]);
  });

  it('lets no record overtake one that could not be sent', async () => {
    let calls = 0;
    const made = producer(() => {
      calls += 1;
      if (calls === 1) return tooLarge;
      return calls === 3 ? new FeewardenError('broker_unavailable') : null;
    });
    const outcomes = await createKafkaSink(made).send(TOPIC, [message('a'), message('b'), message('c')]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delivered', 'retry', 'retry']);
    expect(made.sent.flatMap(({ records }) => records.map((record) => record.key))).toEqual(['a']);
  });

  it('passes on an error that nobody expected', async () => {
    const made = producer(() => new TypeError('a defect'));
    await expect(createKafkaSink(made).send(TOPIC, [message('a')])).rejects.toThrow('a defect');
  });
});
