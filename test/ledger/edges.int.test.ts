import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import type { AnyEvent, EventData } from '../../src/events/event.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { modelState } from '../model/state.js';
import { contract, credited, custodyAccount, debited, modelOf, moment, paid, tell, undo } from '../model/tell.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { databaseQuantities, databaseState } from './state.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NOW = moment('2026-05-01');

async function apply(pool: pg.Pool, events: readonly AnyEvent[]) {
  const inputs = events.map((event, at) => ({
    bytes: Buffer.from(event.body),
    decoded: { ok: true as const, event },
    origin: { key: `edge:${event.id}:${at}`, detail: { at } },
  }));
  return applyBatch(pool, inputs, { receivedAt: NOW, calendar: CHINA_CALENDAR });
}

/** Applies the batches one after the other and compares with the model after all of them. */
async function expectModel(school: string, ...batches: readonly (readonly AnyEvent[])[]): Promise<void> {
  for (const batch of batches) await apply(db.pool, batch);
  const model = modelOf(...batches.flat());
  expect(await databaseState(db.pool, school)).toEqual(modelState(model, school));
  expect(await databaseQuantities(db.pool, school, [NOW])).toEqual([model.quantities(school, NOW)]);
}

it('frees a payment when its credit is reversed and told by another source with a list of payments', async () => {
  const school = 'X-370702-101';
  const first = credited('T-1', 500, '2026-03-03', {}, { school });
  const again = credited('T-1', 500, '2026-03-03', { paymentIds: ['P-2'] }, { school, source: '/platform/370700' });
  const told = [paid('P-1', 500, {}, { school }), paid('P-2', 700, {}, { school })];
  await expectModel(school, [...told, first], [again], [undo(first)]);
});

it('frees a payment when its credit is reversed and told again with another amount in the same batch', async () => {
  const school = 'X-370702-102';
  const first = credited('T-1', 500, '2026-03-03', {}, { school });
  await expectModel(
    school,
    [paid('P-1', 500, {}, { school }), first],
    [undo(first), credited('T-1', 600, '2026-03-03', {}, { school })],
  );
});

it('forgets the match of a payment that is told in error and told again later', async () => {
  const school = 'X-370702-111';
  const first = paid('P-1', 500, {}, { school, at: '2026-03-02' });
  await expectModel(
    school,
    [
      first,
      tell('payment.reversed', { paymentId: 'P-1', amountFen: 100 }, { school }),
      credited('T-1', 500, '2026-03-03', {}, { school }),
    ],
    [undo(first)],
    [paid('P-1', 500, {}, { school, at: '2026-03-20' })],
  );
  const stored = await databaseState(db.pool, school);
  expect(stored!.payments).toMatchObject({ 'P-1': { matchedBy: null } });
});

it('falls back to the oldest of three contracts when the others are reversed in different batches', async () => {
  const school = 'X-370702-112';
  const [oldest, middle, newest] = ['2026-01-01', '2026-01-02', '2026-01-03'].map((at, n) =>
    tell('contract.signed', { ...CONTRACT, priceFen: n }, { school, at }),
  );
  await expectModel(school, [oldest!, middle!, newest!], [undo(middle!)], [undo(newest!)]);
  expect((await databaseState(db.pool, school))!.contracts).toMatchObject({ 'C-1': { data: { priceFen: 0 } } });
});

it('takes what was reversed of a credited payment from the fees off the account', async () => {
  const school = 'X-370702-113';
  await expectModel(school, [
    paid('P-1', 500, { payeeAccountId: 'U-9' }, { school }),
    tell('payment.reversed', { paymentId: 'P-1', amountFen: 100 }, { school }),
    credited('T-1', 500, '2026-03-03', { paymentIds: ['P-1'] }, { school }),
  ]);
  expect((await databaseQuantities(db.pool, school, [NOW]))[0]).toMatchObject({ offAccountFen: 400n });
});

it('breaks the tie of equal times by source and id in one text, as the contract says', async () => {
  const school = 'X-370702-114';
  const registered = (openingFen: number, source: string, id: string) =>
    tell('account.registered', { ...ACCOUNT, openingFen }, { school, source, id });
  await expectModel(school, [registered(1, '/a', 'z'), registered(2, '/ab', 'a')]);
  expect((await databaseQuantities(db.pool, school, [NOW]))[0]).toMatchObject({ custodyBookedFen: 1n });
});

const CONTRACT = contract('C-1').data as EventData['contract.signed'];
const ACCOUNT = custodyAccount().data as EventData['account.registered'];

it('takes in events whose dates lie at either end of the calendar', async () => {
  const school = 'X-370702-103';
  const days = ['0001-01-01', '0001-02-15', '9999-12-31'];
  await expectModel(
    school,
    days.flatMap((day) => [
      credited(`T-${day}`, 500, day, {}, { school, at: '2026-03-01' }),
      tell(
        'custody.debited',
        { accountId: 'A-1', bankTxnId: `U-${day}`, amountFen: 1, bookedOn: day, purpose: 'fee' },
        { school },
      ),
      tell('custody.balance_reported', { accountId: 'A-1', asOf: day, kind: 'end_of_day', bookedFen: 1 }, { school }),
      tell('refund.approved', { refundId: `R-${day}`, contractId: 'C-1', amountFen: 5, dueOn: day }, { school }),
      tell('stock.declared', { amountFen: 5, dueOn: day }, { school }),
    ]),
    [
      paid('P-1', 500, {}, { school, at: '1685-01-01T00:00:00Z' }),
      paid('P-2', 500, {}, { school, at: '2255-01-01T00:00:00Z' }),
      tell(
        'refund.requested',
        { refundId: 'R-late', contractId: 'C-1', amountFen: 5, side: 'consumer' },
        { school, at: '2255-01-01T00:00:00Z' },
      ),
    ],
  );
});

