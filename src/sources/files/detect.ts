/**
 * What a file is, told from its first bytes alone: names and endings lie. Pure.
 *
 * Lines are the rule: a file with a broken first line is still a file of lines, because taking it for one big object would lose all
 * others. It is one pretty-printed object only if its second line can be the continuation of its first.
 */
export type Format = 'ndjson' | 'json_array' | 'json_object';
export type Container = 'gzip' | 'zip' | 'plain';
/** `skip`: bytes of the byte order mark. `problem`: a full sentence that says what to do. */
export type Detection = { readonly format: Format; readonly skip: number } | { readonly problem: string };

/** How much of the beginning is looked at, in bytes. */
export const HEAD_BYTES_MAX = 65_536;

export function detectContainer(head: Buffer): Container {
  if (startsWith(head, [0x1f, 0x8b])) return 'gzip';
  // The second is the mark of a zip without members.
  if (startsWith(head, [0x50, 0x4b, 0x03, 0x04]) || startsWith(head, [0x50, 0x4b, 0x05, 0x06])) return 'zip';
  return 'plain';
}

/** `head`: the first bytes after unpacking; less than HEAD_BYTES_MAX only if that is all. */
export function detectFormat(head: Buffer): Detection {
  const problem = foreignKind(head);
  if (problem) return { problem };
  const skip = startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0;
  const first = lineFrom(head, skip);
  if (first === null) return { format: 'ndjson', skip };
  const start = head[first.from];
  if (start === OPEN_ARRAY) return { format: arrayOrLines(head, first), skip };
  if (start === OPEN_OBJECT) return { format: isOneObject(head, first) ? 'json_object' : 'ndjson', skip };
  if (looksLikeText(head) && hasJsonLine(head, first)) return { format: 'ndjson', skip };
  return { problem: start === LESS_THAN ? XML_PROBLEM : UNKNOWN_PROBLEM };
}

/** What is no JSON, and is handed on as bytes to who asked for it. Null for what cannot be text at all. */
export type DocumentKind = 'xml' | 'text';

export function detectDocument(head: Buffer): DocumentKind | null {
  if (foreignKind(head) || !looksLikeText(head)) return null;
  const first = lineFrom(head, startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0);
  if (first === null) return null;
  return head[first.from] === LESS_THAN ? 'xml' : 'text';
}

/** True when more bytes could not change the answer, so that a slow stream need not fill the whole head first. */
export function isDecided(head: Buffer): boolean {
  if (head.length >= HEAD_BYTES_MAX) return true;
  if (head.length < 4 || detectContainer(head) !== 'plain' || foreignKind(head)) return false;
  const first = lineFrom(head, startsWith(head, [0xef, 0xbb, 0xbf]) ? 3 : 0);
  return first?.ended === true && head[first.from] === OPEN_OBJECT && scan(head, first.from, first.to).complete;
}

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LESS_THAN = 0x3c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Control characters in more than this share of the head: not text. Packed or encrypted data has about a ninth. */
const CONTROL_SHARE_MAX = 0.05;

/** How many bytes must look like UTF-16 when no mark says so. */
const UTF16_PROOF_BYTES = 16;

const XML_PROBLEM = 'This looks like XML; give NDJSON, a JSON array or a JSON object (plain, gzip or zip).';
const UNKNOWN_PROBLEM =
  'This kind of file is not known; give NDJSON, a JSON array or a JSON object (plain, gzip or zip).';
const UTF16_PROBLEM = 'The file is written in UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8).';

const FOREIGN: readonly (readonly [readonly number[], string])[] = [
  [[0xff, 0xfe], UTF16_PROBLEM],
  [[0xfe, 0xff], UTF16_PROBLEM],
  [[0x1f, 0x8b], 'The file is compressed twice; unpack it once.'],
  [[0x50, 0x4b, 0x03, 0x04], 'This is a zip inside another archive; unpack the outer one.'],
  [[0x42, 0x5a, 0x68], 'The file is packed with bzip2; unpack it first, or use gzip or zip.'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], 'The file is packed with xz; unpack it first, or use gzip or zip.'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'The file is packed with Zstandard; unpack it first, or use gzip or zip.'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'The file is packed with 7-Zip; unpack it first, or use gzip or zip.'],
];

function foreignKind(head: Buffer): string | null {
  for (const [mark, problem] of FOREIGN) {
    if (startsWith(head, mark)) return problem;
  }
  return isUnmarkedUtf16(head) ? UTF16_PROBLEM : null;
}

