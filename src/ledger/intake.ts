import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import type { Us } from '../core/time.js';
import { type Decoded, type DecodeLimits, decodeText } from '../events/decode.js';
import { type ApplyOptions, applyBatch, type BatchResult, type Input, type Origin } from './apply.js';

/** Counts of a run, as `feewarden ingest --json` prints them. */
export interface IntakeCounts {
  read: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  byCode: Record<string, number>;
}

export function noCounts(): IntakeCounts {
  return { read: 0, accepted: 0, duplicates: 0, rejected: 0, byCode: {} };
}

export function addCounts(counts: IntakeCounts, result: Pick<BatchResult, 'outcomes'>): void {
  for (const outcome of result.outcomes) {
    counts.read += 1;
    if (outcome.kind === 'accepted') counts.accepted += 1;
    else if (outcome.kind === 'duplicate') counts.duplicates += 1;
    else {
      counts.rejected += 1;
      counts.byCode[outcome.rejection.code] = (counts.byCode[outcome.rejection.code] ?? 0) + 1;
    }
  }
}

/** What every source needs to hand inputs to the books. */
export interface IntakeDeps {
  readonly pool: pg.Pool;
  readonly calendar: Calendar;
  readonly clock: () => Us;
  readonly limits: Omit<DecodeLimits, 'receivedAt'>;
  /** Runs in the transaction of every batch (see `ApplyOptions`). */
  readonly alongside?: ApplyOptions['alongside'];
}

/** Bytes of one event, as they came, → an input: an event, or the reason why it is none. */
export function decodeInput(
  bytes: Buffer,
  origin: Origin,
  limits: Omit<DecodeLimits, 'receivedAt'>,
  receivedAt: Us,
): Input {
  return { bytes, origin, decoded: decode(bytes, limits, receivedAt) };
}

export function decode(bytes: Buffer, limits: Omit<DecodeLimits, 'receivedAt'>, receivedAt: Us): Decoded {
  return decodeText(bytes, { ...limits, receivedAt });
}

/** Applies one batch; with `also`, more work commits in the same transaction. */
export function take(
  deps: IntakeDeps,
  inputs: readonly Input[],
  also?: ApplyOptions['alongside'],
): Promise<BatchResult> {
  return applyBatch(deps.pool, inputs, {
    receivedAt: deps.clock(),
    calendar: deps.calendar,
    alongside: async (client, result) => {
      await deps.alongside?.(client, result);
      await also?.(client, result);
    },
  });
}
