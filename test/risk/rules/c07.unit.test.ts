import { describe, expect, it } from 'vitest';
import { rule } from '../../../src/risk/rules/c07-refusals.js';
import { ask, noon, school, steps, TODAY } from '../builders.js';

const decided = (rejected: number, approved: number, ago = 3) => {
  const one = school();
  for (let i = 0; i < rejected; i += 1) one.refund({ requestedOn: TODAY - 40, rejectedOn: TODAY - ago });
  for (let i = 0; i < approved; i += 1) one.refund({ requestedOn: TODAY - 40, approvedOn: TODAY - ago });
  return one;
};

describe('C07 refusals', () => {
  steps(rule, 'of ten decided, refused', (rejected: number) => decided(rejected, 10 - rejected), [
    [2, 'none'],
    [3, 'yellow'],
    [5, 'yellow'],
    [6, 'orange'],
  ]);

  steps(rule, 'of six decided, refused', (rejected: number) => decided(rejected, 6 - rejected), [
    [1, 'none'],
    [2, 'blue'],
    [3, 'yellow'],
    [4, 'orange'],
  ]);

  it('needs five decided within thirty days, and counts the last decision', () => {
    expect(ask(rule, decided(4, 0)).state).toBe('not_applicable');
    expect(ask(rule, decided(5, 0)).level).toBe('orange');
    expect(ask(rule, decided(5, 0, 29)).level).toBe('orange');
    expect(ask(rule, decided(5, 0, 30)).state).toBe('not_applicable');
    const relented = decided(4, 0).refund({ requestedOn: TODAY - 40, rejectedOn: TODAY - 5, approvedOn: TODAY - 2 });
    expect(ask(rule, relented)).toMatchObject({ level: 'orange', value: 8_000 });
  });

  it('counts a refusal that came after an approval, and none that is told for a later moment', () => {
    const undone = decided(4, 0).refund({ requestedOn: TODAY - 40, approvedOn: TODAY - 5, rejectedOn: TODAY - 2 });
    expect(ask(rule, undone)).toMatchObject({ level: 'orange', value: 10_000 });
    expect(ask(rule, decided(5, 0, 0), { now: noon(TODAY) }).level).toBe('orange');
    expect(ask(rule, decided(5, 0, 0), { now: noon(TODAY) - 1 }).state).toBe('not_applicable');
    expect(ask(rule, decided(2, 4))).toMatchObject({ level: 'blue', holdLevel: 'blue', value: 3_333 });
    const open = decided(5, 0);
    for (let i = 0; i < 5; i += 1) open.refund({ requestedOn: TODAY - 1 });
    expect(ask(rule, open).value).toBe(10_000);
  });
});
