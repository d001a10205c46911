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

function parseTimestamptz(text: string): Us {
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