/** Every other byte of the ASCII that JSON starts with is zero. A few NUL bytes in a row of rubbish are not enough. */
function isUnmarkedUtf16(head: Buffer): boolean {
  if (head.length < UTF16_PROOF_BYTES) return false;
  const start = [...head.subarray(0, UTF16_PROOF_BYTES)];
  const zeroAt = (parity: number) => start.every((byte, at) => (byte === 0) === (at % 2 === parity));
  return zeroAt(0) || zeroAt(1);
}

function startsWith(head: Buffer, mark: readonly number[]): boolean {
  return head.length >= mark.length && mark.every((byte, at) => head[at] === byte);
}

/** A line that is not blank: its first byte that counts, its end, and whether the end was seen. */
interface Line {
  readonly from: number;
  readonly to: number;
  readonly ended: boolean;
}

function lineFrom(head: Buffer, offset: number): Line | null {
  let from = offset;
  while (from < head.length && isSpace(head[from]!)) from++;
  if (from === head.length) return null;
  const end = head.indexOf(LF, from);
  return end === -1 ? { from, to: head.length, ended: false } : { from, to: end, ended: true };
}

interface Scanned {
  /** The line is one closed value and nothing else. */
  readonly complete: boolean;
  readonly inString: boolean;
  readonly innermost: number | undefined;
  readonly last: number;
}

/** Follows brackets and strings from `from` to `to`. */
function scan(head: Buffer, from: number, to: number): Scanned {
  const open: number[] = [];
  let inString = false;
  let closedAt = -1;
  let last = 0;
  let lastAt = from;
  for (let at = from; at < to; at++) {
    const byte = head[at]!;
    if (isSpace(byte)) continue;
    last = byte;
    lastAt = at;
    if (inString) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) open.push(byte);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      open.pop();
      if (open.length === 0 && closedAt === -1) closedAt = at;
    }
  }
  return { complete: closedAt === lastAt, inString, innermost: open.at(-1), last };
}

/**
 * A closed array on the first line, and then something that is no array, is a line that happens to hold an array. So is a line that breaks off where
 * no object may follow, before a line that is a whole object.
 */
function arrayOrLines(head: Buffer, first: Line): Format {
  const second = first.ended ? lineFrom(head, first.to) : null;
  if (second === null) return 'json_array';
  const { complete, inString, last } = scan(head, first.from, first.to);
  const next = head[second.from];
  if (complete) return next === OPEN_ARRAY ? 'json_array' : 'ndjson';
  const objectMayFollow = !inString && (last === OPEN_ARRAY || last === COMMA || last === COLON);
  const isObjectLine = next === OPEN_OBJECT && scan(head, second.from, second.to).complete;
  return isObjectLine && !objectMayFollow ? 'ndjson' : 'json_array';
}

function isOneObject(head: Buffer, first: Line): boolean {
  const { complete, inString, innermost, last } = scan(head, first.from, first.to);
  const second = first.ended ? lineFrom(head, first.to) : null;
  if (complete || inString || innermost === undefined || second === null) return false;
  const next = head[second.from]!;
  if (last === OPEN_OBJECT) return next === QUOTE || next === CLOSE_OBJECT;
  if (last === COMMA && innermost === OPEN_OBJECT) return next === QUOTE;
  if (last === COMMA || last === COLON || last === OPEN_ARRAY) {
    // A value must follow. A whole object on a line of its own is rather the next line of a file whose first line was cut off.
    return !(next === OPEN_OBJECT && scan(head, second.from, second.to).complete);
  }
  return next === COMMA || next === COLON || next === CLOSE_OBJECT || next === CLOSE_ARRAY;
}

/** Some line begins as an object does. The first one may well be rubbish, and is then one rejected record. */
function hasJsonLine(head: Buffer, first: Line): boolean {
  for (let line: Line | null = first; line !== null; line = lineFrom(head, line.to)) {
    if (head[line.from] !== OPEN_OBJECT) continue;
    const next = lineFrom(head, line.from + 1);
    if (next !== null && (head[next.from] === QUOTE || head[next.from] === CLOSE_OBJECT)) return true;
  }
  return false;
}

function looksLikeText(head: Buffer): boolean {
  let controls = 0;
  for (const byte of head) {
    if (byte < 0x20 && !isSpace(byte)) controls++;
  }
  return controls <= head.length * CONTROL_SHARE_MAX;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === LF;
}
