import { hash } from 'node:crypto';
import type { Us } from '../core/time.js';

/**
 * The audit chain of an institution: each accepted event's link is SHA-256 over the link before, its place, when it was
 * received, and the whole event, in hexadecimal digits. A changed, missing or added event gives another head. One call on one text: this runs for
 * every event.
 */
export function chainLink(previous: string, ordinal: number, receivedAt: Us, body: string): string {
  return hash('sha256', `${previous}\x1f${ordinal}\x1f${receivedAt}\x1f${body}`, 'hex');
}
