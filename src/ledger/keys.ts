import type { EventType } from '../events/event.js';
import { eventTypeNumber } from '../events/list.js';
import { joinKey } from './rows.js';

const REVERSAL = eventTypeNumber('event.reversed');

/** The key under which events of one type about one thing are found. */
export function typeKey(type: EventType | number, key: string): string {
  return joinKey(typeof type === 'number' ? type : eventTypeNumber(type), key);
}

/** The key under which the reversals of an event are found. */
export function reversalKey(source: string, id: string): string {
  return joinKey(REVERSAL, joinKey(source, id));
}
