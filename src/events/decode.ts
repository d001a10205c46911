import { isAscii, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { z } from 'zod';
import { withoutRounded } from '../core/json-text.js';
import type { Us } from '../core/time.js';
import { canonicalObject, type JsonObject } from './canonical.js';
import { type Envelope, readEnvelope } from './envelope.js';
import type { AnyEvent, EventType } from './event.js';
import { clean, mayNeedCleaning, nestsDeeper, notAnObject, storableCopy, tooDeep, tooLarge } from './form.js';
import { EVENT_TYPES } from './list.js';
import { isObject, type Problem, problem, problemOfIssue, type Rejection, rejectionOf } from './refusal.js';

export type { Rejection } from './refusal.js';

export type Decoded =
  | { readonly ok: true; readonly event: AnyEvent }
  | { readonly ok: false; readonly rejection: Rejection };

export interface DecodeLimits {
  /** Bytes of one event as UTF-8. */
  readonly bytesMax: number;
  /** Objects and lists inside each other, the event itself included. Walks recurse this deep. */
  readonly depthMax: number;
  /** Null: `time` is not compared with the clock (a replayed history). */
  readonly receivedAt: Us | null;
  /** True: `contentHash` and `body` are made when they are asked for, which is quicker where few ask (a replayed history). */
  readonly lazyContent?: boolean;
}

/**
 * One JSON text → an event, or the first problem of it. The order is fixed: size, encoding, depth, JSON; one object; the
 * attributes (see `readEnvelope`); `data` in the order of its schema; what fields say together. Never throws, whatever the input.
 */
export function decodeText(input: string | Buffer, limits: DecodeLimits): Decoded {
  if (bytesOf(input, limits.bytesMax) > limits.bytesMax) return refuse(tooLarge(), null);
  const isText = typeof input === 'string';
  const text = isText ? input : textOf(input);
  if (text === null) return refuse(BAD_ENCODING, null);
  if (nestsDeeper(text, limits.depthMax)) return refuse(tooDeep(limits.depthMax), null);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(NOT_JSON, null);
  }
  // Bytes that are valid UTF-8 hold no half surrogates; a string can.
  const mayBeUnclean = mayNeedCleaning(text) || (isText && HALF_SURROGATE.test(text));
  const exact = withoutRounded(text);
  if (exact !== text) {
    // What was written is checked, not the doubles next to it.
    const decoded = decodeParsed(JSON.parse(exact), mayBeUnclean, limits);
    if (!decoded.ok) return decoded;
  }
  return decodeParsed(value, mayBeUnclean, limits);
}

function decodeParsed(value: unknown, mayBeUnclean: boolean, limits: DecodeLimits): Decoded {
  return mayBeUnclean ? decodeValue(value, limits) : decodeClean(value, limits, true);
}

/** Null when the bytes are not UTF-8. Most events are ASCII, which is quicker to see and to copy. */
function textOf(bytes: Buffer): string | null {
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) return null;
  const text = bytes.toString('utf8');
  // A byte order mark, as Windows puts it before a file, says nothing of the event behind it (RFC 8259, 8.1).
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

const BYTE_ORDER_MARK = '\ufeff';

/** As `decodeText`, for a value that was parsed as part of something larger. The value is not changed. */
export function decodeValue(value: unknown, limits: DecodeLimits): Decoded {
  const cleaned = clean(value, limits.depthMax, limits.bytesMax);
  return cleaned.ok ? decodeClean(cleaned.value, limits, cleaned.isStorable) : refuse(cleaned.problem, value);
}

const BAD_ENCODING: Problem = { code: 'bad_encoding', path: null, message: 'The event is not valid UTF-8.' };
const NOT_JSON: Problem = { code: 'not_json', path: null, message: 'The event is not valid JSON.' };
const HALF_SURROGATE = /\p{Surrogate}/u;
const UTF8_BYTES_PER_UNIT_MAX = 3;
const ENVELOPE_KEYS = [
  'data',
  'datacontenttype',
  'id',
  'recordedtime',
  'sequence',
  'source',
  'specversion',
  'subject',
  'time',
  'type',
] as const;
/** What is prepared once per type. */
interface Plan {
  readonly parser: z.ZodType;
  /** The keys of `data` that the contract knows, sorted. */
  readonly keys: readonly string[];
}
const PLANS: ReadonlyMap<EventType, Plan> = new Map(
  EVENT_TYPES.map(({ type, schema }) => [
    type,
    { parser: z.compile(schema), keys: schema instanceof z.ZodObject ? Object.keys(schema.shape).sort() : [] },
  ]),
);

