import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/f01-control-change.js';
import { ask, noon, school, steps, TODAY } from '../builders.js';

const REPS = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'];
/** Told first 300 days ago, then another representative on each of the given days ago. */
const changed = (...ago: number[]) =>
  ago.reduce(
    (one, days, index) => one.profile({ legalRepHash: REPS[index + 1]! }, noon(TODAY - days)),
    school().profile({ legalRepHash: REPS[0]! }, noon(TODAY - 390)),
  );
const finding = {
  context: {
    hadFinding: (groups: readonly string[], floor: string, days: number) =>
      groups.join() === 'A,C' && floor === 'orange' && days === 90,
  },
};

describe('F01 control change', () => {
  steps(rule, 'changed days ago', (ago: number) => changed(ago), [
    [89, 'yellow'],
    [90, 'none'],
  ]);
  steps(rule, 'changed ten days ago and before that days ago', (ago: number) => changed(ago, 10), [
    [364, 'orange'],
    [365, 'yellow'],
  ]);

  it('is red with an account or refund finding of orange or above', () => {
    expect(ask(rule, changed(10), finding).level).toBe('red');
    expect(ask(rule, changed(100), finding).level).toBe('none');
  });

  it('is orange while families wait for refunds, or with lessons that fall', () => {
    const beside = (found: string, level: 'blue' | 'yellow' = 'yellow', ago = 10) =>
      ask(rule, changed(ago), { context: { levelOf: (id) => (id === found ? level : 'none') } }).level;
    expect([beside('C01'), beside('D02')]).toEqual(['orange', 'orange']);
    expect([beside('C01', 'blue'), beside('D02', 'blue')]).toEqual(['yellow', 'yellow']);
    expect([beside('C04'), beside('C06'), beside('C09')]).toEqual(['yellow', 'yellow', 'yellow']);
    expect(beside('C01', 'yellow', 100)).toBe('none');
  });

  it('sees other controllers, in whatever order they are told, and takes the first telling as no change', () => {
    const controllers = (...hashes: string[]) =>
      ask(
        rule,
        school()
          .profile({ controllerHashes: [REPS[0]!, REPS[1]!] }, noon(TODAY - 200))
          .profile({ controllerHashes: hashes }, noon(TODAY - 5)),
      ).level;
    expect(controllers(REPS[1]!, REPS[0]!)).toBe('none');
    expect(controllers(REPS[1]!)).toBe('yellow');
    expect(
      ask(
        rule,
        school()
          .profile({}, noon(TODAY - 200))
          .profile({ legalRepHash: REPS[0]! }, noon(TODAY - 5)),
      ).level,
    ).toBe('none');
  });

  it('asks only while fees are unearned', () => {
    expect(ask(rule, changed(5).unearned(0)).level).toBe('none');
  });
});
