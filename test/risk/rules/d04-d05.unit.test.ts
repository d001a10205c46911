import { describe, expect, it } from 'vitest';
import { rule as d04 } from '../../../src/risk/rules/d04-mostly-silent.js';
import { rule as d05 } from '../../../src/risk/rules/d05-disputes.js';
import { ask, noon, school, steps, TODAY } from '../builders.js';

const confirmed = (silent: number, parent: number) =>
  school()
    .tally('confirmations_silent', TODAY - 5, silent)
    .tally('confirmations_parent', TODAY - 29, parent);
const disputed = (disputes: number) =>
  school()
    .tally('confirmations_parent', TODAY - 5, 90)
    .tally('confirmations_silent', TODAY - 5, 10)
    .tally('disputes', TODAY - 29, disputes);

describe('D04 mostly silent', () => {
  steps(d04, 'of a thousand confirmations by silence', (silent: number) => confirmed(silent, 1_000 - silent), [
    [600, 'none'],
    [601, 'blue'],
    [850, 'blue'],
    [851, 'yellow'],
  ]);

  it('needs twenty confirmations in thirty days and the minimum sample', () => {
    expect(ask(d04, confirmed(19, 0)).state).toBe('not_applicable');
    expect(ask(d04, confirmed(20, 0)).level).toBe('yellow');
    expect(ask(d04, school().tally('confirmations_silent', TODAY - 30, 90)).state).toBe('not_applicable');
    expect(ask(d04, confirmed(90, 0).learners(19)).state).toBe('not_applicable');
  });

  it('counts what the regulator confirmed among all, and tells the share', () => {
    const settled = (silent: number, regulator: number) =>
      ask(d04, confirmed(silent, 0).tally('confirmations_regulator', TODAY - 5, regulator));
    expect(settled(60, 40)).toMatchObject({ level: 'none', value: 6_000 });
    expect(settled(61, 40)).toMatchObject({ level: 'blue', value: 6_040 });
  });
});

describe('D05 disputes', () => {
  steps(d05, 'against a hundred confirmations, disputes:', disputed, [
    [2, 'none'],
    [3, 'yellow'],
    [7, 'yellow'],
    [8, 'orange'],
  ]);

  it('needs three disputes within thirty days and the minimum sample', () => {
    expect(ask(d05, school().tally('disputes', TODAY, 2)).level).toBe('none');
    expect(ask(d05, school().tally('disputes', TODAY, 3)).level).toBe('orange');
    expect(ask(d05, school().tally('disputes', TODAY - 30, 9)).level).toBe('none');
    expect(ask(d05, disputed(9).learners(19)).state).toBe('not_applicable');
  });

  steps(
    d05,
    'against ten thousand confirmations, a tenth of them by the regulator, disputes:',
    (disputes: number) =>
      school()
        .tally('confirmations_parent', TODAY - 5, 9_000)
        .tally('confirmations_regulator', TODAY - 5, 1_000)
        .tally('disputes', TODAY - 29, disputes),
    [
      [299, 'none'],
      [300, 'yellow'],
      [799, 'yellow'],
      [800, 'orange'],
    ],
  );

  it('names the disputes of its days, the newest first', () => {
    const one = school();
    for (const ago of [30, 29, 0, 7])
      one.register('lesson.disputed', { confirmId: `f-${ago}`, contractId: 'c1' }, noon(TODAY - ago));
    const ids = new Map(one.rows().registers['lesson.disputed']!.map(({ id, data }) => [id, data.confirmId]));
    // What is told of later today is not known yet.
    const { evidence } = ask(d05, one, { now: noon(TODAY) - 1 });
    expect(evidence().map(({ id }) => ids.get(id))).toEqual(['f-7', 'f-29']);
    expect(
      ask(d05, one, { now: noon(TODAY) })
        .evidence()
        .map(({ id }) => ids.get(id)),
    ).toEqual(['f-0', 'f-7', 'f-29']);
  });

  it('tells the share, all of them where nothing was confirmed', () => {
    expect(ask(d05, disputed(7)).value).toBe(700);
    expect(ask(d05, school().tally('confirmations_parent', TODAY, 600).tally('disputes', TODAY, 7)).value).toBe(116);
    expect(ask(d05, school().tally('disputes', TODAY, 3)).value).toBe(10_000);
    expect(ask(d05, school()).value).toBe(0);
  });
});
