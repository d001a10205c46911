import { describe, expect, it } from 'vitest';
import type { KnownEntry } from '../../src/banks/identity.js';
import type { Movement, Part } from '../../src/banks/movement.js';
import { planEntries, type Telling } from '../../src/banks/plan.js';

const ACCOUNT = { accountId: 'A1', bankCode: 'B1', institutionId: 'X-370702-1', institutionNo: 1 };
let readings = 0;
const telling = (kind: Telling['kind'], over: Partial<Telling> = {}): Telling => {
  readings += 1;
  return {
    account: ACCOUNT,
    kind,
    reading: readings,
    statementNo: kind === 'statement' ? readings : null,
    createdAt: null,
    replaces: [],
    isOutdated: false,
    met: new Set(),
    isMixed: false,
    isRedrive: false,
    ...over,
  };
};
const movement = (
  direction: Movement['direction'],
  parts: readonly Part[],
  over: Partial<Movement> = {},
): Movement => ({
  direction,
  amountFen: parts.reduce((sum, { amountFen }) => sum + amountFen, 0),
  bookedOn: '2026-03-02',
  at: '2026-03-02T10:00:00+08:00',
  refs: direction === 0 ? [] : ['A:R1'],
  marks: [],
  undoes: false,
  parts,
  ...over,
});

/** What stands of one entry after it was told in all these ways, one after the other. */
function standing(told: readonly (readonly [Telling['kind'], Movement])[]): readonly Part[] {
  const known: KnownEntry[] = [];
  for (const [kind, one] of told) {
    planEntries(telling(kind), [{ movement: one, line: 1 }], known);
    for (const row of known) row.no ??= known.indexOf(row) + 1;
  }
  expect(known).toHaveLength(1);
  return JSON.parse(known[0]!.content).parts;
}

describe('of two tellings of one entry the more exact one stands, whichever comes first', () => {
  it.each<[string, Movement['direction'], Part[], Part[]]>([
    ['what is available, be it nothing', 0, [{ amountFen: 5, availableFen: 0 }], [{ amountFen: 5 }]],
    ['what is available', 0, [{ amountFen: 5, availableFen: 5 }], [{ amountFen: 5 }]],
    [
      'which refund it is',
      -1,
      [{ amountFen: 5, purpose: 'other', refundId: 'r1' }],
      [{ amountFen: 5, purpose: 'fee' }],
    ],
    ['which release it is', -1, [{ amountFen: 5, instructionId: 'i1' }], [{ amountFen: 5, purpose: 'release' }]],
    ['which payments it brings', 1, [{ amountFen: 5, paymentIds: ['p1'] }], [{ amountFen: 5 }]],
    ['what it was for', -1, [{ amountFen: 5, purpose: 'fee' }], [{ amountFen: 5, purpose: 'other' }]],
    ['its transactions', 1, [{ amountFen: 2 }, { amountFen: 3 }], [{ amountFen: 5, paymentIds: ['p1', 'p2'] }]],
  ])('that tells %s', (_, direction, exact, plain) => {
    // The statement at the end of the day decides only between equals.
    for (const kind of ['report', 'statement'] as const) {
      const told = [['report', movement(direction, exact)] as const, [kind, movement(direction, plain)] as const];
      expect(standing(told)).toEqual(exact);
      expect(standing(told.toReversed())).toEqual(exact);
    }
  });

  it('that is told by the statement of the end of the day', () => {
    const [first, last] = ['i1', 'i2'].map((instructionId) => movement(-1, [{ amountFen: 5, instructionId }]));
    for (const [early, late] of [
      [first!, last!],
      [last!, first!],
    ] as const) {
      expect(
        standing([
          ['report', early],
          ['statement', late],
        ]),
      ).toEqual(late.parts);
      expect(
        standing([
          ['statement', late],
          ['report', early],
        ]),
      ).toEqual(late.parts);
    }
  });
});
