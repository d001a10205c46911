import { describe, expect, it } from 'vitest';
import type { AnyEvent, EventData } from '../../src/events/event.js';
import type { Quantities } from '../../src/ledger/quantities.js';
import { account, contract, credited, custodyAccount, debited, paid, quantitiesAfter, tell, undo } from './tell.js';

const confirmed = (
  confirmId: string,
  contractId: string,
  amountFen: number,
  more: Partial<EventData['lesson.confirmed']> = {},
) => tell('lesson.confirmed', { confirmId, contractId, hours: 1, amountFen, by: 'parent', ...more });
const refunded = (refundId: string, contractId: string, amountFen: number) =>
  tell('refund.paid', { refundId, contractId, amountFen, via: 'custody' });
const reported = (accountId: string, asOf: string, bookedFen: number, kind: 'end_of_day' | 'intraday' = 'end_of_day') =>
  tell('custody.balance_reported', { accountId, asOf, kind, bookedFen });
const stock = (amountFen: number, contractId?: string) =>
  tell('stock.declared', { amountFen, dueOn: '2026-06-30', ...(contractId ? { contractId } : {}) });

type Case = [title: string, expected: Partial<Quantities>, events: AnyEvent[]];

/** In the order told and in the opposite one. */
function check(_title: string, expected: Partial<Quantities>, events: AnyEvent[]): void {
  expect(quantitiesAfter(events)).toMatchObject(expected);
  expect(quantitiesAfter(events.toReversed())).toMatchObject(expected);
}

describe('unearned fees', () => {
  it.each<Case>([
    [
      'are what was paid less what was taught and paid back',
      { paidFen: 1_000n, confirmedFen: 300n, refundedFen: 200n, unearnedFen: 500n },
      [paid('P-1', 1_000, { contractId: 'C-1' }), confirmed('K-1', 'C-1', 300), refunded('R-1', 'C-1', 200)],
    ],
    [
      'end at nothing for each contract by itself',
      { unearnedFen: 200n },
      [paid('P-1', 100, { contractId: 'C-1' }), confirmed('K-1', 'C-1', 300), paid('P-2', 200, { contractId: 'C-2' })],
    ],
    [
      'of a payment without contract are a line that no lesson consumes',
      { unearnedFen: 100n },
      [paid('P-1', 100), paid('P-2', 50, { contractId: 'C-1' }), confirmed('K-1', 'C-1', 500)],
    ],
    [
      'grow by stock declared for a contract, which lessons consume',
      { paidFen: 1_500n, unearnedFen: 300n },
      [paid('P-1', 1_000, { contractId: 'C-1' }), stock(500, 'C-1'), confirmed('K-1', 'C-1', 1_200)],
    ],
    [
      'grow by stock without contract, which lessons do not consume',
      { paidFen: 1_500n, unearnedFen: 500n },
      [paid('P-1', 1_000, { contractId: 'C-1' }), stock(500), confirmed('K-1', 'C-1', 1_200)],
    ],
    [
      'count two equal declarations of stock as two',
      { paidFen: 1_000n, unearnedFen: 1_000n },
      [stock(500), stock(500)],
    ],
    [
      'shrink by a payment reversed in part',
      { paidFen: 700n, unearnedFen: 700n },
      [paid('P-1', 1_000, { contractId: 'C-1' }), tell('payment.reversed', { paymentId: 'P-1', amountFen: 300 })],
    ],
    [
      'do not change for the reversal of a payment that nobody has told',
      { paidFen: -300n, unearnedFen: 0n },
      [tell('payment.reversed', { paymentId: 'P-1', amountFen: 300 })],
    ],
    [
      'take a payment reversed beyond its amount from the other payments of the contract only',
      { paidFen: 600n, unearnedFen: 500n },
      [
        paid('P-1', 100, { contractId: 'C-1' }),
        paid('P-2', 500, { contractId: 'C-1' }),
        tell('payment.reversed', { paymentId: 'P-1', amountFen: 200 }),
        paid('P-3', 200, { contractId: 'C-2' }),
        confirmed('K-1', 'C-2', 100),
      ],
    ],
  ])('%s', check);
});