it('adds up more money than 64 bits hold', async () => {
  const school = 'X-370702-104';
  const many = Array.from({ length: 1_100 }, (_, at) =>
    paid(`P-${at}`, Number.MAX_SAFE_INTEGER, { contractId: 'C-1' }, { school }),
  );
  await apply(db.pool, many);
  const [got] = await databaseQuantities(db.pool, school, [NOW]);
  expect(got!.paidFen).toBe(BigInt(Number.MAX_SAFE_INTEGER) * 1_100n);
  expect(got!.unearnedFen).toBe(got!.paidFen);
});

it('gives every let-in fact to its own institution when two institutions wait for one reversed id', async () => {
  const [here, there] = ['X-370702-105', 'X-370702-106'];
  const standing = paid('P-1', 500, {}, { school: here });
  const elsewhere = paid('P-1', 500, {}, { school: there });
  const waitingHere = paid('P-1', 500, {}, { school: here, id: 'shared', source: '/institution/self' });
  const waitingThere = paid('P-1', 500, {}, { school: there, id: 'shared', source: '/institution/self' });
  const events = [standing, elsewhere, waitingHere, waitingThere, undo(waitingHere), undo(waitingThere)];
  for (const event of events) await apply(db.pool, [event]);
  const model = modelOf(...events);
  for (const school of [here, there]) expect(await databaseState(db.pool, school)).toEqual(modelState(model, school));
});

it('counts a fact once among the accepted when it was refused, told again and let in within one batch', async () => {
  const school = 'X-370702-107';
  const wrong = paid('P-1', 500, {}, { school });
  const right = paid('P-1', 600, {}, { school });
  const { outcomes } = await apply(db.pool, [wrong, right, right, undo(wrong)]);
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['accepted', 'accepted', 'duplicate', 'accepted']);
  expect((await databaseState(db.pool, school))!.events).toBe(3);
  const { rows } = await db.pool.query('select * from rejected_events where subject = $1', [school]);
  expect(rows).toEqual([]);
});

it('takes a refused fact off the list when the fact that kept it out is reversed later', async () => {
  const school = 'X-370702-108';
  const wrong = paid('P-1', 500, {}, { school });
  const right = paid('P-1', 600, {}, { school });
  await apply(db.pool, [wrong, right]);
  const open = 'select event_id from rejected_events where subject = $1 and redriven_at is null';
  expect((await db.pool.query(open, [school])).rows).toEqual([{ event_id: right.id }]);
  await apply(db.pool, [undo(wrong)]);
  expect((await db.pool.query(open, [school])).rows).toEqual([]);
  expect((await databaseState(db.pool, school))!.keptOut).toEqual([]);
});

it('leaves a refused fact on the list when another one takes the place of the reversed one', async () => {
  const school = 'X-370702-109';
  const standing = paid('P-1', 500, {}, { school });
  const older = paid('P-1', 600, {}, { school, at: '2026-02-01' });
  const newer = paid('P-1', 700, {}, { school, at: '2026-02-02' });
  await apply(db.pool, [standing, older, newer]);
  await apply(db.pool, [undo(standing)]);
  const open = 'select event_id from rejected_events where subject = $1 and redriven_at is null';
  expect((await db.pool.query(open, [school])).rows).toEqual([{ event_id: newer.id }]);
  expect((await databaseState(db.pool, school))!.keptOut).toEqual([`${newer.source} ${newer.id}`]);
});

it('writes nothing twice when a batch is told again, and nothing at all when it fails at its end', async () => {
  const school = 'X-370702-110';
  const events = [
    { ...custodyAccount('A-1', 7), subject: school } as AnyEvent,
    { ...contract('C-1'), subject: school } as AnyEvent,
    { ...debited('T-9', 3, 'fee'), subject: school } as AnyEvent,
  ];
  const inputs = events.map((event) => ({
    bytes: Buffer.from(event.body),
    decoded: { ok: true as const, event },
    origin: { key: event.id, detail: {} },
  }));
  const fail = () => Promise.reject(new Error('the end of the batch'));
  await expect(
    applyBatch(db.pool, inputs, { receivedAt: NOW, calendar: CHINA_CALENDAR, alongside: fail }),
  ).rejects.toThrow('the end of the batch');
  expect(await databaseState(db.pool, school)).toBeNull();
  await applyBatch(db.pool, inputs, { receivedAt: NOW, calendar: CHINA_CALENDAR });
  const once = await databaseState(db.pool, school);
  const again = await applyBatch(db.pool, inputs, { receivedAt: NOW, calendar: CHINA_CALENDAR });
  expect(again.outcomes.map((outcome) => outcome.kind)).toEqual(['duplicate', 'duplicate', 'duplicate']);
  expect(await databaseState(db.pool, school)).toEqual(once);
});
