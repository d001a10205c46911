import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { type Day, formatDay, startOfDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c06-short-paid.js';
import { ask, contractData, type School, school, steps, TODAY, yuan } from '../builders.js';

interface Case {
  readonly refunded: number;
  readonly side?: 'operator' | 'consumer' | 'seven_day';
  readonly gifted?: number;
  readonly list?: number;
  readonly ended?: boolean;
  readonly ago?: number;
  /** Yuan asked for; without it, what is refunded. */
  readonly claimed?: number;
  readonly firstLessonOn?: Day;
  /** Yuan approved; without it, what is refunded. */
  readonly approved?: number;
  readonly dueOn?: Day;
}
/** ¥1,000 for 20 hours, 5 of them taught (¥250): ¥750 is left. */
const refunded = (input: Case, one: School = school(), id = 'c1') => {
  const contract = contractData({
    contractId: id,
    hoursPaid: 20,
    hoursGifted: input.gifted ?? 0,
    periodFrom: formatDay(TODAY - 60),
    ...(input.list ? { listPriceFen: yuan(input.list) } : {}),
    ...(input.firstLessonOn ? { firstLessonOn: formatDay(input.firstLessonOn) } : {}),
  });
  if (input.ended !== false) one.register('contract.ended', { contractId: id });
  const fen = yuan(input.refunded);
  const line = {
    paidFen: 100_000n,
    confirmedFen: 25_000n,
    refundedFen: BigInt(fen),
    releasedFen: 0n,
    confirmedHoursHundredths: 500,
  };
  const on = TODAY - (input.ago ?? 25);
  return one.refund({
    requestedOn: on - 5,
    approvedOn: on - 4,
    amountFen: yuan(input.approved ?? input.refunded),
    ...(input.dueOn === undefined ? {} : { dueOn: input.dueOn }),
    ...(input.claimed === undefined ? {} : { requestedFen: yuan(input.claimed) }),
    side: input.side ?? 'seven_day',
    contractId: id,
    contract,
    line,
    paid: [{ on, fen }],
  });
};

describe('C06 short-paid refund', () => {
  steps(rule, 'of ¥750 refunded ¥', (value: number) => refunded({ refunded: value }), [
    [750, 'none'],
    [700, 'none'],
    [699.99, 'blue'],
  ]);
  steps(
    rule,
    'short-paid refunds:',
    (count: number) => {
      const one = school();
      for (let i = 0; i < count; i += 1) refunded({ refunded: 600 }, one, `c${i}`);
      return one;
    },
    [
      [4, 'blue'],
      [5, 'yellow'],
    ],
  );

  it('counts what is missing of a contract that has ended once, in however many refunds it was paid', () => {
    const twice = (ended: boolean) =>
      ask(rule, refunded({ refunded: 600, ended, claimed: 700 }, refunded({ refunded: 600, ended, claimed: 700 })));
    expect(twice(true)).toMatchObject({ level: 'blue', value: 1 });
    expect(twice(true).reason().en).toContain('by ¥150.00 in all');
    expect(twice(false).value).toBe(2);
  });

  it('names the same events in the same order however often it is asked for them', () => {
    const one = school();
    for (let i = 0; i < 3; i += 1) refunded({ refunded: 600 }, one, `c${i}`);
    const { evidence } = ask(rule, refunded({ refunded: 500 }, one, 'c3'));
    const first = evidence();
    expect(first).toHaveLength(4);
    expect(evidence()).toEqual(first);
  });

  it('spreads gifts over the price when the operator is the cause (art. 18)', () => {
    // 5 of 25 hours: ¥800 is left.
    expect(ask(rule, refunded({ refunded: 750, side: 'operator', gifted: 5 })).level).toBe('none');
    expect(ask(rule, refunded({ refunded: 749, side: 'operator', gifted: 5 })).level).toBe('blue');
  });

  it('prices delivered lessons before discount when the consumer is the cause (art. 19)', () => {
    // 5 hours at ¥100 of the list price of ¥2,000: ¥500 is left.
    expect(ask(rule, refunded({ refunded: 500, side: 'consumer', list: 2_000 })).level).toBe('none');
    expect(ask(rule, refunded({ refunded: 449, side: 'consumer', list: 2_000 })).level).toBe('blue');
    expect(ask(rule, refunded({ refunded: 500, side: 'seven_day', list: 2_000 })).level).toBe('blue');
  });

  steps(
    rule,
    'nobody told of an end, asked for ¥750 and refunded ¥',
    (value: number) => refunded({ refunded: value, claimed: 750, ended: false }),
    [
      [750, 'none'],
      [700, 'none'],
      [699.99, 'blue'],
    ],
  );

  it('holds no more against a contract that goes on than what was asked for', () => {
    // A part of the course is given back, in full, short, and with more asked for than is left of it.
    const goesOn = (claimed: number, paid: number) => refunded({ refunded: paid, claimed, ended: false });
    expect(ask(rule, goesOn(100, 100)).level).toBe('none');
    expect(ask(rule, goesOn(300, 250)).level).toBe('none');
    expect(ask(rule, goesOn(300, 249)).level).toBe('blue');
    expect(ask(rule, goesOn(1_000, 750)).level).toBe('none');
    expect(ask(rule, refunded({ refunded: 100 })).level).toBe('blue');
  });

  it('judges a refund once it is paid that was asked for before the first lesson', () => {
    // Asked for six days ago, paid yesterday.
    const early = (firstLessonOn: Day) => refunded({ refunded: 100, ago: 1, firstLessonOn });
    expect(ask(rule, early(TODAY)).level).toBe('blue');
    expect(ask(rule, early(TODAY - 5)).level).toBe('blue');
    expect(ask(rule, early(TODAY - 6)).level).toBe('none');
    expect(ask(rule, refunded({ refunded: 100, ago: 30, firstLessonOn: TODAY + 9 })).level).toBe('none');
  });

  it('waits until silence has confirmed the lessons before the request, and speaks for thirty days', () => {
    // Requests are five days older than the payment.
    const judged = (ago: number) => CHINA_CALENDAR.addWorkingDays(TODAY - ago - 5, 16);
    const first = [...Array(40).keys()].find((ago) => judged(ago) <= TODAY)!;
    const last = [...Array(90).keys()].findLast((ago) => judged(ago) > TODAY - 30)!;
    expect(ask(rule, refunded({ refunded: 100, ago: first })).level).toBe('blue');
    const early = ask(rule, refunded({ refunded: 100, ago: first - 1 }));
    expect(early.level).toBe('none');
    expect(early.lookAgainAt).toBe(startOfDay(judged(first - 1)));
    expect(ask(rule, refunded({ refunded: 100, ago: last })).level).toBe('blue');
    expect(ask(rule, refunded({ refunded: 100, ago: last + 1 })).level).toBe('none');
  });

  it('judges a refund of which something is still owed once its due day is over', () => {
    const part = (paid: number, dueOn: Day) =>
      ask(rule, refunded({ refunded: paid, approved: 750, dueOn, ended: false }));
    expect(part(699.99, TODAY - 3).level).toBe('blue');
    expect(part(700, TODAY - 3).level).toBe('none');
    const due = CHINA_CALENDAR.nextWorkingDayOnOrAfter(TODAY);
    const early = part(300, due);
    expect(early.level).toBe('none');
    expect(early.lookAgainAt).toBe(startOfDay(due + 1));
  });

  const ofLine = (
    refundedFen: number,
    values: {
      contract?: object;
      side?: 'operator' | 'consumer';
      asked?: boolean;
      ended?: boolean;
      confirmedFen?: bigint;
    } = {},
  ) => {
    const { side = 'consumer', asked = true, ended = true, confirmedFen = 0n } = values;
    const one = school();
    if (ended) one.register('contract.ended', { contractId: 'c1' });
    return one.refund({
      ...(asked ? { requestedOn: TODAY - 30 } : {}),
      approvedOn: TODAY - 29,
      amountFen: refundedFen,
      side,
      contract: contractData({ hoursPaid: 20, periodFrom: formatDay(TODAY - 90), ...values.contract }),
      line: {
        paidFen: 1_000_000n,
        confirmedFen,
        refundedFen: BigInt(refundedFen),
        releasedFen: 0n,
        confirmedHoursHundredths: 500,
      },
      paid: [{ on: TODAY - 25, fen: refundedFen }],
    });
  };

  it('allows 1% of what is due', () => {
    expect(ask(rule, ofLine(990_000)).level).toBe('none');
    expect(ask(rule, ofLine(989_999))).toMatchObject({ level: 'blue', value: 1, threshold: 1 });
    expect(ask(rule, ofLine(989_999)).reason().en).toContain('1 refund paid short, by ¥100.01 in all');
  });

  it('prices by hours and by the list only where there are hours, and a list price above the price', () => {
    const noHours = { contract: { hoursPaid: 0, listPriceFen: yuan(9_000) } };
    expect(ask(rule, ofLine(750_000, { ...noHours, confirmedFen: 250_000n })).level).toBe('none');
    expect(ask(rule, ofLine(700_000, { ...noHours, confirmedFen: 250_000n })).level).toBe('blue');
    expect(ask(rule, ofLine(750_000, { ...noHours, side: 'operator', confirmedFen: 250_000n })).level).toBe('none');
    const list = (listPriceFen: number) => ({
      contract: { priceFen: 1_000_000, listPriceFen },
      confirmedFen: 400_000n,
    });
    expect(ask(rule, ofLine(600_000, list(1_000_000))).level).toBe('none');
    expect(ask(rule, ofLine(500_000, list(1_000_000))).level).toBe('blue');
    // Five of twenty hours of ¥4,000,000 would be more than was paid.
    expect(ask(rule, ofLine(1, list(400_000_000))).level).toBe('none');
  });

  it('judges what was asked for, or whose contract has ended, and nothing that is not told', () => {
    expect(ask(rule, ofLine(500_000, { asked: false })).level).toBe('blue');
    expect(ask(rule, ofLine(500_000, { asked: false, ended: false })).level).toBe('none');
    const half = { requestedOn: TODAY - 30, approvedOn: TODAY - 29, paid: [{ on: TODAY - 25, fen: 1 }] };
    const contract = contractData({ periodFrom: formatDay(TODAY - 90) });
    const line = { paidFen: 900_000n, confirmedFen: 0n, refundedFen: 1n, releasedFen: 0n, confirmedHoursHundredths: 0 };
    expect(ask(rule, school().refund({ ...half, amountFen: 1, requestedFen: 900, contract, line })).level).toBe('none');
    const judged = { ...half, amountFen: 1, requestedFen: 900_000 };
    expect(ask(rule, school().refund({ ...judged, contract, line })).level).toBe('blue');
    expect(ask(rule, school().refund({ ...judged, contract })).level).toBe('none');
    expect(ask(rule, school().refund({ ...judged, line })).level).toBe('none');
    expect(ask(rule, school().refund({ ...judged, contract, line, paid: [] })).level).toBe('none');
  });

  it('names the largest first', () => {
    const one = school();
    for (const [at, paid] of [600, 400, 500].entries()) refunded({ refunded: paid }, one, `c${at}`);
    const [least, most, middle] = one.rows().refunds.map(({ refund }) => refund.paid[0]!.id);
    expect(
      ask(rule, one)
        .evidence()
        .map(({ id }) => id),
    ).toEqual([most, middle, least]);
    expect(ask(rule, one).reason().en).toContain('by ¥750.00 in all');
  });
});
