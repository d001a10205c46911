/**
 * The bytes of the one record that is being found. A record inside one chunk is handed on as a view of that chunk, without a copy;
 * only one that spans chunks is collected here. Never holds more than the largest allowed record, however long the record really is.
 * The answer depends on the bytes alone, not on how they were cut into chunks.
 */
export class RecordBuffer {
  private held: Buffer = Buffer.alloc(0);
  private heldBytes = 0;
  private totalBytes = 0;
  private readonly heldBytesMax: number;

  /** `recordBytesMax`: the longest record, in bytes without its delimiter. */
  constructor(private readonly recordBytesMax: number) {
    // One byte more, because a carriage return at the end of a line is not part of the record.
    this.heldBytesMax = Math.max(recordBytesMax + 1, SAMPLE_BYTES);
  }

  get isEmpty(): boolean {
    return this.totalBytes === 0;
  }

  /** The record goes on behind this chunk: keep `from`…`to`, as far as it can matter. */
  add(chunk: Buffer, from: number, to: number): void {
    const bytes = Math.min(to - from, this.heldBytesMax - this.heldBytes);
    if (bytes > 0) {
      this.grow(this.heldBytes + bytes);
      chunk.copy(this.held, this.heldBytes, from, from + bytes);
      this.heldBytes += bytes;
    }
    this.totalBytes += to - from;
  }

  /** The record ends at `to` of this chunk. `trimmedLength` says how much of a complete record counts. */
  take(chunk: Buffer, from: number, to: number, trimmedLength: (bytes: Buffer) => number): TakenRecord {
    if (this.totalBytes > 0) this.add(chunk, from, to);
    const total = this.totalBytes > 0 ? this.totalBytes : to - from;
    const whole = this.totalBytes > 0 ? Buffer.from(this.held.subarray(0, this.heldBytes)) : chunk.subarray(from, to);
    this.heldBytes = 0;
    this.totalBytes = 0;
    if (total > this.recordBytesMax + 1) return { bytes: whole.subarray(0, SAMPLE_BYTES), tooLarge: true };
    const length = trimmedLength(whole);
    if (length > this.recordBytesMax)
      return { bytes: whole.subarray(0, Math.min(length, SAMPLE_BYTES)), tooLarge: true };
    return { bytes: length === whole.length ? whole : whole.subarray(0, length), tooLarge: false };
  }

  private grow(bytes: number): void {
    if (bytes <= this.held.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(this.heldBytesMax, Math.max(bytes, this.held.length * 2)));
    this.held.copy(grown, 0, 0, this.heldBytes);
    this.held = grown;
  }
}

export interface TakenRecord {
  readonly bytes: Buffer;
  readonly tooLarge: boolean;
}

/** What is kept of a record that is too large: enough to recognise it. */
const SAMPLE_BYTES = 1024;
