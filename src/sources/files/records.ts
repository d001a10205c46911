import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FeewardenError } from '../../core/errors.js';
import {
  type Content,
  checked,
  type FileRange,
  openStream,
  packedContent,
  plainContent,
  readHead,
  unpacked,
} from './content.js';
import {
  type DocumentKind,
  detectContainer,
  detectDocument,
  detectFormat,
  type Format,
  HEAD_BYTES_MAX,
} from './detect.js';
import { inflateHead } from './inflate.js';
import { fileSystemError, inputError } from './input-error.js';
import { type ListedInput, listInputs, STDIN } from './list-inputs.js';
import { openPipe } from './pipe.js';
import type { InputRecord, ResumePoint, Splitter } from './record.js';
import { JsonSplitter } from './split-json.js';
import { LineSplitter } from './split-lines.js';
import { type ZipMember, zipMembers } from './zip.js';

export type { InputRecord, ResumePoint };

export interface ReadOptions {
  /** The longest record, in bytes. */
  readonly recordBytesMax: number;
  readonly resumeFrom?: ResumePoint;
  /** Hears how many bytes of the packed input were read so far, for a progress bar. */
  readonly onBytes?: (packedBytesRead: number) => void;
}

/** An input that can be read. It stands until the next one is asked for. */
export interface InputFile {
  /** Absolute, 'stdin', or 'a.zip!/b.ndjson' (absolute too) for a member of a zip. */
  readonly path: string;
  /** Bytes as stored; null for a stream. */
  readonly compressedSize: number | null;
  /** Says whether the content is still the same when a reading is resumed; null for a stream. */
  readonly fingerprint: string | null;
  readonly format: Format;
  /**
   * The records, in chunks. Files may be read again, a stream only once.
   * @throws FeewardenError unreadable_input after the last good record, if the input is damaged or cut off
   */
  records(options: ReadOptions): AsyncIterable<InputRecord[]>;
}

/** An input that cannot be read, told in its place so that the others go on. */
export interface InputProblem {
  readonly path: string;
  readonly error: FeewardenError;
}

export type Input = InputFile | InputProblem;

/** An input that holds no JSON: a document as a whole, for a reader who knows its kind. It stands until the next one is asked for. */
export interface InputDocument {
  readonly path: string;
  readonly compressedSize: number | null;
  readonly document: DocumentKind;
  /** False for a stream, which can be read only once. */
  readonly isRepeatable: boolean;
  /** The unpacked bytes. @throws FeewardenError unreadable_input, if the input is damaged or cut off */
  bytes(onBytes?: (packedBytesRead: number) => void): AsyncIterable<Buffer>;
}

export interface OpenOptions {
  /** What '-' means. */
  readonly stdin?: Readable;
  /** Ends the waiting for a named pipe to which nobody writes; no further input is opened. */
  readonly signal?: AbortSignal;
}

export interface OpenAnyOptions extends OpenOptions {
  /** Documents of these kinds are handed out instead of being a problem. */
  readonly documents: readonly DocumentKind[];
}

/**
 * Opens files, folders (see `listInputs`), zip members and '-' (stdin), one after the other. What an input is, is told from its content.
 * @throws FeewardenError unreadable_input before the first input, if a path is wrong
 */
export function openInputs(
  paths: readonly string[],
  options: OpenOptions = {},
): AsyncGenerator<Input, void, undefined> {
  // Without kinds that are wanted no document is handed out.
  return openAny(paths, { ...options, documents: [] }) as AsyncGenerator<Input, void, undefined>;
}

/** As `openInputs`, with documents among them. @throws FeewardenError unreadable_input before the first input, if a path is wrong */
export async function* openAny(
  paths: readonly string[],
  options: OpenAnyOptions,
): AsyncGenerator<Input | InputDocument, void, undefined> {
  for (const listed of await listInputs(paths)) {
    if (options.signal?.aborted) return;
    if (listed.problem !== undefined) {
      yield { path: listed.path, error: listed.problem };
      continue;
    }
    try {
      if (listed.size === null) yield* openOneStream(listed, options);
      else yield* openFile(listed.path, options);
    } catch (error) {
      if (!(error instanceof FeewardenError)) throw error;
      yield { path: listed.path, error };
    }
  }
}

export function isProblem(input: Input | InputDocument): input is InputProblem {
  return 'error' in input;
}

export function isDocument(input: Input | InputDocument): input is InputDocument {
  return 'document' in input;
}

export function resumePoint(record: InputRecord): ResumePoint {
  return { offset: record.endOffset, line: record.line, index: record.index };
}

async function* openFile(
  path: string,
  options: OpenAnyOptions,
): AsyncGenerator<Input | InputDocument, void, undefined> {
  const stats = await stat(path, { bigint: true }).catch((error: unknown) => {
    throw fileSystemError(path, error);
  });
  const range: FileRange = { path, from: 0, to: null };
  const head = await readHead(range);
  const identity = { size: stats.size, mtimeNs: stats.mtimeNs, head };
  const container = detectContainer(head);
  if (container === 'zip') {
    for await (const member of zipMembers(path))
      yield await openMember(path, member, identity, sameAs(path, stats), options);
    return;
  }
  const isPacked = container === 'gzip';
  const content = isPacked ? packedContent(range, 'gzip', path) : plainContent(range);
  const start = isPacked ? await inflateHead('gzip', head, HEAD_BYTES_MAX) : head;
  const onDisk = { size: Number(stats.size), print: fingerprint(identity), asOpened: sameAs(path, stats) };
  yield inputOf(path, start, content, onDisk, options);
}

