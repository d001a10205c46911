import type { Us } from '../core/time.js';
import { US_PER_SECOND } from '../core/time.js';
import type { EventType } from '../events/event.js';
import { eventTypeNumber } from '../events/list.js';

/**
 * Everyday events, most of the stream: by themselves they raise nothing at once (a lesson given, a confirmation, a balance).
 * Their institutions are evaluated a little later, several events together, so that the urgent ones are not kept waiting.
 */
const CALM_TYPES: readonly EventType[] = [
  'lesson.scheduled',
  'lesson.cancelled',
  'lesson.delivered',
  'lesson.confirm_requested',
  'lesson.confirmed',
  'lesson.disputed',
  'custody.balance_reported',
];
const CALM = new Set(CALM_TYPES.map(eventTypeNumber));

/** Our default: how long an evaluation may gather calm events, so that the score is less than two seconds behind them all the same. */
export const CALM_DELAY_US = US_PER_SECOND;

/** When an institution is due after these events: at once, unless all of them are calm. */
export function dueAfter(types: Iterable<number>, now: Us): Us {
  for (const type of types) if (!CALM.has(type)) return now;
  return now + CALM_DELAY_US;
}
