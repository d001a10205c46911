import { Decompress } from 'fzstd';

/**
 * The codecs of Kafka that our client library does not bring: Snappy, LZ4 and Zstandard. Every sender chooses its own, and a broker keeps
 * what it was sent unless the topic says otherwise: without them one record of one sender would stop all the others for ever.
 * Only reading is needed. What is damaged, or grows beyond `bytesMax`, throws `UnpackError`.
 */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
}

/** What was unpacked so far; grows as needed. */
class Output {
  #bytes: Buffer;
  #length = 0;

  constructor(
    private readonly bytesMax: number,
    expected: number,
  ) {
    this.#bytes = Buffer.allocUnsafe(Math.min(expected, bytesMax));
  }

  literal(from: Buffer): void {
    this.#reserve(from.length);
    from.copy(this.#bytes, this.#length);
    this.#length += from.length;
  }

  /** Repeats what stands `distance` bytes back; it may run into what it writes itself. */
  repeat(distance: number, count: number): void {
    const start = this.#length - distance;
    if (distance === 0 || start < 0) throw new UnpackError('A repetition reaches before the start.');
    this.#reserve(count);
    if (distance >= count) this.#bytes.copyWithin(this.#length, start, start + count);
    else for (let at = 0; at < count; at += 1) this.#bytes[this.#length + at] = this.#bytes[start + at]!;
    this.#length += count;
  }

  get length(): number {
    return this.#length;
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > this.bytesMax) throw new UnpackError(`It unpacks to more than ${this.bytesMax} bytes.`);
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(this.bytesMax, Math.max(needed, this.#bytes.length * 2)));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** What is read; asking for more than there is throws. */
class Input {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(count: number): Buffer {
    if (count > this.left) throw new UnpackError('It ends too early.');
    this.#at += count;
    return this.bytes.subarray(this.#at - count, this.#at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** Little-endian, of 1 to 4 bytes. */
  number(bytes: number): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }
}

/** The frame that Java's writers put round blocks of Snappy: a mark, two versions, then blocks with their sizes, big-endian. */
const XERIAL_MARK = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_VERSIONS_BYTES = 8;

export function unpackSnappy(packed: Buffer, bytesMax: number): Buffer {
  const output = new Output(bytesMax, packed.length * 4);
  const input = new Input(packed);
  if (!packed.subarray(0, XERIAL_MARK.length).equals(XERIAL_MARK)) {
    unpackSnappyBlock(input, output);
    return output.done();
  }
  input.take(XERIAL_MARK.length + XERIAL_VERSIONS_BYTES);
  while (input.left > 0) unpackSnappyBlock(new Input(input.take(input.take(4).readUInt32BE())), output);
  return output.done();
}

function unpackSnappyBlock(input: Input, output: Output): void {
  const end = output.length + readVarint(input);
  while (input.left > 0) {
    const tag = input.byte();
    const high = tag >>> 2;
    if ((tag & 3) === 0) output.literal(input.take((high < 60 ? high : input.number(high - 59)) + 1));
    else if ((tag & 3) === 1) output.repeat(((tag >>> 5) << 8) | input.byte(), (high & 7) + 4);
    else output.repeat(input.number((tag & 3) === 2 ? 2 : 4), high + 1);
  }
  if (output.length !== end) throw new UnpackError('It is not as long as it says.');
}

function readVarint(input: Input): number {
  let value = 0;
  for (let shift = 0; shift <= 28; shift += 7) {
    const byte = input.byte();
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new UnpackError('Its length is no number.');
}

const LZ4_MARK = 0x184d2204;
const LZ4_STORED = 0x80000000;
const LZ4_MATCH_MIN = 4;

/** The LZ4 frame format. Its checksums are not compared: the record batch has one of its own. */
export function unpackLz4(packed: Buffer, bytesMax: number): Buffer {
  const output = new Output(bytesMax, packed.length * 4);
  const input = new Input(packed);
  if (input.number(4) !== LZ4_MARK) throw new UnpackError('It is no LZ4 frame.');
  const flags = input.byte();
  const hasBlockChecksum = (flags & 0x10) !== 0;
  // Block size; content size and dictionary id where they are given; checksum of all that.
  input.take(1 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1);
  for (;;) {
    const size = input.number(4);
    if (size === 0) return output.done();
    const block = input.take(size >= LZ4_STORED ? size - LZ4_STORED : size);
    if (size >= LZ4_STORED) output.literal(block);
    else unpackLz4Block(new Input(block), output);
    if (hasBlockChecksum) input.take(4);
  }
}

function unpackLz4Block(input: Input, output: Output): void {
  while (input.left > 0) {
    const token = input.byte();
    output.literal(input.take(lz4Length(token >>> 4, input)));
    // The last sequence of a block has no repetition.
    if (input.left === 0) return;
    const distance = input.number(2);
    output.repeat(distance, lz4Length(token & 0x0f, input) + LZ4_MATCH_MIN);
  }
}

function lz4Length(nibble: number, input: Input): number {
  let length = nibble;
  for (let more = nibble === 15 ? 255 : 0; more === 255; length += more) more = input.byte();
  return length;
}

export function unpackZstd(packed: Buffer, bytesMax: number): Buffer {
  const output = new Output(bytesMax, packed.length * 4);
  try {
    new Decompress((chunk) => output.literal(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))).push(
      packed,
      true,
    );
  } catch (error) {
    if (error instanceof UnpackError) throw error;
    throw new UnpackError(`It is no Zstandard frame, or a damaged one (${String(error)}).`);
  }
  return output.done();
}
