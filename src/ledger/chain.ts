import { hash } from 'node:crypto';
import type { Us } from '../core/time.js';

/**
 * The audit chain of an institution: each accepted event's link is SHA-256 over the link before, its place, when it was
 * received, and the whole event. A changed, missing or added event gives another head. One call on one text: this runs for
 * every event.
 */
export function chainLink(previous: Buffer, ordinal: number, receivedAt: Us, body: string): Buffer {
  return hash('sha256', `${previous.toString('hex')}\x1f${ordinal}\x1f${receivedAt}\x1f${body}`, 'buffer');
}
