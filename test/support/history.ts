import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseTime, type Us } from '../../src/core/time.js';
import { type Decoded, decodeText } from '../../src/events/decode.js';
import type { Input } from '../../src/ledger/apply.js';
import type { Quantities } from '../../src/ledger/quantities.js';

const FOLDER = new URL('../fixtures/history/', import.meta.url);

/** Limits as in production, without the check of `time` against a clock. */
export const LIMITS = { bytesMax: 262_144, depthMax: 32, receivedAt: null };

/** The fixture's lines in order of arrival. */
export function historyLines(): string[] {
  return gunzipSync(readFileSync(new URL('events.ndjson.gz', FOLDER)))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
}

export function decodeLine(line: string): Decoded {
  return decodeText(line, LIMITS);
}

/** A line as an input of the ledger; `line` is 1-based. */
export function inputOf(text: string, line: number): Input {
  return {
    bytes: Buffer.from(text),
    decoded: decodeLine(text),
    origin: { key: `history:${line}`, detail: { file: 'history', line } },
  };
}

export interface ExpectedBooks {
  readonly institutionId: string;
  readonly omitted: readonly string[];
  readonly [quantity: string]: unknown;
}

export function expectedBooks(): ExpectedBooks[] {
  return JSON.parse(readFileSync(new URL('books.json', FOLDER), 'utf8'));
}

export function expectedRejects(): { line: number; kind: string; code: string | null }[] {
  return JSON.parse(readFileSync(new URL('rejects.json', FOLDER), 'utf8'));
}

export function historyAsOf(): Us {
  return parseTime((JSON.parse(readFileSync(new URL('meta.json', FOLDER), 'utf8')) as { asOf: string }).asOf)!;
}

/** Quantities as plain JSON, so that they compare with the expected file; sums in the fixture are safe integers. */
export function plain(quantities: Quantities): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(quantities).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}

/** What the fixture says of an institution, without the names it leaves out. */
export function comparable(
  quantities: Quantities,
  expected: ExpectedBooks,
): [Record<string, unknown>, Record<string, unknown>] {
  const { omitted, ...wanted } = expected;
  const got = plain(quantities);
  const names = Object.keys(wanted).filter((name) => !omitted.includes(name));
  return [
    Object.fromEntries(names.map((name) => [name, got[name]])),
    Object.fromEntries(names.map((name) => [name, wanted[name]])),
  ];
}
