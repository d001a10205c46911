import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { booksOf, differencesOf, entriesIn, redrive, register, standingEvents, takeXml, tell } from './books.js';
import { detailXml, documentXml, type XmlEntry } from './support.js';

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(async () => {
  expect(await differencesOf(db)).toEqual([]);
  await db.drop();
});

const DAY = '2026-03-02';
const credit: XmlEntry = { amount: '480.00', bankRef: 'R-1', details: detailXml('480.00', { EndToEndId: 'P-1' }) };
const refund: XmlEntry = {
  amount: '120.00',
  direction: 'DBIT',
  bankRef: 'R-2',
  details: detailXml('120.00', { EndToEndId: 'F-1' }, '<Purp><Prtry>refund</Prtry></Purp>'),
};

describe('a newer version of a statement', () => {
  const version = (created: string, entries: XmlEntry[], closing: string) =>
    documentXml({ statements: [{ sequence: '7', created, balances: [['CLBD', closing, DAY]], entries }] });
  const first = version('2026-03-02T23:00:00+08:00', [credit, refund, { amount: '7.00', bankRef: 'R-7' }], '367');
  const second = version('2026-03-03T09:00:00+08:00', [{ ...credit, amount: '490.00', details: '' }, refund], '370');

  test('changes and takes back what it tells otherwise, with events that point at the old ones', async () => {
    await register(db);
    await takeXml(db, first);
    const taken = await takeXml(db, second);
    expect(taken).toMatchObject({ accepted: 2, duplicates: 1, rejected: 0, statements: [{ removed: 1 }] });
    expect(
      (await standingEvents(db)).map((data) => [
        data['bankTxnId'] ?? data['asOf'],
        data['amountFen'] ?? data['bookedFen'],
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['R-1', 49_000],
        ['R-2', 12_000],
        [DAY, 37_000],
      ]),
    );
    expect(await standingEvents(db)).toHaveLength(3);
    expect((await entriesIn(db)).find((row) => row.bank_txn_id === 'R-7')).toMatchObject({ state: 'removed' });
    const { rows } = await db.pool.query(
      "select count(*)::int as n from events where type = 150 and source = '/bank/B003'",
    );
    expect(rows).toEqual([{ n: 3 }]);
    const { rows: statements } = await db.pool.query('select replaced_by from bank_statements order by no');
    expect(statements).toEqual([{ replaced_by: 2 }, { replaced_by: null }]);
  });

  test('gives the same books when the older one comes late, or comes again', async () => {
    await register(db);
    await takeXml(db, first);
    await takeXml(db, second);
    const inOrder = await booksOf(db);
    await takeXml(db, first);
    expect(await booksOf(db)).toEqual(inOrder);
    const other = await testDatabase();
    await register(other);
    await takeXml(other, second);
    await takeXml(other, first);
    expect(await booksOf(other)).toEqual(inOrder);
    await other.drop();
  });

  test('says what the books refuse of what stands again, and tries it again when it is told again', async () => {
    await register(db);
    const paid: XmlEntry = { ...credit, details: detailXml('480.00', { EndToEndId: 'P-1', TxId: 'T-1' }) };
    const back: XmlEntry = {
      amount: '480.00',
      direction: 'DBIT',
      reversal: true,
      bankRef: 'R-9',
      details: detailXml('480.00', { TxId: 'T-1' }),
    };
    await takeXml(db, version('2026-03-02T23:00:00+08:00', [paid, back], '0'));
    expect(await standingEvents(db)).toHaveLength(1);
    // Meanwhile the bank told the same transaction as an event, with another amount.
    const other = { source: '/bank/B003', subject: 'X-370702-1', time: '2026-03-02T12:00:00+08:00' };
    const data = { accountId: 'A-10001', bankTxnId: 'R-1', amountFen: 49_000, bookedOn: DAY };
    expect(await tell(db, { ...other, id: 'told', type: 'prepaid.custody.credited.v1', data })).toEqual(['accepted']);
    const newer = version('2026-03-03T09:00:00+08:00', [paid], '480');
    const taken = await takeXml(db, newer);
    expect(taken).toMatchObject({ rejected: 1, byCode: { conflicting_fact: 1 } });
    expect(taken.statements[0]).toMatchObject({ removed: 1, counts: { rejected: 1 } });
    const refusedOf = async () =>
      (await db.pool.query<{ refused: number }>('select refused from bank_statements order by no desc limit 1')).rows;
    expect(await refusedOf()).toEqual([{ refused: 1 }]);
    expect((await entriesIn(db)).map((row) => [row.bank_txn_id, row.state])).toContainEqual(['R-1', 'refused']);

    const reverses = { source: '/bank/B003', id: 'told' };
    await tell(db, { ...other, id: 'undo', type: 'prepaid.event.reversed.v1', data: { reverses, reason: 'wrong' } });
    expect(await takeXml(db, newer)).toMatchObject({ rejected: 0 });
    expect(await refusedOf()).toEqual([{ refused: 0 }]);
    expect((await standingEvents(db)).map((one) => one['amountFen'] ?? one['bookedFen'])).toEqual(
      expect.arrayContaining([48_000]),
    );
    expect((await entriesIn(db)).map((row) => [row.bank_txn_id, row.state])).toContainEqual(['R-1', 'booked']);
  });

  test('is not seen in another day that has the same id, as some banks number all theirs alike', async () => {
    await register(db);
    await takeXml(db, documentXml({ statements: [{ id: '1', balances: [['CLBD', '480', DAY]], entries: [credit] }] }));
    await takeXml(
      db,
      documentXml({
        statements: [
          {
            id: '1',
            created: '2026-03-03T23:00:00+08:00',
            balances: [['CLBD', '360', '2026-03-03']],
            entries: [refund],
          },
        ],
      }),
    );
    expect((await entriesIn(db)).map((row) => row.state)).toEqual(['booked', 'booked', 'booked', 'booked']);
  });
});

describe('an entry that the books refuse', () => {
  const early: XmlEntry = { bookedOn: '2026-03-25' };
  const batch: XmlEntry = {
    amount: '30.00',
    bankRef: 'B-1',
    bookedOn: '2026-03-25',
    details: `${detailXml('10.00', { EndToEndId: 'P-1' })}${detailXml('20.00', { EndToEndId: 'P-2' })}`,
  };
  const xml = documentXml({ statements: [{ entries: [early, early, batch] }] });
  const LATER = '2026-03-25T12:00:00+08:00';

  test('is driven again whole, and equal ones stay two', async () => {
    await register(db);
    expect(await takeXml(db, xml)).toMatchObject({ accepted: 0, rejected: 3, byCode: { time_in_future: 3 } });
    expect(await takeXml(db, xml)).toMatchObject({ accepted: 0, rejected: 3 });
    expect((await entriesIn(db)).map((row) => row.state)).toEqual(['refused', 'refused', 'refused']);
    await redrive(db);
    expect((await entriesIn(db)).map((row) => row.state)).toEqual(['refused', 'refused', 'refused']);
    expect(await redrive(db, null, true, LATER)).toMatchObject({ rejected: 0 });
    expect((await entriesIn(db)).map((row) => [row.state, row.amount_fen])).toEqual([
      ['booked', 3_000],
      ['booked', 10_000],
      ['booked', 10_000],
    ]);
    const amounts = (await standingEvents(db)).map((data) => Number(data['amountFen']));
    expect(amounts.sort((a, b) => a - b)).toEqual([1_000, 2_000, 10_000, 10_000]);
  });
});
