import type { Readable } from 'node:stream';
import { ERRORS, type ErrorCode, FeewardenError } from '../core/errors.js';
import type { Rejection } from '../events/decode.js';
import type { AnyEvent } from '../events/event.js';
import type { Input, InputOutcome } from '../ledger/apply.js';
import { decodeInput, type IntakeDeps, take } from '../ledger/intake.js';
import type { InputRecord, Splitter } from '../sources/files/record.js';
import { JsonSplitter } from '../sources/files/split-json.js';
import { LineSplitter } from '../sources/files/split-lines.js';
import { type Caller, maySpeakFor, type SourceAuthority, sourceAuthority } from './access.js';
import type { ApiDeps, ApiLimits } from './deps.js';
import { findForeign } from './foreign.js';
import type { ApiMetrics } from './metrics.js';
import { createWriter, type Writer } from './writer.js';

export interface RejectedItem {
  /** Position among the events of the request, from 0; blank lines are none. */
  readonly index: number;
  readonly id: string | null;
  readonly code: ErrorCode;
  readonly path: string | null;
  readonly message: string;
}

export interface IngestAnswer {
  accepted: number;
  duplicates: number;
  rejected: RejectedItem[];
  /** Only when more were rejected than one answer names. */
  rejectedOmitted?: number;
}

export interface IngestDeps {
  readonly config: ApiDeps['config'];
  readonly intake: IntakeDeps;
  readonly limits: ApiLimits;
  /** Of all requests together. */
  readonly writer: Writer<Input, InputOutcome>;
}

export function createIngest(deps: ApiDeps, limits: ApiLimits, metrics: ApiMetrics): IngestDeps {
  const { pool, calendar, clock, config, alongside } = deps;
  const bounds = { bytesMax: config.eventBytesMax, depthMax: config.eventDepthMax };
  const intake = { pool, calendar, clock, limits: bounds, ...(alongside ? { alongside } : {}) };
  const writer = createWriter<Input, InputOutcome>({
    // Leaves connections for those who read.
    atOnceMax: Math.max(1, Math.min(limits.writersAtOnce, config.databaseConnectionsMax - 2)),
    inputsMax: config.ingestBatchEventsMax,
    waitingMax: limits.eventRequestsAtOnce,
    apply: async (inputs) => {
      const result = await metrics.timeBatch(() => take(intake, inputs));
      metrics.countOutcomes(result);
      return result.outcomes;
    },
  });
  return { config, intake, limits, writer };
}

/** Who sends, and under which id the request is known. */
export interface Sender {
  readonly caller: Caller;
  readonly requestId: string;
}

/** Bytes of one transaction: events near the size limit would otherwise make a batch as large as a body. */
const BATCH_BYTES_MAX = 16_777_216;
/** A body that is in memory is handed to the splitter in pieces, so that its events are booked while it is read. */
const PIECE_BYTES = 65_536;

