import { type Day, dayOf, startOfDay, type Us } from '../../core/time.js';
import type { FactSheet } from './fact-sheet.js';

export interface Mean {
  readonly sum: number;
  /** Days the sum was taken over: fewer than asked for when the history is shorter; at least 1. */
  readonly days: number;
  readonly perWeekHundredths: number;
}

/** Sum and mean week of the weeks before the last seven days, as far back as the history goes. */
export function weeklyMean(sheet: FactSheet, weeks: number, count: (from: Day, to: Day) => number): Mean {
  const days = Math.max(1, Math.min(weeks * 7, sheet.historyDays - 6));
  const sum = count(sheet.today - 6 - days, sheet.today - 7);
  return { sum, days, perWeekHundredths: Math.round((sum * 700) / days) };
}

/** The least count of seven days that is so many hundredths of the mean week. */
export function timesMean({ sum, days }: Mean, hundredths: number): number {
  return Math.ceil((sum * 7 * hundredths) / (days * 100));
}

/** When what happened at `at` is no longer one of the last `days` days. */
export function leavesAt(at: Us, days: number): Us {
  return startOfDay(dayOf(at) + days);
}

/** The middle value, of two the mean, in hundredths; null of nothing. Of whole numbers. */
export function medianHundredths(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! * 100 : (sorted[middle - 1]! + sorted[middle]!) * 50;
}

/** The rows of [from, to]; `rows` ascend by `timeOf`. The rows themselves when all of them are in it. */
export function within<T>(rows: readonly T[], timeOf: (row: T) => Us, from: Us, to: Us): readonly T[] {
  let first = 0;
  while (first < rows.length && timeOf(rows[first]!) < from) first += 1;
  let end = rows.length;
  while (end > first && timeOf(rows[end - 1]!) > to) end -= 1;
  return first === 0 && end === rows.length ? rows : rows.slice(first, end);
}