async function openMember(
  zipPath: string,
  member: ZipMember,
  identity: Identity,
  asOpened: Check,
  options: OpenAnyOptions,
): Promise<Input | InputDocument> {
  const path = `${zipPath}!/${member.name}`;
  if (member.problem !== null) return { path, error: inputError(path, member.problem) };
  const range: FileRange = { path: zipPath, from: member.dataFrom, to: member.dataFrom + member.packedBytes };
  const stored = member.isPacked ? packedContent(range, 'deflate', path) : plainContent(range);
  let content = checked(stored, member, path);
  const packedHead = await readHead(range);
  let head = member.isPacked ? await inflateHead('deflate', packedHead, HEAD_BYTES_MAX) : packedHead;
  if (detectContainer(head) === 'gzip') {
    content = unpacked(content, 'gzip', path, true);
    head = await inflateHead('gzip', head, HEAD_BYTES_MAX);
  }
  const onDisk = { size: member.packedBytes, print: fingerprint(identity, member), asOpened };
  return inputOf(path, head, content, onDisk, options);
}

async function* openOneStream(
  listed: ListedInput,
  options: OpenAnyOptions,
): AsyncGenerator<Input | InputDocument, void, undefined> {
  const source = listed.path === STDIN ? (options.stdin ?? process.stdin) : await openPipe(listed.path, options.signal);
  const stream = await openStream(source, listed.path);
  try {
    const container = detectContainer(stream.head);
    if (container === 'zip')
      throw inputError(listed.path, 'A zip cannot be read from a stream; name the file instead.');
    const isPacked = container === 'gzip';
    const content = isPacked ? unpacked(stream.content, 'gzip', listed.path, false) : stream.content;
    const head = isPacked ? await inflateHead('gzip', stream.head, HEAD_BYTES_MAX) : stream.head;
    yield inputOf(listed.path, head, content, { size: null, print: null, asOpened: async () => {} }, options);
  } finally {
    await stream.close();
  }
}

function inputOf(
  path: string,
  head: Buffer,
  content: Content,
  { size: compressedSize, print, asOpened }: OnDisk,
  { documents }: OpenAnyOptions,
): Input | InputDocument {
  const detected = detectFormat(head);
  if ('problem' in detected) {
    const document = detectDocument(head);
    if (document === null || !documents.includes(document)) return { path, error: inputError(path, detected.problem) };
    const bytes: InputDocument['bytes'] = (onBytes) => between(asOpened, content.read(0, onBytes ?? ignore));
    return { path, compressedSize, document, isRepeatable: print !== null, bytes };
  }
  const { format, skip } = detected;
  return {
    path,
    compressedSize,
    fingerprint: print,
    format,
    records: (options) => readRecords({ path, content, format, skip }, options),
  };
}

interface OnDisk {
  readonly size: number | null;
  readonly print: string | null;
  readonly asOpened: Check;
}

/** Throws what is wrong. */
type Check = () => Promise<void>;

/**
 * Documents are read more than once, and what the second reading finds must be what the first has judged. Lines are read once: a file of
 * them may grow meanwhile.
 */
function sameAs(path: string, opened: BigIntStats): Check {
  return async () => {
    const now = await stat(path, { bigint: true }).catch((error: unknown) => {
      throw fileSystemError(path, error);
    });
    if (now.ino === opened.ino && now.size === opened.size && now.mtimeNs === opened.mtimeNs) return;
    throw inputError(path, 'Somebody wrote to it while it was read: read it again when it is whole.');
  };
}

async function* between(check: Check, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  await check();
  yield* chunks;
  await check();
}

interface Source {
  readonly path: string;
  readonly content: Content;
  readonly format: Format;
  /** Bytes of the byte order mark. */
  readonly skip: number;
}

/**
 * Lines resume by going to the offset. JSON is read again from the start, and what is done is dropped: whether an offset lies in an array, and
 * on which line, only the bytes before it tell.
 */
async function* readRecords(source: Source, options: ReadOptions): AsyncGenerator<InputRecord[], void, undefined> {
  const after = options.resumeFrom;
  const isLines = source.format === 'ndjson';
  const start = isLines && after ? Math.max(after.offset, source.skip) : source.skip;
  const splitter: Splitter = isLines
    ? new LineSplitter(options.recordBytesMax, start, after)
    : new JsonSplitter(options.recordBytesMax, start);
  const doneOffset = isLines || !after ? -1 : after.offset;
  for await (const chunk of source.content.read(start, options.onBytes ?? ignore)) {
    const found: InputRecord[] = [];
    splitter.push(chunk, found);
    const fresh = withoutDone(found, doneOffset);
    if (fresh.length > 0) yield fresh;
  }
  const last: InputRecord[] = [];
  const problem = splitter.end(last);
  const fresh = withoutDone(last, doneOffset);
  if (fresh.length > 0) yield fresh;
  if (problem !== null) throw inputError(source.path, problem);
}

function withoutDone(records: InputRecord[], doneOffset: number): InputRecord[] {
  if (records.length === 0 || records[0]!.endOffset > doneOffset) return records;
  return records.filter((record) => record.endOffset > doneOffset);
}

function ignore(): void {}

interface Identity {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly head: Buffer;
}

function fingerprint({ size, mtimeNs, head }: Identity, member?: ZipMember): string {
  const hash = createHash('sha256').update(head);
  // Members share the file's beginning: what tells them apart is what the zip's directory says of them.
  if (member) hash.update(`\n${member.dataFrom} ${member.bytes} ${member.crc32} ${member.name}`);
  return `${size}-${mtimeNs}-${hash.digest('hex')}`;
}
