import { describe, expect, it } from 'vitest';
import {
  isKafka,
  KAFKA_SINKS,
  OUTGOING_TYPES,
  OUTGOING_TYPES_DEFAULT,
  orderKeyOf,
  type Routable,
  type RoutedSubscription,
  route,
  webhookSink,
  whyNotFor,
} from '../../src/alerts/route.js';

const raised: Routable = {
  type: 'prepaid.alert.raised.v1',
  topic: 'prepaid.alerts',
  regionCode: '370702',
  level: 'orange',
};

function subscription(id: string, filter: Partial<RoutedSubscription> = {}): RoutedSubscription {
  return { id, types: ['prepaid.alert.raised.v1'], regionPrefix: '', levelMin: null, ...filter };
}

describe('route', () => {
  it('sends everything to Kafka when it is configured, whatever the subscriptions say', () => {
    expect(route({ type: 'prepaid.event.rejected.v1', topic: 'prepaid.rejected', regionCode: null }, [], true)).toEqual(
      ['kafka:prepaid.rejected'],
    );
    expect(route(raised, [subscription('a', { levelMin: 'red' })], true)).toEqual(['kafka:prepaid.alerts']);
  });

  it('names each subscription that matches once, and Kafka not when it is not configured', () => {
    const others = [
      subscription('a'),
      subscription('b', { regionPrefix: '3707' }),
      subscription('c', { types: ['x'] }),
    ];
    expect(route(raised, others, false)).toEqual(['webhook:a', 'webhook:b']);
  });
});

describe('whyNotFor', () => {
  it.each([
    ['its type', { types: ['prepaid.case.changed.v1'] }, raised, 'other_type'],
    ['another region', { regionPrefix: '3706' }, raised, 'other_region'],
    ['its own county', { regionPrefix: '370702' }, raised, null],
    [
      'a region longer than the message has',
      { regionPrefix: '370702' },
      { ...raised, regionCode: '3707' },
      'other_region',
    ],
    ['a message without region in a county', { regionPrefix: '37' }, { ...raised, regionCode: null }, 'other_region'],
    ['a message without region in the whole country', {}, { ...raised, regionCode: null }, null],
    ['a level below', { levelMin: 'red' }, raised, 'below_level'],
    ['the level itself', { levelMin: 'orange' }, raised, null],
    [
      'a fall from a level that was told',
      { levelMin: 'orange' },
      { ...raised, level: 'blue', previousLevel: 'red' },
      null,
    ],
    [
      'a change below the level',
      { levelMin: 'orange' },
      { ...raised, level: 'blue', previousLevel: 'yellow' },
      'below_level',
    ],
    ['no level against a lowest level', { levelMin: 'blue' }, { ...raised, level: null }, 'below_level'],
  ] as const)('judges %s', (_name, filter, message, reason) => {
    expect(whyNotFor(message, subscription('a', filter))).toBe(reason);
  });
});

describe('what goes out', () => {
  it('has a topic for alerts, cases, scores and refused inputs, each a sink of its own', () => {
    expect(KAFKA_SINKS).toEqual([
      'kafka:prepaid.alerts',
      'kafka:prepaid.cases',
      'kafka:prepaid.scores',
      'kafka:prepaid.rejected',
    ]);
    expect(KAFKA_SINKS.every(isKafka)).toBe(true);
    expect(isKafka(webhookSink('kafka:'))).toBe(false);
  });

  it('is of the six types of the contract, of which a subscription without types gets those about alerts', () => {
    const alerts = ['prepaid.alert.raised.v1', 'prepaid.alert.level_changed.v1', 'prepaid.alert.cleared.v1'];
    expect(OUTGOING_TYPES_DEFAULT).toEqual(alerts);
    expect([...OUTGOING_TYPES].sort()).toEqual(
      [...alerts, 'prepaid.case.changed.v1', 'prepaid.score.changed.v1', 'prepaid.event.rejected.v1'].sort(),
    );
  });

  it('passes a level filter from that level on, and without one in any case', () => {
    const levels = ['blue', 'yellow', 'orange', 'red', null] as const;
    const passes = (levelMin: RoutedSubscription['levelMin']) =>
      levels.filter((level) => whyNotFor({ ...raised, level }, subscription('a', { levelMin })) === null);
    expect(passes('yellow')).toEqual(['yellow', 'orange', 'red']);
    expect(passes('red')).toEqual(['red']);
    expect(passes(null)).toEqual([...levels]);
  });
});

describe('orderKeyOf', () => {
  it('keeps the messages of an institution in order, and rejected inputs in none', () => {
    expect(orderKeyOf({ type: 'prepaid.alert.cleared.v1', subject: 'X-370702-1' })).toBe('X-370702-1');
    expect(orderKeyOf({ type: 'prepaid.event.rejected.v1', subject: 'X-370702-1' })).toBeNull();
  });
});
