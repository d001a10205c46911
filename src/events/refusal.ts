import type { z } from 'zod';
import type { ErrorCode } from '../core/errors.js';

/** Why an input is not an event of the contract, and what could be read of its envelope. */
export interface Rejection {
  readonly code: ErrorCode;
  /** JSON path such as `data.lines[3].amountFen`; null when it is about the whole text. */
  readonly path: string | null;
  /** One sentence that names the field and what is allowed, never the value: it may be personal data. */
  readonly message: string;
  readonly subject: string | null;
  readonly source: string | null;
  readonly id: string | null;
  /** As on the wire. */
  readonly type: string | null;
}

/** The first thing found wrong. */
export interface Problem {
  readonly code: ErrorCode;
  readonly path: string | null;
  readonly message: string;
}

/** "<path> <allowed>." */
export function problem(code: ErrorCode, path: string, allowed: string): Problem {
  return { code, path, message: `${path} ${allowed}.` };
}

export function missing(path: string): Problem {
  return problem('missing_field', path, 'is required and may not be null');
}

/** A zod issue, whose text was written by `rule`, about `root.<path>`. */
export function problemOfIssue(issue: z.core.$ZodIssue, value: unknown, root: string): Problem {
  const path = pathOf(root, issue.path);
  const input = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], value);
  if (input === undefined) return missing(path);
  const [code, allowed] = splitRule(issue.message);
  return problem(isWrongType(issue, input) ? 'wrong_type' : code, path, allowed);
}

/** JSON path; a key that is no plain name is quoted, escaped and cut. */
export function pathOf(root: string, keys: readonly PropertyKey[]): string {
  let path = root;
  for (const key of keys) {
    if (typeof key === 'number') path += `[${key}]`;
    else if (PLAIN_KEY.test(String(key))) path += path === '' ? String(key) : `.${String(key)}`;
    else path += `[${JSON.stringify(String(key).slice(0, KEY_CHARS_SHOWN))}]`;
  }
  return path;
}

/** The rejection of an input with what its envelope says, as far as a database can store it. */
export function rejectionOf(found: Problem, input: unknown): Rejection {
  const attributes = isObject(input) ? input : {};
  return {
    code: found.code,
    path: found.path,
    message: found.message,
    subject: storable(attributes.subject),
    source: storable(attributes.source),
    id: storable(attributes.id),
    type: storable(attributes.type),
  };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** NUL, which PostgreSQL text cannot hold, and halves of surrogate pairs, which UTF-8 cannot. */
export const UNSTORABLE = /\0|\p{Surrogate}/u;

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const KEY_CHARS_SHOWN = 64;
const ATTRIBUTE_CHARS_SHOWN = 256;

function storable(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > ATTRIBUTE_CHARS_SHOWN || UNSTORABLE.test(value)) return null;
  return value;
}

/** zod calls a fraction where an integer is wanted a wrong type; for a source the JSON type, number, was right. */
function isWrongType(issue: z.core.$ZodIssue, input: unknown): boolean {
  if (issue.code === 'invalid_value') return typeof input !== 'string';
  if (issue.code !== 'invalid_type') return false;
  return typeof input !== 'number' || (issue.expected !== 'number' && issue.expected !== 'int');
}

function splitRule(message: string): [ErrorCode, string] {
  const bar = message.indexOf('|');
  return [message.slice(0, bar) as ErrorCode, message.slice(bar + 1)];
}
