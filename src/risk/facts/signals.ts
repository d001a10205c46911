import { type Day, dayOf, parseDay } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import type { FactSheet } from './fact-sheet.js';
import type { RegisterRow } from './rows.js';

export type SignalKind = EventData['external.signal']['kind'];

export interface SignalFacts {
  readonly row: RegisterRow<'external.signal'>;
  readonly kind: SignalKind;
  /** `since` as told, else the day of the event. */
  readonly since: Day;
  readonly days: number;
}

/** Signals of the kinds that hold now: told, and not cleared on or before today. Newest first. */
export function openSignals(sheet: FactSheet, kinds: readonly SignalKind[]): readonly SignalFacts[] {
  const found: SignalFacts[] = [];
  for (const row of sheet.rows.registers['external.signal'] ?? []) {
    if (!kinds.includes(row.data.kind) || row.at > sheet.now) continue;
    const clearedOn = row.data.clearedOn === undefined ? null : parseDay(row.data.clearedOn);
    if (clearedOn !== null && clearedOn <= sheet.today) continue;
    const since = row.data.since === undefined ? dayOf(row.at) : parseDay(row.data.since)!;
    found.push({ row, kind: row.data.kind, since, days: sheet.today - since });
  }
  return found.reverse();
}

/** The day a signal stops to hold by its own date; null when none is told. */
export function clearsOn(signal: SignalFacts): Day | null {
  return signal.row.data.clearedOn === undefined ? null : parseDay(signal.row.data.clearedOn);
}
