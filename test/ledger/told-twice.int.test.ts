import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { decodeText } from '../../src/events/decode.js';
import type { AnyEvent, EventType } from '../../src/events/event.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { Model } from '../../src/model/model.js';
import { modelState, settled } from '../model/state.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { databaseQuantities, databaseState } from './state.js';
import { collect, summary } from './tamper.js';

/** Facts that several sources tell with equal amounts and other fields different: the smallest telling stands, in any order. */
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RECEIVED_AT = parseTime('2026-05-01T00:00:00+08:00')!;

interface Telling {
  readonly fact: number;
  readonly day: number;
  readonly other: number;
  readonly isReversed: boolean;
}
const telling = fc.record({ fact: fc.nat(8), day: fc.nat(3), other: fc.nat(7), isReversed: fc.boolean() });
const days = (at: number) => `2026-03-0${2 + (at % 7)}`;
const contractId = (other: number) => `C-${other % 3}`;

/** Per fact its type and what is told of it: the amounts and business ids are always the same, all else is not. */
const FACTS: readonly [EventType, (other: number) => object][] = [
  [
    'payment.succeeded',
    (other) => ({
      paymentId: 'P',
      amountFen: 100,
      channel: 'card',
      ...(other & 1 && { contractId: contractId(other) }),
      ...(other & 2 && { payeeAccountId: `A-${other & 4}` }),
    }),
  ],
  [
    'payment.succeeded',
    (other) => ({ paymentId: 'Q', amountFen: 100, channel: 'cash', contractId: contractId(other) }),
  ],
  ['payment.reversed', () => ({ paymentId: 'P', amountFen: 30 })],
  [
    'custody.credited',
    (other) => ({
      accountId: 'A-0',
      bankTxnId: 'T',
      amountFen: 100,
      bookedOn: days(other),
      ...(other & 1 && { paymentIds: [other & 2 ? 'P' : 'Q'] }),
    }),
  ],
  [
    'custody.debited',
    (other) => ({
      accountId: 'A-0',
      bankTxnId: 'T',
      amountFen: 40,
      bookedOn: days(other),
      purpose: other & 1 ? 'release' : 'refund',
      instructionId: `N-${other & 2}`,
    }),
  ],
  [
    'lesson.confirmed',
    (other) => ({
      confirmId: 'K',
      contractId: contractId(other),
      hours: other / 4,
      amountFen: 20,
      by: other & 4 ? 'parent' : 'silence',
    }),
  ],
  [
    'release.instructed',
    (other) => ({
      instructionId: 'N-0',
      accountId: `A-${other & 4}`,
      lines: [
        { contractId: 'C-0', amountFen: 15 },
        { contractId: 'C-1', amountFen: 25 },
      ].sort(() => (other & 1 ? 1 : -1)),
    }),
  ],
  ['refund.approved', (other) => ({ refundId: 'R', contractId: contractId(other), amountFen: 60, dueOn: days(other) })],
  [
    'refund.paid',
    (other) => ({
      refundId: 'R',
      contractId: contractId(other),
      amountFen: 10,
      via: other & 4 ? 'custody' : 'institution',
      bankTxnId: 'T',
    }),
  ],
];

function decoded(school: string, source: string, id: string, type: EventType, time: string, data: object): AnyEvent {
  const wire = {
    specversion: '1.0',
    id: `${school}/${id}`,
    source,
    subject: school,
    type: `prepaid.${type}.v1`,
    time,
    data,
  };
  const result = decodeText(JSON.stringify(wire), { bytesMax: 9_999, depthMax: 9, receivedAt: null });
  if (!result.ok) throw new Error(result.rejection.message);
  return result.event;
}

function history(school: string, tellings: readonly Telling[]): AnyEvent[] {
  const account = {
    accountId: 'A-0',
    bankCode: 'B003',
    purpose: 'custody',
    mode: 'per_lesson',
    validFrom: '2026-01-01',
  };
  const events = [decoded(school, '/bank/B003', 'account', 'account.registered', '2026-01-01T00:00:00+08:00', account)];
  tellings.forEach(({ fact, day, other, isReversed }, at) => {
    const [type, data] = FACTS[fact]!;
    const source = `/source/${(other + at) % 3}`;
    events.push(decoded(school, source, String(at), type, `${days(day)}T10:00:00+08:00`, data(other)));
    if (!isReversed || at % 3 > 0) return;
    const reverses = { source, id: `${school}/${at}` };
    const undo = { reverses, reason: 'told in error' };
    events.push(decoded(school, source, `undo-${at}`, 'event.reversed', `${days(day)}T11:00:00+08:00`, undo));
  });
  return events;
}

