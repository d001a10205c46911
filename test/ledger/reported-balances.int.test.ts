import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatDay, formatTime, parseDay, startOfDay, US_PER_HOUR, US_PER_SECOND } from '../../src/core/time.js';
import { type DayBalance, readReportedBalances } from '../../src/ledger/sql/read-series.js';
import { ingestAt } from '../risk/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const FIRST = parseDay('2026-01-01')!;
const LIMIT = 40;
const lines: string[] = [];
let told = 0;

function tell(school: string, source: string, type: string, time: number, data: object): string {
  told += 1;
  const id = `b${told}`;
  const event = { specversion: '1.0', id, source, type: `prepaid.${type}.v1`, subject: school, time: formatTime(time) };
  lines.push(JSON.stringify({ ...event, data }));
  return id;
}

function account(school: string, accountId: string): void {
  const data = { accountId, bankCode: 'B1', purpose: 'custody', mode: 'per_lesson', validFrom: '2026-01-01' };
  tell(school, '/platform/1', 'account.registered', startOfDay(FIRST), data);
}

/** The balance at the end of a day, told so many seconds after noon of the next. */
function balance(school: string, accountId: string, day: number, bookedFen: number, seconds = 0): string {
  const asOf = formatDay(day);
  const time = startOfDay(day + 1) + 12 * US_PER_HOUR + seconds * US_PER_SECOND;
  const data = { accountId, asOf, kind: 'end_of_day', bookedFen, availableFen: bookedFen };
  return tell(school, '/bank/B1', 'custody.balance_reported', time, data);
}

async function reported(school: string): Promise<Record<string, number[]>> {
  await ingestAt(db.pool, lines.splice(0), startOfDay(FIRST + 200));
  const { rows } = await db.pool.query<{ no: number }>('select no from institutions where id = $1', [school]);
  const found = await readReportedBalances(db.pool, [rows[0]!.no], LIMIT);
  const all: readonly DayBalance[] = found.flatMap(({ days }) => days);
  const accounts = new Set(all.map(({ accountId }) => accountId));
  const of = (id: string) => all.filter(({ accountId }) => accountId === id).map(({ bookedFen }) => bookedFen);
  return Object.fromEntries([...accounts].map((id) => [id, of(id)]));
}

it('are the newest telling of each of the newest days', async () => {
  const school = 'X-370702-400001';
  account(school, 'A1');
  for (let day = 0; day < 60; day += 1) balance(school, 'A1', FIRST + day, day);
  balance(school, 'A1', FIRST + 58, 5_800, 10);
  balance(school, 'A1', FIRST + 57, 5_700, -10);
  const days = Array.from({ length: LIMIT }, (_, at) => 20 + at);
  expect(await reported(school)).toEqual({ A1: days.map((day) => (day === 58 ? 5_800 : day)) });
});

it('are as many also when days are told very often', async () => {
  const school = 'X-370702-400002';
  account(school, 'A1');
  account(school, 'A2');
  for (let day = 0; day < 60; day += 1) for (const id of ['A1', 'A2']) balance(school, id, FIRST + day, day);
  for (let more = 1; more <= 500; more += 1) balance(school, 'A1', FIRST + 59, 1_000 + more, more);
  // The oldest of the newest days is told twice, and the later one stands.
  balance(school, 'A1', FIRST + 20, 77, 20);
  const days = Array.from({ length: LIMIT }, (_, at) => 20 + at);
  expect(await reported(school)).toEqual({
    A1: days.map((day) => ({ 20: 77, 59: 1_500 })[day] ?? day),
    A2: days,
  });
});

it('are those that no reversal names', async () => {
  const school = 'X-370702-400003';
  account(school, 'A1');
  const ids = Array.from({ length: 60 }, (_, day) => balance(school, 'A1', FIRST + day, day));
  for (const day of [30, 59]) {
    const reverses = { source: '/bank/B1', id: ids[day] };
    tell(school, '/bank/B1', 'event.reversed', startOfDay(FIRST + 61), { reverses, reason: 'wrong' });
  }
  const days = Array.from({ length: 60 }, (_, day) => day).filter((day) => day !== 30 && day !== 59);
  expect(await reported(school)).toEqual({ A1: days.slice(-LIMIT) });
});

it('are none of an account of which only a part of a day was told', async () => {
  const school = 'X-370702-400004';
  account(school, 'A1');
  const data = { accountId: 'A1', asOf: formatTime(startOfDay(FIRST) + US_PER_HOUR), kind: 'intraday', bookedFen: 1 };
  tell(school, '/bank/B1', 'custody.balance_reported', startOfDay(FIRST) + US_PER_HOUR, { ...data, availableFen: 1 });
  expect(await reported(school)).toEqual({});
});
