import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Decoded, decodeText } from '../../src/events/decode.js';
import { LIMITS } from './support.js';

interface ExpectedReject {
  line: number;
  kind: string;
  code: string | null;
  oracle: string;
}

const FIXTURES = new URL('../fixtures/history/', import.meta.url);
/** To be refused by what was accepted before, not by the event alone. */
const NEEDS_HISTORY = ['id_reused', 'conflicting_fact'];

describe('the sample history', () => {
  const rejects: ExpectedReject[] = JSON.parse(readFileSync(new URL('rejects.json', FIXTURES), 'utf8'));
  const meta: { lines: number } = JSON.parse(readFileSync(new URL('meta.json', FIXTURES), 'utf8'));
  const expected = new Map(rejects.filter((r) => !NEEDS_HISTORY.includes(r.kind)).map((r) => [r.line, r]));
  let lines: string[];
  let decoded: Decoded[];

  beforeAll(() => {
    const text = gunzipSync(readFileSync(new URL('events.ndjson.gz', FIXTURES))).toString('utf8');
    lines = text.trimEnd().split('\n');
    decoded = lines.map((line) => decodeText(Buffer.from(line), LIMITS));
  });

  it('is refused at exactly the wrong lines', () => {
    expect(lines).toHaveLength(meta.lines);
    const refusedLines = decoded.flatMap((result, i) => (result.ok ? [] : [i + 1]));
    expect(refusedLines).toEqual([...expected.keys()].sort((a, b) => a - b));
    expect(refusedLines.length).toBeGreaterThan(0);
  });

  it('is refused with the code and the path of the one fault of each line', () => {
    for (const [line, { code, oracle }] of expected) {
      const result = decoded[line - 1]!;
      if (result.ok) throw new Error(`line ${line} was accepted`);
      if (code !== null) expect(result.rejection.code).toBe(code);
      if (!oracle.startsWith('not ')) expect(result.rejection.path).toBe(oracle);
    }
  });

  it('decodes again from each stored body to the same event', () => {
    expect(decoded.filter((result) => result.ok).length).toBeGreaterThan(33_000);
    for (const result of decoded) {
      if (!result.ok) continue;
      const again = decodeText(result.event.body, LIMITS);
      const same =
        again.ok && again.event.body === result.event.body && again.event.contentHash.equals(result.event.contentHash);
      if (!same) expect(again).toStrictEqual(result);
    }
  });

  it('gives lines told twice one content, and reused ids another', () => {
    const contents = new Map<string, Set<string>>();
    for (const result of decoded) {
      if (!result.ok) continue;
      const key = `${result.event.source} ${result.event.id}`;
      if (!contents.has(key)) contents.set(key, new Set());
      contents.get(key)!.add(result.event.contentHash.toString('hex'));
    }
    const reused = rejects.filter((r) => r.kind === 'id_reused');
    expect([...contents.values()].filter((hashes) => hashes.size > 1)).toHaveLength(reused.length);
  });
});