async function apply(events: readonly AnyEvent[], sizes: readonly number[]): Promise<void> {
  for (let from = 0, turn = 0; from < events.length; turn += 1) {
    const batch = events.slice(from, from + sizes[turn % sizes.length]!);
    const inputs = batch.map((event, at) => ({
      bytes: Buffer.from(event.body),
      decoded: { ok: true as const, event },
      origin: { key: `${event.id} ${from + at}`, detail: {} },
    }));
    await applyBatch(db.pool, inputs, { receivedAt: RECEIVED_AT, calendar: CHINA_CALENDAR });
    from += batch.length;
  }
}

let schools = 0;
function newSchool(): string {
  schools += 1;
  return `X-370702-${schools}`;
}
it('holds the books of the smallest tellings in any order, repetition and split, as the model does, and verifies', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(telling, { minLength: 2, maxLength: 14 }),
      fc.array(fc.nat(99), { minLength: 1, maxLength: 40 }),
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
      async (tellings, ranks, sizes) => {
        const [told, shuffled] = [newSchool(), newSchool()];
        await apply(history(told, tellings), [1_000]);
        const events = history(shuffled, tellings);
        const rank = (at: number) => ranks[at % ranks.length]! * ((at % 5) + 1);
        const order = [...events, ...events.filter((_, at) => rank(at) % 3 === 0)]
          .map((event, at) => ({ event, rank: rank(at) }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ event }) => event);
        await apply(order, sizes);
        const model = new Model(CHINA_CALENDAR);
        for (const event of order) model.book(event);
        const stored = (await databaseState(db.pool, shuffled))!;
        expect(stored).toEqual(modelState(model, shuffled));
        const reference = settled((await databaseState(db.pool, told))!);
        expect(settled(stored)).toEqual(JSON.parse(JSON.stringify(reference).replaceAll(`${told}/`, `${shuffled}/`)));
        const clocks = [RECEIVED_AT];
        const { institutionId: _id, ...wanted } = (await databaseQuantities(db.pool, told, clocks))[0]!;
        expect((await databaseQuantities(db.pool, shuffled, clocks))[0]).toMatchObject(wanted);
      },
    ),
    { numRuns: 120 },
  );
  expect(summary(await collect(db.pool))).toEqual([]);
  const { rows } = await db.pool.query<{ n: number }>('select count(*) as n from displaced_events');
  expect(rows[0]!.n).toBeGreaterThan(20);
}, 120_000);

it('makes the institution due for evaluation when another telling stands, or a newer one came', async () => {
  const school = 'X-370702-900001';
  const at = (day: string, id: string) =>
    decoded(school, '/source/1', id, 'payment.succeeded', `${day}T10:00:00+08:00`, FACTS[1]![1](Number(day.at(-1))));
  const due = async (event: AnyEvent) => {
    await db.pool.query('delete from due_institutions');
    await apply([event], [1]);
    return (await db.pool.query('select institution_no from due_institutions')).rows.length;
  };
  expect(await due(at('2026-03-05', 'first'))).toBe(1);
  expect(await due(at('2026-03-04', 'smaller'))).toBe(1);
  expect(await due(at('2026-03-05', 'between'))).toBe(0);
  expect(await due(at('2026-03-07', 'newer'))).toBe(1);
  expect(await due(at('2026-03-06', 'older'))).toBe(0);
  const { rows } = await db.pool.query('select newest_at from institutions where id = $1', [school]);
  expect(rows[0].newest_at).toBe(parseTime('2026-03-07T10:00:00+08:00'));
});

it('tells an equal fact again without a trace in the events that were accepted before', async () => {
  const school = 'X-370702-900002';
  const payment = (day: string) =>
    decoded(school, '/source/1', day, 'payment.succeeded', `${day}T10:00:00+08:00`, FACTS[1]![1](1));
  await apply([payment('2026-03-05'), payment('2026-03-04')], [1]);
  const { rows } = await db.pool.query(
    `select e.id, n.line, n.account, n.debit_fen - n.credit_fen as fen from entries n join events e on e.seq = n.event_seq
      join institutions i on i.no = e.institution_no where i.id = $1 order by e.ordinal, n.line`,
    [school],
  );
  const [debit, credit] = [rows[0].account, rows[1].account];
  expect(rows.map(({ id, line, account, fen }) => [id.slice(-1), line, account, Number(fen)])).toEqual([
    ['5', 1, debit, 100],
    ['5', 2, credit, -100],
    ['4', 1, debit, -100],
    ['4', 2, credit, 100],
    ['4', 3, debit, 100],
    ['4', 4, credit, -100],
  ]);
});
