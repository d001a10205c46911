import { isAscii } from 'node:buffer';
import { FeewardenError } from '../../core/errors.js';

/** Bytes of a file, whole characters or not → text, a piece at a time. */
export interface TextReader {
  push(bytes: Buffer): string;
  end(): string;
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
  const decoder = new TextDecoder(label, { fatal: true });
  const decode = (bytes: Buffer | undefined): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw new FeewardenError('wrong_encoding', `It is read as ${label}.`, { cause: error });
    }
  };
  // Plain ASCII, which most files are, says the same in all of these encodings, and is quicker to copy than to decode. A character
  // that was cut by the end of a piece has to be decoded with its rest.
  let isWhole = true;
  const push = (bytes: Buffer): string => {
    if (isWhole && isAscii(bytes)) return bytes.toString('latin1');
    const last = bytes[bytes.length - 1] ?? 0;
    isWhole = false;
    const text = decode(bytes);
    // After an ASCII byte that ends a line or a tag nothing is pending, in any of them.
    if (last === LINE_FEED || last === GREATER) isWhole = true;
    return text;
  };
  return { push, end: () => decode(undefined) };
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
