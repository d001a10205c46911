import pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { type Day, parseDay, US_PER_DAY, US_PER_SECOND, type Us } from '../core/time.js';

type Parse = (text: string) => unknown;

/**
 * How the project reads PostgreSQL values: int8 → number (must be a safe integer), numeric → bigint (must be whole),
 * timestamptz → `Us`, date → `Day`, and arrays of these; every other type as `pg` does. A value that does not fit throws
 * `books_broken` instead of losing digits.
 */
export function getTypeParser(oid: number, format?: 'text' | 'binary'): Parse {
  const own = format === 'binary' ? undefined : PARSERS.get(oid);
  return own ?? (pg.types.getTypeParser(oid, format) as Parse);
}

const OID = { int8: 20, date: 1082, timestamptz: 1184, numeric: 1700 } as const;
const ARRAY_OID = { int8: 1016, date: 1182, timestamptz: 1185, numeric: 1231 } as const;

const PARSERS = new Map<number, Parse>([
  [OID.int8, parseInt8],
  [OID.numeric, parseNumeric],
  [OID.timestamptz, parseTimestamptz],
  [OID.date, parseDate],
  [ARRAY_OID.int8, arrayOf(parseInt8)],
  [ARRAY_OID.numeric, arrayOf(parseNumeric)],
  [ARRAY_OID.timestamptz, arrayOf(parseTimestamptz)],
  [ARRAY_OID.date, arrayOf(parseDate)],
]);

function arrayOf(parse: Parse): Parse {
  const { create } = pg.types.arrayParser as unknown as {
    create(source: string, entry: Parse): { parse(): unknown[] };
  };
  return (text) => create(text, parse).parse();
}

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw unreadable(`The whole number ${text} is beyond 2^53; cast it to numeric.`);
  return value;
}

function parseNumeric(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw unreadable(`The numeric ${text} is not whole; cast it to text or float8.`);
  return BigInt(text);
}

function parseDate(text: string): Day {
  const day = parseDay(text);
  if (day === null) throw unreadable(`The date ${text} is outside the years 1 to 9999.`);
  return day;
}

const TIMESTAMPTZ =
  /^(\d{4}-\d{2}-\d{2}) (\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?([+-])(\d{2})(?::(\d{2}))?(?::(\d{2}))?$/;

/** As the pool writes times. */
export function parseTimestamptz(text: string): Us {
  return parseUtc(text) ?? parseAnyTimestamptz(text);
}

/** The pool's own form, `2026-01-23 15:50:00[.123456]+00` of this era, without a pattern: times are most of what is read. */
function parseUtc(text: string): Us | null {
  const { length } = text;
  if (length < 22 || length > 29 || text.charCodeAt(length - 3) !== PLUS || text.charCodeAt(4) !== DASH) return null;
  if (text.charCodeAt(length - 2) !== ZERO || text.charCodeAt(length - 1) !== ZERO) return null;
  const fraction = length - 23;
  if (length > 22 && (text.charCodeAt(19) !== DOT || fraction < 1)) return null;
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 7), digits(text, 8, 10)];
  const seconds = digits(text, 11, 13) * 3_600 + digits(text, 14, 16) * 60 + digits(text, 17, 19);
  const part = fraction > 0 ? digits(text, 20, 20 + fraction) * 10 ** (6 - fraction) : 0;
  const us = Date.UTC(year, month - 1, day) * 1_000 + seconds * US_PER_SECOND + part;
  return year >= FIRST_YEAR && Number.isSafeInteger(us) ? us : null;
}

const [PLUS, DASH, DOT, ZERO] = [43, 45, 46, 48];
/** Well within what a number of microseconds holds, and `Date.UTC` takes it as it is. */
const FIRST_YEAR = 1_700;

/** NaN unless all are digits. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

function parseAnyTimestamptz(text: string): Us {
  const m = TIMESTAMPTZ.exec(text);
  const day = m && parseDay(m[1]!);
  if (!m || day === null) throw unreadable(`The time ${text} is outside the years 1 to 9999.`);
  const clock = Number(m[2]) * 3_600 + Number(m[3]) * 60 + Number(m[4]);
  const offset = (Number(m[7]) * 3_600 + Number(m[8] ?? 0) * 60 + Number(m[9] ?? 0)) * (m[6] === '-' ? -1 : 1);
  const us = day * US_PER_DAY + (clock - offset) * US_PER_SECOND + Number((m[5] ?? '').padEnd(6, '0'));
  if (!Number.isSafeInteger(us)) throw unreadable(`The time ${text} is outside the years 1684 to 2255.`);
  return us;
}

function unreadable(detail: string): FeewardenError {
  return new FeewardenError('books_broken', detail);
}
