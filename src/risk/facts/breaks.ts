import { type Day, parseDay } from '../../core/time.js';
import type { InstitutionRows } from './rows.js';

interface Interval {
  from: Day;
  to: Day;
}

/** Declared breaks: days without lessons that are expected. Overlapping declarations are one break. */
export class BreakFacts {
  /** Apart from each other, ascending. */
  readonly intervals: readonly Readonly<Interval>[];

  constructor(rows: InstitutionRows) {
    const told = (rows.registers['break.declared'] ?? []).map(
      (row): Interval => ({ from: parseDay(row.data.from)!, to: parseDay(row.data.to)! }),
    );
    told.sort((a, b) => a.from - b.from || a.to - b.to);
    const merged: Interval[] = [];
    for (const interval of told) {
      const last = merged.at(-1);
      if (last !== undefined && interval.from <= last.to + 1) last.to = Math.max(last.to, interval.to);
      else merged.push({ ...interval });
    }
    this.intervals = merged;
  }

  /** Days of [from, to] inside a break. */
  daysIn(from: Day, to: Day): number {
    let days = 0;
    for (const interval of this.intervals) {
      const overlap = Math.min(interval.to, to) - Math.max(interval.from, from) + 1;
      if (overlap > 0) days += overlap;
    }
    return days;
  }

  /** Days of [from, to] outside breaks. */
  openDaysIn(from: Day, to: Day): number {
    return Math.max(0, to - from + 1 - this.daysIn(from, to));
  }

  /** The day on which the n-th open day after `day` is over: the day itself counts as none. */
  dayAfterOpenDays(day: Day, n: number): Day {
    let at = day + n;
    for (const interval of this.intervals) {
      if (interval.to <= day) continue;
      if (interval.from > at) break;
      at += interval.to - Math.max(interval.from, day + 1) + 1;
    }
    return at;
  }

  covers(day: Day): boolean {
    return this.daysIn(day, day) > 0;
  }

  /** The first day of the next term after `day`: the day after a break of at least `minDays`; null when none is declared. */
  nextTermStart(day: Day, minDays: number): Day | null {
    for (const interval of this.intervals) {
      if (interval.to + 1 > day && interval.to - interval.from + 1 >= minDays) return interval.to + 1;
    }
    return null;
  }

  /** Last day of the newest break that ended before `day`; null when there is none. */
  lastEndBefore(day: Day): Day | null {
    let end: Day | null = null;
    for (const interval of this.intervals) if (interval.to < day) end = interval.to;
    return end;
  }
}
