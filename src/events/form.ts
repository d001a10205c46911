import { endOfString } from '../core/json-text.js';
import { isObject, type Problem, pathOf, problem, UNSTORABLE } from './refusal.js';

/** Whether JSON text nests deeper than `depthMax` objects and lists; a scan without recursion. */
export function nestsDeeper(text: string, depthMax: number): boolean {
  // Most events have few brackets in all, which is much quicker to see than how they nest.
  if (openings(text, depthMax) <= depthMax) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (++depth > depthMax) return true;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      depth--;
    }
  }
  return false;
}

/** Whether the value of this JSON text can differ from its clean copy. Never wrong when it says no. */
export function mayNeedCleaning(text: string): boolean {
  return text.includes('null') || text.includes('\\u') || text.includes('__proto__');
}

export type Cleaned =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** False: some text or key holds what no database keeps (see `UNSTORABLE`). */
      readonly isStorable: boolean;
    }
  | { readonly ok: false; readonly problem: Problem };

/**
 * A copy in which null equals absent: properties that are null or undefined are gone, at every depth. Refuses what is too deep
 * or too large and what is not JSON. `__proto__` is left out: no object of ours may carry it.
 */
export function clean(value: unknown, depthMax: number, bytesMax: number): Cleaned {
  const walk: Walk = { depthMax, bytesLeft: bytesMax, problem: null, isStorable: true, keys: [] };
  const copy = copyOf(value, 1, walk);
  if (walk.problem) return { ok: false, problem: walk.problem };
  return { ok: true, value: copy, isStorable: walk.isStorable };
}

/** A copy of JSON of bounded depth with U+FFFD, as Unicode has it, for every character that cannot be stored. */
export function storableCopy<T>(value: T): T;
export function storableCopy(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(EACH_UNSTORABLE, '\ufffd');
  if (Array.isArray(value)) return value.map(storableCopy);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [storableCopy(key), storableCopy(part)]));
}
const EACH_UNSTORABLE = new RegExp(UNSTORABLE, 'gu');

interface Walk {
  readonly depthMax: number;
  /** Counted low: every value has at least one byte and every character too. */
  bytesLeft: number;
  problem: Problem | null;
  isStorable: boolean;
  /** From the root to where the walk is. */
  readonly keys: (string | number)[];
}

const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;

function copyOf(value: unknown, depth: number, walk: Walk): unknown {
  if (!spend(1, walk)) return null;
  switch (typeof value) {
    case 'string':
      return checkText(value, walk);
    case 'boolean':
      return value;
    case 'number':
      return Number.isNaN(value) ? stop('must be a JSON value', walk) : value;
    case 'object':
      break;
    default:
      return stop('must be a JSON value', walk);
  }
  if (value === null) return null;
  if (depth > walk.depthMax) {
    walk.problem = tooDeep(walk.depthMax);
    return null;
  }
  return isObject(value) ? objectCopy(value, depth, walk) : listCopy(value as unknown[], depth, walk);
}

function objectCopy(object: Record<string, unknown>, depth: number, walk: Walk): unknown {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === null || value === undefined || key === '__proto__') continue;
    walk.keys.push(key);
    checkText(key, walk);
    if (!walk.problem) copy[key] = copyOf(value, depth + 1, walk);
    if (walk.problem) return null;
    walk.keys.pop();
  }
  return copy;
}

function listCopy(list: readonly unknown[], depth: number, walk: Walk): unknown {
  const copy: unknown[] = [];
  for (let i = 0; i < list.length; i++) {
    walk.keys.push(i);
    copy.push(copyOf(list[i] ?? null, depth + 1, walk));
    if (walk.problem) return null;
    walk.keys.pop();
  }
  return copy;
}

function checkText(text: string, walk: Walk): string {
  if (spend(text.length, walk) && UNSTORABLE.test(text)) walk.isStorable = false;
  return text;
}

function spend(bytes: number, walk: Walk): boolean {
  walk.bytesLeft -= bytes;
  if (walk.bytesLeft < 0) walk.problem ??= tooLarge();
  return walk.bytesLeft >= 0;
}

function stop(allowed: string, walk: Walk): null {
  const path = pathOf('', walk.keys);
  walk.problem ??= path === '' ? notAnObject() : problem('wrong_type', path, allowed);
  return null;
}

export function tooLarge(): Problem {
  return { code: 'too_large', path: null, message: 'The event is larger than the allowed size.' };
}

export function tooDeep(depthMax: number): Problem {
  return { code: 'too_deep', path: null, message: `The event is nested deeper than ${depthMax} levels.` };
}

export function notAnObject(): Problem {
  return {
    code: 'not_an_object',
    path: null,
    message: 'An event must be one JSON object, not a list or a bare value.',
  };
}

/** How many brackets open, in strings too; stops counting above `enough`. */
function openings(text: string, enough: number): number {
  let count = 0;
  for (const bracket of OPENINGS) {
    let at = text.indexOf(bracket);
    while (at !== -1 && count <= enough) {
      count++;
      at = text.indexOf(bracket, at + 1);
    }
  }
  return count;
}
const OPENINGS = ['{', '['] as const;
