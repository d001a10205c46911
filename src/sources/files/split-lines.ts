import type { InputRecord, ResumePoint, Splitter } from './record.js';
import { RecordBuffer } from './record-buffer.js';

/**
 * Bytes → lines, on bytes alone: nothing is decoded, so NUL bytes and invalid UTF-8 reach the decoder as they are. Lines end with LF or CRLF; the
 * last one may lack it. Blank lines are no records but count as lines.
 */
export class LineSplitter implements Splitter {
  private readonly pending: RecordBuffer;
  /** Offset of the chunk at hand in the uncompressed input. */
  private chunkStart: number;
  private line: number;
  private index: number;

  /** Starts at `startOffset`: behind the byte order mark, or behind the record `after`. */
  constructor(recordBytesMax: number, startOffset: number, after?: ResumePoint) {
    this.pending = new RecordBuffer(recordBytesMax);
    this.chunkStart = startOffset;
    this.line = after ? after.line + 1 : 1;
    this.index = after ? after.index + 1 : 0;
  }

  push(chunk: Buffer, out: InputRecord[]): void {
    let from = 0;
    for (let to = chunk.indexOf(LF); to !== -1; to = chunk.indexOf(LF, from)) {
      this.close(chunk, from, to, this.chunkStart + to + 1, out);
      from = to + 1;
    }
    if (from < chunk.length) this.pending.add(chunk, from, chunk.length);
    this.chunkStart += chunk.length;
  }

  end(out: InputRecord[]): null {
    if (!this.pending.isEmpty) this.close(NOTHING, 0, 0, this.chunkStart, out);
    return null;
  }

  private close(chunk: Buffer, from: number, to: number, endOffset: number, out: InputRecord[]): void {
    const line = this.line++;
    if (from === to && this.pending.isEmpty) return;
    const { bytes, tooLarge } = this.pending.take(chunk, from, to, lengthWithoutCarriageReturn);
    if (!tooLarge && isBlank(bytes)) return;
    out.push({ bytes, line, index: this.index++, endOffset, tooLarge });
  }
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const NOTHING = Buffer.alloc(0);

function lengthWithoutCarriageReturn(bytes: Buffer): number {
  return bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
}

function isBlank(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte !== SPACE && byte !== TAB && byte !== CR) return false;
  }
  return true;
}
