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
});
