import { z } from 'zod';
import { ALERT_LEVELS } from '../alerts/route.js';
import { ERRORS, type ErrorCode } from '../core/errors.js';
import { formatTime, parseDay, parseTime, type Us } from '../core/time.js';
import { PROBLEM_MEDIA_TYPE } from './problem.js';

/**
 * Pieces from which the routes' schemas are made. Answers are written without transforms: the schema is what is sent. Text from a
 * request never holds control characters: PostgreSQL text cannot hold all of them.
 */

export const PAGE_LIMIT_MAX = 500;
const PAGE_LIMIT_DEFAULT = 100;

/** A sum of money in an answer. */
export const fen = () => z.bigint().meta({ description: 'Integer fen (CNY); may be beyond 2^53.' });
/** A count or number that stays below 2^53. */
export const integer = (description: string) => z.int().meta({ description });
export const instant = (description: string) => z.string().meta({ description, format: 'date-time' });
export const day = (description: string) => z.string().meta({ description, format: 'date' });
export const institutionId = z.string().meta({
  description: 'Unified social credit code, or X-<6-digit region>-<digits>.',
  examples: ['91370702MA3EXAMP07'],
});
/** JSON that is handed on as it was stored. */
export const anyObject = (description: string) => z.record(z.string(), z.unknown()).meta({ description });

export const LEVEL_FILTER = ['none', ...ALERT_LEVELS] as const;
export const alertLevel = z.enum(ALERT_LEVELS);
export const anyLevel = z.enum(LEVEL_FILTER);

export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'URN of the code.' }),
    title: z.string().meta({ description: 'The sentence that belongs to the code.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What is wrong with this request.' }),
    code: z
      .enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]])
      .meta({ description: 'Stable: programs compare this.' }),
    instance: z.string().meta({ description: 'Path of the request.' }),
    path: z.string().optional().meta({ description: 'Which field is wrong.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

// Text in any language.
export const PRINTABLE = /^[^\p{Cc}\p{Surrogate}]*$/u;

export function text(charactersMax: number, description: string) {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .regex(PRINTABLE, 'must not contain control characters')
    .meta({ description });
}

export const cursorParam = z
  .string()
  .max(1_024)
  .optional()
  .meta({ description: '`nextCursor` of the page before, with the same filters.' });

export const limitParam = z.coerce
  .number()
  .int()
  .min(1)
  .max(PAGE_LIMIT_MAX)
  .default(PAGE_LIMIT_DEFAULT)
  .meta({ description: `Rows of a page, at most ${PAGE_LIMIT_MAX}.` });

export const paging = { limit: limitParam, cursor: cursorParam };

/** Of lists that are small enough to be answered whole: whoever does not ask for pages gets none. */
export const pagingOfSmall = {
  limit: limitParam
    .unwrap()
    .optional()
    .meta({ description: `Rows of a page, at most ${PAGE_LIMIT_MAX}; all of them when absent.` }),
  cursor: cursorParam,
};

export const timeParam = (description: string) =>
  z
    .string()
    .max(64)
    .refine((value) => readTime(value) !== null, 'must be an RFC 3339 time with an offset')
    .optional()
    .meta({ description, format: 'date-time' });

export const dayParam = (description: string) =>
  z
    .string()
    .max(10)
    .refine(
      (value) => parseDay(value) !== null && readTime(`${value}T00:00:00+08:00`) !== null,
      'must be a day, YYYY-MM-DD, of the years 1685 to 2255',
    )
    .optional()
    .meta({ description, format: 'date' });

export const regionParam = z
  .string()
  .regex(/^\d{1,6}$/, 'must be the first 1 to 6 digits of a region code')
  .optional()
  .meta({ description: 'Region code or its first digits: 3707 and 370700 are the city, 370702 a county.' });

export const institutionParams = z.strictObject({ id: text(128, 'Institution id.') });

/** RFC 3339 of the years 1685 to 2255 → `Us`. A "+" that a client did not escape arrives as a space. */
export function readTime(value: string): Us | null {
  const us = parseTime(value.replace(' ', '+'));
  return us !== null && Number.isSafeInteger(us) ? us : null;
}

/** For a parameter that `timeParam` has accepted. */
export function timeOf(value: string | undefined): Us | null {
  return value === undefined ? null : readTime(value);
}

export function timeText(us: Us | null): string | null {
  return us === null ? null : formatTime(us);
}

const nextCursor = z.string().nullable().meta({ description: 'Null on the last page.' });

export function pageOf<S extends z.ZodType>(item: S) {
  return z.object({ items: z.array(item), nextCursor });
}

export function pageWithTotalOf<S extends z.ZodType>(item: S) {
  const description = 'Rows that fit the filters, on the first page only; null beyond 10,000.';
  return z.object({ items: z.array(item), nextCursor, total: z.int().nullable().meta({ description }) });
}

/** Codes that every route with a key can answer. */
const ALWAYS: readonly ErrorCode[] = ['unauthorized', 'forbidden', 'too_many_requests', 'database_busy', 'internal'];

/** The answers of a route: its success, and problems by status with the codes they carry. */
export function answers<S extends z.ZodType>(
  status: 200 | 201,
  description: string,
  schema: S,
  codes: readonly ErrorCode[],
): { [K in 200 | 201]: { description: string; content: { 'application/json': { schema: S } } } } {
  const success = { [status]: { description, content: { 'application/json': { schema } } } };
  return { ...success, ...problems([...codes, ...ALWAYS]) } as never;
}

/** For routes that answer without content. */
export function noContent(description: string, codes: readonly ErrorCode[]) {
  return { 204: z.undefined().meta({ description }), ...problems([...codes, ...ALWAYS]) };
}

export function problems(codes: readonly ErrorCode[]) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes))
    byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      { description: `Codes: ${list.join(', ')}.`, content: { [PROBLEM_MEDIA_TYPE]: { schema: problemSchema } } },
    ]),
  );
}
