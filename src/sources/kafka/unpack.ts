import { promisify } from 'node:util';
import { unzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

/**
 * The codecs of Kafka. Our client library brings none but gzip, and that one without a bound. Every sender chooses its own, and a
 * broker keeps what it was sent unless the topic says otherwise: without them one record of one sender would stop all the others for ever.
 * Only reading is needed. What is damaged, or would grow beyond `bytesMax`, throws `UnpackError`.
 */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
}

/** The frame that Java's writers put round blocks of Snappy: a mark, two versions, then blocks with their sizes, big-endian. */
const XERIAL_MARK = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_VERSIONS_BYTES = 8;
const SIZE_BYTES = 4;

export function unpackSnappy(packed: Buffer, bytesMax: number): Buffer {
  const parts: Buffer[] = [];
  let left = bytesMax;
  for (const block of snappyBlocks(packed)) {
    const size = snappySize(block);
    if (size > left) throw tooLarge(bytesMax);
    left -= size;
    parts.push(guarded('Snappy', () => uncompressSync(block) as Buffer));
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function* snappyBlocks(packed: Buffer): Generator<Buffer> {
  if (!packed.subarray(0, XERIAL_MARK.length).equals(XERIAL_MARK)) {
    yield packed;
    return;
  }
  for (let at = XERIAL_MARK.length + XERIAL_VERSIONS_BYTES; at < packed.length; ) {
    const from = at + SIZE_BYTES;
    if (from > packed.length) throw damaged('Snappy', 'it ends in a size');
    at = from + packed.readUInt32BE(at);
    if (at > packed.length) throw damaged('Snappy', 'it ends in a block');
    yield packed.subarray(from, at);
  }
}

/** A block begins with how large it unpacks, seven bits a byte, and that much memory is taken at once. */
function snappySize(block: Buffer): number {
  let size = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block[at];
    if (byte === undefined) break;
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return size;
  }
  throw damaged('Snappy', 'its length is no number');
}

/** LZ4 makes 255 bytes of one at most: a batch, of which brokers take 1 MB unless told otherwise, has its bound in itself. */
export function unpackLz4(packed: Buffer): Buffer {
  return guarded('LZ4', () => decompressFrameSync(packed));
}

const unzipped = promisify(unzip);
/** Fewer and larger pieces than Node's own 16 KiB: each goes through its pool of threads by itself. */
const GZIP_PIECE_BYTES = 131_072;

export async function unpackGzip(packed: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await unzipped(packed, { maxOutputLength: bytesMax, chunkSize: Math.min(GZIP_PIECE_BYTES, bytesMax) });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooLarge(bytesMax)
      : damaged('gzip', String(error));
  }
}

export function unpackZstd(packed: Buffer, bytesMax: number): Buffer {
  const parts: Uint8Array[] = [];
  let left = bytesMax;
  const take = (part: Uint8Array): void => {
    left -= part.length;
    if (left < 0) throw tooLarge(bytesMax);
    parts.push(part.slice());
  };
  guarded('Zstandard', () => new Decompress(take).push(packed, true));
  return Buffer.concat(parts);
}

function guarded<T>(codec: string, unpack: () => T): T {
  try {
    return unpack();
  } catch (error) {
    throw error instanceof UnpackError ? error : damaged(codec, String(error));
  }
}

function damaged(codec: string, why: string): UnpackError {
  return new UnpackError(`It is no ${codec}, or damaged (${why}).`);
}

function tooLarge(bytesMax: number): UnpackError {
  return new UnpackError(`It unpacks to more than ${bytesMax} bytes.`);
}
