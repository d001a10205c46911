import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, parseTime } from '../../src/core/time.js';
import type { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { EarlierRows, readInstitutionRows } from '../../src/risk/read-rows.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { decodeLine, historyLines, inputOf } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';
import { asInput, expectSameRows, ingest, tellBoth } from './same-rows.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

describe('the rows of the model are the rows of PostgreSQL', () => {
  it('for a history, read at several moments while it grows', async () => {
    const lines = historyLines();
    const model = new Model(CHINA_CALENDAR);
    const readers = new Map<string, InstitutionRowsReader>();
    let from = 0;
    for (const [share, now] of HISTORY_MOMENTS) {
      const part = lines.slice(from, Math.floor(lines.length * share));
      from += part.length;
      await ingest(
        db.pool,
        part.map((line, at) => inputOf(line, from + at)),
      );
      for (const line of part) {
        const decoded = decodeLine(line);
        if (decoded.ok) model.book(decoded.event);
      }
      await expectSameRows(db.pool, model, readers, parseTime(now)!);
    }
    expect(readers.size).toBe(24);
    const last = [...readers.values()].map((reader) =>
      reader.read(dayOf(parseTime('2027-09-01T00:00:00+08:00')!), false),
    );
    expect(last.filter(({ expiredContracts }) => expiredContracts.length > 1)).not.toHaveLength(0);
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
          [events.slice(cut, cut + 10), RANDOM_MOMENTS[1]!],
          // Of days that are out of sight by then.
          [events.slice(cut + 10), RANDOM_MOMENTS[2]!],
          [[], RANDOM_MOMENTS[2]!],
        ] as const) {
          await ingest(db.pool, part.map(asInput));
          for (const event of part) model.book(event);
          await expectSameRows(db.pool, model, readers, now);
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
    await tellBoth(db.pool, model, lines);
    await expectSameRows(db.pool, model, new Map(), parseTime('2026-01-07T00:00:00+08:00')!);
  });
});

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
  const reversedByBank = (name: string) =>
    told('event.reversed', '2026-01-07', { reverses: { source: '/bank/B1', id: name }, reason: 'wrong' }).replace(
      '/platform/370702',
      '/bank/B1',
    );
  const refund = (refundId: string, contractId: string, amountFen: number, via = 'custody') => [
    told('refund.requested', '2026-01-04', { refundId, contractId, amountFen, side: 'seven_day' }),
    told('refund.paid', '2026-01-06', { refundId, contractId, amountFen, via }),
  ];

  it('is the same in both, in whatever order it is told, and after reversals', async () => {
    const model = new Model(CHINA_CALENDAR);
    const readers = new Map<string, InstitutionRowsReader>();
    let lines = 0;
    const tell = async (now: string, ...part: readonly string[]) => {
      await tellBoth(db.pool, model, part, 900_000 + lines);
      lines += part.length;
      await expectSameRows(db.pool, model, readers, parseTime(`${now}T00:00:00+08:00`)!);
      const rows = readers.get(id)!.read(dayOf(parseTime(`${now}T00:00:00+08:00`)!), false);
      return {
        releases: rows.differingReleases.map(({ instructionId }) => instructionId),
        withdrawn: rows.withdrawals.map(({ amountFen }) => amountFen),
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
        debit('2026-01-06', 'W1', 11, { purpose: 'fee' }),
        debit('2026-01-06', 'W2', 12, { purpose: 'court', note: 'purpose: "release"' }, 'court'),
        debit('2026-01-07', 'W3', 13, { purpose: 'other' }),
        debit('2026-01-07', 'W3', 13, { purpose: 'other' }, 'again').replace('/bank/B1', '/platform/370702'),
        contract('C-2', '2025-12-30', 'a'),
      ),
    ).toEqual({ releases: ['N1'], debits: [70], withdrawn: [12, 11, 13], before: [] });
    expect(
      await tell(
        '2026-01-08',
        debit('2026-01-07', 'T6', 40, { purpose: 'release', instructionId: 'N1' }),
        reversedByBank('second'),
        debit('2026-01-06', 'T2', 80, { purpose: 'release', instructionId: 'N2' }),
        debit('2026-01-07', 'T7', 30, { purpose: 'refund', refundId: 'R "1"' }),
        contract('C-1', '2025-06-01', 'a'),
        reversedByBank('court'),
      ),
    ).toEqual({ releases: ['N2'], debits: [70, 30], withdrawn: [11, 13], before: ['R "1"'] });
    expect(await tell('2026-03-08')).toMatchObject({ withdrawn: [13] });
    expect(await tell('2026-03-09')).toMatchObject({ withdrawn: [] });
    expect(await tell('2026-04-15')).toMatchObject({ releases: ['N2'] });
    expect(await tell('2026-04-16')).toMatchObject({ releases: [] });
  }, 60_000);

  it('a contract has ended while an end of it stands, also of two, and not when its reversal came first', async () => {
    const model = new Model(CHINA_CALENDAR);
    const readers = new Map<string, InstitutionRowsReader>();
    const now = parseTime('2026-01-09T00:00:00+08:00')!;
    const mine = (line: string) => line.replaceAll(id, 'X-370702-800003');
    const end = (name: string) => told('contract.ended', '2026-01-07', { contractId: 'C-1' }, name);
    const reversal = (name: string) =>
      told('event.reversed', '2026-01-08', { reverses: { source: '/platform/370702', id: name }, reason: 'wrong' });
    let lines = 0;
    const endedAfter = async (...part: readonly string[]) => {
      await tellBoth(db.pool, model, part.map(mine), 950_000 + lines);
      lines += part.length;
      await expectSameRows(db.pool, model, readers, now);
      return readers
        .get('X-370702-800003')!
        .read(dayOf(now), false)
        .releasedLines.map(({ ended }) => ended);
    };
    const over = debit('2026-01-06', 'T1', 90, { purpose: 'release', instructionId: 'N1' });
    expect(await endedAfter(contract('C-1', '2025-12-30', 'a'), release('N1', 90), over)).toEqual([false]);
    expect(await endedAfter(end('end-1'), end('end-2'))).toEqual([true]);
    expect(await endedAfter(reversal('end-1'))).toEqual([true]);
    expect(await endedAfter(reversal('end-2'))).toEqual([false]);
    expect(await endedAfter(reversal('end-3'), end('end-3'))).toEqual([false]);
    expect(await endedAfter(end('end-4'))).toEqual([true]);
  });
});

describe('rows of earlier days', () => {
  it('are read for the institutions that look for them, and only those are asked again', async () => {
    await ingest(db.pool, historyLines().slice(0, 400).map(inputOf));
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
