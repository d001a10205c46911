import { type DecodeLimits, decodeText, decodeValue, type Rejection } from '../../src/events/decode.js';
import type { AnyEvent, EventType } from '../../src/events/event.js';
import { EVENT_TYPES } from '../../src/events/list.js';

export const LIMITS: DecodeLimits = { bytesMax: 262_144, depthMax: 32, receivedAt: null };

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonRecord = { [key: string]: Json };

/** A copy of the type's example, to be changed at will. */
export function exampleOf(type: EventType, data: JsonRecord = {}, attributes: JsonRecord = {}): JsonRecord {
  const listed = EVENT_TYPES.find((entry) => entry.type === type);
  if (!listed) throw new Error(`no such type: ${type}`);
  const event = structuredClone(listed.example) as unknown as JsonRecord;
  return { ...event, ...attributes, data: { ...(event.data as JsonRecord), ...data } };
}

/** The event, from both ways in; fails when they do not agree. */
export function accepted(value: unknown, limits = LIMITS): AnyEvent {
  const decoded = decodeText(JSON.stringify(value), limits);
  if (!decoded.ok) throw new Error(`refused: ${decoded.rejection.code} ${decoded.rejection.message}`);
  const again = decodeValue(value, limits);
  if (!again.ok || again.event.body !== decoded.event.body) throw new Error('decodeValue disagrees with decodeText');
  return decoded.event;
}

/** The refusal, from both ways in; fails when they do not agree. */
export function refused(value: unknown, limits = LIMITS): Rejection {
  const decoded = decodeText(JSON.stringify(value), limits);
  if (decoded.ok) throw new Error('accepted');
  const again = decodeValue(value, limits);
  if (again.ok || JSON.stringify(again.rejection) !== JSON.stringify(decoded.rejection)) {
    throw new Error('decodeValue disagrees with decodeText');
  }
  return decoded.rejection;
}

export function hashOf(value: unknown): string {
  return accepted(value).contentHash.toString('hex');
}

/** The same value with null properties added and keys in another order, at every depth, decided by `choose(0 … n−1)`. */
export function disguised(value: Json, choose: (n: number) => number): Json {
  if (Array.isArray(value)) return value.map((item) => disguised(item, choose));
  if (typeof value !== 'object' || value === null) return value;
  const entries: [string, Json][] = Object.entries(value).map(([key, inner]) => [key, disguised(inner, choose)]);
  if (choose(2) === 1) entries.push([`absent${choose(9)}`, null]);
  for (let i = entries.length - 1; i > 0; i--) {
    const j = choose(i + 1);
    [entries[i], entries[j]] = [entries[j]!, entries[i]!];
  }
  return Object.fromEntries(entries);
}
