import { isAscii } from 'node:buffer';
import { FeewardenError } from '../../core/errors.js';

/** Bytes of a file, whole characters or not → text, a piece at a time. A byte order mark is left in the text. */
export interface TextReader {
  /** Its name, as this accepts it. */
  readonly encoding: string;
  push(bytes: Buffer): string;
  end(): string;
  /** Of bytes that begin and end with whole characters, apart from what was pushed. @throws FeewardenError wrong_encoding */
  whole(bytes: Buffer): string;
  /** Once `push` has refused bytes: ends of lines among them before the place where they are wrong. */
  readonly linesBeforeFailure: number;
}

/** By the names that files use, in lower case. TextDecoder knows them all; others are refused, because a guess would be wrong money. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'iso-8859-1': 'iso-8859-1',
  latin1: 'iso-8859-1',
  'iso-8859-15': 'iso-8859-15',
  'windows-1252': 'windows-1252',
  'iso-8859-2': 'iso-8859-2',
  'windows-1250': 'windows-1250',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  gb18030: 'gb18030',
};

const LINE_FEED = 0x0a;
const GREATER = 0x3e;

/**
 * A reader for an encoding by name. Bytes that are none of it are refused and never replaced by question marks.
 * @throws FeewardenError unsupported_encoding
 */
export function textReader(name: string): TextReader {
  const label = ENCODINGS[name.trim().toLowerCase()];
  if (label === undefined)
    throw new FeewardenError('unsupported_encoding', `It says "${name.slice(0, 40)}"; convert it to UTF-8 or GB18030.`);
  return new DecodingReader(label);
}

/**
 * The reader for an XML file: a byte order mark decides, else its own declaration, else UTF-8.
 * @throws FeewardenError unsupported_encoding
 */
export function xmlTextReader(head: Buffer): TextReader {
  if (
    (head[0] === 0xfe && head[1] === 0xff) ||
    (head[0] === 0xff && head[1] === 0xfe) ||
    head[0] === 0 ||
    head[1] === 0
  )
    throw new FeewardenError('unsupported_encoding', 'It is written in UTF-16 or UTF-32; convert it to UTF-8.');
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return textReader('utf-8');
  const declaration = head.subarray(0, DECLARATION_BYTES_MAX).toString('latin1');
  const declared = /^\s*<\?xml[^>]*?\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(declaration);
  return textReader(declared ? (declared[1] ?? declared[2] ?? '') : 'utf-8');
}

const DECLARATION_BYTES_MAX = 1_024;

class DecodingReader implements TextReader {
  linesBeforeFailure = 0;
  // A byte order mark in the middle of a file is a character, and this may be asked for a middle.
  private readonly decoder: InstanceType<typeof TextDecoder>;
  /** No character is pending that the end of a piece has cut. */
  private isWhole = true;

  constructor(readonly encoding: string) {
    this.decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  push(bytes: Buffer): string {
    const last = bytes[bytes.length - 1];
    if (last === undefined) return '';
    const wasWhole = this.isWhole;
    // After an ASCII byte that ends a line or a tag nothing is pending, in any of them.
    this.isWhole = last === LINE_FEED || last === GREATER || (wasWhole && isAscii(bytes));
    if (wasWhole && this.isWhole) return this.whole(bytes);
    return this.decode(bytes, { stream: true });
  }

  end(): string {
    return this.decode(Buffer.alloc(0));
  }

  whole(bytes: Buffer): string {
    // Plain ASCII, which most files are, says the same in all of these encodings, and is quicker to copy than to decode.
    return isAscii(bytes) ? bytes.toString('latin1') : this.decode(bytes);
  }

  private decode(bytes: Buffer, options?: { stream: boolean }): string {
    try {
      return this.decoder.decode(bytes, options);
    } catch (error) {
      this.linesBeforeFailure = this.goodLines(bytes);
      throw new FeewardenError('wrong_encoding', `It is read as ${this.encoding}.`, { cause: error });
    }
  }

  /** Halves the bytes until the place is found; of a piece that begins within a character nothing can be said. */
  private goodLines(bytes: Buffer): number {
    let good = 0;
    for (let bad = bytes.length; bad - good > 1; ) {
      const middle = (good + bad) >> 1;
      try {
        new TextDecoder(this.encoding, { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
        good = middle;
      } catch {
        bad = middle;
      }
    }
    return bytes.subarray(0, good).filter((byte) => byte === LINE_FEED).length;
  }
}
