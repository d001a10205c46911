import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { readBooks } from '../../src/ledger/books.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { inputOf } from '../support/history.js';

/** Books without a moment are those of now: what is recorded for a time to come is not known yet. */
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const moment = (text: string) => parseTime(`${text}+08:00`)!;
const NOW = moment('2026-03-10T12:00:00');

async function pay(school: string, paymentId: string, more: { time?: string; recordedtime?: string; id?: string }) {
  const wire = {
    specversion: '1.0',
    source: '/platform/370702',
    id: `${school}/${paymentId}`,
    type: 'prepaid.payment.succeeded.v1',
    subject: school,
    time: '2026-03-02T10:00:00+08:00',
    data: { paymentId, amountFen: 100, channel: 'card' },
    ...more,
  };
  await applyBatch(db.pool, [inputOf(JSON.stringify(wire), 1)], { receivedAt: NOW, calendar: CHINA_CALENDAR });
}

async function paidFen(ids: readonly string[], now: number, asOf: number | null): Promise<string[]> {
  const found: string[] = [];
  for await (const books of readBooks(db.pool, { ids, asOf, now, calendar: CHINA_CALENDAR }))
    found.push(`${books.institutionId} ${books.paidFen} ${books.events}`);
  return found;
}

it('counts an event from its recorded time on, with the moment told or not', async () => {
  const [later, ahead, past, never] = ['X-370702-1', 'X-370702-2', 'X-370702-3', 'X-370702-4'] as const;
  await pay(later, 'P', {});
  await pay(later, 'Q', { recordedtime: '2026-03-12T00:00:00+08:00' });
  await pay(ahead, 'P', {});
  await pay(ahead, 'Q', { time: '2026-03-11T00:00:00+08:00' });
  await pay(past, 'P', { recordedtime: '2026-03-10T12:00:00+08:00' });
  await pay(never, 'P', { recordedtime: '2026-03-10T12:00:00.000001+08:00' });
  const ids = [later, ahead, past, never];
  const expected = [`${later} 100 1`, `${ahead} 100 1`, `${past} 100 1`];
  expect(await paidFen(ids, NOW, NOW)).toEqual(expected);
  expect(await paidFen(ids, NOW, null)).toEqual(expected);
  const all = [`${later} 200 2`, `${ahead} 200 2`, `${past} 100 1`, `${never} 100 1`];
  expect(await paidFen(ids, moment('2026-03-12T00:00:00'), null)).toEqual(all);
});

it('counts an event that was told for a time to come first, and then as known already', async () => {
  const school = 'X-370702-5';
  await pay(school, 'P', { recordedtime: '2026-03-12T00:00:00+08:00' });
  expect(await paidFen([school], NOW, null)).toEqual([]);
  await pay(school, 'P', { recordedtime: '2026-03-03T00:00:00+08:00' });
  expect(await paidFen([school], NOW, null)).toEqual([`${school} 100 1`]);
});
