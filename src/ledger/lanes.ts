import type { BatchResult, Input, InputOutcome } from './apply.js';
import { type IntakeDeps, take } from './intake.js';
import { joinKey } from './rows.js';

/** Transactions that one batch may be split into: while the database works for one, this process works for another (measured: more gain nothing). */
export const LANES = 3;
export const ALL_LANES: readonly number[] = Array.from({ length: LANES }, (_, lane) => lane);
/** A smaller batch is one transaction: splitting it would cost more than it gains (our default). */
export const SPLIT_INPUTS_MIN = 1_000;

/** Inputs of one transaction. */
export interface Part<I extends Input> {
  readonly inputs: I[];
  /** Their places in the batch. */
  readonly places: number[];
  /** All inputs of these lanes are in this part. */
  readonly lanes: readonly number[];
}

/** Lanes by the identities of events (source and id) that their inputs have or reverse. */
export type Uses = ReadonlyMap<string, number>;

export const NO_USES: Uses = new Map();

/**
 * Splits a batch so that its parts can be booked at the same time with the result of booking them in their order. Institutions do
 * not depend on each other but through identities: where an identity of one lane is used in another, the batch stays whole. `before`:
 * what the batch before uses that may still be being booked.
 */
export function splitIntoLanes<I extends Input>(
  inputs: readonly I[],
  before: Uses = NO_USES,
): { readonly parts: Part<I>[]; readonly uses: Uses } {
  const whole = { inputs: [...inputs], places: inputs.map((_, place) => place), lanes: ALL_LANES };
  const uses = inputs.length < SPLIT_INPUTS_MIN ? null : usesOf(inputs, before);
  // All lanes wait for a whole one: it leaves nothing to look at.
  if (uses === null) return { parts: [whole], uses: NO_USES };
  const parts = ALL_LANES.map((lane): Part<I> => ({ inputs: [], places: [], lanes: [lane] }));
  inputs.forEach((input, place) => {
    const part = parts[laneOf(input)]!;
    part.inputs.push(input);
    part.places.push(place);
  });
  return parts.every((part) => part.inputs.length > 0) ? { parts, uses } : { parts: [whole], uses: NO_USES };
}

/** The same for the same bytes, in every run. What is no event goes with the first lane. */
export function laneOf({ decoded }: Input): number {
  return decoded.ok ? laneOfSubject(decoded.event.subject) : 0;
}

/** Books a batch in its lanes; what one lane commits stays when another fails. */
export async function takeInLanes(deps: IntakeDeps, inputs: readonly Input[]): Promise<BatchResult> {
  const { parts } = splitIntoLanes(inputs);
  const results = await allOrFirstError(parts.map((part) => take(deps, part.inputs)));
  const outcomes: InputOutcome[] = new Array(inputs.length);
  parts.forEach(({ places }, at) => {
    places.forEach((place, own) => {
      outcomes[place] = results[at]!.outcomes[own]!;
    });
  });
  return { outcomes, newlyRejected: results.flatMap((result) => result.newlyRejected) };
}

/** Waits for all, so that nothing is at work any more when the first error is thrown. */
export async function allOrFirstError<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** Null when an identity is used in two lanes. */
function usesOf(inputs: readonly Input[], before: Uses): Uses | null {
  const uses = new Map<string, number>();
  for (const { decoded } of inputs) {
    if (!decoded.ok) continue;
    const { event } = decoded;
    const lane = laneOfSubject(event.subject);
    for (const { source, id } of event.type === 'event.reversed' ? [event, event.data.reverses] : [event]) {
      const key = joinKey(source, id);
      if ((uses.get(key) ?? before.get(key) ?? lane) !== lane) return null;
      uses.set(key, lane);
    }
  }
  return uses;
}

function laneOfSubject(subject: string): number {
  let sum = 0;
  for (let at = 0; at < subject.length; at += 1) sum = (sum * MULTIPLIER + subject.charCodeAt(at)) | 0;
  return (sum >>> MIXED_BITS) % LANES;
}

/** Of the usual string hash; its lower bits alone would follow the check digit. */
const MULTIPLIER = 31;
const MIXED_BITS = 7;