describe('active learners', () => {
  const [anna, ben] = ['a'.repeat(16), 'b'.repeat(16)];
  it.each<Case>([
    [
      'are counted once for two contracts',
      { activeLearners: 1 },
      [
        contract('C-1', { learnerHash: anna }),
        contract('C-2', { learnerHash: anna }),
        paid('P-1', 5, { contractId: 'C-1' }),
        paid('P-2', 5, { contractId: 'C-2' }),
      ],
    ],
    [
      'are told apart by their hash, whose letters may be of either case',
      { activeLearners: 2 },
      [
        contract('C-1', { learnerHash: anna }),
        contract('C-2', { learnerHash: ben }),
        contract('C-3', { learnerHash: anna.toUpperCase() }),
        ...['C-1', 'C-2', 'C-3'].map((contractId) => paid(`P-${contractId}`, 5, { contractId })),
      ],
    ],
    [
      'are not those whose lessons are all taught',
      { activeLearners: 0 },
      [contract('C-1'), paid('P-1', 5, { contractId: 'C-1' }), confirmed('K-1', 'C-1', 5)],
    ],
    [
      'are not those of contracts that nobody has told',
      { activeLearners: 0, unearnedFen: 5n },
      [paid('P-1', 5, { contractId: 'C-1' })],
    ],
    ['are those of declared stock of a contract too', { activeLearners: 1 }, [contract('C-1'), stock(5, 'C-1')]],
  ])('%s', check);
});

describe('the accounts', () => {
  it.each<Case>([
    [
      'hold their opening balance, credits and debits',
      {
        custodyBookedFen: 1_060n,
        creditedFen: 100n,
        otherDebitsFen: 12n,
        releasedFen: 20n,
        refundedFromCustodyFen: 8n,
        depositFen: 0n,
      },
      [
        custodyAccount('A-1', 1_000),
        credited('T-1', 100, '2026-03-03'),
        debited('T-1', 20, 'release'),
        debited('T-2', 8, 'refund'),
        debited('T-3', 2, 'fee'),
        debited('T-4', 3, 'court'),
        debited('T-5', 7, 'other'),
      ],
    ],
    [
      'count movements once their account is registered',
      { custodyBookedFen: 0n, depositFen: 0n, creditedFen: 0n },
      [credited('T-1', 100, '2026-03-03')],
    ],
    [
      'of a deposit are no custody accounts',
      { custodyBookedFen: 0n, depositFen: 150n, creditedFen: 0n, releasedFen: 0n },
      [account('A-1', 'deposit', 'deposit', 100), credited('T-1', 60, '2026-03-03'), debited('T-2', 10, 'release')],
    ],
    [
      'tell one transaction number apart by account and direction',
      { custodyBookedFen: 105n, creditedFen: 200n, otherDebitsFen: 95n },
      [
        custodyAccount('A-1'),
        custodyAccount('A-2'),
        credited('T-1', 100, '2026-03-03'),
        credited('T-1', 100, '2026-03-03', { accountId: 'A-2' }),
        debited('T-1', 95, 'fee'),
      ],
    ],
    [
      'report no balance when there is no custody account',
      { custodyReportedFen: null },
      [account('D-1', 'deposit', 'deposit'), reported('D-1', '2026-03-01', 5)],
    ],
    [
      'report no balance while one custody account has none',
      { custodyReportedFen: null },
      [custodyAccount('A-1'), custodyAccount('A-2'), reported('A-1', '2026-03-01', 5)],
    ],
    [
      'report no balance from what was told within a day',
      { custodyReportedFen: null },
      [custodyAccount('A-1'), reported('A-1', '2026-03-01T10:00:00+08:00', 5, 'intraday')],
    ],
    [
      'report the newest end of day of each custody account',
      { custodyReportedFen: 13n },
      [
        custodyAccount('A-1'),
        custodyAccount('A-2'),
        reported('A-1', '2026-03-02', 5),
        reported('A-1', '2026-03-01', 7),
        reported('A-2', '2026-02-01', 8),
        reported('S-1', '2026-03-05', 100),
      ],
    ],
  ])('%s', check);

  it('fall back to the balance before when the newest is reversed', () => {
    const newest = reported('A-1', '2026-03-02', 5);
    check('', { custodyReportedFen: 7n }, [
      custodyAccount('A-1'),
      reported('A-1', '2026-03-01', 7),
      newest,
      undo(newest),
    ]);
  });

  it('keep what was taught and not released only where there is a custody account', () => {
    const taught = [confirmed('K-1', 'C-1', 500), debited('T-1', 200, 'release')];
    check('', { confirmedNotReleasedFen: 0n }, taught);
    check('', { confirmedNotReleasedFen: 300n }, [custodyAccount(), ...taught]);
    check('', { confirmedNotReleasedFen: 0n }, [custodyAccount(), ...taught, debited('T-2', 400, 'release')]);
  });
});

