import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule as d06 } from '../../../src/risk/rules/d06-months-to-consume.js';
import { rule as d07 } from '../../../src/risk/rules/d07-expired-untaught.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

/** ¥28,000 confirmed in 28 days is ¥30,000 a month. */
const lasting = (unearned: number) =>
  school()
    .unearned(yuan(unearned))
    .confirmed(TODAY - 10, yuan(28_000));

describe('D06 months to consume', () => {
  steps(d06, 'at ¥30,000 a month, unearned ¥', lasting, [
    [105_000, 'none'],
    [105_001, 'yellow'],
    [150_000, 'yellow'],
    [150_001, 'orange'],
    [240_000, 'orange'],
    [240_001, 'red'],
  ]);

  it('scales the pace to the days outside breaks, of which it needs twenty', () => {
    const onBreak = (days: number) =>
      lasting(120_000).register('break.declared', { from: formatDay(TODAY - days), to: formatDay(TODAY - 1) });
    expect(ask(d06, lasting(120_000)).level).toBe('yellow');
    expect(ask(d06, onBreak(8))).toMatchObject({ level: 'none', value: 286 });
    expect(ask(d06, onBreak(9)).state).toBe('not_applicable');
  });

  it('is orange only if the last eight weeks were as slow: parents confirm late', () => {
    // ¥56,000 more four weeks ago: ¥45,000 a month over both.
    const faster = (unearned: number, daysAgo: number) => lasting(unearned).confirmed(TODAY - daysAgo, yuan(56_000));
    expect(ask(d06, faster(225_000, 40)).level).toBe('yellow');
    expect(ask(d06, faster(225_001, 40)).level).toBe('orange');
    expect(ask(d06, faster(200_000, 55)).level).toBe('yellow');
    expect(ask(d06, faster(200_000, 56)).level).toBe('orange');
  });

  it('has no end in sight when nothing is confirmed, and needs sixty days of history', () => {
    expect(ask(d06, school()).level).toBe('red');
    expect(ask(d06, school().unearned(0)).level).toBe('none');
    expect(ask(d06, school().history(59)).state).toBe('not_applicable');
    expect(ask(d06, school().learners(19)).state).toBe('not_applicable');
  });

  it('has no pace within sixty days of the first fees, however long ago the school was registered', () => {
    const fees = (ago: number) => ask(d06, school().receipt(TODAY - ago, yuan(1_000)));
    expect(fees(59)).toMatchObject({ state: 'not_applicable', lookAgainAt: startOfDay(TODAY + 1) });
    expect(fees(60).level).toBe('red');
    const stock = (ago: number) => ask(d06, school().entry('stock', '', TODAY - ago, yuan(1_000), 0));
    expect(stock(59).state).toBe('not_applicable');
    expect(stock(60).level).toBe('red');
  });

  it('names contracts and payments that make what is unearned, also where nothing was confirmed of late', () => {
    const idle = school()
      .unearned(yuan(100_000))
      .contract({ signedOn: TODAY - 40 })
      .contract({ signedOn: TODAY - 30 })
      .payment({ paidOn: TODAY - 39 })
      .payment({ paidOn: TODAY - 29 })
      .payment({ paidOn: TODAY - 20, reversedFen: yuan(1_000) });
    const { contracts, payments } = idle.rows();
    const named = ask(d06, idle).evidence();
    // The newest of each in turn, and no payment that was taken back.
    expect(named.map(({ id }) => id)).toEqual([
      contracts[1]!.id,
      payments[1]!.told!.id,
      contracts[0]!.id,
      payments[0]!.told!.id,
    ]);
  });

  it('tells no limit where the months are just above it', () => {
    const above = ask(
      d06,
      school()
        .unearned(yuan(105_000) + 1)
        .confirmed(TODAY - 10, yuan(28_000)),
    );
    expect(above).toMatchObject({ level: 'yellow', value: 351, threshold: 350 });
  });

  it('tells the months, 999 at most', () => {
    expect(ask(d06, lasting(120_000)).value).toBe(400);
    expect(ask(d06, school()).value).toBe(99_900);
    expect(ask(d06, school().unearned(0)).value).toBe(0);
    expect(ask(d06, lasting(90_000_000)).value).toBe(99_900);
    // More was taken back than was confirmed.
    const reversed = school().entry('earned', '', TODAY - 3, 0, -100);
    expect(ask(d06, reversed)).toMatchObject({ level: 'red', value: 99_900 });
  });
});

describe('D07 expired untaught', () => {
  steps(
    d07,
    'of ¥100,000 past its period: ¥',
    (expired: number) => school().with({ expiredUnearnedFen: BigInt(yuan(expired)) }),
    [
      [10_000, 'none'],
      [10_001, 'yellow'],
      [25_000, 'yellow'],
      [25_001, 'orange'],
    ],
    { context: { levelOf: (id) => (id === 'D06' ? 'yellow' : 'none') } },
  );

  it('is orange only where lessons have fallen or the fees last too long: else families make up what they missed', () => {
    const expired = school().with({ expiredUnearnedFen: BigInt(yuan(60_000)) });
    const beside = (found: string, level: 'blue' | 'yellow') =>
      ask(d07, expired, { context: { levelOf: (id) => (id === found ? level : 'none') } }).level;
    expect(ask(d07, expired).level).toBe('yellow');
    expect([beside('D02', 'yellow'), beside('D02', 'blue'), beside('D03', 'yellow')]).toEqual([
      'orange',
      'yellow',
      'yellow',
    ]);
  });

  it('names the contracts that are over and untaught, however long ago they were signed, and no others', () => {
    const told = (contractId: string, fen: number) => ({
      ...{ contractId, at: 0, source: '/platform/370702', id: `signed ${contractId}` },
      unearnedFen: BigInt(fen),
    });
    const over = school()
      .contract({ periodTo: formatDay(TODAY - 1) })
      .with({
        expiredUnearnedFen: BigInt(yuan(20_000)),
        expiredContracts: [told('c2', 1_500_000), told('c3', 500_000)],
      });
    expect(
      ask(d07, over)
        .evidence()
        .map(({ id }) => id),
    ).toEqual(['signed c2', 'signed c3']);
  });

  it('has no data where it was not computed, and needs the minimum sample', () => {
    expect(ask(d07, school().with({ expiredUnearnedFen: null })).state).toBe('no_data');
    expect(ask(d07, school().learners(19)).state).toBe('not_applicable');
  });

  it('tells the share of what is unearned', () => {
    const share = (expired: number) => ask(d07, school().with({ expiredUnearnedFen: BigInt(yuan(expired)) })).value;
    // Just above a tenth is not a tenth.
    expect([share(0), share(10_000), share(10_000.01), share(12_345.67)]).toEqual([0, 1_000, 1_001, 1_235]);
    expect(ask(d07, school().unearned(0).with({ expiredUnearnedFen: 0n }))).toMatchObject({ level: 'none', value: 0 });
  });
});
