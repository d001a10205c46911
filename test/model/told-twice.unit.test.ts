import { describe, expect, it } from 'vitest';
import type { AnyEvent, EventData } from '../../src/events/event.js';
import { FACT_TYPES, factAmounts } from '../../src/events/keys.js';
import { EVENT_TYPES } from '../../src/events/list.js';
import { modelState, settled, standingTellings } from './state.js';
import { answers, contract, credited, custodyAccount, modelOf, paid, SCHOOL, tell, undo } from './tell.js';

/** One fact in two tellings that differ in all but the amounts; the first is the smaller one. */
const [EARLY, LATE] = [{ at: '2026-03-02' }, { at: '2026-03-03', source: '/institution/self' }];
const PAIRS: Readonly<Record<(typeof FACT_TYPES)[number], readonly [AnyEvent, AnyEvent]>> = {
  'payment.succeeded': [
    paid('P-1', 500, { contractId: 'C-1', payerHash: 'b'.repeat(16) }, EARLY),
    paid('P-1', 500, { contractId: 'C-2', payeeAccountId: 'A-9', channel: 'cash' }, LATE),
  ],
  'payment.reversed': [
    tell('payment.reversed', { paymentId: 'P-2', amountFen: 100 }, EARLY),
    tell('payment.reversed', { paymentId: 'P-2', amountFen: 100 }, LATE),
  ],
  'custody.credited': [
    credited('T-1', 900, '2026-03-05', { paymentIds: ['P-2'] }, EARLY),
    credited('T-1', 900, '2026-03-02', {}, LATE),
  ],
  'custody.debited': [
    tell('custody.debited', debit('release', '2026-03-09'), EARLY),
    tell('custody.debited', debit('fee', '2026-03-04'), LATE),
  ],
  'lesson.confirmed': [
    tell('lesson.confirmed', { ...lesson('C-1'), hours: 2, by: 'parent' }, EARLY),
    tell('lesson.confirmed', { ...lesson('C-2'), hours: 1, by: 'silence', lessonId: 'L-1' }, LATE),
  ],
  'refund.requested': [
    tell('refund.requested', { ...refund('C-1'), side: 'consumer' }, EARLY),
    tell('refund.requested', { ...refund('C-2'), side: 'seven_day' }, LATE),
  ],
  'refund.approved': [
    tell('refund.approved', { ...refund('C-1'), dueOn: '2026-03-30' }, EARLY),
    tell('refund.approved', { ...refund('C-2'), dueOn: '2026-03-06' }, LATE),
  ],
  'refund.rejected': [
    tell('refund.rejected', { refundId: 'R-1', contractId: 'C-1' }, EARLY),
    tell('refund.rejected', { refundId: 'R-1', contractId: 'C-2' }, LATE),
  ],
  'refund.withdrawn': [
    tell('refund.withdrawn', { refundId: 'R-1', contractId: 'C-1' }, EARLY),
    tell('refund.withdrawn', { refundId: 'R-1', contractId: 'C-2' }, LATE),
  ],
  'refund.paid': [
    tell('refund.paid', { ...refund('C-1'), via: 'custody', bankTxnId: 'T-1', payeeHash: 'c'.repeat(16) }, EARLY),
    tell('refund.paid', { ...refund('C-2'), via: 'institution', bankTxnId: 'T-1' }, LATE),
  ],
  'release.instructed': [
    tell('release.instructed', { instructionId: 'N-1', accountId: 'A-1', lines: LINES() }, EARLY),
    tell('release.instructed', { instructionId: 'N-1', accountId: 'A-2', lines: LINES().reverse() }, LATE),
  ],
};

function debit(purpose: 'release' | 'fee', bookedOn: string): EventData['custody.debited'] {
  return { accountId: 'A-1', bankTxnId: 'D-1', amountFen: 90, bookedOn, purpose, instructionId: 'N-1' };
}
function lesson(contractId: string) {
  return { confirmId: 'K-1', contractId, amountFen: 200 };
}
function refund(contractId: string) {
  return { refundId: 'R-1', contractId, amountFen: 300 };
}
function LINES() {
  return [
    { contractId: 'C-1', amountFen: 50 },
    { contractId: 'C-2', amountFen: 40 },
  ];
}

