import type { RejectedEvent } from '../ledger/rejected.js';

/** Where something that was refused came from, in a few words. */
export function placeOf({
  file,
  line,
  topic,
  partition,
  offset,
  statement,
  key,
  request,
  index,
}: RejectedEvent['origin']): string {
  if (file !== undefined) return `${file}:${line}`;
  if (topic !== undefined) return `${topic}/${partition}/${offset}`;
  // What a newer version of a statement leaves out is taken back by no record of its own.
  if (statement !== undefined) return `bank statement no. ${statement}`;
  return `HTTP, key ${key}, request ${request}, event ${index}`;
}
