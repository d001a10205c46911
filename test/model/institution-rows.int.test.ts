import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { type Day, dayOf, parseTime, type Us } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { applyBatch, type Input } from '../../src/ledger/apply.js';
import { InstitutionRowsReader, type ModelRows } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import { type InstitutionRows, LATE_DAYS } from '../../src/risk/facts/rows.js';
import { isNamedOtherwise } from '../../src/risk/facts/sides.js';
import { defaultsOf } from '../../src/risk/params.js';
import { EarlierRows, readInstitutionRows } from '../../src/risk/read-rows.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { decodeLine, historyLines, inputOf } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const RECEIVED_AT = parseTime('2026-09-01T00:00:00+08:00')!;

describe('the rows of the model are the rows of PostgreSQL', () => {
  it('for a history, read at several moments while it grows', async () => {
    const lines = historyLines();
    const model = new Model(CHINA_CALENDAR);
    const readers = new Map<string, InstitutionRowsReader>();
    let from = 0;
    for (const [share, now] of HISTORY_MOMENTS) {
      const part = lines.slice(from, Math.floor(lines.length * share));
      from += part.length;
      await ingest(part.map((line, at) => inputOf(line, from + at)));
      for (const line of part) {
        const decoded = decodeLine(line);
        if (decoded.ok) model.book(decoded.event);
      }
      await expectSameRows(model, readers, parseTime(now)!);
    }
    expect(readers.size).toBe(24);
  }, 120_000);

  it('for random histories with reversals, repetitions and late tellings', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(historySteps({ maxLength: 60 }), arrivals(), fc.nat(59), async (steps, arrival, cut) => {
        run += 1;
        const institutions = [0, 1].map((at) => `X-370702-9${String(run).padStart(6, '0')}${at}`);
        const events = arrange(buildHistory(steps, { institutions, salt: `rows${run}` }), arrival);
        const model = new Model(CHINA_CALENDAR);
        const readers = new Map<string, InstitutionRowsReader>();
        for (const [part, now] of [
          [events.slice(0, cut), RANDOM_MOMENTS[0]!],
          [events.slice(cut), RANDOM_MOMENTS[1]!],
          [[], RANDOM_MOMENTS[2]!],
        ] as const) {
          await ingest(part.map(asInput));
          for (const event of part) model.book(event);
          await expectSameRows(model, readers, now);
        }
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('for money that is booked on the first and on the last day that can be written', async () => {
    const model = new Model(CHINA_CALENDAR);
    const lines = ['0001-01-01', '9999-12-31'].map((bookedOn, at) =>
      JSON.stringify({
        specversion: '1.0',
        id: `far-${at}`,
        source: '/bank/B1',
        type: 'prepaid.custody.credited.v1',
        subject: 'X-370702-800002',
        time: '2026-01-05T12:00:00+08:00',
        data: { accountId: 'A-1', bankTxnId: `T-${at}`, amountFen: 500, bookedOn },
      }),
    );
    await ingest(lines.map(inputOf));
    for (const line of lines) {
      const decoded = decodeLine(line);
      if (!decoded.ok) throw new Error(decoded.rejection.message);
      model.book(decoded.event);
    }
    await expectSameRows(model, new Map(), parseTime('2026-01-07T00:00:00+08:00')!);
  });

  it('for events with objects of the sender that have fields of the same name', async () => {
    const model = new Model(CHINA_CALENDAR);
    const signed = (contractId: string, on: string, courseId: string) => ({
      contractId,
      learnerHash: 'b'.repeat(16),
      course: { courseId: 'K-other' },
      courseId,
      courseKind: 'non_subject',
      modelForm: true,
      pricing: 'hour',
      hoursPaid: 10,
      priceFen: 1_000,
      periodFrom: on,
      periodTo: '2026-12-31',
    });
    const account = {
      accountId: 'A-1',
      bankCode: 'B1',
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: '2026-01-01',
    };
    const lesson = {
      courseId: 'K',
      endsAt: '2026-01-05T11:00:00+08:00',
      delivery: 'offline',
      courseKind: 'non_subject',
    };
    const lines = (
      [
        ['account.registered', account],
        ['custody.balance_reported', { ...DAY_END, account: { bookedFen: 7, limitFen: 8 }, bookedFen: 500 }],
        ['contract.signed', signed('C-1', '2026-01-02', 'K')],
        ['contract.signed', { ...signed('C-2', '2026-01-04', 'K'), at: { contractId: 'C-9' } }, '2026-01-04'],
        ['contract.signed', signed('C-3', '2026-01-04', 'K-2'), '2026-01-04'],
        ['payment.succeeded', { paymentId: 'P-1', contractId: 'C-1', amountFen: 1_000, channel: 'card' }],
        ['lesson.confirmed', { ...CONFIRMED, earlier: [{ hours: 9 }], hours: 1.5 }],
        ['lesson.scheduled', { ...lesson, lessonId: 'L-1', startsAt: '2026-01-05T10:00:00+08:00' }],
        ['lesson.scheduled', { ...lesson, lessonId: 'L-2', startsAt: '2026-01-05T10:00:00+08:00' }],
        ['lesson.delivered', { lessonId: 'L-1', attended: [{ endedAt: '2026-01-05T10:30:00+08:00' }] }],
        [
          'lesson.delivered',
          {
            lessonId: 'L-2',
            attended: [{ endedAt: '2026-01-05T10:30:00+08:00' }],
            endedAt: '2026-01-05T11:30:00+08:00',
          },
        ],
      ] as const
    ).map(([type, data, on = '2026-01-03'], at) =>
      JSON.stringify({
        specversion: '1.0',
        id: `own-${at}`,
        source: '/platform/370702',
        type: `prepaid.${type}.v1`,
        subject: 'X-370702-800004',
        time: `${on}T12:00:00+08:00`,
        data,
      }),
    );
    await ingest(lines.map(inputOf));
    for (const line of lines) {
      const decoded = decodeLine(line);
      if (!decoded.ok) throw new Error(decoded.rejection.message);
      model.book(decoded.event);
    }
    const readers = new Map<string, InstitutionRowsReader>();
    await expectSameRows(model, readers, parseTime('2026-01-07T00:00:00+08:00')!);
    const rows = readers.get('X-370702-800004')!.read(dayOf(parseTime('2026-01-07T00:00:00+08:00')!), false);
    expect(rows.reported.map(({ bookedFen }) => bookedFen)).toEqual([500]);
  });
});

const DAY_END = { accountId: 'A-1', asOf: '2026-01-03', kind: 'end_of_day' };
const CONFIRMED = { confirmId: 'F-1', contractId: 'C-1', amountFen: 150, by: 'parent' };

describe('what the platform and the bank tell of one movement', () => {
  const id = 'X-370702-800001';
  let count = 0;
  const told = (type: string, day: string, data: object, name?: string) => {
    count += 1;
    return JSON.stringify({
      specversion: '1.0',
      id: name ?? `sides-${count}`,
      source: type.startsWith('custody') ? '/bank/B1' : '/platform/370702',
      type: `prepaid.${type}.v1`,
      subject: id,
      time: `${day}T12:00:00+08:00`,
      data,
    });
  };
  const debit = (day: string, bankTxnId: string, amountFen: number, data: object, name?: string) =>
    told('custody.debited', day, { accountId: 'A"1', bankTxnId, amountFen, bookedOn: day, ...data }, name);
  const contract = (contractId: string, day: string, learner: string) =>
    told('contract.signed', day, {
      contractId,
      learnerHash: learner.repeat(16),
      courseId: 'K',
      courseKind: 'non_subject',
      modelForm: true,
      pricing: 'hour',
      hoursPaid: 10,
      priceFen: 1_000,
      periodFrom: day,
      periodTo: '2026-12-31',
    });
  const release = (instructionId: string, amountFen: number) =>
    told('release.instructed', '2026-01-05', {
      instructionId,
      accountId: 'A"1',
      lines: [{ contractId: 'C-1', amountFen }],
    });
  const refund = (refundId: string, contractId: string, amountFen: number, via = 'custody') => [
    told('refund.requested', '2026-01-04', { refundId, contractId, amountFen, side: 'seven_day' }),
    told('refund.paid', '2026-01-06', { refundId, contractId, amountFen, via }),
  ];

  it('is the same in both, in whatever order it is told, and after reversals', async () => {
    const model = new Model(CHINA_CALENDAR);
    const readers = new Map<string, InstitutionRowsReader>();
    let lines = 0;
    const tell = async (now: string, ...part: readonly string[]) => {
      await ingest(part.map((line, at) => inputOf(line, 900_000 + lines + at)));
      lines += part.length;
      for (const line of part) {
        const decoded = decodeLine(line);
        if (!decoded.ok) throw new Error(decoded.rejection.message);
        model.book(decoded.event);
      }
      await expectSameRows(model, readers, parseTime(`${now}T00:00:00+08:00`)!);
      const rows = readers.get(id)!.read(dayOf(parseTime(`${now}T00:00:00+08:00`)!), false);
      return {
        releases: rows.differingReleases.map(({ instructionId }) => instructionId),
        debits: rows.refunds.flatMap(({ debits }) => debits.map(([, , amountFen]) => amountFen)),
        before: rows.refunds.filter(({ signedBefore }) => signedBefore).map(({ refund: { refundId } }) => refundId),
      };
    };
    expect(
      await tell(
        '2026-01-07',
        debit('2026-01-06', 'T1', 60, { purpose: 'release', instructionId: 'N1' }),
        debit('2026-01-06', 'T2', 90, { purpose: 'release', instructionId: 'N2' }, 'second'),
        release('N1', 100),
        release('N2', 90),
        debit('2026-01-06', 'T3', 70, { purpose: 'refund', refundId: 'R "1"' }),
        debit('2026-01-06', 'T4', 5, { purpose: 'release', refundId: 'R "1"' }),
        ...refund('R "1"', 'C-2', 100),
        ...refund('R2', 'C-1', 50, 'institution'),
        debit('2026-01-06', 'T5', 50, { purpose: 'refund', refundId: 'R2' }),
        contract('C-2', '2025-12-30', 'a'),
      ),
    ).toEqual({ releases: ['N1'], debits: [70], before: [] });
    expect(
      await tell(
        '2026-01-08',
        debit('2026-01-07', 'T6', 40, { purpose: 'release', instructionId: 'N1' }),
        told('event.reversed', '2026-01-07', {
          reverses: { source: '/bank/B1', id: 'second' },
          reason: 'wrong',
        }).replace('/platform/370702', '/bank/B1'),
        debit('2026-01-06', 'T2', 80, { purpose: 'release', instructionId: 'N2' }),
        debit('2026-01-07', 'T7', 30, { purpose: 'refund', refundId: 'R "1"' }),
        contract('C-1', '2025-06-01', 'a'),
      ),
    ).toEqual({ releases: ['N2'], debits: [70, 30], before: ['R "1"'] });
    expect(await tell('2026-04-15')).toMatchObject({ releases: ['N2'] });
    expect(await tell('2026-04-16')).toMatchObject({ releases: [] });
  }, 60_000);
});

describe('hours that were left of an earlier contract', () => {
  it('are those at the signing of the later one, by the hours of the confirmations and of nothing else in them', async () => {
    const id = 'X-370702-800005';
    const told = (name: string, type: string, time: string, data: object) =>
      JSON.stringify({
        specversion: '1.0',
        id: `hours-${name}`,
        source: '/platform/370702',
        type: `prepaid.${type}.v1`,
        subject: id,
        time,
        data,
      });
    const contract = (contractId: string, day: string) =>
      told(contractId, 'contract.signed', `${day}T10:00:00+08:00`, {
        contractId,
        learnerHash: 'b'.repeat(16),
        courseId: 'K',
        courseKind: 'non_subject',
        modelForm: true,
        pricing: 'hour',
        hoursPaid: 30,
        priceFen: 3_000,
        periodFrom: day,
        periodTo: '2026-12-31',
      });
    const confirmed = (confirmId: string, time: string, hours: number) =>
      told(confirmId, 'lesson.confirmed', time, {
        confirmId,
        contractId: 'E1',
        hours,
        amountFen: 100,
        by: 'parent',
        // A platform adds what it likes; in the order of the keys this stands before the hours.
        contract: { contractId: 'E9', hours: 48 },
      });
    const lines = [
      contract('E1', '2026-01-05'),
      told('P1', 'payment.succeeded', '2026-01-05T10:01:00+08:00', {
        paymentId: 'P1',
        contractId: 'E1',
        amountFen: 3_000,
        channel: 'card',
      }),
      confirmed('F1', '2026-01-10T10:00:00+08:00', 2.25),
      confirmed('F2', '2026-02-01T10:00:00+08:00', 1.5),
      // One at the very moment of the signing counts, later ones do not, and what is reversed never did.
      confirmed('F3', '2026-02-02T10:00:00+08:00', 4),
      confirmed('F4', '2026-02-02T10:00:01+08:00', 8),
      confirmed('F5', '2026-02-03T10:00:00+08:00', 16),
      told('R5', 'event.reversed', '2026-02-04T10:00:00+08:00', {
        reverses: { source: '/platform/370702', id: 'hours-F5' },
        reason: 'wrong',
      }),
      contract('E2', '2026-02-02'),
    ];
    await ingest(lines.map((line, at) => inputOf(line, 950_000 + at)));
    const model = new Model(CHINA_CALENDAR);
    for (const line of lines) {
      const decoded = decodeLine(line);
      if (!decoded.ok) throw new Error(decoded.rejection.message);
      model.book(decoded.event);
    }
    const now = parseTime('2026-02-10T00:00:00+08:00')!;
    await expectSameRows(model, new Map(), now);
    const { stored } = await readStored([id], now);
    expect(
      stored.get(id)!.contracts.map(({ contractId, hoursLeftHundredths }) => [contractId, hoursLeftHundredths]),
    ).toEqual([
      ['E1', null],
      ['E2', 3_000 - 225 - 150 - 400],
    ]);
  });
});

describe('fields that sources add', () => {
  it('may hold what has the name of ours, and stand before it', async () => {
    const id = 'X-370702-800006';
    let count = 0;
    const told = (source: string, type: string, time: string, data: object) => {
      count += 1;
      const attributes = {
        specversion: '1.0',
        id: `added-${count}`,
        source,
        type: `prepaid.${type}.v1`,
        subject: id,
        time,
      };
      return JSON.stringify({ ...attributes, data });
    };
    const lines = [
      told('/bank/B1', 'account.registered', '2026-01-02T09:00:00+08:00', {
        accountId: 'A-9',
        bankCode: 'B1',
        purpose: 'custody',
        mode: 'per_lesson',
        validFrom: '2026-01-02',
      }),
      told('/platform/370702', 'lesson.scheduled', '2026-02-01T09:00:00+08:00', {
        lessonId: 'L-9',
        courseId: 'K',
        courseKind: 'non_subject',
        delivery: 'offline',
        startsAt: '2026-02-07T10:00:00+08:00',
        endsAt: '2026-02-07T11:00:00+08:00',
        previous: { startsAt: '2025-11-01T10:00:00+08:00' },
      }),
      told('/platform/370702', 'lesson.delivered', '2026-02-07T11:30:00+08:00', {
        lessonId: 'L-9',
        endedAt: '2026-02-07T11:10:00+08:00',
        attendance: { endedAt: 'not told' },
      }),
      told('/bank/B1', 'custody.balance_reported', '2026-02-08T01:00:00+08:00', {
        accountId: 'A-9',
        asOf: '2026-02-07',
        kind: 'end_of_day',
        bookedFen: 77_700,
        accounts: { bookedFen: 'see below' },
      }),
      told('/platform/370702', 'refund.requested', '2026-02-03T09:00:00+08:00', {
        refundId: 'R-9',
        contractId: 'C-9',
        amountFen: 500,
        side: 'consumer',
      }),
      told('/platform/370702', 'refund.paid', '2026-02-04T09:00:00+08:00', {
        refundId: 'R-9',
        contractId: 'C-9',
        amountFen: 500,
        via: 'custody',
      }),
      told('/bank/B1', 'custody.debited', '2026-02-04T09:00:00+08:00', {
        accountId: 'A-9',
        bankTxnId: 'T-9',
        amountFen: 500,
        bookedOn: '2026-02-04',
        purpose: 'refund',
        refundId: 'R-9',
        original: { refundId: 'R-8' },
      }),
    ];
    await ingest(lines.map((line, at) => inputOf(line, 960_000 + at)));
    const model = new Model(CHINA_CALENDAR);
    for (const line of lines) {
      const decoded = decodeLine(line);
      if (!decoded.ok) throw new Error(decoded.rejection.message);
      model.book(decoded.event);
    }
    const now = parseTime('2026-02-10T00:00:00+08:00')!;
    await expectSameRows(model, new Map(), now);
    const rows = (await readStored([id], now)).stored.get(id)!;
    expect(rows.lessons.map(({ lessonId, endedAt }) => [lessonId, endedAt])).toEqual([
      ['L-9', parseTime('2026-02-07T11:10:00+08:00')],
    ]);
    expect(rows.reported.map(({ bookedFen }) => bookedFen)).toEqual([77_700]);
    expect(rows.refunds.map(({ debits }) => debits.length)).toEqual([1]);
  });
});

describe('rows of earlier days', () => {
  it('are read for the institutions that look for them, and only those are asked again', async () => {
    await ingest(historyLines().slice(0, 400).map(inputOf));
    const now = parseTime('2026-02-10T12:00:00+08:00')!;
    const client = await db.pool.connect();
    try {
      await client.query('begin isolation level repeatable read read only');
      const { rows } = await client.query<{ no: number }>('select no from institutions order by no limit 3');
      const nos = rows.map(({ no }) => no);
      const before = new EarlierRows(now);
      const today = await readInstitutionRows(client, nos, now, before);
      const asked: number[] = [];
      const days = await before.settle(client, nos, (no) => {
        asked.push(no);
        // The second one looks a day further back once it has the first.
        const far = no === nos[1] ? today.get(no)!.earlier(dayOf(now) - 1) : null;
        return far === null ? null : [far.day, today.get(no)!.earlier(dayOf(now) - 2)?.day];
      });
      expect(asked).toEqual([...nos, nos[1], nos[1]]);
      expect(days).toEqual([null, [dayOf(now) - 1, dayOf(now) - 2], null]);
      await client.query('rollback');
    } finally {
      client.release();
    }
  }, 60_000);
});

/** Share of the lines that have arrived, and the clock. The last is long after: windows are left behind. */
const HISTORY_MOMENTS = [
  [0.02, '2026-01-06T00:00:00+08:00'],
  [0.2, '2026-02-10T12:00:00+08:00'],
  [0.5, '2026-04-05T00:00:00+08:00'],
  [0.501, '2026-04-05T09:30:00+08:00'],
  [1, '2026-07-04T00:00:00+08:00'],
  [1, '2026-12-31T00:00:00+08:00'],
  [1, '2027-09-01T00:00:00+08:00'],
] as const;
const RANDOM_MOMENTS = ['2025-10-09T12:00:00+08:00', '2026-03-07T00:00:00+08:00', '2027-01-10T00:00:00+08:00'].map(
  (text) => parseTime(text)!,
);

async function ingest(inputs: readonly Input[]): Promise<void> {
  for (let from = 0; from < inputs.length; from += 2_000) {
    await applyBatch(db.pool, inputs.slice(from, from + 2_000), { receivedAt: RECEIVED_AT, calendar: CHINA_CALENDAR });
  }
}

function asInput(event: AnyEvent, at: number): Input {
  return {
    bytes: Buffer.from(event.body),
    decoded: { ok: true, event },
    origin: { key: `${event.id}/${at}`, detail: {} },
  };
}

async function expectSameRows(model: Model, readers: Map<string, InstitutionRowsReader>, now: Us): Promise<void> {
  const books = [...model.set.institutions.values()].filter(({ eventCount }) => eventCount > 0);
  const { stored, earlier } = await readStored(
    books.map(({ id }) => id),
    now,
  );
  for (const one of books) {
    let reader = readers.get(one.id);
    if (!reader) {
      reader = new InstitutionRowsReader(one, CHINA_CALENDAR);
      readers.set(one.id, reader);
    }
    const { paymentFacts, paymentsNamedOtherwise, collections, repeatedCollections, ...rows } = reader.read(
      dayOf(now),
      false,
    );
    expect(comparable(rows)).toEqual(comparable(stored.get(one.id)!));
    for (const [day, before] of earlier)
      expect(comparable(withoutFacts(rows.earlier(day)!))).toEqual(comparable(before.get(one.id)!));
    const sheet = new FactSheet(stored.get(one.id)!, LONG_AFTER, CHINA_CALENDAR, defaultsOf(COMMON_PARAMS));
    expect(paymentFacts).toEqual(sheet.payments);
    expect(paymentsNamedOtherwise).toEqual(sheet.namedOtherwise.filter(isNamedOtherwise));
    expect(collections).toEqual(sheet.collections);
    expect(repeatedCollections).toEqual(sheet.repeatedCollections);
  }
}

/** Nothing is told of the future then. */
const LONG_AFTER = parseTime('2099-01-01T00:00:00+08:00')!;

type RowsById = ReadonlyMap<string, InstitutionRows>;

/** The rows of the day, and of a few days before it. */
async function readStored(
  ids: readonly string[],
  now: Us,
): Promise<{ stored: RowsById; earlier: ReadonlyMap<Day, RowsById> }> {
  const client = await db.pool.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const { rows: nos } = await client.query<{ no: number }>('select no from institutions where id = any($1)', [ids]);
    const before = new EarlierRows(now);
    const rows = await readInstitutionRows(
      client,
      nos.map(({ no }) => no),
      now,
      before,
    );
    const byId = (all: Iterable<InstitutionRows>): RowsById => new Map([...all].map((row) => [row.institutionId, row]));
    const days = [1, 5, LATE_DAYS].map((back) => dayOf(now) - back);
    const earlier = await before.settle(client, [...rows.keys()], (no) =>
      days.map((day) => rows.get(no)!.earlier(day)),
    );
    await client.query('rollback');
    const on = (place: number): RowsById => byId(earlier.flatMap((ofDays) => ofDays[place] ?? []));
    return { stored: byId(rows.values()), earlier: new Map(days.map((day, place) => [day, on(place)])) };
  } finally {
    client.release();
  }
}

/** What the model gives besides the rows, for today alone. */
function withoutFacts(rows: InstitutionRows): InstitutionRows {
  const { paymentFacts, paymentsNamedOtherwise, collections, repeatedCollections, ...rest } = rows as ModelRows;
  return rest;
}

/** Where the rows promise no order, one is made; sums of nothing are left out, because they say nothing. */
function comparable(rows: InstitutionRows): object {
  const { registers, earlier, ...rest } = rows;
  return {
    ...rest,
    registers: Object.fromEntries(Object.entries(registers).filter(([, list]) => list.length > 0)),
    reported: [...rows.reported].sort((a, b) =>
      a.accountId < b.accountId ? -1 : a.accountId > b.accountId ? 1 : a.asOf - b.asOf,
    ),
    balances: byLedger(
      rows.balances
        .filter(isMoved)
        .map(({ account, sub, debitFen, creditFen }) => ({ account, sub, debitFen, creditFen })),
    ),
    turnovers: byLedger(
      rows.turnovers
        .map(({ account, sub, days }) => ({ account, sub, days: days.filter(isMoved) }))
        .filter(({ days }) => days.length > 0),
    ),
    tallies: [...rows.tallies]
      .map(({ metric, days }) => ({ metric, days: days.filter(({ count }) => count !== 0) }))
      .filter(({ days }) => days.length > 0)
      .sort((a, b) => a.metric - b.metric),
  };
}

function isMoved(sum: { readonly debitFen: bigint; readonly creditFen: bigint }): boolean {
  return sum.debitFen !== 0n || sum.creditFen !== 0n;
}

function byLedger<R extends { readonly account: number; readonly sub: string }>(rows: readonly R[]): R[] {
  return [...rows].sort((a, b) => a.account - b.account || (a.sub < b.sub ? -1 : 1));
}
