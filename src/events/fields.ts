import { z } from 'zod';
import type { ErrorCode } from '../core/errors.js';
import { ID_PATTERN, SOURCE_PATTERN } from '../core/ids.js';
import { AMOUNT_FEN_MAX } from '../core/money.js';
import { parseDay, parseTime, type Us } from '../core/time.js';
import { UNSTORABLE } from './refusal.js';

/*
 * The kinds of field of the contract as zod schemas. Their error is written by `rule`: the code of a refusal and what is
 * allowed, which `refusal.ts` completes to a sentence. It must never contain the value: it may be personal data.
 */

export function rule(code: ErrorCode, allowed: string): string {
  return `${code}|${allowed}`;
}

/** Our defaults against abuse, far above real data: characters of free text, entries of a list. */
export const TEXT_CHARS_MAX = 2_000;
export const NAME_CHARS_MAX = 512;
export const LIST_ENTRIES_MAX = 10_000;
/** 1,000 years of schooling: hundredths of it still fit 32 bits. */
export const HOURS_MAX = 10_000_000;
const REFUND_DAYS_MAX = 3_660;
const CAPACITY_MAX = 1_000_000;

const MONEY = rule('bad_money', `must be an integer of fen from 0 to ${AMOUNT_FEN_MAX}`);
/** Fen ≥ 0. Adding 0 turns −0 into 0. */
export const money = z.int({ error: MONEY }).min(0, { error: MONEY }).overwrite(plusZero);

const SIGNED = rule('bad_money', `must be an integer of fen from -${AMOUNT_FEN_MAX} to ${AMOUNT_FEN_MAX}`);
/** Fen of either sign. */
export const signedMoney = z.int({ error: SIGNED }).overwrite(plusZero);

const HOURS = rule('bad_hours', 'must be 0 or more hours with at most 2 decimals');
export const hours = z
  .number({ error: HOURS })
  .refine(isHours, { error: HOURS, abort: true })
  .max(HOURS_MAX, { error: rule('out_of_range', `must be at most ${HOURS_MAX} hours`) })
  .overwrite(plusZero);

const ID = rule('bad_id', 'must be 1 to 128 printable ASCII characters');
export const id = z.string({ error: ID }).regex(ID_PATTERN, { error: ID });

const SOURCE = rule('bad_source', 'must be a URI reference of 1 to 256 printable ASCII characters without spaces');
export const source = z.string({ error: SOURCE }).regex(SOURCE_PATTERN, { error: SOURCE });

const HASH = rule('bad_hash', 'must be a hash of 16 to 128 hexadecimal characters');
/** A person. Either case is accepted; lower case is kept. */
export const hash = z
  .string({ error: HASH })
  .regex(/^[0-9a-fA-F]{16,128}$/, { error: HASH })
  .toLowerCase();

const DATE = rule('bad_date', 'must be a real day written YYYY-MM-DD');
export const date = z
  .string({ error: DATE })
  .refine((text) => parseDay(text) !== null, { error: DATE })
  .meta({ format: 'date' });

const TIME = rule('bad_time', 'must be a time of RFC 3339 with an offset, from the year 1685 to 2255');
export const time = z
  .string({ error: TIME })
  .refine((text) => parseInstant(text) !== null, { error: TIME })
  .meta({ format: 'date-time' });

const YEAR = rule('out_of_range', 'must be a year written YYYY');
export const year = z.string({ error: YEAR }).regex(/^[0-9]{4}$/, { error: YEAR });

const REGION = rule('bad_region', 'must be 6 digits');
export const region = z.string({ error: REGION }).regex(/^[0-9]{6}$/, { error: REGION });

export const flag = z.boolean({ error: rule('wrong_type', 'must be true or false') });
export const name = textOf(NAME_CHARS_MAX);
export const text = textOf(TEXT_CHARS_MAX);
export const refundDays = integerOf(REFUND_DAYS_MAX);
export const capacity = integerOf(CAPACITY_MAX);

export function oneOf<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, { error: rule('unknown_value', `must be one of ${values.join(', ')}`) });
}

export function listOf<T extends z.ZodType>(item: T) {
  return z
    .array(item, { error: rule('wrong_type', 'must be a list') })
    .max(LIST_ENTRIES_MAX, { error: rule('out_of_range', `must have at most ${LIST_ENTRIES_MAX} entries`) });
}

/** An object whose unknown fields are kept. */
export function fieldsOf<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.looseObject(shape, { error: rule('wrong_type', 'must be an object') });
}

/** Adds: `to` (a date, or a time) is not before `from`. Both are already known to be valid. */
export function notBefore<T extends z.ZodObject>(schema: T, from: string, to: string) {
  return schema.refine((data) => inOrder(String(data[from]), String(data[to])), {
    error: rule('out_of_range', `must not be before ${from}`),
    path: [to],
  });
}

/** A field that may be absent; null is taken away before. */
export function optional<T extends z.ZodType>(schema: T) {
  return z.exactOptional(schema);
}

/** RFC 3339 → microseconds that a safe integer holds (years 1685 to 2255). Null for all else. */
export function parseInstant(text: string): Us | null {
  const us = parseTime(text);
  return us !== null && Number.isSafeInteger(us) ? us : null;
}

/** Dates have one width, so that their texts compare as days do. */
function inOrder(from: string, to: string): boolean {
  return from.length === DATE_CHARS ? from <= to : parseTime(from)! <= parseTime(to)!;
}
const DATE_CHARS = 10;

function textOf(chars: number) {
  return z
    .string({ error: rule('wrong_type', 'must be a text') })
    .refine((told) => !UNSTORABLE.test(told), {
      error: rule('wrong_type', 'must not contain the character U+0000 or half of a surrogate pair'),
      abort: true,
    })
    .max(chars, { error: rule('out_of_range', `must have at most ${chars} characters`) });
}

function integerOf(max: number) {
  const error = rule('out_of_range', `must be an integer from 0 to ${max}`);
  return z.int({ error }).min(0, { error }).max(max, { error }).overwrite(plusZero);
}

/** Whether the shortest decimal that reads back as this number has at most two decimals: 1.15 has, 0.1 + 0.2 has not. */
function isHours(value: number): boolean {
  if (Number.isInteger(value)) return value >= 0;
  return value > 0 && /^[0-9]+\.[0-9]{1,2}$/.test(String(value));
}

function plusZero(value: number): number {
  return value + 0;
}
