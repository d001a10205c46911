/**
 * Who is told what. Pure. The root always matches: with Kafka configured every message goes to its topic, whatever the
 * subscriptions say, so that nothing can fall between two filters.
 */

export const ALERT_LEVELS = ['blue', 'yellow', 'orange', 'red'] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

export const OUTGOING_TYPES = [
  'prepaid.alert.raised.v1',
  'prepaid.alert.level_changed.v1',
  'prepaid.alert.cleared.v1',
  'prepaid.case.changed.v1',
  'prepaid.score.changed.v1',
  'prepaid.event.rejected.v1',
] as const;
export type OutgoingType = (typeof OUTGOING_TYPES)[number];

/** What a subscription gets when it names no types. */
export const OUTGOING_TYPES_DEFAULT: readonly OutgoingType[] = OUTGOING_TYPES.slice(0, 3);

export const OUTGOING_TOPICS = ['prepaid.alerts', 'prepaid.cases', 'prepaid.scores', 'prepaid.rejected'] as const;
export type OutgoingTopic = (typeof OUTGOING_TOPICS)[number];

/** What routing looks at; an `OutgoingMessage` has all of it. */
export interface Routable {
  readonly type: string;
  readonly topic: OutgoingTopic;
  readonly regionCode: string | null;
  readonly level?: AlertLevel | null | undefined;
  readonly previousLevel?: AlertLevel | null | undefined;
}

/** A subscription's filter. An empty `regionPrefix` is the whole country; `levelMin` null is every level, and none. */
export interface SubscriptionFilter {
  readonly types: readonly string[];
  readonly regionPrefix: string;
  readonly levelMin: AlertLevel | null;
}

export interface RoutedSubscription extends SubscriptionFilter {
  readonly id: string;
}

/** The name under which a delivery is kept. */
export type SinkName = `kafka:${OutgoingTopic}` | `webhook:${string}`;

/** One for each topic, so that a topic that takes nothing holds up no other. */
export const KAFKA_SINKS: readonly SinkName[] = OUTGOING_TOPICS.map(kafkaSink);

export function kafkaSink(topic: OutgoingTopic): SinkName {
  return `kafka:${topic}`;
}

export function isKafka(sink: SinkName): boolean {
  return sink.startsWith('kafka:');
}

export function webhookSink(subscriptionId: string): SinkName {
  return `webhook:${subscriptionId}`;
}

/**
 * What must reach a receiver one after the other: the messages of one institution, so that "cleared" never overtakes
 * "raised". Rejected inputs say nothing about each other, and a bad file has a million of them.
 */
export function orderKeyOf(message: { readonly type: string; readonly subject: string | null }): string | null {
  return message.type === 'prepaid.event.rejected.v1' ? null : message.subject;
}

export function route(
  message: Routable,
  subscriptions: readonly RoutedSubscription[],
  kafkaEnabled: boolean,
): SinkName[] {
  const sinks: SinkName[] = kafkaEnabled ? [kafkaSink(message.topic)] : [];
  for (const subscription of subscriptions) {
    if (whyNotFor(message, subscription) === null) sinks.push(webhookSink(subscription.id));
  }
  return sinks;
}

export type NotRoutedReason = 'other_type' | 'other_region' | 'below_level';

/**
 * Null when the subscription is to be told, else the first reason why not. A message without a region reaches only those
 * who watch the whole country: it must not leak into a county by accident. A level filter looks at the level before the
 * change as well, so that who was told of a red alert is told when it falls to blue.
 */
export function whyNotFor(message: Omit<Routable, 'topic'>, filter: SubscriptionFilter): NotRoutedReason | null {
  if (!filter.types.includes(message.type)) return 'other_type';
  if (filter.regionPrefix !== '' && !message.regionCode?.startsWith(filter.regionPrefix)) return 'other_region';
  if (filter.levelMin !== null) {
    const highest = Math.max(rankOf(message.level), rankOf(message.previousLevel));
    if (highest < rankOf(filter.levelMin)) return 'below_level';
  }
  return null;
}

/** Blue 0 … red 3; no level is below every level. */
function rankOf(level: AlertLevel | null | undefined): number {
  return level == null ? -1 : ALERT_LEVELS.indexOf(level);
}
