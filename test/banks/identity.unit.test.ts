import { describe, expect, it } from 'vitest';
import { firstIdOf, type KnownEntry, matchAll, sharesReference } from '../../src/banks/identity.js';
import type { Movement } from '../../src/banks/movement.js';

const movement = (over: Partial<Movement> = {}): Movement => ({
  direction: 1,
  amountFen: 100,
  bookedOn: '2026-03-02',
  at: '2026-03-02T10:00:00+08:00',
  refs: [],
  marks: [],
  undoes: false,
  parts: [],
  ...over,
});
const row = (bankTxnId: string, over: Partial<KnownEntry> = {}): KnownEntry =>
  ({ bankTxnId, direction: 1, amountFen: 100, bookedOn: '2026-03-02', refs: [], marks: [], ...over }) as KnownEntry;
const matched = (movements: readonly Movement[], known: readonly KnownEntry[], isMixed = false) =>
  matchAll(movements, known, isMixed).map((one) => one?.bankTxnId ?? null);
const isSame = (told: Partial<Movement>, known: Partial<KnownEntry>, isMixed = false) =>
  matched([movement(told)], [row('k', known)], isMixed)[0] === 'k';

describe('an entry that is told again', () => {
  it('is the one with the same reference, of whatever kind, day and amount', () => {
    expect(isSame({ refs: ['a:R1'] }, { refs: ['n:R1'], bookedOn: '2026-03-09' })).toBe(true);
    expect(isSame({ refs: ['a:R1'], amountFen: 99 }, { refs: ['a:R1'] })).toBe(true);
    expect(isSame({ refs: ['t:R1', 'a:R2'] }, { refs: ['n:R3', 'a:R2'], bookedOn: '2026-03-09' })).toBe(true);
    expect(isSame({ refs: ['a:R1'] }, { refs: ['a:R1'], direction: -1 })).toBe(false);
  });

  it('is without a common reference one of the same day and amount that nothing speaks against', () => {
    expect(isSame({}, {})).toBe(true);
    expect(isSame({ refs: ['a:R1'] }, {})).toBe(true);
    expect(isSame({}, { refs: ['a:R1'], marks: ['m'] })).toBe(true);
    expect(isSame({}, { amountFen: 99 })).toBe(false);
    expect(isSame({}, { bookedOn: '2026-03-03' })).toBe(false);
    expect(isSame({}, { direction: -1 })).toBe(false);
    expect(isSame({ refs: ['a:R1'] }, { refs: ['a:R2'] })).toBe(false);
    // A bank may number one entry in several ways.
    expect(isSame({ refs: ['a:R1'] }, { refs: ['t:R2'] })).toBe(true);
    expect(isSame({ marks: ['m'] }, {})).toBe(true);
    expect(isSame({ marks: ['m'] }, { marks: ['n'] })).toBe(false);
    expect(isSame({ marks: ['m', 'n'] }, { marks: ['o', 'n'] })).toBe(true);
    expect(isSame({ marks: ['m', 'n'], refs: ['a:R1'] }, { marks: ['n'], refs: ['a:R2'] })).toBe(false);
  });

  it('is none with a reference if it has none, where the statement gives references to some', () => {
    expect(isSame({}, { refs: ['a:R1'] }, true)).toBe(false);
    expect(isSame({ refs: ['a:R1'] }, {}, true)).toBe(false);
    expect(isSame({}, {}, true)).toBe(true);
    expect(isSame({ refs: ['a:R1'] }, { refs: ['t:R2'] }, true)).toBe(true);
    // The customers' reference is enough.
    expect(isSame({ marks: ['m'] }, { refs: ['a:R1'], marks: ['m'] }, true)).toBe(true);
  });

  it('is decided for all together: reference and amount, then marks, then what is alike, then the reference alone', () => {
    const fee = movement({ refs: ['a:R1'], amountFen: 5 });
    const paid = movement({ refs: ['a:R1'] });
    const known = [row('paid', { refs: ['a:R1'] }), row('fee', { refs: ['a:R1'], amountFen: 5 })];
    expect(matched([fee, paid], known)).toEqual(['fee', 'paid']);
    expect(matched([paid, fee], known.toReversed())).toEqual(['paid', 'fee']);

    const plain = movement();
    const marked = movement({ marks: ['m'] });
    expect(matched([plain, marked], [row('marked', { marks: ['m'] }), row('other')])).toEqual(['other', 'marked']);
    expect(matched([plain, movement({ refs: ['a:R1'] })], [row('one', { refs: ['a:R1'] })])).toEqual([null, 'one']);
    // Another amount under a reference waits until the others have found theirs.
    const changed = movement({ refs: ['a:R1'], amountFen: 7 });
    expect(matched([changed, plain], [row('one', { refs: ['a:R1'] })])).toEqual([null, 'one']);
    expect(matched([changed], [row('one', { refs: ['a:R1'] })])).toEqual(['one']);
    // What has found its entry looks for no other.
    expect(matched([paid], [row('one', { refs: ['a:R1'] }), row('plain')])).toEqual(['one']);
  });

  it('is one entry for one of several equal ones', () => {
    expect(matched([movement(), movement(), movement()], [row('one'), row('two')])).toEqual(['one', 'two', null]);
  });
});

describe('an entry that is told for the first time', () => {
  it('is named by its strongest reference, or by a digest of one that is no id, or of what is told', () => {
    expect(firstIdOf(movement({ refs: ['a:R:1', 't:R2'] }), 'A1')).toBe('R:1');
    expect(firstIdOf(movement({ refs: [`a:${'x'.repeat(100)}`] }), 'A1')).toBe('x'.repeat(100));
    expect(firstIdOf(movement({ refs: [`a:${'x'.repeat(101)}`] }), 'A1')).toMatch(/^h-[0-9a-f]{32}$/);
    expect(firstIdOf(movement({ refs: ['a:号'] }), 'A1')).toMatch(/^h-[0-9a-f]{32}$/);
    const derived = firstIdOf(movement(), 'A1');
    expect(derived).toMatch(/^d-[0-9a-f]{32}$/);
    expect(firstIdOf(movement({ at: '2026-03-02T11:00:00+08:00', marks: ['m'] }), 'A1')).toBe(derived);
    const others = [{ amountFen: 99 }, { direction: -1 as const }, { bookedOn: '2026-03-03' }];
    expect(
      new Set([derived, firstIdOf(movement(), 'A2'), ...others.map((one) => firstIdOf(movement(one), 'A1'))]).size,
    ).toBe(5);
  });
});

it('entries share a reference of the bank or of a customer', () => {
  const share = (a: [string[], string[]], b: [string[], string[]]) =>
    sharesReference({ refs: a[0], marks: a[1] }, { refs: b[0], marks: b[1] });
  expect(share([['a:R1'], []], [['t:R1'], []])).toBe(true);
  expect(share([['a:R1'], []], [[], ['R1']])).toBe(true);
  expect(share([[], ['m']], [['a:R1'], ['n', 'm']])).toBe(true);
  expect(share([['a:R1'], ['m']], [['a:R2'], ['n']])).toBe(false);
  expect(share([[], []], [[], []])).toBe(false);
});
