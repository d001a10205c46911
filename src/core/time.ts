/**
 * Instants and days as numbers. `Us`: microseconds since 1970-01-01T00:00Z, as PostgreSQL keeps them; a safe integer until the year 2255.
 * `Day`: days since 1970-01-01 as a calendar day in Asia/Shanghai, which has been UTC+08:00 without summer time since 1992.
 */
export type Us = number;
export type Day = number;

export const US_PER_SECOND = 1_000_000;
export const US_PER_HOUR = 3_600 * US_PER_SECOND;
export const US_PER_DAY = 24 * US_PER_HOUR;
const SHANGHAI_OFFSET_US = 8 * US_PER_HOUR;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
/** The way in which nearly every sender writes a time. */
const USUAL_TIME = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\+08:00$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** RFC 3339 with offset → microseconds (finer digits are cut). Null when it is not one, or no real moment. */
export function parseTime(text: string): Us | null {
  const usual = parseUsualTime(text);
  if (usual !== undefined) return usual;
  const m = RFC3339.exec(text);
  if (!m) return null;
  const day = dayOfDate(Number(m[1]), Number(m[2]), Number(m[3]));
  const hour = Number(m[4]);
  const minute = Number(m[5]);
  const second = Number(m[6]);
  if (day === null || hour > 23 || minute > 59 || second > 60) return null;
  const offsetHour = Number(m[9] ?? 0);
  const offsetMinute = Number(m[10] ?? 0);
  if (offsetHour > 23 || offsetMinute > 59) return null;
  const offset = (offsetHour * 60 + offsetMinute) * 60 * (m[8] === '-' ? -1 : 1);
  const fraction = m[7] ? Number(m[7].padEnd(6, '0').slice(0, 6)) : 0;
  return day * US_PER_DAY + ((hour * 60 + minute) * 60 + second - offset) * US_PER_SECOND + fraction;
}

/** YYYY-MM-DD → day. Null when it is not a real day. */
export function parseDay(text: string): Day | null {
  return text.length === 10 && DATE.test(text)
    ? dayOfDate(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2))
    : null;
}

const dayTexts = new Map<Day, string>();

/** Day → "YYYY-MM-DD". */
export function formatDay(day: Day): string {
  let text = dayTexts.get(day);
  if (text === undefined) {
    text = new Date(day * 86_400_000).toISOString().slice(0, 10);
    if (dayTexts.size < DAY_TEXTS_MAX) dayTexts.set(day, text);
  }
  return text;
}
/** Two centuries of days: more would mean hostile dates, not history. */
const DAY_TEXTS_MAX = 75_000;

/** Microseconds → RFC 3339 in Shanghai time, with as many decimals as it needs. */
export function formatTime(us: Us): string {
  const local = us + SHANGHAI_OFFSET_US;
  const fraction = ((local % US_PER_SECOND) + US_PER_SECOND) % US_PER_SECOND;
  const seconds = new Date((local - fraction) / 1_000).toISOString().slice(0, 19);
  const decimals = fraction === 0 ? '' : `.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
  return `${seconds}${decimals}+08:00`;
}

/** The Shanghai calendar day in which the moment lies. */
export function dayOf(us: Us): Day {
  return Math.floor((us + SHANGHAI_OFFSET_US) / US_PER_DAY);
}

/** The first moment of the day (00:00 in Shanghai). */
export function startOfDay(day: Day): Us {
  return day * US_PER_DAY - SHANGHAI_OFFSET_US;
}

/** The same day of the month `months` later (or earlier), cut to the month's last day: 31 January + 1 = 28 or 29 February. */
export function addMonths(day: Day, months: number): Day {
  const date = new Date(day * 86_400_000);
  const total = date.getUTCFullYear() * 12 + date.getUTCMonth() + months;
  const year = Math.floor(total / 12);
  const month = total - year * 12;
  // Years 0 to 99 would be taken for 1900 to 1999; after 400 years the calendar repeats.
  const lastOfMonth = new Date(Date.UTC(year + 400, month + 1, 0)).getUTCDate();
  return Date.UTC(year + 400, month, Math.min(date.getUTCDate(), lastOfMonth)) / 86_400_000 - DAYS_OF_400_YEARS;
}
const DAYS_OF_400_YEARS = 146_097;

/** 1 = Monday … 7 = Sunday. */
export function weekday(day: Day): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

export function yearOf(day: Day): number {
  return new Date(day * 86_400_000).getUTCFullYear();
}

function dayOfDate(year: number, month: number, dayOfMonth: number): Day | null {
  if (year < 1 || month < 1 || month > 12 || dayOfMonth < 1) return null;
  const days =
    month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  if (dayOfMonth > days) return null;
  // Years from March to February, so that the leap day is the last of its year; no Date is made for every event.
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + dayOfMonth - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - DAYS_FROM_MARCH_0_TO_1970;
}
/** From 1 March of the year 0 to 1 January 1970. */
const DAYS_FROM_MARCH_0_TO_1970 = 719_468;

/** Undefined when the text is not of the usual form: it is still to be judged. Spares the pieces that the full pattern cuts. */
function parseUsualTime(text: string): Us | null | undefined {
  if (!USUAL_TIME.test(text)) return undefined;
  const day = dayOfDate(digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2));
  if (day === null) return null;
  const seconds = (digits(text, 11, 2) * 60 + digits(text, 14, 2)) * 60 + digits(text, 17, 2);
  return day * US_PER_DAY - SHANGHAI_OFFSET_US + seconds * US_PER_SECOND;
}

/** The number in `count` decimal digits; the caller has seen that they are digits. */
function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) value = value * 10 + text.charCodeAt(at) - DIGIT_ZERO;
  return value;
}
const DIGIT_ZERO = 48;

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}