describe('cover', () => {
  const guarantee = (more: Partial<EventData['guarantee.registered']> = {}, at = '2026-01-05') =>
    tell(
      'guarantee.registered',
      { guaranteeId: 'G-1', kind: 'insurance', coverFen: 700, validFrom: '2026-01-10', validTo: '2026-03-20', ...more },
      { at },
    );
  it.each([
    ['does not count on the day before it begins', '2026-01-09T23:59:59.999999+08:00', 0n],
    ['counts from the first moment of its first day', '2026-01-10T00:00:00+08:00', 700n],
    ['counts to the last moment of its last day', '2026-03-20T23:59:59.999999+08:00', 700n],
    ['does not count on the day after', '2026-03-21T00:00:00+08:00', 0n],
  ])('%s', (_title, now, cover) => {
    expect(quantitiesAfter([guarantee()], now).coverFen).toBe(cover);
  });

  it('of one guarantee is what was told last, of several their sum', () => {
    check('', { coverFen: 900n }, [
      guarantee(),
      guarantee({ coverFen: 400 }, '2026-01-06'),
      guarantee({ guaranteeId: 'G-2', coverFen: 500 }),
    ]);
  });
});

describe('fees off the account', () => {
  const pay = (payeeAccountId: string | undefined) => [
    paid('P-1', 1_000, payeeAccountId === undefined ? {} : { payeeAccountId }),
  ];
  const settlement = (mode: EventData['account.registered']['mode']) => account('S-1', 'settlement', mode);
  it.each<Case>([
    ['are none when the payee is a custody account', { offAccountFen: 0n }, [custodyAccount(), ...pay('A-1')]],
    ['are none when the payee is not told', { offAccountFen: 0n }, [custodyAccount(), ...pay(undefined)]],
    [
      'are those to an account that nobody has registered',
      { offAccountFen: 1_000n },
      [custodyAccount(), ...pay('U-9')],
    ],
    [
      'are none on the settlement account in deposit mode',
      { offAccountFen: 0n },
      [account('D-1', 'deposit', 'deposit'), settlement('deposit'), ...pay('S-1')],
    ],
    ...(['per_lesson', 'staged', 'ecny', 'parent_lock'] as const).map(
      (mode): Case => [
        `are those to a settlement account in mode ${mode}`,
        { offAccountFen: 1_000n },
        [account('A-1', 'custody', mode), settlement(mode), ...pay('S-1')],
      ],
    ),
    [
      'are none for an institution that is paid afterwards',
      { offAccountFen: 0n },
      [settlement('postpaid'), ...pay('U-9')],
    ],
    [
      'are less by what was reversed of them',
      { offAccountFen: 700n, paidFen: 700n },
      [custodyAccount(), ...pay('U-9'), tell('payment.reversed', { paymentId: 'P-1', amountFen: 300 })],
    ],
    [
      'are never less than nothing',
      { offAccountFen: 0n },
      [custodyAccount(), ...pay('U-9'), tell('payment.reversed', { paymentId: 'P-1', amountFen: 1_300 })],
    ],
    [
      'do not shrink by the reversal of a payment to a lawful account',
      { offAccountFen: 1_000n },
      [
        custodyAccount(),
        ...pay('U-9'),
        paid('P-2', 500, { payeeAccountId: 'A-1' }),
        tell('payment.reversed', { paymentId: 'P-2', amountFen: 500 }),
      ],
    ],
  ])('%s', check);

  it('are none of a payment that was told in error', () => {
    const [payment] = pay('U-9');
    check('', { offAccountFen: 0n, paidFen: 0n }, [custodyAccount(), payment!, undo(payment!)]);
  });
});
