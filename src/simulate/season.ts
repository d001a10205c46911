import type { Calendar } from '../core/calendar.js';
import { addMonths, type Day, formatDay, parseDay, weekday, yearOf } from '../core/time.js';

/** A span of days, both included. */
export interface Span {
  readonly from: Day;
  readonly to: Day;
}

/** A public holiday of several days, or a school vacation. */
export interface Rest extends Span {
  readonly name: string;
  readonly kind: 'spring_festival' | 'holiday' | 'winter' | 'summer';
}

/**
 * The school year of a city: public holidays as published, the two vacations around them, and how strongly parents enrol and
 * sit at each time of it. The strengths are ours: two peaks before the terms, two slow seasons before the examinations.
 */
export class Season {
  readonly rests: readonly Rest[];

  constructor(
    private readonly calendar: Calendar,
    span: Span,
  ) {
    this.rests = [...holidaysOf(calendar, span), ...vacationsOf(calendar, span)].sort((a, b) => a.from - b.from);
  }

  /** False on weekends and public holidays. */
  isWorkingDay(day: Day): boolean {
    return this.calendar.isWorkingDay(day) === true;
  }

  workingDaysAfter(day: Day, n: number): Day {
    return this.calendar.addWorkingDays(day, n);
  }

  nextWorkingDay(day: Day): Day {
    return this.calendar.nextWorkingDayOnOrAfter(day);
  }

  /** On a public holiday of several days nobody teaches. */
  isHoliday(day: Day): boolean {
    return this.rests.some((rest) => isPublic(rest) && rest.from <= day && day <= rest.to);
  }

  isVacation(day: Day): boolean {
    return this.rests.some((rest) => !isPublic(rest) && rest.from <= day && day <= rest.to);
  }

  /** How many new families come, against an even year. */
  enrolment(day: Day): number {
    const toTerm = daysToTerm(day, this.rests);
    if (toTerm >= -10 && toTerm <= 21) return 2.2;
    return isExamTime(day) ? 0.6 : 0.85;
  }

  /** Families that come for a trial or a short course in a vacation. */
  attendance(day: Day): number {
    return this.isVacation(day) ? 0.9 : isExamTime(day) ? 0.93 : 0.96;
  }
}

export function isPublic(rest: Rest): boolean {
  return rest.kind === 'spring_festival' || rest.kind === 'holiday';
}

/** Runs of four or more days without work. */
function holidaysOf(calendar: Calendar, { from, to }: Span): Rest[] {
  const found: Rest[] = [];
  let start: Day | null = null;
  for (let day = from - HOLIDAY_DAYS_MAX; day <= to + HOLIDAY_DAYS_MAX; day += 1) {
    if (calendar.isWorkingDay(day) === false) start ??= day;
    else {
      if (start !== null && day - start >= HOLIDAY_DAYS_MIN) found.push(nameOf({ from: start, to: day - 1 }));
      start = null;
    }
  }
  return found;
}
const HOLIDAY_DAYS_MIN = 4;
const HOLIDAY_DAYS_MAX = 40;

function nameOf(span: Span): Rest {
  const month = Number(formatDay(span.from).slice(5, 7));
  if (month <= 2 && span.to - span.from >= 5) return { ...span, name: '春节', kind: 'spring_festival' };
  return { ...span, name: month === 5 || month === 4 ? '劳动节' : month >= 9 ? '国庆节' : '假期', kind: 'holiday' };
}

/** Winter vacation around the Spring Festival, summer vacation in July and August, with the usual dates of the province. */
function vacationsOf(calendar: Calendar, span: Span): Rest[] {
  const found: Rest[] = [];
  for (let year = yearOf(span.from); year <= yearOf(span.to); year += 1) {
    const summer = { from: parseDay(`${year}-07-08`)!, to: parseDay(`${year}-08-31`)! };
    found.push({ ...summer, name: '暑假', kind: 'summer' });
    const wholeYear = { from: parseDay(`${year}-01-10`)!, to: parseDay(`${year}-03-10`)! };
    const festival = holidaysOf(calendar, wholeYear).find((rest) => rest.kind === 'spring_festival');
    if (festival) found.push({ from: festival.from - 14, to: festival.to + 9, name: '寒假', kind: 'winter' });
  }
  return found;
}

/** Days until the next term begins, negative shortly after its begin; far away when none is near. */
function daysToTerm(day: Day, rests: readonly Rest[]): number {
  let nearest = Number.POSITIVE_INFINITY;
  for (const { kind, to } of rests) {
    if (kind !== 'winter' && kind !== 'summer') continue;
    const days = to + 1 - day;
    if (days >= -10 && days < nearest) nearest = days;
  }
  return nearest;
}

/** The weeks before the examinations of January and of June. */
function isExamTime(day: Day): boolean {
  const monthDay = formatDay(day).slice(5);
  return (monthDay >= '01-02' && monthDay <= '01-18') || (monthDay >= '06-10' && monthDay <= '07-05');
}

export function isWeekend(day: Day): boolean {
  return weekday(day) >= 6;
}

/** The last day of a charge of three months that begins on `day`. */
export function threeMonthsFrom(day: Day): Day {
  return addMonths(day, 3) - 1;
}
