import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readStatements } from '../../src/banks/list.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import {
  booksOf,
  differencesOf,
  entriesIn,
  INSTITUTION,
  redrive,
  register,
  rejectedOf,
  standingEvents,
  takeXml,
  tell,
} from './books.js';
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

describe('a statement', () => {
  test('becomes credits, debits with their purpose, and the balance of the day', async () => {
    await register(db);
    const taken = await takeXml(
      db,
      documentXml({
        statements: [
          {
            balances: [
              ['OPBD', '0', DAY],
              ['CLBD', '360', DAY],
              ['CLAV', '300', DAY],
            ],
            entries: [credit, refund],
          },
        ],
      }),
    );
    expect(taken).toMatchObject({ read: 3, accepted: 3, duplicates: 0, rejected: 0, pending: 0 });
    expect(taken.statements[0]!.survey.arithmetic.state).toBe('right');
    expect(await standingEvents(db)).toEqual(
      expect.arrayContaining([
        { accountId: 'A-10001', asOf: DAY, kind: 'end_of_day', bookedFen: 36_000, availableFen: 30_000 },
        { accountId: 'A-10001', bankTxnId: 'R-1', amountFen: 48_000, bookedOn: DAY, paymentIds: ['P-1'] },
        {
          accountId: 'A-10001',
          bankTxnId: 'R-2',
          amountFen: 12_000,
          bookedOn: DAY,
          purpose: 'refund',
          refundId: 'F-1',
        },
      ]),
    );
    const { rows } = await db.pool.query('select distinct source from events where type in (40, 41, 42)');
    expect(rows).toEqual([{ source: '/bank/B003' }]);
  });

  test('told a second time changes nothing', async () => {
    await register(db);
    const xml = documentXml({
      statements: [
        { balances: [['CLBD', '600', DAY]], entries: [credit, refund, { amount: '5', currency: 'EUR' }, {}, {}] },
      ],
    });
    await takeXml(db, xml);
    const before = [await booksOf(db), await rejectedOf(db), await entriesIn(db)];
    const again = await takeXml(db, xml);
    expect(again).toMatchObject({
      read: 6,
      accepted: 0,
      duplicates: 5,
      rejected: 1,
      byCode: { unsupported_currency: 1 },
    });
    expect([await booksOf(db), await rejectedOf(db), await entriesIn(db)]).toEqual(before);
    const { rows } = await db.pool.query('select count(*)::int as n from bank_statements');
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('holds equal entries without any reference apart, in every batch size', async () => {
    await register(db);
    const xml = documentXml({ statements: [{ entries: [{}, {}, {}] }] });
    expect(await takeXml(db, xml, { batch: 1 })).toMatchObject({ accepted: 3 });
    expect(await takeXml(db, xml, { batch: 2 })).toMatchObject({ accepted: 0, duplicates: 3 });
    expect(await takeXml(db, documentXml({ kind: '054', statements: [{ entries: [{}, {}] }] }))).toMatchObject({
      accepted: 0,
      duplicates: 2,
    });
    expect(new Set((await entriesIn(db)).map((row) => row.bank_txn_id)).size).toBe(3);
  });

  test('holds a payment and its fee under one reference apart, whichever comes first', async () => {
    await register(db);
    const pair: XmlEntry[] = [
      { amount: '100', direction: 'DBIT', bankRef: 'R-9' },
      { amount: '0.50', direction: 'DBIT', bankRef: 'R-9' },
    ];
    expect(await takeXml(db, documentXml({ kind: '054', statements: [{ entries: pair }] }))).toMatchObject({
      accepted: 2,
    });
    expect(await takeXml(db, documentXml({ statements: [{ entries: [...pair].reverse() }] }))).toMatchObject({
      accepted: 0,
      duplicates: 2,
    });
  });

  test('leaves out what is pending until it is booked', async () => {
    await register(db);
    const pending = { ...credit, status: 'PDNG', amount: '481.00' };
    expect(
      await takeXml(
        db,
        documentXml({
          kind: '052',
          statements: [{ entries: [pending, { status: 'INFO' }, { status: 'FUTR' }, { status: null }] }],
        }),
      ),
    ).toMatchObject({ read: 4, accepted: 0, pending: 4 });
    expect(await takeXml(db, documentXml({ statements: [{ entries: [credit] }] }))).toMatchObject({ accepted: 1 });
    expect(await entriesIn(db)).toMatchObject([{ amount_fen: 48_000 }]);
  });

  test('is booked in several transactions when its entries have thousands of details', async () => {
    await register(db);
    // Without amounts each entry is booked whole.
    const details = '<TxDtls/>'.repeat(2_000);
    const entries = Array.from({ length: 12 }, (_, at) => ({ bankRef: `R-${at}`, details }));
    expect(await takeXml(db, documentXml({ statements: [{ entries }] }))).toMatchObject({ accepted: 12 });
    const { rows } = await db.pool.query(
      'select count(*)::int as entries from bank_entries group by xmin::text order by 1',
    );
    expect(rows).toEqual([{ entries: 2 }, { entries: 5 }, { entries: 5 }]);
  });

  test('books an amount of zero, which moves nothing', async () => {
    await register(db);
    expect(
      await takeXml(db, documentXml({ statements: [{ entries: [{ amount: '0.00', bankRef: 'Z' }] }] })),
    ).toMatchObject({ accepted: 1 });
    expect((await booksOf(db)).balances).toEqual([]);
  });
});

describe('the same entry told by several messages', () => {
  test('is booked once by 052, then 054, then 053, and the most exact telling stands', async () => {
    await register(db);
    const bare = { ...refund, details: '' };
    expect(await takeXml(db, documentXml({ kind: '052', statements: [{ id: 'I-1', entries: [bare] }] }))).toMatchObject(
      { accepted: 1 },
    );
    expect(
      await takeXml(db, documentXml({ kind: '054', statements: [{ id: 'N-1', entries: [refund] }] })),
    ).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(await takeXml(db, documentXml({ statements: [{ entries: [bare] }] }))).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await standingEvents(db)).toEqual([
      expect.objectContaining({ bankTxnId: 'R-2', purpose: 'refund', refundId: 'F-1', amountFen: 12_000 }),
    ]);
  });

  test('with another amount is refused as a conflicting fact, and stored', async () => {
    await register(db);
    await takeXml(db, documentXml({ kind: '052', statements: [{ entries: [credit] }] }));
    const taken = await takeXml(db, documentXml({ statements: [{ entries: [{ ...credit, amount: '400' }] }] }));
    expect(taken).toMatchObject({ rejected: 1, byCode: { conflicting_fact: 1 } });
    expect(await rejectedOf(db)).toMatchObject([
      { code: 'conflicting_fact', path: 'Ntry/Amt', origin: { file: 'file.xml', line: 2 } },
    ]);
    expect(await redrive(db)).toMatchObject({ read: 1, rejected: 1 });
  });

  test('is recognised when the bank told it as an event before', async () => {
    await register(db);
    await tell(db, {
      id: 'feed-1',
      source: '/bank/B003',
      type: 'prepaid.custody.credited.v1',
      subject: INSTITUTION,
      time: '2026-03-02T10:00:00+08:00',
      data: { accountId: 'A-10001', bankTxnId: 'R-1', amountFen: 48_000, bookedOn: DAY },
    });
    expect(await takeXml(db, documentXml({ statements: [{ entries: [credit] }] }))).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
  });
});

describe('a batch', () => {
  const details = (amounts: readonly string[]) =>
    `<Btch><NbOfTxs>${amounts.length}</NbOfTxs></Btch>${amounts.map((amount, at) => detailXml(amount, { EndToEndId: `F-${at}` }, '<Purp><Cd>REFU</Cd></Purp>')).join('')}`;
  const batch = (amounts: readonly string[]): XmlEntry => ({
    amount: '300.00',
    direction: 'DBIT',
    bankRef: 'B-1',
    details: details(amounts),
  });

  test('is booked transaction by transaction when they add up', async () => {
    await register(db);
    expect(await takeXml(db, documentXml({ statements: [{ entries: [batch(['100.00', '200.00'])] }] }))).toMatchObject({
      accepted: 1,
    });
    expect(await standingEvents(db)).toEqual([
      expect.objectContaining({ bankTxnId: 'B-1/1', amountFen: 10_000, refundId: 'F-0' }),
      expect.objectContaining({ bankTxnId: 'B-1/2', amountFen: 20_000, refundId: 'F-1' }),
    ]);
  });

  test('is booked whole when they do not', async () => {
    await register(db);
    await takeXml(db, documentXml({ statements: [{ entries: [batch(['100.00', '199.00'])] }] }));
    expect(await standingEvents(db)).toEqual([expect.objectContaining({ bankTxnId: 'B-1', amountFen: 30_000 })]);
  });

  test('told whole first is taken apart when its transactions come, and stays so', async () => {
    await register(db);
    const whole = { ...batch([]), details: '' };
    await takeXml(db, documentXml({ statements: [{ entries: [whole] }] }));
    await takeXml(db, documentXml({ kind: '054', statements: [{ entries: [batch(['100.00', '200.00'])] }] }));
    await takeXml(
      db,
      documentXml({ kind: '054', statements: [{ id: 'N-2', entries: [batch(['200.00', '100.00'])] }] }),
    );
    const ids = (await standingEvents(db)).map((data) => data['bankTxnId']);
    expect(ids).toEqual(['B-1/1', 'B-1/2']);
  });
});

describe('reversals and returns', () => {
  const reversal: XmlEntry = { ...refund, direction: 'CRDT', reversal: true, bookedOn: '2026-03-04', bankRef: 'R-3' };

  test('undo the entry that they name, in either order', async () => {
    for (const order of [
      [refund, reversal],
      [reversal, refund],
    ]) {
      const own = await testDatabase();
      await register(own);
      for (const [at, entry] of order.entries())
        await takeXml(own, documentXml({ statements: [{ id: `S-${at}`, sequence: String(at), entries: [entry] }] }));
      expect((await booksOf(own)).balances).toEqual([]);
      expect((await entriesIn(own)).map((row) => row.state).sort()).toEqual(['undoing', 'undone']);
      expect(await differencesOf(own)).toEqual([]);
      await own.drop();
    }
  });

  test('a returned payment is undone by its return', async () => {
    await register(db);
    const returned: XmlEntry = {
      amount: '120.00',
      bankRef: 'R-8',
      details: detailXml('120.00', { EndToEndId: 'F-1' }, '<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>'),
    };
    await takeXml(db, documentXml({ statements: [{ entries: [refund, returned] }] }));
    expect(await standingEvents(db)).toEqual([]);
  });

  test('without their entry are money by themselves', async () => {
    await register(db);
    expect(await takeXml(db, documentXml({ statements: [{ entries: [reversal] }] }))).toMatchObject({ accepted: 1 });
    expect(await entriesIn(db)).toMatchObject([{ state: 'waiting', direction: 1 }]);
  });
});

describe('an account that nobody has registered', () => {
  test('keeps its entries with a reason until it is registered, and then books each once', async () => {
    const xml = documentXml({ statements: [{ entries: [credit, {}, {}, refund] }] });
    expect(await takeXml(db, xml)).toMatchObject({ accepted: 0, rejected: 4, byCode: { unknown_account: 4 } });
    await takeXml(db, xml);
    expect(await rejectedOf(db)).toHaveLength(4);
    await register(db);
    expect(await redrive(db, 'unknown_account')).toEqual({ read: 4, accepted: 4, duplicates: 0, rejected: 0 });
    expect(await takeXml(db, xml)).toMatchObject({ accepted: 0, duplicates: 4 });
    expect((await entriesIn(db)).map((row) => row.amount_fen).sort()).toEqual([10_000, 10_000, 12_000, 48_000]);
  });

  test('after the file was taken again by itself, the old refusals are recognised', async () => {
    const xml = documentXml({ statements: [{ entries: [{}, {}] }] });
    await takeXml(db, xml);
    await register(db);
    await takeXml(db, xml);
    expect(await redrive(db)).toEqual({ read: 2, accepted: 0, duplicates: 2, rejected: 0 });
    expect(await rejectedOf(db)).toEqual([]);
  });

  test('or that two have registered is refused by its own code', async () => {
    await register(db);
    await register(db, 'A-10001', { institution: 'X-370702-2' });
    expect(await takeXml(db, documentXml({ statements: [{ entries: [credit] }] }))).toMatchObject({
      rejected: 1,
    });
    expect(await rejectedOf(db)).toMatchObject([{ code: 'ambiguous_account', path: 'Acct/Id' }]);
  });

  test('or that two registrations of one time tell of is of the bank that the books take: of the greater source and id', async () => {
    await register(db, 'A-10001', { bankCode: 'B999' });
    await register(db, 'A-10001', { source: '/platform/37', id: 'z' });
    // Told last, of before: the account has moved since.
    await register(db, 'A-10001', { bankCode: 'B999', id: 'zz', source: '/z', time: '2025-12-31T00:00:00+08:00' });
    const xml = documentXml({ statements: [{ entries: [credit] }] });
    expect(await takeXml(db, xml, { onlyBank: 'B999', keyId: 'k' })).toMatchObject({ accepted: 0, rejected: 1 });
    expect(await takeXml(db, xml, { onlyBank: 'B003', keyId: 'k' })).toMatchObject({ accepted: 1 });
  });

  test('or that belongs to another bank than the sender is refused', async () => {
    await register(db);
    const taken = await takeXml(db, documentXml({ statements: [{ entries: [credit] }] }), {
      onlyBank: 'B999',
      keyId: 'k',
    });
    expect(taken.byCode).toEqual({ source_not_allowed: 1 });
    expect(await redrive(db, null, false)).toMatchObject({ rejected: 1 });
    expect(await redrive(db, null, true)).toMatchObject({ accepted: 1 });
  });
});

test('what an entry lacks is named with its path and line, and its neighbours are booked', async () => {
  await register(db);
  const entries: XmlEntry[] = [
    { amount: 'abc' },
    { amount: '1.001' },
    { amount: '-5' },
    { direction: 'X' },
    { bookedOn: '2026-02-30' },
    { currency: 'USD' },
    credit,
  ];
  const taken = await takeXml(db, documentXml({ statements: [{ balances: [['CLBD', '-3', DAY]], entries }] }));
  expect(taken).toMatchObject({
    read: 8,
    accepted: 1,
    rejected: 7,
    byCode: { bad_money: 4, unknown_value: 1, bad_date: 1, unsupported_currency: 1 },
  });
  expect((await rejectedOf(db)).map((row) => row.path)).toEqual([
    'Bal/Amt',
    'Ntry/Amt',
    'Ntry/Amt',
    'Ntry/Amt',
    'Ntry/CdtDbtInd',
    'Ntry/BookgDt',
    'Ntry/Amt/@Ccy',
  ]);
});

test.each(['0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59Z', '2300-01-01T00:00:00'])(
  'a statement that was made at %s is booked and listed: a time that nothing can hold is none',
  async (created) => {
    await register(db);
    const balances: [string, string, string][] = [['CLBD', '480', DAY]];
    const far = `<Dt><DtTm>${created}</DtTm></Dt>`;
    const xml = documentXml({ statements: [{ created, balances, entries: [credit] }] });
    const taken = await takeXml(db, xml.replace(/<Dt><Dt>[^<]*<\/Dt><\/Dt>/, far));
    expect(taken).toMatchObject({ accepted: 1 });
    for await (const listed of readStatements(db.pool, null))
      expect(listed.map(({ statement }) => statement.createdAt)).toEqual([null]);
  },
);
