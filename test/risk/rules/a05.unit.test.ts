import { describe, expect, it } from 'vitest';
import { formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/a05-over-release.js';
import { ask, contractData, depositSchool, nobody, noon, school, steps, TODAY, yuan } from '../builders.js';

const released = (excess: number) =>
  school().releasedLine({ paidFen: 100_000n, confirmedFen: 50_000n, releasedFen: 50_000n + BigInt(excess) });
const staged = (input: { confirmed: number; released: number; hours?: number; to?: number; ended?: boolean }) =>
  nobody()
    .account({ mode: 'staged' })
    .unearned(yuan(100_000))
    .releasedLine({
      paidFen: 90_000n,
      confirmedFen: BigInt(input.confirmed),
      releasedFen: BigInt(input.released),
      confirmedHoursHundredths: input.hours ?? 0,
      ended: input.ended ?? false,
      contract: contractData({ hoursPaid: 30, priceFen: 90_000, periodTo: formatDay(input.to ?? TODAY + 30) }),
    });

describe('A05 over-release', () => {
  steps(rule, 'beyond what was confirmed, fen', released, [
    [0, 'none'],
    [100, 'none'],
    [101, 'orange'],
    [yuan(2_000), 'orange'],
    [yuan(2_000) + 1, 'red'],
  ]);
  steps(rule, 'of a small school, fen', (excess: number) => released(excess).learners(19).unearned(yuan(1_000)), [
    [yuan(9_999), 'orange'],
    [yuan(10_000), 'orange'],
    [yuan(10_000) + 1, 'red'],
  ]);

  it('does not judge what was instructed today or in the three days before', () => {
    const recent = (ago: number) =>
      school().releasedLine({
        paidFen: 100_000n,
        confirmedFen: 50_000n,
        releasedFen: 90_000n,
        recent: [{ on: TODAY - ago, amountFen: 40_000 }],
      });
    expect(ask(rule, recent(3))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 1) });
    expect(ask(rule, recent(0))).toMatchObject({ level: 'none', lookAgainAt: startOfDay(TODAY + 4) });
    expect(ask(rule, recent(4)).level).toBe('orange');
  });

  it('holds what was released too much against a school that teaches every other day', () => {
    const confirmed = (ago: number) => ({
      at: noon(TODAY - ago),
      source: 's',
      id: `f${ago}`,
      confirmId: `f${ago}`,
      contractId: 'c1',
      lessonId: null,
      lesson: null,
      amountFen: 10_000,
      by: 'parent' as const,
      requestedAt: null,
    });
    const taught = (confirmedFen: bigint, days: readonly number[]) =>
      school()
        .releasedLine({
          paidFen: 100_000n,
          confirmedFen,
          releasedFen: 55_000n,
          recent: days.map((ago) => ({ on: TODAY - ago, amountFen: 10_000 })),
        })
        .with({ confirmations: days.map(confirmed) });
    expect(ask(rule, taught(50_000n, [3, 1]))).toMatchObject({
      level: 'orange',
      value: 5_000,
      lookAgainAt: startOfDay(TODAY + 1),
    });
    // Made up since: what is confirmed reaches what is released.
    expect(ask(rule, taught(55_000n, [3, 1])).level).toBe('none');
  });

  it.each([
    [{ confirmed: 29_999, released: 101 }, 'orange'],
    [{ confirmed: 30_000, released: 27_000 }, 'none'],
    [{ confirmed: 30_000, released: 27_101 }, 'orange'],
    [{ confirmed: 60_000, released: 54_000 }, 'none'],
    [{ confirmed: 60_000, released: 54_101 }, 'orange'],
    [{ confirmed: 90_000, released: 90_000 }, 'none'],
    [{ confirmed: 20_000, released: 27_000, hours: 1_000 }, 'none'],
    [{ confirmed: 20_000, released: 20_000, to: TODAY - 1 }, 'none'],
    [{ confirmed: 20_000, released: 20_000, ended: true }, 'none'],
    [{ confirmed: 20_000, released: 20_000 }, 'orange'],
  ])('allows a staged contract of ¥900 %o: %s', (input, level) => {
    expect(ask(rule, staged(input)).level).toBe(level);
  });

  it('allows all that was confirmed of a staged contract that is being refunded', () => {
    const refunding = staged({ confirmed: 20_000, released: 20_000 }).refund({
      requestedOn: TODAY - 2,
      approvedOn: TODAY - 1,
      contract: contractData(),
    });
    expect(ask(rule, refunding).level).toBe('none');
  });

  it('is not asked in deposit mode', () => {
    expect(ask(rule, depositSchool(0)).state).toBe('not_applicable');
  });

  it('adds up the contracts that are over, and no others', () => {
    const lines = (...excess: number[]) => {
      const one = school();
      excess.forEach((fen, at) => {
        one.releasedLine({ contractId: `c${at + 1}`, paidFen: 900_000n, releasedFen: BigInt(fen) });
      });
      return ask(rule, one);
    };
    expect(lines(100, 100, 100)).toMatchObject({ level: 'none', value: 0 });
    expect(lines(101, 100, 102)).toMatchObject({ level: 'orange', value: 203, threshold: 100 });
    expect(lines(yuan(1_000), yuan(1_000))).toMatchObject({ level: 'orange', value: yuan(2_000) });
    expect(lines(yuan(1_000), yuan(1_000) + 1)).toMatchObject({ level: 'red', threshold: yuan(2_000) });
    expect(lines(101, 100, 102).reason().en).toContain('On 2 contracts more was released');
  });

  it('names the contracts that are over, however long ago they were signed, and no others', () => {
    const three = school()
      .releasedLine({ contractId: 'c1', paidFen: 900n, releasedFen: 900n, confirmedFen: 900n })
      .releasedLine({ contractId: 'c2', paidFen: 900n, releasedFen: 500n })
      .releasedLine({ contractId: 'c3', paidFen: 900n, releasedFen: 900n });
    expect(ask(rule, three).evidence().slice(0, -1)).toEqual([
      { source: '/test', id: 'signed c3' },
      { source: '/test', id: 'signed c2' },
    ]);
  });

  it('waits for what may be confirmed late of the same contract only', () => {
    const confirmed = (contractId: string, ago: number) => ({
      at: startOfDay(TODAY - ago),
      source: 's',
      id: 'f',
      confirmId: 'f',
      contractId,
      lessonId: null,
      lesson: null,
      amountFen: 10_000,
      by: 'parent' as const,
      requestedAt: null,
    });
    // ¥100 too much was released before, and ¥100 more the day before yesterday, of which `recent` is confirmed.
    const judged = (contractId: string, ago: number) =>
      ask(
        rule,
        school()
          .releasedLine({
            paidFen: 100_000n,
            confirmedFen: 40_000n,
            releasedFen: 50_000n,
            recent: [{ on: TODAY - 2, amountFen: 10_000 }],
          })
          .with({ confirmations: [confirmed(contractId, ago)] }),
      );
    expect(judged('c1', 3)).toMatchObject({ level: 'orange', value: 10_000, lookAgainAt: startOfDay(TODAY + 1) });
    expect(judged('c1', 4).level).toBe('none');
    expect(judged('c2', 3).level).toBe('none');
  });

  const inStages = (line: Parameters<ReturnType<typeof school>['releasedLine']>[0]) =>
    nobody().account({ mode: 'staged' }).unearned(yuan(100_000)).releasedLine(line);

  it('measures a staged contract by its hours and by its price, whichever is known', () => {
    const hours = (confirmedHoursHundredths: number, releasedFen: bigint) =>
      ask(
        rule,
        inStages({
          paidFen: 90_000n,
          releasedFen,
          confirmedHoursHundredths,
          contract: contractData({ hoursPaid: 30, priceFen: 90_000 }),
        }),
      ).level;
    expect([hours(999, 101n), hours(1_000, 27_100n), hours(1_000, 27_101n)]).toEqual(['orange', 'none', 'orange']);
    expect([hours(1_999, 27_101n), hours(2_000, 54_100n), hours(2_000, 54_101n)]).toEqual(['orange', 'none', 'orange']);
    expect([hours(2_999, 54_101n), hours(3_000, 90_100n), hours(3_000, 90_101n)]).toEqual(['orange', 'none', 'orange']);
    // A contract that is not told, or has no hours, by its value alone.
    expect(ask(rule, inStages({ paidFen: 90_000n, releasedFen: 101n })).level).toBe('orange');
    expect(ask(rule, inStages({ paidFen: 90_000n, confirmedFen: 30_000n, releasedFen: 27_000n })).level).toBe('none');
    const noHours = contractData({ hoursPaid: 0, priceFen: 90_000 });
    expect(ask(rule, inStages({ paidFen: 90_000n, releasedFen: 101n, contract: noHours })).level).toBe('orange');
    // Half of the price is paid yet: the stages are of the whole.
    const half = {
      paidFen: 45_000n,
      confirmedFen: 30_000n,
      contract: contractData({ hoursPaid: 30, priceFen: 90_000 }),
    };
    expect(ask(rule, inStages({ ...half, releasedFen: 27_100n })).level).toBe('none');
    expect(ask(rule, inStages({ ...half, releasedFen: 27_101n })).level).toBe('orange');
    // More was taught than it costs.
    const more = {
      paidFen: 90_000n,
      confirmedFen: 95_000n,
      contract: contractData({ hoursPaid: 30, priceFen: 90_000 }),
    };
    expect(ask(rule, inStages({ ...more, releasedFen: 95_000n })).level).toBe('none');
  });

  it('lets a staged contract have what was confirmed once it is over or being refunded, and only then', () => {
    const early = { paidFen: 90_000n, confirmedFen: 20_000n, releasedFen: 20_000n };
    const untold = early;
    const running = {
      ...early,
      contract: contractData({ hoursPaid: 30, priceFen: 90_000, periodTo: formatDay(TODAY) }),
    };
    expect(ask(rule, inStages(running)).level).toBe('orange');
    expect(ask(rule, inStages({ ...running, refundedFen: 1n })).level).toBe('none');
    expect(ask(rule, inStages(untold)).level).toBe('orange');
    const asked = { requestedOn: TODAY - 1 };
    const decided = { requestedOn: TODAY - 2, approvedOn: TODAY - 1 };
    const contract = (contractId: string) => contractData({ contractId });
    expect(ask(rule, inStages(running).refund({ ...asked, contract: contract('c1') })).level).toBe('orange');
    expect(ask(rule, inStages(running).refund({ ...decided, contract: contract('c2') })).level).toBe('orange');
    expect(ask(rule, inStages(running).refund({ ...decided, contract: contract('c1') })).level).toBe('none');
  });
});
