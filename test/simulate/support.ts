import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseDay } from '../../src/core/time.js';
import { DISORDERS } from '../../src/simulate/disorder.js';
import { History, type HistoryOptions } from '../../src/simulate/history.js';
import type { Label } from '../../src/simulate/labels.js';

export interface Simulated {
  readonly lines: readonly string[];
  readonly labels: readonly Label[];
  readonly history: History;
}

/** A small city, small enough for a unit test. */
export function simulated(options: Partial<HistoryOptions> = {}): Simulated {
  const history = new History({
    seed: 7,
    institutions: 24,
    days: 110,
    firstDay: parseDay('2025-01-06')!,
    medianLearners: 12,
    failingShare: 0.3,
    violatingShare: 0.3,
    disorder: DISORDERS.usual,
    calendar: CHINA_CALENDAR,
    ...options,
  });
  const lines: string[] = [];
  for (const { lines: today } of history.days()) for (const line of today) lines.push(line);
  return { lines, labels: history.labels(), history };
}

export interface Line {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly recordedtime?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The lines that are no broken copies, each once. */
export function eventsOf(lines: readonly string[]): Line[] {
  const seen = new Set<string>();
  return lines
    .filter((line) => !line.includes('"id":"bad-'))
    .filter((line) => !seen.has(line) && seen.add(line))
    .map((line) => JSON.parse(line) as Line);
}
