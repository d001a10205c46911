import { describe, expect, it } from 'vitest';
import { rule as d04 } from '../../../src/risk/rules/d04-mostly-silent.js';
import { rule as d05 } from '../../../src/risk/rules/d05-disputes.js';
import { ask, school, steps, TODAY } from '../builders.js';

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
});
