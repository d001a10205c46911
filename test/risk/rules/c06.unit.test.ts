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
});
