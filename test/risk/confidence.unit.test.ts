import { describe, expect, it } from 'vitest';
import { formatDay } from '../../src/core/time.js';
import { confidenceBp } from '../../src/risk/confidence.js';
import { defaultsOf } from '../../src/risk/params.js';
import { SCORE_PARAMS, type ScoreParams } from '../../src/risk/score-params.js';
import { depositSchool, nobody, on, type School, sheetOf, TODAY } from './builders.js';

const confidence = (one: School) => confidenceBp(sheetOf(one), defaultsOf(SCORE_PARAMS) as ScoreParams);

/** An account of `days` days; statements of all of them but those of the given days ago. */
const reporting = (days: number, ...without: number[]) => {
  const one = nobody().account({ validFrom: formatDay(TODAY - days) });
  for (let ago = 0; ago <= days; ago += 1) if (!without.includes(ago)) one.statement(TODAY - ago, 0);
  return one;
};

describe('confidence', () => {
  it('is the share of working days with a statement, up to the day before yesterday', () => {
    // TODAY is a Wednesday: 9 to 20 April have eight working days.
    expect(confidence(reporting(13))).toBe(10_000);
    expect(confidence(reporting(13, 0, 1))).toBe(10_000);
    expect(confidence(reporting(13, 2))).toBe(8_750);
    expect(confidence(reporting(13, 13))).toBe(8_750);
    // The 18th and 19th are a weekend.
    expect(confidence(reporting(13, 3, 4))).toBe(10_000);
    expect(confidence(reporting(13, 2, 5, 6))).toBe(6_250);
    expect(confidence(nobody().account({ validFrom: formatDay(TODAY - 13) }))).toBe(0);
  });

  it('expects nothing of an account that is closed, or so new that nothing is due', () => {
    const empty = (days: number) => nobody().account({ validFrom: formatDay(TODAY - days) });
    expect([confidence(empty(1)), confidence(empty(2))]).toEqual([10_000, 0]);
    const closed = empty(13).register('account.state_changed', { accountId: 'A1', state: 'closed', filed: true });
    expect(confidence(closed)).toBe(10_000);
    expect(confidence(depositSchool(0))).toBe(10_000);
  });

  it('looks at four weeks, and takes the account of which least is told', () => {
    const of = (...without: number[]) => confidence(reporting(60, ...without));
    expect(of(TODAY - on('2026-03-25'))).toBeLessThan(10_000);
    expect(of(TODAY - on('2026-03-24'))).toBe(10_000);
    const two = reporting(13).account({ accountId: 'A2', validFrom: formatDay(TODAY - 13) });
    expect(confidence(two)).toBe(0);
    expect(confidence(reporting(13, 2).account({ accountId: 'A2', validFrom: formatDay(TODAY - 1) }))).toBe(8_750);
  });

  it('is the share of payments that found their credit, once they had five working days', () => {
    const paid = (...payments: (readonly [ago: number, settled: boolean, more?: object])[]) => {
      const one = reporting(60);
      for (const [ago, settled, more] of payments) one.payment({ paidOn: TODAY - ago, settled, ...more });
      return confidence(one);
    };
    expect(paid([7, true], [8, false], [9, true])).toBe(6_666);
    // Seven days back is the fifth working day, six days back the fourth.
    expect([paid([7, false]), paid([6, false])]).toEqual([0, 10_000]);
    expect([paid([60, false]), paid([61, false])]).toEqual([0, 10_000]);
    expect(paid([9, false, { reversedFen: 100_000 }])).toBe(10_000);
    expect(paid([9, false, { payee: 'S1' }])).toBe(10_000);
    expect(paid([9, false, { payee: 'A1' }])).toBe(0);
  });
});
