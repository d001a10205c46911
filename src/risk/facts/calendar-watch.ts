import type { Calendar } from '../../core/calendar.js';
import type { Day } from '../../core/time.js';
import { type RestRun, restRunsOf } from './rest-runs.js';

/** A calendar that remembers for which years without data it was asked: an answer that rests on a guess must say so. */
export class CalendarWatch implements Calendar {
  readonly version: string;
  readonly firstDay: Day;
  readonly lastDay: Day;
  private guessedFrom = Number.POSITIVE_INFINITY;
  private guessedTo = Number.NEGATIVE_INFINITY;

  constructor(private readonly calendar: Calendar) {
    this.version = calendar.version;
    this.firstDay = calendar.firstDay;
    this.lastDay = calendar.lastDay;
  }

  /** Years without data that some answer rested on, ascending. */
  get guessedYears(): readonly number[] {
    if (this.guessedTo < this.guessedFrom) return [];
    return this.calendar.missingYears(this.guessedFrom, this.guessedTo);
  }

  isWorkingDay(day: Day): boolean | null {
    this.note(day);
    return this.calendar.isWorkingDay(day);
  }

  addWorkingDays(day: Day, n: number): Day {
    this.note(day);
    const result = this.calendar.addWorkingDays(day, n);
    this.note(result);
    return result;
  }

  workingDaysBetween(a: Day, b: Day): number {
    this.note(a);
    this.note(b);
    return this.calendar.workingDaysBetween(a, b);
  }

  nextWorkingDayOnOrAfter(day: Day): Day {
    this.note(day);
    const result = this.calendar.nextWorkingDayOnOrAfter(day);
    this.note(result);
    return result;
  }

  /** The runs of `REST_RUN_DAYS` rest days and more that touch [from, to], whole, ascending. */
  restRuns(from: Day, to: Day): readonly RestRun[] {
    this.note(from);
    this.nextWorkingDayOnOrAfter(to);
    return restRunsOf(this.calendar).filter((run) => run.to >= from && run.from <= to);
  }

  missingYears(a: Day, b: Day): readonly number[] {
    return this.calendar.missingYears(a, b);
  }

  private note(day: Day): void {
    if (day >= this.firstDay && day <= this.lastDay) return;
    if (day < this.guessedFrom) this.guessedFrom = day;
    if (day > this.guessedTo) this.guessedTo = day;
  }
}
