import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { HEAD_BYTES_MAX, isDecided } from './detect.js';
import { inflate, type Packing } from './inflate.js';
import { fileSystemError, inputError } from './input-error.js';

/** Where bytes come from, after unpacking. */
export interface Content {
  /** The bytes from offset `start` on, in chunks that are never written to again. `onBytes`: how many bytes of the packed input were read so far. */
  read(start: number, onBytes: (packedBytesRead: number) => void): AsyncIterable<Buffer>;
}

/** A part of a file: all of it, or the bytes of one zip member. */
export interface FileRange {
  readonly path: string;
  readonly from: number;
  /** Null: to its end. */
  readonly to: number | null;
}

export async function readHead(range: FileRange): Promise<Buffer> {
  const bytesMax = range.to === null ? HEAD_BYTES_MAX : Math.min(HEAD_BYTES_MAX, range.to - range.from);
  const handle = await openFile(range.path);
  try {
    const head = Buffer.alloc(bytesMax);
    let length = 0;
    for (let bytesRead = -1; length < bytesMax && bytesRead !== 0; length += bytesRead) {
      bytesRead = await readAt(handle, range.path, head, length, bytesMax - length, range.from + length);
    }
    return head.subarray(0, length);
  } finally {
    await handle.close();
  }
}

export function plainContent(range: FileRange): Content {
  return { read: (start, onBytes) => readRange(range, start, onBytes) };
}

/** `label` names the input in errors. */
export function packedContent(range: FileRange, packing: Packing, label: string): Content {
  return unpacked(plainContent(range), packing, label, true);
}

/** What was packed within other content, as a gzip file in a zip, or gzip on stdin, which cannot be read a second time. */
export function unpacked(outer: Content, packing: Packing, label: string, repeatable: boolean): Content {
  return {
    read(start, onBytes) {
      const again = repeatable ? () => outer.read(0, ignore) : undefined;
      return dropBytes(inflate(packing, label, outer.read(0, onBytes), again), start);
    },
  };
}

/** Compares what a zip member holds with what the zip says of it; a member that unpacks to more than it says is stopped there. */
export function checked(
  content: Content,
  expected: { readonly bytes: number; readonly crc32: number },
  label: string,
): Content {
  const damaged = (what: string) => inputError(label, `The zip member is damaged (${what}): pack the file again.`);
  async function* read(start: number, onBytes: (packedBytesRead: number) => void): AsyncGenerator<Buffer> {
    let bytes = 0;
    let sum = 0;
    for await (const chunk of content.read(0, onBytes)) {
      bytes += chunk.length;
      if (bytes > expected.bytes) throw damaged('it is longer than the zip says');
      sum = crc32(chunk, sum);
      const before = bytes - chunk.length;
      if (bytes > start) yield start > before ? chunk.subarray(start - before) : chunk;
    }
    if (bytes < expected.bytes) throw damaged('it is shorter than the zip says');
    if (sum !== expected.crc32) throw damaged('its checksum is wrong');
  }
  return { read };
}

/** A stream that can be read once, and its head, which is read here and given out again by `content`. */
export async function openStream(
  stream: Readable,
  label: string,
): Promise<{ head: Buffer; content: Content; close(): Promise<void> }> {
  const chunks = chunksOf(stream, label);
  let head: Buffer = Buffer.alloc(0);
  while (!isDecided(head)) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  let used = false;
  async function* read(start: number, onBytes: (packedBytesRead: number) => void): AsyncGenerator<Buffer> {
    if (used) throw inputError(label, 'A stream can be read only once.');
    used = true;
    yield* dropBytes(counted(prepend(head, chunks), onBytes), start);
  }
  return { head, content: { read }, close: async () => void (await chunks.return(undefined)) };
}

/** Bytes of one reading; also the bound of the records in one chunk. */
const READ_BYTES = 131_072;

function ignore(): void {}

async function* readRange(
  range: FileRange,
  start: number,
  onBytes: (packedBytesRead: number) => void,
): AsyncGenerator<Buffer> {
  const handle = await openFile(range.path);
  try {
    let position = range.from + start;
    while (range.to === null || position < range.to) {
      const wanted = range.to === null ? READ_BYTES : Math.min(READ_BYTES, range.to - position);
      const buffer = Buffer.allocUnsafeSlow(wanted);
      const bytesRead = await readAt(handle, range.path, buffer, 0, wanted, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      onBytes(position - range.from);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw fileSystemError(path, error);
  }
}

async function readAt(
  handle: FileHandle,
  path: string,
  buffer: Buffer,
  offset: number,
  bytes: number,
  position: number,
): Promise<number> {
  try {
    return (await handle.read(buffer, offset, bytes, position)).bytesRead;
  } catch (error) {
    throw fileSystemError(path, error);
  }
}

async function* chunksOf(stream: Readable, label: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream) yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
  } catch (error) {
    throw fileSystemError(label, error);
  }
}

async function* prepend(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* counted(
  chunks: AsyncIterable<Buffer>,
  onBytes: (packedBytesRead: number) => void,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    onBytes(bytes);
    yield chunk;
  }
}

async function* dropBytes(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left === 0) yield chunk;
    else if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
