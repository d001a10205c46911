import { createHash } from 'node:crypto';
import type { Us } from '../core/time.js';

/**
 * The audit chain of an institution: each accepted event's link is SHA-256 over the link before, its place, when it was
 * received, and the whole event. A changed, missing or added event gives another head.
 */
export function chainLink(previous: Buffer, ordinal: number, receivedAt: Us, body: string): Buffer {
  return createHash('sha256').update(previous).update(`${ordinal}\x1f${receivedAt}\x1f`).update(body).digest();
}