/** A body of one CloudEvent, or, when `arrayAllowed`, of an array of them. */
export async function ingestJson(
  deps: IngestDeps,
  sender: Sender,
  sent: Buffer,
  kind: 'event' | 'batch' | 'either',
): Promise<IngestAnswer> {
  const body = sent.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
    ? sent.subarray(BYTE_ORDER_MARK.length)
    : sent;
  const isArray = firstCharacter(body) === '[';
  if (kind === 'batch' && !isArray) throw new FeewardenError('not_an_object', 'A batch is a JSON array of events.');
  if (kind === 'event' || !isArray) return ingestOne(deps, sender, body);
  if (lastCharacter(body) !== ']')
    throw new FeewardenError(
      'not_json',
      'The body begins as an array and does not end as one (]). Nothing was taken in.',
    );
  return ingestChunks(deps, sender, pieces(body), new JsonSplitter(deps.config.eventBytesMax, 0));
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** A stream of lines, booked as it arrives. */
export function ingestLines(deps: IngestDeps, sender: Sender, stream: Readable): Promise<IngestAnswer> {
  const bytesMax = deps.config.httpBodyBytesMax * deps.limits.streamBodyFactor;
  return ingestChunks(deps, sender, bounded(stream, bytesMax), new LineSplitter(deps.config.eventBytesMax, 0));
}

/** A body that is no JSON at all is a request gone wrong, not an event of somebody: nothing of it is stored. */
async function ingestOne(deps: IngestDeps, sender: Sender, body: Buffer): Promise<IngestAnswer> {
  const collector = new Collector(deps, sender);
  const tooLarge = body.length > deps.config.eventBytesMax;
  const bytes = tooLarge ? body.subarray(0, SAMPLE_BYTES) : body;
  const input = collector.inputOf({ bytes, line: 1, index: 0, endOffset: body.length, tooLarge });
  if (!input.decoded.ok && WHOLE_BODY_CODES.has(input.decoded.rejection.code)) {
    throw new FeewardenError(input.decoded.rejection.code, 'Nothing was taken in.');
  }
  await collector.write([input], [0]);
  return collector.answer;
}

const WHOLE_BODY_CODES: ReadonlySet<ErrorCode> = new Set(['not_json', 'bad_encoding']);
/** What is stored of an event that is too large: enough to recognise it. */
const SAMPLE_BYTES = 1_024;

/** Cuts into events and books them batch by batch, in flat memory: while one batch is written, the next is decoded. */
async function ingestChunks(
  deps: IngestDeps,
  sender: Sender,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  splitter: Splitter,
): Promise<IngestAnswer> {
  const collector = new Collector(deps, sender);
  let records: InputRecord[] = [];
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      splitter.push(chunk, records);
      if (!isFull(records, deps)) continue;
      const batches = collector.batchesOf(records);
      records = [];
      for (const batch of batches) {
        await writing;
        writing = collector.write(batch.inputs, batch.indexes);
        // A failure is thrown at the next `await writing`.
        writing.catch(() => {});
      }
    }
    const problem = splitter.end(records);
    for (const batch of collector.batchesOf(records)) {
      await writing;
      writing = collector.write(batch.inputs, batch.indexes);
      writing.catch(() => {});
    }
    await writing;
    if (problem !== null) throw new FeewardenError('not_json', 'The array has no end (]).');
    return collector.answer;
  } catch (error) {
    // What is being written is finished before the answer, so that the count in it is true.
    await writing.catch(() => {});
    throw withWhatWasTaken(error, collector.answer);
  }
}

function isFull(records: readonly InputRecord[], deps: IngestDeps): boolean {
  if (records.length >= deps.config.ingestBatchEventsMax) return true;
  return records.reduce((sum, record) => sum + record.bytes.length, 0) >= BATCH_BYTES_MAX;
}

interface Batch {
  readonly inputs: Input[];
  readonly indexes: number[];
}

/** Turns records into inputs, books them, and keeps the tally for the answer. */
class Collector {
  readonly answer: IngestAnswer = { accepted: 0, duplicates: 0, rejected: [] };
  private readonly intake: IntakeDeps;
  private readonly authority: SourceAuthority | null;

  constructor(
    private readonly deps: IngestDeps,
    private readonly sender: Sender,
  ) {
    this.intake = deps.intake;
    this.authority = sourceAuthority(sender.caller);
  }

  inputOf(record: InputRecord): Input {
    const { caller, requestId } = this.sender;
    const origin = {
      key: `http:${caller.keyId}`,
      detail: { key: caller.keyId, request: requestId, index: record.index },
    };
    const { bytes } = record;
    if (record.tooLarge)
      return { bytes, origin, decoded: { ok: false, rejection: tooLarge(this.intake.limits.bytesMax) } };
    const input = decodeInput(bytes, origin, this.intake.limits, this.intake.clock());
    if (!input.decoded.ok || maySpeakFor(this.authority, input.decoded.event.source)) return input;
    return notAllowed(input, input.decoded.event, 'source', ERRORS.source_not_allowed.message);
  }

