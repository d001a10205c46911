import type { z } from 'zod';
import type { EventData, EventType } from './event.js';

/** What the contract says of one type. */
export interface EventDefinition<T extends EventType = EventType> {
  readonly type: T;
  /** Stored in the database instead of the name: never changed, never reused. */
  readonly number: number;
  readonly schema: z.ZodType<EventData[T]>;
  readonly example: EventExample<T>;
}

/** A realistic event; the examples of all types together are one short history of one institution. */
export interface EventExample<T extends EventType = EventType> {
  readonly source: string;
  /** RFC 3339 */
  readonly time: string;
  readonly data: EventData[T];
}

/** Checks at compile time that number, schema and example belong to the type. */
export function define<T extends EventType>(definition: EventDefinition<T>): EventDefinition<T> {
  return definition;
}
