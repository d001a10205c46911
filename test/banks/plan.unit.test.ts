import { describe, expect, it } from 'vitest';
import type { KnownEntry } from '../../src/banks/identity.js';
import type { Movement, Part } from '../../src/banks/movement.js';
import { planEntries, planRemoved, type Telling } from '../../src/banks/plan.js';

const ACCOUNT = { accountId: 'A1', bankCode: 'B1', institutionId: 'X-370702-1', institutionNo: 1 };
interface WireEvent {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly reverses?: { readonly id: string };
    readonly bankTxnId?: string;
    readonly asOf?: string;
    readonly amountFen?: number;
    readonly bookedFen?: number;
  };
}
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

describe('what becomes of an entry', () => {
  const money = (fen: number, over: Partial<Movement> = {}) => movement(1, [{ amountFen: fen }], over);
  const back = (fen: number, over: Partial<Movement> = {}) =>
    movement(-1, [{ amountFen: fen, purpose: 'other' }], { undoes: true, ...over });

  /** An account to which statements tell their entries, and what its events come to: by each bank transaction, what stands. */
  class Account {
    readonly known: KnownEntry[] = [];
    private readonly booked = new Map<string, string>();

    tell(how: Telling, ...told: readonly Movement[]) {
      const planned = planEntries(
        how,
        told.map((one, line) => ({ movement: one, line })),
        this.known,
      );
      for (const { events } of planned) this.take(events);
      for (const row of this.known) row.no ??= this.known.indexOf(row) + 1;
      return planned.map(({ kind, refusal }) => (refusal === null ? kind : `${refusal.code} ${refusal.path}`));
    }
    remove(how: Telling, bankTxnId: string) {
      const row = this.known.find((one) => one.bankTxnId === bankTxnId)!;
      this.take(planRemoved(how, row, this.known));
    }
    private take(events: readonly object[]): void {
      for (const { id, type, data } of events as readonly WireEvent[]) {
        if (type === 'prepaid.event.reversed.v1') {
          expect(this.booked.delete(data.reverses!.id)).toBe(true);
        } else {
          expect(this.booked.has(id)).toBe(false);
          const what = type.replace('prepaid.custody.', '').replace('.v1', '');
          this.booked.set(id, `${what} ${data.bankTxnId ?? data.asOf} ${data.amountFen ?? data.bookedFen}`);
        }
      }
    }
    get stands(): string[] {
      return [...this.booked.values()].sort();
    }
    get states(): string[] {
      return this.known.map(({ bankTxnId, state }) => `${bankTxnId} ${state}`).sort();
    }
  }

  it('is refused when another amount is told of it, unless a newer version of its statement says so', () => {
    const account = new Account();
    const first = telling('statement');
    expect(account.tell(first, money(100))).toEqual(['new']);
    expect(account.tell(telling('statement'), money(90))).toEqual(['conflicting_fact Ntry/Amt']);
    expect(account.tell(telling('report', { replaces: [first.statementNo! + 9] }), money(90))).toEqual([
      'conflicting_fact Ntry/Amt',
    ]);
    expect(account.stands).toEqual(['credited R1 100']);
    expect(account.tell(telling('statement', { replaces: [first.statementNo!] }), money(90))).toEqual(['new']);
    expect(account.stands).toEqual(['credited R1 90']);
    const balance = (fen: number) => movement(0, [{ amountFen: fen }], { refs: ['b:end of 2026-03-02'] });
    expect(account.tell(telling('statement'), balance(5))).toEqual(['new']);
    expect(account.tell(telling('statement'), balance(6))).toEqual(['conflicting_fact Bal/Amt']);
    expect(account.stands).toEqual(['balance_reported 2026-03-02 5', 'credited R1 90']);
    // Two amounts under one reference in one statement are two entries: a payment and its fee.
    expect(account.tell(telling('statement'), money(90), money(3))).toEqual(['known', 'new']);
    expect(account.stands).toContain('credited R1#2 3');
  });

  it('is told once by each statement: an equal one in it is another entry', () => {
    const account = new Account();
    const equal = money(100, { refs: [] });
    account.tell(telling('report'), equal);
    expect(account.tell(telling('statement'), equal, equal)).toEqual(['known', 'new']);
    expect(account.tell(telling('statement', { met: new Set([1]) }), equal, equal)).toEqual(['known', 'new']);
    expect(account.stands).toHaveLength(3);
  });

  it('is taken back by the statement that leaves it out, and stands again only when a statement tells it', () => {
    const account = new Account();
    account.tell(telling('statement'), money(100));
    account.remove(telling('statement'), 'R1');
    expect([account.stands, account.states]).toEqual([[], ['R1 removed']]);
    expect(account.tell(telling('report'), money(100))).toEqual(['known']);
    expect(account.stands).toEqual([]);
    expect(account.tell(telling('statement'), money(100))).toEqual(['new']);
    expect([account.stands, account.states]).toEqual([['credited R1 100'], ['R1 booked']]);
  });

  it('is not told by a version that another one replaced before, which takes back what only early files told', () => {
    const account = new Account();
    const outdated = () => telling('statement', { isOutdated: true });
    expect(account.tell(outdated(), money(100))).toEqual(['known']);
    expect(account.known).toEqual([]);
    account.tell(telling('report'), money(100));
    account.tell(telling('statement'), money(7, { refs: ['a:R2'] }));
    expect(account.tell(outdated(), money(100), money(7, { refs: ['a:R2'] }))).toEqual(['known', 'known']);
    expect([account.stands, account.states]).toEqual([['credited R2 7'], ['R1 removed', 'R2 booked']]);
  });

  it('is undone by the bank whichever of the two comes first, and stands by itself when the other is taken back', () => {
    for (const undoingFirst of [false, true]) {
      const both = () => {
        const account = new Account();
        const told = [money(100), back(100, { refs: ['a:R1'], marks: ['m'] })];
        for (const one of undoingFirst ? told.toReversed() : told) account.tell(telling('report'), one);
        return account;
      };
      const rows = (account: Account) => account.known.map(({ direction, state }) => `${direction} ${state}`).sort();
      expect([both().stands, rows(both())]).toEqual([[], ['-1 undoing', '1 undone']]);

      const restored = both();
      const undoing = restored.known.find(({ direction }) => direction === -1)!;
      undoing.bankTxnId = 'U1';
      restored.known.find(({ direction }) => direction === 1)!.counterpart = 'U1';
      restored.remove(telling('statement'), 'U1');
      expect([restored.stands, rows(restored)]).toEqual([['credited R1 100'], ['-1 removed', '1 booked']]);
      // Then another return of it undoes it.
      restored.tell(telling('statement'), back(100, { refs: ['a:R1'], bookedOn: '2026-03-05' }));
      expect(restored.stands).toEqual([]);
    }
  });

  it('is not undone by one of another amount, of no common reference, or of its own direction', () => {
    for (const other of [
      back(99, { refs: ['a:R9'], marks: ['R1'] }),
      back(100, { refs: ['a:R9'] }),
      movement(1, [{ amountFen: 100 }], { refs: ['a:R9'], marks: ['R1'], undoes: true }),
      movement(-1, [{ amountFen: 100, purpose: 'other' }], { refs: ['a:R9'], marks: ['R1'] }),
    ]) {
      const account = new Account();
      account.tell(telling('statement'), money(100), other);
      expect(account.stands).toHaveLength(2);
    }
  });

  it('leaves its money when what had undone it, or what it had undone, is taken back', () => {
    const account = new Account();
    account.tell(telling('statement'), money(100), back(100, { refs: ['a:R9'], marks: ['R1'] }));
    expect([account.stands, account.states]).toEqual([[], ['R1 undone', 'R9 undoing']]);
    account.remove(telling('statement'), 'R1');
    expect([account.stands, account.states]).toEqual([['debited R9 100'], ['R1 removed', 'R9 waiting']]);
    account.tell(telling('statement'), money(100));
    expect([account.stands, account.states]).toEqual([[], ['R1 undone', 'R9 undoing']]);
  });
});