  *batchesOf(records: readonly InputRecord[]): Generator<Batch> {
    const { ingestBatchEventsMax } = this.deps.config;
    for (let from = 0; from < records.length; from += ingestBatchEventsMax) {
      const part = records.slice(from, from + ingestBatchEventsMax);
      yield { inputs: part.map((record) => this.inputOf(record)), indexes: part.map((record) => record.index) };
    }
  }

  async write(inputs: readonly Input[], indexes: readonly number[]): Promise<void> {
    const outcomes = await this.deps.writer.write(await this.withoutForeign(inputs));
    for (const [at, outcome] of outcomes.entries()) this.add(outcome, indexes[at]!);
  }

  private async withoutForeign(inputs: readonly Input[]): Promise<readonly Input[]> {
    if (this.authority === null) return inputs;
    const events = inputs.flatMap(({ decoded }) => (decoded.ok ? [decoded.event] : []));
    const foreign = await findForeign(this.intake.pool, this.sender.caller, events);
    let next = 0;
    return inputs.map((input) => {
      if (!input.decoded.ok) return input;
      const found = foreign[next++];
      return found ? notAllowed(input, input.decoded.event, found.path, found.message) : input;
    });
  }

  private add(outcome: InputOutcome, index: number): void {
    const { answer } = this;
    if (outcome.kind === 'accepted') answer.accepted += 1;
    else if (outcome.kind === 'duplicate') answer.duplicates += 1;
    else if (answer.rejected.length < this.deps.limits.rejectedListed)
      answer.rejected.push(itemOf(outcome.rejection, index));
    else answer.rejectedOmitted = (answer.rejectedOmitted ?? 0) + 1;
  }
}

function itemOf({ id, code, path, message }: Rejection, index: number): RejectedItem {
  return { index, id, code, path, message };
}

function notAllowed({ bytes, origin }: Input, event: AnyEvent, path: string, message: string): Input {
  const { subject, source, id, type } = event;
  const rejection = { code: 'source_not_allowed', path, message, subject, source, id, type } as const;
  return { bytes, origin, decoded: { ok: false, rejection } };
}

function tooLarge(bytesMax: number): Rejection {
  const message = `${ERRORS.too_large.message} At most ${bytesMax} bytes.`;
  return { code: 'too_large', path: null, message, subject: null, source: null, id: null, type: null };
}

/** A request that fails in the middle leaves what was booked before: its sender is told how much, and may simply send it again. */
function withWhatWasTaken(error: unknown, answer: IngestAnswer): unknown {
  const taken = answer.accepted + answer.duplicates + answer.rejected.length + (answer.rejectedOmitted ?? 0);
  if (!(error instanceof FeewardenError) || error.kind === 'fatal') return error;
  const reason = error.message.slice(ERRORS[error.code].message.length).trim();
  const rest = `The first ${taken} events were taken in and stay; when the request is sent again they count as duplicates.`;
  return new FeewardenError(error.code, `${reason} ${rest}`.trim(), { cause: error });
}

/**
 * A stream that ends early or grows too large is the sender's fault, not ours. What is not wanted of it is passed over: the next
 * request of the connection stands behind it.
 */
async function* bounded(stream: Readable, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  const iterator = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        throw new FeewardenError('bad_request', 'The body broke off.', { cause: error });
      });
      if (next.done) return;
      bytes += next.value.length;
      if (bytes > bytesMax) throw new FeewardenError('body_too_large', `At most ${bytesMax} bytes.`);
      yield next.value;
    }
  } finally {
    await iterator.return?.();
    // Node passes over what is left of a body only as long as nobody has read of it.
    stream.resume();
  }
}

function* pieces(body: Buffer): Generator<Buffer> {
  for (let from = 0; from < body.length; from += PIECE_BYTES) yield body.subarray(from, from + PIECE_BYTES);
}

function firstCharacter(body: Buffer): string {
  let at = 0;
  while (at < body.length && isBlank(body[at]!)) at += 1;
  return String.fromCharCode(body[at] ?? 0);
}

function lastCharacter(body: Buffer): string {
  let at = body.length - 1;
  while (at >= 0 && isBlank(body[at]!)) at -= 1;
  return String.fromCharCode(body[at] ?? 0);
}

/** White space of JSON. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