/** What the facts are about. */
const AROUND = [
  custodyAccount(),
  contract('C-1'),
  contract('C-2', { learnerHash: 'b'.repeat(16) }),
  paid('P-2', 900, { contractId: 'C-2' }, { at: '2026-03-01' }),
  tell('stock.declared', { amountFen: 10_000, dueOn: '2026-12-31', contractId: 'C-1' }),
];

function booksOf(...events: readonly AnyEvent[]) {
  const model = modelOf(...AROUND, ...events);
  const state = settled(modelState(model, SCHOOL)) as { notStanding: string[]; events: number };
  const standing = standingTellings(model.set.institution(SCHOOL));
  return { state, standing, quantities: model.quantities(SCHOOL, Date.parse('2026-04-01T00:00:00+08:00') * 1_000) };
}

describe.each(FACT_TYPES)('%s told twice with equal amounts', (type) => {
  const [early, late] = PAIRS[type];

  it('is booked as the smaller telling says, whichever came first', () => {
    const forth = booksOf(early, late);
    expect(booksOf(late, early)).toEqual(forth);
    expect(booksOf(late, early, late, early)).toEqual(forth);
    expect(forth.quantities).toEqual(booksOf(early).quantities);
    expect(forth.state.notStanding).toEqual([`${late.source} ${late.id}`]);
    expect(forth.state.events).toBe(AROUND.length + 1);
    expect(answers(late, early, late, early)).toEqual(['accepted', 'duplicate', 'duplicate', 'duplicate']);
  });

  it('is booked as the other one says when the smaller one is reversed, and the other way round, in any order', () => {
    for (const [gone, left] of [
      [early, late],
      [late, early],
    ] as const) {
      const reversal = undo(gone, { at: '2026-03-04' });
      const wanted = booksOf(left, gone, reversal);
      expect(wanted.quantities).toEqual({ ...booksOf(left).quantities, events: AROUND.length + 3 });
      for (const order of [
        [gone, left, reversal],
        [gone, reversal, left],
        [reversal, gone, left],
        [reversal, left, gone],
        [left, reversal, gone],
      ])
        expect(booksOf(...order)).toEqual(wanted);
    }
  });

  it('leaves the books as they were when both are reversed', () => {
    const reversals = [undo(early), undo(late)];
    const { quantities } = booksOf(late, early, ...reversals);
    expect(quantities).toEqual({ ...booksOf().quantities, events: AROUND.length + 4 });
    expect(booksOf(late, reversals[1]!, early, reversals[0]!).quantities).toEqual(quantities);
  });
});

it('knows the types whose amounts make a fact of money', () => {
  const facts = EVENT_TYPES.filter(({ type }) => type in PAIRS).map(({ type }) => type);
  expect([...FACT_TYPES].sort()).toEqual(facts.sort());
  for (const [early, late] of Object.values(PAIRS)) {
    expect(factAmounts(early)).not.toBeNull();
    expect(factAmounts(late)).toBe(factAmounts(early));
  }
  expect(factAmounts(AROUND[1]!)).toBeNull();
});

it('stands as the smallest of many tellings, and as the next one whenever that is reversed', () => {
  const tellings = ['2026-03-05', '2026-03-02', '2026-03-04', '2026-03-03'].map((at, place) =>
    paid('P-1', 500, { contractId: `C-${place}` }, { at }),
  );
  const standing = (...events: readonly AnyEvent[]) =>
    modelOf(...tellings, ...events)
      .set.institution(SCHOOL)
      .payments.get('P-1')?.told?.contractId;
  const undone = tellings.map((event) => undo(event));
  expect(standing()).toBe('C-1');
  expect(standing(undone[1]!)).toBe('C-3');
  expect(standing(undone[1]!, undone[3]!)).toBe('C-2');
  expect(standing(undone[1]!, undone[3]!, undone[2]!)).toBe('C-0');
  expect(standing(undone[3]!)).toBe('C-1');
  expect(standing(...undone)).toBeUndefined();
});

it('refuses other amounts as long as any telling stands, and lets them in when none does', () => {
  const [early, late] = PAIRS['payment.succeeded'];
  const other = paid('P-1', 501, {}, { at: '2026-03-01' });
  expect(answers(late, early, other)).toEqual(['accepted', 'duplicate', 'conflicting_fact']);
  const told = (...events: readonly AnyEvent[]) =>
    modelOf(late, early, other, ...events)
      .set.institution(SCHOOL)
      .payments.get('P-1')?.told?.amountFen;
  expect(told(undo(early))).toBe(500);
  expect(told(undo(early), undo(late))).toBe(501);
});