function decodeClean(value: unknown, limits: DecodeLimits, isStorable: boolean): Decoded {
  if (!isObject(value)) return refuse(notAnObject(), null);
  const read = readEnvelope(value, limits.receivedAt);
  if (!read.ok) return refuse(read.problem, value);
  const { envelope } = read;
  const plan = PLANS.get(envelope.listed.type)!;
  const parsed = plan.parser.safeParse(envelope.data);
  if (!parsed.success) return refuse(problemOfIssue(parsed.error.issues[0]!, envelope.data, 'data'), value);
  const told = parsed.data as JsonObject;
  const wrong = envelope.listed.type === 'event.reversed' ? reversalProblem(envelope, told) : null;
  if (wrong) return refuse(wrong, value);
  // The fields of the contract have just been found storable: what is not stands in unknown ones, which are no error.
  const data = isStorable ? told : storableCopy(told);
  const attributes = isStorable ? value : storableCopy(value);
  if (limits.lazyContent) {
    const event = new EventOnDemand(envelope, data, plan.keys, attributes);
    return { ok: true, event: event as unknown as AnyEvent };
  }
  return { ok: true, event: eventOf(envelope, data, plan.keys, attributes) };
}

/** An event whose content is written down when somebody asks for it. */
class EventOnDemand {
  readonly type: EventType;
  readonly id: string;
  readonly source: string;
  readonly subject: string;
  readonly at: Us;
  readonly recordedAt: Us;
  readonly sequence: bigint | null;
  private whole: AnyEvent | null = null;

  constructor(
    private readonly envelope: Envelope,
    readonly data: JsonObject,
    private readonly keys: readonly string[],
    private readonly attributes: JsonObject,
  ) {
    this.type = envelope.listed.type;
    this.id = envelope.id;
    this.source = envelope.source;
    this.subject = envelope.subject;
    this.at = envelope.at;
    this.recordedAt = envelope.recordedAt;
    this.sequence = envelope.sequence;
  }

  get contentHash(): Buffer {
    this.whole ??= eventOf(this.envelope, this.data, this.keys, this.attributes);
    return this.whole.contentHash;
  }

  get body(): string {
    this.whole ??= eventOf(this.envelope, this.data, this.keys, this.attributes);
    return this.whole.body;
  }
}

function eventOf(envelope: Envelope, data: JsonObject, keys: readonly string[], attributes: JsonObject): AnyEvent {
  const { type } = envelope.listed;
  const dataText = canonicalObject(data, keys);
  // None of the parts before `data` can contain a line break.
  const content = `${envelope.wireType}\n${envelope.subject}\n${envelope.at}\n${dataText}`;
  return {
    type,
    id: envelope.id,
    source: envelope.source,
    subject: envelope.subject,
    at: envelope.at,
    recordedAt: envelope.recordedAt,
    sequence: envelope.sequence,
    data,
    contentHash: sha256(content),
    body: canonicalObject(attributes, ENVELOPE_KEYS, { key: 'data', text: dataText }),
  } as unknown as AnyEvent; // the schema of `type` has just vouched for `data`
}

function reversalProblem(envelope: Envelope, data: JsonObject): Problem | null {
  const { source, id } = data.reverses as { source: string; id: string };
  if (source !== envelope.source) {
    return problem('reverses_other_source', 'data.reverses.source', 'must be the source of this event');
  }
  if (id === envelope.id) return problem('reverses_reversal', 'data.reverses.id', 'must not be this event itself');
  return null;
}

/** By way of a text of 32 characters, because a Buffer straight from `hash` is allocated outside the pool, which is slower. */
function sha256(text: string): Buffer {
  return Buffer.from(hash('sha256', text, 'binary'), 'latin1');
}

function refuse(found: Problem, input: unknown): Decoded {
  return { ok: false, rejection: rejectionOf(found, input) };
}

/** Bytes as UTF-8; short text is not measured. */
function bytesOf(input: string | Buffer, bytesMax: number): number {
  if (typeof input !== 'string') return input.length;
  const most = input.length * UTF8_BYTES_PER_UNIT_MAX;
  return most <= bytesMax ? most : Buffer.byteLength(input);
}
