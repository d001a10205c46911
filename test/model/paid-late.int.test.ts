import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import type { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { NO_CONTEXT } from '../../src/risk/context.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { defaultsOf } from '../../src/risk/params.js';
import type { Rule } from '../../src/risk/rule.js';
import { rule as b01 } from '../../src/risk/rules/b01-span-over-three-months.js';
import { rule as b02 } from '../../src/risk/rules/b02-over-sixty-hours.js';
import { rule as b04 } from '../../src/risk/rules/b04-too-early.js';
import { rule as b09 } from '../../src/risk/rules/b09-no-model-contract.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { asInput, expectSameRows, ingest, readStored } from './same-rows.js';
import { contract, paid, SCHOOL, tell, undo } from './tell.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const terms = { periodFrom: '2026-07-20', periodTo: '2027-02-20' };

it('a contract is read for what is paid on it, however long ago it was signed', async () => {
  const model = new Model(CHINA_CALENDAR);
  const readers = new Map<string, InstitutionRowsReader>();
  const seen = async (now: string, ...events: AnyEvent[]) => {
    await ingest(db.pool, events.map(asInput));
    for (const event of events) model.book(event);
    const at = parseTime(`${now}T00:00:00+08:00`)!;
    await expectSameRows(db.pool, model, readers, at);
    const { contracts } = (await readStored(db.pool, [SCHOOL], at)).stored.get(SCHOOL)!;
    return contracts.map(({ contractId, hoursLeftHundredths }) => [contractId, hoursLeftHundredths]);
  };
  const signed = [
    contract('C-0', { hoursPaid: 40 }),
    paid('P-0', 50_000, { contractId: 'C-0' }),
    tell('lesson.confirmed', { confirmId: 'L-0', contractId: 'C-0', hours: 10, amountFen: 20_000, by: 'parent' }),
    tell(
      'contract.signed',
      {
        contractId: 'C-1',
        learnerHash: 'aaaaaaaaaaaaaaaa',
        courseId: 'K-1',
        courseKind: 'non_subject',
        modelForm: false,
        pricing: 'hour',
        hoursPaid: 150,
        priceFen: 900_000,
        ...terms,
      },
      { at: '2026-03-10' },
    ),
    contract('C-2', { learnerHash: 'bbbbbbbbbbbbbbbb' }),
  ];
  expect(await seen('2026-03-12', ...signed)).toEqual([
    ['C-0', null],
    ['C-2', null],
    ['C-1', 3_000],
  ]);
  expect(await seen('2026-06-01')).toEqual([]);
  const late = paid('P-1', 900_000, { contractId: 'C-1' }, { at: '2026-06-02' });
  expect(await seen('2026-06-03', late)).toEqual([['C-1', 3_000]]);

  const at = parseTime('2026-06-03T00:00:00+08:00')!;
  const rows = (await readStored(db.pool, [SCHOOL], at)).stored.get(SCHOOL)!;
  const sheet = new FactSheet(rows, at, CHINA_CALENDAR, defaultsOf(COMMON_PARAMS));
  const levelOf = (rule: Rule) => rule.evaluate(sheet, defaultsOf(rule.params), NO_CONTEXT).level;
  expect([b01, b02, b04, b09].map(levelOf)).toEqual(['orange', 'orange', 'blue', 'blue']);

  expect(await seen('2026-08-01')).toEqual([['C-1', 3_000]]);
  expect(await seen('2026-08-02')).toEqual([]);
  const again = paid('P-2', 1_000, { contractId: 'C-1' }, { at: '2026-08-02' });
  expect(await seen('2026-08-03', again)).toEqual([['C-1', 3_000]]);
  expect(await seen('2026-08-04', undo(again, { at: '2026-08-03' }))).toEqual([]);
});
