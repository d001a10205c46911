import { describe, expect, it } from 'vitest';
import { createKafkaSink, type KeyedRecord } from '../../../src/alerts/sinks/kafka.js';
import { FeewardenError } from '../../../src/core/errors.js';

function message(topic: string, institutionId: string | null, body = '{}') {
  return { topic, institutionId, body };
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
  it('sends one batch per topic, keyed by the institution, as CloudEvents', async () => {
    const made = producer();
    const outcomes = await createKafkaSink(made).send([
      message('prepaid.alerts', 'X-370702-1', '{"a":1}'),
      message('prepaid.scores', 'X-370702-2'),
      message('prepaid.alerts', 'X-370702-3'),
    ]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(made.sent.map(({ topic, records }) => [topic, records.map((record) => record.key)])).toEqual([
      ['prepaid.alerts', ['X-370702-1', 'X-370702-3']],
      ['prepaid.scores', ['X-370702-2']],
    ]);
    expect(made.sent[0]!.records[0]).toMatchObject({
      value: '{"a":1}',
      headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
    });
  });

  it('keeps an unreachable broker from failing the topics that work', async () => {
    const made = producer((topic) => (topic === 'prepaid.scores' ? new FeewardenError('broker_unavailable') : null));
    const outcomes = await createKafkaSink(made).send([message('prepaid.scores', 'a'), message('prepaid.alerts', 'a')]);
    expect(outcomes).toMatchObject([{ kind: 'retry', error: 'broker_unavailable' }, { kind: 'delivered' }]);
  });

  it('refuses only the record that the broker will never take', async () => {
    const made = producer((_topic, records) =>
      records.some((record) => record.value.length > 10)
        ? Object.assign(new Error('send failed'), { name: 'KafkaJSNonRetriableError', originalError: tooLarge })
        : null,
    );
    const outcomes = await createKafkaSink(made).send([
      message('prepaid.alerts', 'a'),
      message('prepaid.alerts', 'b', 'far too long a body'),
      message('prepaid.alerts', 'c'),
    ]);
    expect(outcomes).toMatchObject([
      { kind: 'delivered' },
      { kind: 'refused', error: 'MESSAGE_TOO_LARGE' },
      { kind: 'delivered' },
    ]);
  });

  it('passes on an error that nobody expected', async () => {
    const made = producer(() => new TypeError('a defect'));
    await expect(createKafkaSink(made).send([message('prepaid.alerts', 'a')])).rejects.toThrow('a defect');
  });
});
