import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { Model } from '../../src/model/model.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { NO_CONTEXT } from '../../src/risk/context.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { defaultsOf } from '../../src/risk/params.js';
import type { Rule } from '../../src/risk/rule.js';
import { rule as controlChange } from '../../src/risk/rules/f01-control-change.js';
import { rule as siteChange } from '../../src/risk/rules/f06-site-change.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { asInput, expectSameRows, ingest, readStored } from './same-rows.js';
import { contract, paid, SCHOOL, tell } from './tell.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const profile = (id: string, at: string, told: object) =>
  tell(
    'institution.upserted',
    {
      name: 'Sunrise',
      regionCode: '370702',
      category: 'non_subject',
      delivery: 'offline',
      registration: 'for_profit',
      licence: { state: 'complete' },
      status: 'operating',
      ...told,
    },
    { id, at },
  );

describe('the profile as it was before the days that are looked at', () => {
  it('holds what older tellings said and the newest of them left out', async () => {
    const events = [
      profile('replaced', '2023-06-01', { legalRepHash: 'e'.repeat(16) }),
      profile('whole', '2024-01-01', { legalRepHash: 'a'.repeat(16), sites: [{ siteId: 'east' }, { siteId: 'west' }] }),
      profile('brand', '2024-02-01', { brand: 'Sun' }),
      profile('part', '2024-02-02', {}),
      contract('C-1'),
      paid('P-1', 1_000, { contractId: 'C-1' }),
      profile('new', '2026-03-04', { legalRepHash: 'b'.repeat(16), sites: [{ siteId: 'east' }] }),
    ];
    const model = new Model(CHINA_CALENDAR);
    for (const event of events) model.book(event);
    await ingest(db.pool, events.map(asInput));
    const now = parseTime('2026-03-05T00:00:00+08:00')!;
    await expectSameRows(db.pool, model, new Map(), now);

    const rows = (await readStored(db.pool, [SCHOOL], now)).stored.get(SCHOOL)!;
    expect(rows.profileEvents.map(({ id }) => id)).toEqual(['whole', 'brand', 'part', 'new']);
    const sheet = new FactSheet(rows, now, CHINA_CALENDAR, defaultsOf(COMMON_PARAMS));
    const levelOf = (rule: Rule) => rule.evaluate(sheet, defaultsOf(rule.params), NO_CONTEXT).level;
    expect([levelOf(controlChange), levelOf(siteChange)]).toEqual(['yellow', 'red']);
  });
});
