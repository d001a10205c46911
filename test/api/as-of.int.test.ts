import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatTime, type Us } from '../../src/core/time.js';
import { us } from '../backtest/support.js';
import { evaluateAt, ingestAt } from '../risk/support.js';
import { decodeLine, historyLines } from '../support/history.js';
import { type Harness, startHarness } from './harness.js';

/** What was answered at a moment is answered again for that moment when more is known. */
const labels = JSON.parse(readFileSync(new URL('../fixtures/history/labels.json', import.meta.url), 'utf8')) as {
  readonly id: string;
  readonly kind: string;
}[];
const SCHOOLS = ['failing', 'violating', 'healthy'].map((kind) => labels.find((one) => one.kind === kind)!.id);
const MOMENTS = 4;

let h: Harness;
const answeredAt = new Map<Us, Record<string, unknown>>();

const INSTITUTION_LISTS: Readonly<Record<string, string>> = {
  all: '/v1/institutions',
  byScore: '/v1/institutions?sort=score',
  fromSixty: '/v1/institutions?minScore=60',
};
const ALERT_LISTS: Readonly<Record<string, string>> = {
  alerts: '/v1/alerts',
  open: '/v1/alerts?state=open',
  red: '/v1/alerts?level=red',
};
const OF_ONE = ['', '/journal', '/alerts', '/alerts?state=cleared', '/books', '/score', '/refunds'];

/** Every page. */
async function whole(path: string, asOf: Us | null): Promise<unknown> {
  const items: unknown[] = [];
  let cursor: string | null = null;
  for (;;) {
    const url = new URL(path, 'http://x');
    if (asOf !== null) url.searchParams.set('asOf', formatTime(asOf));
    if (cursor !== null) url.searchParams.set('cursor', cursor);
    const { status, json } = await h.call('GET', url.pathname + url.search);
    expect([path, status]).toEqual([path, 200]);
    if (!Array.isArray(json.items)) return json;
    items.push(...json.items);
    if (json.nextCursor === null) return items;
    cursor = json.nextCursor;
  }
}

async function answers(asOf: Us | null): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, path] of Object.entries({ ...INSTITUTION_LISTS, ...ALERT_LISTS }))
    found[name] = await whole(path, asOf);
  for (const id of SCHOOLS)
    for (const rest of OF_ONE) found[`${id}${rest}`] = await whole(`/v1/institutions/${id}${rest}`, asOf);
  return found;
}

beforeAll(async () => {
  h = await startHarness();
  const lines = historyLines()
    .flatMap((line) => {
      const decoded = decodeLine(line);
      return decoded.ok && SCHOOLS.includes(decoded.event.subject) ? [{ line, at: decoded.event.recordedAt }] : [];
    })
    .sort((a, b) => a.at - b.at);
  for (let part = 1; part <= MOMENTS; part += 1) {
    const from = Math.floor((lines.length * (part - 1)) / MOMENTS);
    const to = Math.floor((lines.length * part) / MOMENTS);
    // Between two moments at which something became known.
    const now = lines[to - 1]!.at + 1;
    const told = lines.slice(from, to).map(({ line }) => line);
    await ingestAt(h.db.pool, told, now, true);
    h.now = now;
    await evaluateAt(h.db.pool, now);
    answeredAt.set(now, await answers(null));
  }
}, 240_000);
afterAll(() => h.close());

/** A list of a past moment leaves out counts, and names the time of the change; of a score it says how it was had. */
function comparable(name: string, value: unknown): unknown {
  if (name in INSTITUTION_LISTS)
    return (value as Record<string, unknown>[]).map(
      ({ unearnedFen: _, events: __, newestAt: ___, evaluatedAt: ____, ...rest }) => rest,
    );
  if (!name.endsWith('/score')) return value;
  const { basis: _, nextAt: __, ...rest } = value as Record<string, unknown>;
  return rest;
}

describe('as of a moment', () => {
  test('every answer is the one that was given then', async () => {
    let alerts = 0;
    for (const [at, then] of answeredAt) {
      const now = await answers(at);
      for (const [name, value] of Object.entries(then))
        expect([name, comparable(name, now[name])]).toEqual([name, comparable(name, value)]);
      alerts = Math.max(alerts, (then.open as unknown[]).length);
    }
    expect(alerts).toBeGreaterThan(3);
  }, 240_000);

  test('nothing is found where nothing was known', async () => {
    const early = encodeURIComponent(formatTime(us('2020-01-01T00:00:00+08:00')));
    for (const rest of ['', '/journal', '/books', '/refunds']) {
      const { status, json } = await h.call('GET', `/v1/institutions/${SCHOOLS[0]}${rest}?asOf=${early}`);
      expect([rest, status, json.code]).toEqual([rest, 404, 'not_found']);
    }
    for (const list of ['institutions', 'alerts', `institutions/${SCHOOLS[0]}/alerts`])
      expect((await h.call('GET', `/v1/${list}?asOf=${early}`)).json).toMatchObject({ items: [], total: 0 });
  });

  test('a journal is cut by its days as it is now', async () => {
    const [at, then] = [...answeredAt][1]!;
    const journals = then[`${SCHOOLS[0]}/journal`] as { readonly entries: readonly { readonly bookedOn: string }[] }[];
    const day = journals[10]!.entries[0]!.bookedOn;
    const path = `/v1/institutions/${SCHOOLS[0]}/journal?from=${day}&to=${day}&limit=2`;
    expect(await whole(path, at)).toEqual(
      journals.filter(({ entries }) => entries.some(({ bookedOn }) => bookedOn === day)),
    );
  });
});
