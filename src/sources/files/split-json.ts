import type { InputRecord, Splitter } from './record.js';
import { RecordBuffer } from './record-buffer.js';

/**
 * Bytes → the elements of a JSON array, or the objects that stand one after another, found by counting brackets and following strings. Nothing
 * is parsed: what stands between two boundaries is a record, well-formed or not, and the decoder judges it. So a broken element costs its
 * neighbours nothing as long as its brackets balance; where they do not, everything from there on is one record.
 *
 * At the top level: `[` opens an array (several arrays in a row are fine), `{` an object that ends with its bracket, anything else is one record up to
 * the end of its line. In an array: records lie between the commas; an empty place is no record.
 */
export class JsonSplitter implements Splitter {
  private readonly pending: RecordBuffer;
  private chunkStart: number;
  private line = 1;
  private index = 0;

  private inArray = false;
  /** An array has just ended. */
  private behindArray = false;
  /** What the open record is; null between records. */
  private open: 'element' | 'object' | 'stray' | null = null;
  /** Where the open record starts in the chunk at hand; 0 when it started in an earlier one. */
  private openFrom = 0;
  private openLine = 1;
  /** Open brackets within the open record. Kinds are not matched: `{…]` still finds the next boundary. */
  private depth = 0;
  private inString = false;
  private escaped = false;

  constructor(recordBytesMax: number, startOffset: number) {
    this.pending = new RecordBuffer(recordBytesMax);
    this.chunkStart = startOffset;
  }

  push(chunk: Buffer, out: InputRecord[]): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.open === null) at = this.findRecord(chunk, at);
      else if (this.inString) at = this.passString(chunk, at);
      else at = this.passStructure(chunk, at, out);
    }
    if (this.open !== null) this.pending.add(chunk, this.openFrom, chunk.length);
    this.openFrom = 0;
    this.chunkStart += chunk.length;
  }

  /**
   * An array without its end has been cut off. If the cut went through an element, its rest is a record, and being refused tells of it; if
   * it fell between two elements nothing else would, so the answer says so.
   */
  end(out: InputRecord[]): string | null {
    const cutBetween = this.inArray && this.depth === 0 && !this.inString;
    if (this.open !== null) this.close(NOTHING, 0, this.chunkStart, out);
    return cutBetween
      ? 'The JSON array has no end (]): the file seems cut off. Fetch it again; what is in it was read.'
      : null;
  }

  /** Between records: answers the place where one starts (not consumed), or where to go on looking. */
  private findRecord(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LF) this.line++;
      else if (KIND[byte] === BLANK) continue;
      else if (!this.inArray && byte === OPEN_ARRAY) this.inArray = true;
      else if (this.inArray && byte === CLOSE_ARRAY) this.leaveArray();
      else if (this.behindArray && byte === COMMA_BYTE) this.inArray = true;
      else if (!(this.inArray && byte === COMMA_BYTE)) {
        this.behindArray = false;
        this.open = this.inArray ? 'element' : byte === OPEN_OBJECT ? 'object' : 'stray';
        this.openFrom = at;
        this.openLine = this.line;
        return at;
      }
    }
    return chunk.length;
  }

  private passString(chunk: Buffer, from: number): number {
    let at = from;
    if (this.escaped) {
      this.escaped = false;
      if (chunk[at++] === LF) this.line++;
    }
    for (; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === QUOTE_BYTE) {
        this.inString = false;
        return at + 1;
      }
      if (byte === LF) this.line++;
      else if (byte === BACKSLASH) {
        at++;
        if (at === chunk.length) this.escaped = true;
        else if (chunk[at] === LF) this.line++;
      }
    }
    return chunk.length;
  }

  /** Inside a record, outside strings. Returns at the start of a string, at the end of the record or of the chunk. */
  private passStructure(chunk: Buffer, from: number, out: InputRecord[]): number {
    for (let at = from; at < chunk.length; at++) {
      const kind = KIND[chunk[at]!]!;
      if (kind <= BLANK) continue;
      if (kind === LINE_END) {
        this.line++;
        if (this.open === 'stray') return this.closeAt(chunk, at, at + 1, out);
      } else if (this.open === 'stray') {
        // Its end is the end of the line, whatever it holds.
      } else if (kind === QUOTE) {
        this.inString = true;
        return at + 1;
      } else if (kind === OPEN) {
        this.depth++;
      } else if (kind === COMMA) {
        if (this.depth === 0) return this.closeAt(chunk, at, at + 1, out);
      } else if (this.depth > 0) {
        this.depth--;
        if (this.depth === 0 && this.open === 'object') return this.closeAt(chunk, at + 1, at + 1, out);
      } else if (chunk[at] === CLOSE_ARRAY) {
        this.leaveArray();
        return this.closeAt(chunk, at, at + 1, out);
      }
      // A closing brace too many stays a part of its element, so that the elements behind it are still found.
    }
    return chunk.length;
  }

  /** A comma behind the end shows that the bracket was one too many: then the array goes on. */
  private leaveArray(): void {
    this.inArray = false;
    this.behindArray = true;
  }

  private closeAt(chunk: Buffer, to: number, next: number, out: InputRecord[]): number {
    this.close(chunk, to, this.chunkStart + next, out);
    return next;
  }

  private close(chunk: Buffer, to: number, endOffset: number, out: InputRecord[]): void {
    const { bytes, tooLarge } = this.pending.take(chunk, this.openFrom, to, lengthWithoutBlanks);
    out.push({ bytes, line: this.openLine, index: this.index++, endOffset, tooLarge });
    this.open = null;
    this.openFrom = 0;
    this.depth = 0;
  }
}

const NOTHING = Buffer.alloc(0);
const LF = 0x0a;
const QUOTE_BYTE = 0x22;
const COMMA_BYTE = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

// What a byte means outside strings; one look-up instead of a chain of comparisons for each byte.
const BLANK = 1;
const LINE_END = 2;
const QUOTE = 3;
const OPEN = 4;
const CLOSE = 5;
const COMMA = 6;
const KIND = new Uint8Array(256);
for (const byte of [0x20, 0x09, 0x0d]) KIND[byte] = BLANK;
KIND[LF] = LINE_END;
KIND[QUOTE_BYTE] = QUOTE;
KIND[OPEN_ARRAY] = OPEN;
KIND[OPEN_OBJECT] = OPEN;
KIND[CLOSE_ARRAY] = CLOSE;
KIND[CLOSE_OBJECT] = CLOSE;
KIND[COMMA_BYTE] = COMMA;

function lengthWithoutBlanks(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && isBlank(bytes[length - 1]!)) length--;
  return length;
}

function isBlank(byte: number): boolean {
  const kind = KIND[byte]!;
  return kind === BLANK || kind === LINE_END;
}
