import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { inputError } from './input-error.js';

export type Packing = 'gzip' | 'deflate';

/**
 * Unpacks a stream piece by piece. Memory stays bounded whatever the input claims: a piece of 16 KiB unpacks to 16 MiB at most (deflate cannot
 * do better than 1:1032), and the next piece waits until that is consumed.
 *
 * Damage: zlib throws away what it had unpacked of the piece in which it fails. So, where the input can be read again (`again`), a second pass goes
 * up to that piece and then on byte by byte, and everything before the damage is delivered; then the error is thrown.
 */
export async function* inflate(
  packing: Packing,
  label: string,
  packed: AsyncIterable<Buffer>,
  again?: () => AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const progress = { packedBytes: 0, bytes: 0 };
  try {
    yield* run(packing, packed, progress);
  } catch (error) {
    if (!isDamage(error)) throw error;
    // An early end shows only after all pieces: then nothing was lost.
    if (again && !hasCode(error, 'Z_BUF_ERROR')) yield* salvage(packing, again(), progress);
    throw inputError(
      label,
      `The ${packing === 'gzip' ? 'gzip data' : 'zip member'} is damaged or cut off near its byte ${progress.packedBytes} (byte ${progress.bytes} unpacked): ` +
        'fetch or pack the file again.',
      error,
    );
  }
}

/** As much as can be unpacked from the first bytes of a packed input; damage ends it quietly, the full reading will tell. */
export async function inflateHead(packing: Packing, packed: Buffer, bytesMax: number): Promise<Buffer> {
  const engine = new Engine(packing);
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for (let at = 0; at < packed.length && bytes < bytesMax; at += HEAD_PIECE_BYTES) {
      await engine.feed(packed.subarray(at, at + HEAD_PIECE_BYTES));
      const part = engine.take();
      bytes += part.length;
      parts.push(part);
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    parts.push(engine.take());
  } finally {
    engine.close();
  }
  return Buffer.concat(parts).subarray(0, bytesMax);
}

/** Packed bytes given to zlib at once. */
const PIECE_BYTES = 16_384;
const HEAD_PIECE_BYTES = 256;
/** Unpacked bytes collected before they are handed on. */
const BATCH_BYTES = 131_072;
const ZLIB_CHUNK_BYTES = 65_536;

interface Progress {
  packedBytes: number;
  bytes: number;
}

async function* run(packing: Packing, packed: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  const engine = new Engine(packing);
  try {
    for await (const chunk of packed) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const piece = chunk.subarray(at, at + PIECE_BYTES);
        yield* handOn(engine, await settle(engine.feed(piece)), piece.length, progress);
      }
      // A slow stream is handed on as it comes.
      if (engine.bytes > 0) yield* handOn(engine, null, 0, progress, 0);
    }
    yield* handOn(engine, await settle(engine.finish()), 0, progress, 0);
  } finally {
    engine.close();
  }
}

/** Hands on what was unpacked, also when the step failed, and only then fails. */
function* handOn(
  engine: Engine,
  failure: unknown,
  packedBytes: number,
  progress: Progress,
  bytesMin = BATCH_BYTES,
): Generator<Buffer> {
  if (failure !== null || (engine.bytes > 0 && engine.bytes >= bytesMin)) {
    const part = engine.take();
    progress.bytes += part.length;
    if (part.length > 0) yield part;
  }
  if (failure !== null) throw failure;
  progress.packedBytes += packedBytes;
}

/** The second pass: drops what was delivered, then unpacks the failing piece byte by byte. */
async function* salvage(packing: Packing, packed: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  const engine = new Engine(packing);
  const good = progress.packedBytes;
  let drop = progress.bytes;
  let at = 0;
  try {
    for await (const chunk of packed) {
      for (let from = 0; from < chunk.length; ) {
        const bytes = at < good ? Math.min(PIECE_BYTES, good - at, chunk.length - from) : 1;
        const failure = await settle(engine.feed(chunk.subarray(from, from + bytes)));
        const part = engine.take();
        const fresh = part.subarray(Math.min(drop, part.length));
        drop -= part.length - fresh.length;
        progress.bytes += fresh.length;
        if (fresh.length > 0) yield fresh;
        if (failure !== null) return;
        from += bytes;
        at += bytes;
        progress.packedBytes = Math.max(progress.packedBytes, at);
      }
    }
  } finally {
    engine.close();
  }
}

async function settle(step: Promise<void>): Promise<unknown> {
  try {
    await step;
    return null;
  } catch (error) {
    return error;
  }
}

/** zlib's own complaints (wrong data, wrong checksum, early end), as opposed to an error of reading. */
function isDamage(error: unknown): boolean {
  return hasCode(error, 'Z_DATA_ERROR') || hasCode(error, 'Z_BUF_ERROR') || hasCode(error, 'Z_NEED_DICT');
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

/** One zlib stream, driven step by step instead of by pipes, so that nothing unpacked before an error is lost. */
class Engine {
  private readonly zlib: Gunzip | InflateRaw;
  private parts: Buffer[] = [];
  private failure: Error | null = null;
  private reject: ((error: Error) => void) | null = null;
  private fed = 0;
  /** zlib took no more: what it unpacks has ended. */
  private ended = false;
  /** Unpacked and not yet taken. */
  bytes = 0;

  constructor(packing: Packing) {
    const options = { chunkSize: ZLIB_CHUNK_BYTES };
    this.zlib = packing === 'gzip' ? createGunzip(options) : createInflateRaw(options);
    this.zlib.on('data', (part: Buffer) => {
      this.parts.push(part);
      this.bytes += part.length;
    });
    this.zlib.on('error', (error: Error) => {
      this.failure = error;
      this.reject?.(error);
    });
  }

  feed(piece: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      if (this.ended) return this.pass(piece, resolve, reject);
      this.reject = reject;
      this.fed += piece.length;
      this.zlib.write(piece, (error) => {
        if (error) return reject(this.failure ?? error);
        // Whatever the stream still keeps comes out through 'data' before the next step can fail.
        while (this.zlib.read() !== null);
        const behind = this.fed - this.zlib.bytesWritten;
        this.ended = behind > 0;
        this.pass(piece.subarray(piece.length - behind), resolve, reject);
      });
    });
  }

  /**
   * zlib stops at the first zero behind the end, because tapes are filled up with them, and says nothing of what comes then: another member
   * behind a block that was lost would be lost in silence.
   */
  private pass(behind: Buffer, resolve: () => void, reject: (error: Error) => void): void {
    if (behind.every((byte) => byte === 0)) return resolve();
    this.failure = Object.assign(new Error('There is something behind the zeros at the end.'), {
      code: 'Z_DATA_ERROR',
    });
    reject(this.failure);
  }

  finish(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      if (this.ended) return resolve();
      this.reject = reject;
      this.zlib.once('close', resolve);
      this.zlib.end();
    });
  }

  take(): Buffer {
    const taken = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    this.parts = [];
    this.bytes = 0;
    return taken;
  }

  close(): void {
    this.zlib.destroy();
  }
}
