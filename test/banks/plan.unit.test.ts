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
  refs: direction === 0 ? [] : ['a:R1'],
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
    private readonly used = new Set<string>();

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
          // The books would take an id that was there before for a duplicate, though it was reversed.
          expect(this.used.has(id)).toBe(false);
          this.used.add(id);
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

  it('is undone once: another return of it waits, and the right one comes back', () => {
    const account = new Account();
    const undoing = (ref: string, mark: string) => back(100, { refs: [`a:${ref}`], marks: [mark] });
    account.tell(telling('statement'), money(100), undoing('U1', 'R1'), undoing('U2', 'R1'));
    expect([account.stands, account.states]).toEqual([['debited U2 100'], ['R1 undone', 'U1 undoing', 'U2 waiting']]);
    account.tell(telling('statement'), money(100, { refs: ['a:R2'] }), undoing('U3', 'R2'));
    account.remove(telling('statement'), 'U3');
    expect(account.stands).toEqual(['credited R2 100', 'debited U2 100']);
    // A return is not undone by a return.
    const other = new Account();
    other.tell(
      telling('statement'),
      undoing('U1', 'm'),
      movement(1, [{ amountFen: 100 }], { marks: ['m'], undoes: true }),
    );
    expect(other.states).toEqual(['R1 waiting', 'U1 waiting']);
  });

  it('is undone by what is only later told to be a return, or to be of it', () => {
    const late = new Account();
    late.tell(telling('report'), money(100), back(100, { refs: ['a:U1'], marks: ['R1'], undoes: false }));
    expect(late.stands).toHaveLength(2);
    late.tell(telling('statement'), back(100, { refs: ['a:U1'], marks: ['R1'] }));
    expect(late.states).toEqual(['R1 undone', 'U1 undoing']);
    for (const more of [{ refs: ['t:R7'] }, { marks: ['R7'] }]) {
      const named = new Account();
      named.tell(telling('report'), money(100), back(100, { refs: ['a:U1'], marks: ['R7'] }));
      named.tell(
        telling('report'),
        money(100, { refs: ['a:R1'], ...more, ...(more.refs ? { refs: ['a:R1', 't:R7'] } : {}) }),
      );
      expect(named.stands).toEqual([]);
    }
  });

  it('keeps the more exact telling that comes while it is undone, for when it stands again', () => {
    const account = new Account();
    account.tell(telling('report'), money(100), back(100, { refs: ['a:U1'], marks: ['R1'] }));
    account.tell(telling('report'), movement(1, [{ amountFen: 60 }, { amountFen: 40 }]));
    expect(account.stands).toEqual([]);
    account.remove(telling('statement'), 'U1');
    expect(account.stands).toEqual(['credited R1/1 60', 'credited R1/2 40']);
  });

  it('is not told anew by an early file once the statement has told it so', () => {
    const account = new Account();
    const [plain, greater] = ['i1', 'i2'].map((instructionId) => movement(-1, [{ amountFen: 5, instructionId }]));
    account.tell(telling('report'), plain!);
    account.tell(telling('statement'), plain!);
    account.tell(telling('report'), greater!);
    expect(JSON.parse(account.known[0]!.content).parts).toEqual(plain!.parts);
  });

  it('belongs to the statement that told it last: a newer version of that one may correct it', () => {
    const account = new Account();
    account.tell(telling('report'), money(100));
    const last = telling('statement');
    account.tell(last, money(100));
    expect(account.tell(telling('statement', { isOutdated: true, replaces: [] }), money(90))).toEqual(['known']);
    expect(account.tell(telling('statement', { replaces: [last.statementNo!] }), money(90))).toEqual(['new']);
    expect(account.stands).toEqual(['credited R1 90']);
  });

  it('is driven again under its own reading after the books refused it, whatever its amount was', () => {
    const account = new Account();
    const first = telling('statement');
    account.tell(first, money(100), money(7, { refs: ['a:R2'] }));
    account.known[0]!.state = 'refused';
    const again = telling('statement', { reading: first.reading, isRedrive: true });
    expect(account.tell(again, money(7, { refs: ['a:R1'] }))).toEqual(['new']);
    expect(account.known[0]).toMatchObject({ state: 'booked', amountFen: 7, bankTxnId: 'R1' });
    // One of the same reading that stands is another entry.
    expect(account.tell({ ...again }, money(7, { refs: ['a:R2'] }))).toEqual(['new']);
    expect(account.known.map(({ bankTxnId }) => bankTxnId)).toEqual(['R1', 'R2', 'R2#2']);
  });
});

describe('the events of an entry', () => {
  const eventsOf = (one: Movement, over: Partial<Telling> = {}) => {
    const known: KnownEntry[] = [];
    return planEntries(telling('statement', over), [{ movement: one, line: 1 }], known).flatMap(({ events }) => [
      ...events,
    ]);
  };

  it('say when it was and when the file was made, if the file says so', () => {
    const createdAt = '2026-03-03T01:00:00+08:00';
    const [told] = eventsOf(movement(1, [{ amountFen: 5 }]), { createdAt });
    expect(told).toMatchObject({
      type: 'prepaid.custody.credited.v1',
      source: '/bank/B1',
      subject: 'X-370702-1',
      time: '2026-03-02T10:00:00+08:00',
      recordedtime: createdAt,
      data: { accountId: 'A1', bankTxnId: 'R1', bookedOn: '2026-03-02', amountFen: 5 },
    });
    expect(eventsOf(movement(1, [{ amountFen: 5 }]))[0]).not.toHaveProperty('recordedtime');
  });

  it('tell a balance of the day, or of its moment within the day', () => {
    const time = '2026-03-02T12:00:00+08:00';
    const data = (one: Movement) => eventsOf(one).map((event) => event['data']);
    expect(data(movement(0, [{ amountFen: 5, availableFen: 0 }]))).toEqual([
      { accountId: 'A1', asOf: '2026-03-02', kind: 'end_of_day', bookedFen: 5, availableFen: 0 },
    ]);
    expect(data(movement(0, [{ amountFen: 5 }], { at: time, asOf: time }))).toEqual([
      { accountId: 'A1', asOf: time, kind: 'intraday', bookedFen: 5 },
    ]);
  });
});
