import type { ErrorCode } from '../core/errors.js';
import { ID_PATTERN, isInstitutionId, SOURCE_PATTERN } from '../core/ids.js';
import { parseTime, US_PER_DAY, type Us } from '../core/time.js';
import type { JsonObject } from './canonical.js';
import { parseInstant } from './fields.js';
import { type ListedType, listedTypeOf } from './list.js';
import { isObject, missing, type Problem, problem } from './refusal.js';

/** The attributes around `data`, read and checked. */
export interface Envelope {
  readonly listed: ListedType;
  readonly wireType: string;
  readonly id: string;
  readonly source: string;
  readonly subject: string;
  readonly at: Us;
  readonly recordedAt: Us;
  readonly sequence: bigint | null;
  readonly data: JsonObject;
}

export type EnvelopeRead =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly problem: Problem };

/**
 * Reads the attributes in the order specversion, type, id, source, subject, time, recordedtime, sequence, datacontenttype, data
 * and stops at the first that is wrong. `receivedAt` null: `time` may lie in the future.
 */
export function readEnvelope(event: JsonObject, receivedAt: Us | null): EnvelopeRead {
  const { type, id, source, subject, time, recordedtime, sequence, data } = event;
  const before = versionProblem(event.specversion) ?? namesProblem(event);
  if (before) return { ok: false, problem: before };
  const at = parseTime(time as string);
  // Before the range: a moment that no safe integer holds is in the future too, and that is what its sender must be told.
  if (at !== null && receivedAt !== null && at > receivedAt + US_PER_DAY) return { ok: false, problem: inFuture() };
  if (at === null || !Number.isSafeInteger(at)) return { ok: false, problem: problem('bad_time', 'time', TIME_RULE) };
  const recordedAt = recordedtime === undefined ? at : instantOf(recordedtime);
  const after = restProblem(event, recordedAt);
  if (after) return { ok: false, problem: after };
  return {
    ok: true,
    envelope: {
      listed: listedTypeOf(type as string)!,
      wireType: type as string,
      id: id as string,
      source: source as string,
      subject: subject as string,
      at,
      recordedAt: recordedAt!,
      sequence: sequence === undefined ? null : BigInt(sequence as string),
      data: data as JsonObject,
    },
  };
}

interface Attribute {
  readonly name: string;
  readonly accepts: (text: string) => boolean;
  readonly code: ErrorCode;
  readonly allowed: string;
}

const TIME_RULE = 'must be a time of RFC 3339 with an offset, from the year 1685 to 2255';

/** Required attributes that are text, in the order of their check. */
const NAMES: readonly Attribute[] = [
  {
    name: 'type',
    accepts: (text) => listedTypeOf(text) !== undefined,
    code: 'unknown_type',
    allowed: 'must be a type of the contract, prepaid.<name>.v1',
  },
  {
    name: 'id',
    accepts: (text) => ID_PATTERN.test(text),
    code: 'bad_id',
    allowed: 'must be 1 to 128 printable ASCII characters',
  },
  {
    name: 'source',
    accepts: (text) => SOURCE_PATTERN.test(text),
    code: 'bad_source',
    allowed: 'must be a URI reference of 1 to 256 printable ASCII characters without spaces',
  },
  {
    name: 'subject',
    accepts: isInstitutionId,
    code: 'bad_subject',
    allowed: 'must be a unified social credit code with a right check digit, or X-<6-digit region>-<digits>',
  },
  { name: 'time', accepts: () => true, code: 'bad_time', allowed: TIME_RULE },
];

/** Any decimal text; the feeds look for gaps among the numbers up to 2^53 − 1. */
const SEQUENCE_PATTERN = /^[0-9]{1,128}$/;
const JSON_MEDIA_TYPE = /^application\/json\s*(;.*)?$/i;

function versionProblem(specversion: unknown): Problem | null {
  if (specversion === '1.0') return null;
  return specversion === undefined
    ? missing('specversion')
    : problem('bad_specversion', 'specversion', 'must be "1.0"');
}

function namesProblem(event: JsonObject): Problem | null {
  for (const { name, accepts, code, allowed } of NAMES) {
    const value = event[name];
    if (typeof value !== 'string') return value === undefined ? missing(name) : problem('wrong_type', name, allowed);
    if (!accepts(value)) return problem(code, name, allowed);
  }
  return null;
}

function restProblem(event: JsonObject, recordedAt: Us | null): Problem | null {
  const { recordedtime, sequence, datacontenttype, data } = event;
  if (recordedAt === null) {
    return problem(typeof recordedtime === 'string' ? 'bad_time' : 'wrong_type', 'recordedtime', TIME_RULE);
  }
  if (sequence !== undefined && !(typeof sequence === 'string' && SEQUENCE_PATTERN.test(sequence))) {
    const code = typeof sequence === 'string' ? 'out_of_range' : 'wrong_type';
    return problem(code, 'sequence', 'must be a text of 1 to 128 decimal digits');
  }
  if (
    datacontenttype !== undefined &&
    !(typeof datacontenttype === 'string' && JSON_MEDIA_TYPE.test(datacontenttype))
  ) {
    const code = typeof datacontenttype === 'string' ? 'unknown_value' : 'wrong_type';
    return problem(code, 'datacontenttype', 'must be application/json');
  }
  if (isObject(data)) return null;
  return data === undefined ? missing('data') : problem('wrong_type', 'data', 'must be an object');
}

function inFuture(): Problem {
  return problem('time_in_future', 'time', 'must not be more than a day after receipt');
}

function instantOf(value: unknown): Us | null {
  return typeof value === 'string' ? parseInstant(value) : null;
}
