import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseDay } from '../../src/core/time.js';
import { decodeText } from '../../src/events/decode.js';
import type { AnyEvent } from '../../src/events/event.js';
import { mergeProfile } from '../../src/ledger/profile.js';
import { newest } from '../../src/model/books-rows.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import {
  account,
  answers,
  BANK,
  contract,
  credited,
  custodyAccount,
  debited,
  modelOf,
  PLATFORM,
  paid,
  quantitiesAfter,
  SCHOOL,
  tell,
  undo,
} from './tell.js';

const OTHER = 'X-370702-2';
const SELF = '/institution/self';

describe('one source and id', () => {
  const event = tell('stock.declared', { amountFen: 5, dueOn: '2026-03-01' }, { id: 'one' });

  it('with the same content is a duplicate, whatever its other attributes and the order of its keys', () => {
    const wire = JSON.parse(event.body) as { data: object };
    const text = JSON.stringify({
      ...wire,
      data: { contractId: null, dueOn: '2026-03-01', amountFen: 5 },
      recordedtime: '2026-04-01T00:00:00Z',
      sequence: '7',
      time: '2026-03-02T04:00:00Z',
    });
    const decoded = decodeText(text, { bytesMax: 9_999, depthMax: 9, receivedAt: null });
    expect(decoded.ok && answers(event, decoded.event)).toEqual(['accepted', 'duplicate']);
  });

  it.each<[string, AnyEvent]>([
    ['data', tell('stock.declared', { amountFen: 6, dueOn: '2026-03-01' }, { id: 'one' })],
    ['time', tell('stock.declared', { amountFen: 5, dueOn: '2026-03-01' }, { id: 'one', at: '2026-03-03' })],
    ['institution', tell('stock.declared', { amountFen: 5, dueOn: '2026-03-01' }, { id: 'one', school: OTHER })],
    ['type', tell('contract.ended', { contractId: 'C-1' }, { id: 'one' })],
  ])('with another %s is refused, and the first stands', (_what, other) => {
    expect(answers(event, other)).toEqual(['accepted', 'id_reused']);
    expect(quantitiesAfter([event, other])).toMatchObject({ paidFen: 5n, events: 1 });
  });

  it('is looked at before the fact', () => {
    const first = paid('P-1', 500, {}, { id: 'one' });
    expect(answers(first, paid('P-1', 600, {}, { id: 'one' }))).toEqual(['accepted', 'id_reused']);
  });

  it('is not taken by an event that was refused: it may come again, corrected', () => {
    const wrong = paid('P-1', 600, {}, { id: 'two' });
    const right = paid('P-2', 600, {}, { id: 'two' });
    expect(answers(paid('P-1', 500), wrong, right, wrong)).toEqual([
      'accepted',
      'conflicting_fact',
      'accepted',
      'id_reused',
    ]);
  });

  it('is another one from another source', () => {
    const events = [PLATFORM, SELF].map((source) =>
      tell('stock.declared', { amountFen: 5, dueOn: '2026-03-01' }, { id: 'one', source }),
    );
    expect(answers(...events)).toEqual(['accepted', 'accepted']);
  });
});

describe('a fact of money', () => {
  const confirmed = (amountFen: number) =>
    tell('lesson.confirmed', { confirmId: 'K-1', contractId: 'C-1', hours: 1, amountFen, by: 'parent' });
  const step = (type: 'refund.requested' | 'refund.approved', amountFen: number) =>
    type === 'refund.requested'
      ? tell(type, { refundId: 'R-1', contractId: 'C-1', amountFen, side: 'consumer' })
      : tell(type, { refundId: 'R-1', contractId: 'C-1', amountFen });
  const instructed = (...amounts: number[]) =>
    tell('release.instructed', {
      instructionId: 'N-1',
      accountId: 'A-1',
      lines: amounts.map((amountFen) => ({ contractId: 'C-1', amountFen })),
    });

  it.each<[string, (amountFen: number) => AnyEvent]>([
    ['a payment', (amountFen) => paid('P-1', amountFen)],
    ['the reversal of a payment', (amountFen) => tell('payment.reversed', { paymentId: 'P-1', amountFen })],
    ['a credit', (amountFen) => credited('T-1', amountFen, '2026-03-03')],
    ['a debit', (amountFen) => debited('T-1', amountFen, 'fee')],
    ['a confirmation', confirmed],
    ['a request', (amountFen) => step('refund.requested', amountFen)],
    ['an approval', (amountFen) => step('refund.approved', amountFen)],
    [
      'a part of a refund',
      (amountFen) =>
        tell('refund.paid', { refundId: 'R-1', contractId: 'C-1', amountFen, via: 'custody', bankTxnId: 'T-1' }),
    ],
    ['a release', (amountFen) => instructed(amountFen, 3)],
  ])('is booked once: %s told again is a duplicate, with another amount a contradiction', (_what, fact) => {
    expect(answers(fact(500), fact(500), fact(600), fact(500))).toEqual([
      'accepted',
      'duplicate',
      'conflicting_fact',
      'duplicate',
    ]);
  });

  it('of a release has the same amounts when its lines come in another order', () => {
    expect(answers(instructed(5, 3), instructed(3, 5), instructed(8))).toEqual([
      'accepted',
      'duplicate',
      'conflicting_fact',
    ]);
  });

  it('is told apart by step, account, direction, part and institution', () => {
    const events = [
      step('refund.requested', 500),
      step('refund.approved', 600),
      tell('refund.rejected', { refundId: 'R-1', contractId: 'C-1' }),
      credited('T-1', 500, '2026-03-03'),
      credited('T-1', 600, '2026-03-03', { accountId: 'A-2' }),
      debited('T-1', 700, 'fee'),
      ...['T-1', 'T-2'].map((bankTxnId) =>
        tell('refund.paid', { refundId: 'R-1', contractId: 'C-1', amountFen: 5, via: 'custody' as const, bankTxnId }),
      ),
      ...[5, 6].map((amountFen) =>
        tell('refund.paid', { refundId: 'R-1', contractId: 'C-1', amountFen, via: 'institution' }),
      ),
      paid('P-1', 500),
      paid('P-1', 600, {}, { school: OTHER }),
    ];
    expect(new Set(answers(...events))).toEqual(new Set(['accepted']));
  });

  it('that was kept out is booked when the standing one is reversed', () => {
    const wrong = paid('P-1', 500);
    const right = paid('P-1', 600);
    for (const order of [
      [wrong, right, undo(wrong)],
      [undo(wrong), wrong, right],
      [right, wrong, undo(wrong)],
      [wrong, undo(wrong), right],
    ]) {
      expect(quantitiesAfter(order)).toMatchObject({ paidFen: 600n, unearnedFen: 600n, events: 3 });
    }
  });

  it('told by two sources stands until both have taken it back', () => {
    const one = paid('P-1', 500);
    const two = paid('P-1', 500, {}, { source: SELF });
    for (const order of [
      [one, two],
      [two, one],
    ]) {
      expect(quantitiesAfter(order)).toMatchObject({ paidFen: 500n, events: 1 });
      expect(quantitiesAfter([...order, undo(one)])).toMatchObject({ paidFen: 500n, events: 3 });
      expect(quantitiesAfter([undo(two), ...order])).toMatchObject({ paidFen: 500n, events: 3 });
      expect(quantitiesAfter([undo(two), ...order, undo(one)])).toMatchObject({ paidFen: 0n, events: 4 });
    }
  });

  it('may be told again after it was reversed, and a confirmation counts after a dispute', () => {
    const first = confirmed(500);
    const events = [
      first,
      tell('lesson.disputed', { confirmId: 'K-1', contractId: 'C-1' }),
      undo(first),
      confirmed(700),
    ];
    expect(quantitiesAfter(events)).toMatchObject({ confirmedFen: 700n });
    expect(quantitiesAfter([events[1]!, confirmed(700)])).toMatchObject({ confirmedFen: 700n });
  });
});

describe('a release counts for its contracts', () => {
  const instructed = tell('release.instructed', {
    instructionId: 'N-1',
    accountId: 'A-1',
    lines: [
      { contractId: 'C-1', amountFen: 5 },
      { contractId: 'C-1', amountFen: 7 },
    ],
  });
  const carriedOut = (bankTxnId: string) => debited(bankTxnId, 12, 'release', { instructionId: 'N-1' });
  const released = (...events: AnyEvent[]) =>
    modelOf(...events)
      .set.institution(SCHOOL)
      .lines.get('c:C-1')?.releasedFen ?? 0n;

  it('when both its instruction and its debit are told, in either order, and once for two debits', () => {
    expect(released(instructed)).toBe(0n);
    expect(released(carriedOut('T-1'))).toBe(0n);
    expect(released(instructed, carriedOut('T-1'))).toBe(12n);
    expect(released(carriedOut('T-1'), instructed, carriedOut('T-2'))).toBe(12n);
    expect(quantitiesAfter([custodyAccount(), instructed, carriedOut('T-1'), carriedOut('T-2')]).releasedFen).toBe(24n);
  });

  it('until the last of its debits, or the instruction, is reversed', () => {
    const [one, two] = [carriedOut('T-1'), carriedOut('T-2')];
    expect(released(instructed, one, two, undo(one))).toBe(12n);
    expect(released(instructed, one, two, undo(one), undo(two))).toBe(0n);
    expect(released(undo(instructed), one, instructed)).toBe(0n);
  });

  it('only by debits of that purpose', () => {
    expect(released(instructed, debited('T-1', 12, 'fee', { instructionId: 'N-1' }))).toBe(0n);
  });
});

describe('a reversal', () => {
  const payment = paid('P-1', 500);

  it('undoes its event, also when it comes first, and both are events', () => {
    expect(quantitiesAfter([payment, undo(payment)])).toMatchObject({ paidFen: 0n, unearnedFen: 0n, events: 2 });
    expect(quantitiesAfter([undo(payment), payment])).toMatchObject({ paidFen: 0n, unearnedFen: 0n, events: 2 });
  });

  it('told a second time changes nothing but the number of events', () => {
    expect(quantitiesAfter([payment, undo(payment), undo(payment)])).toMatchObject({ paidFen: 0n, events: 3 });
    expect(quantitiesAfter([undo(payment), undo(payment), payment])).toMatchObject({ paidFen: 0n, events: 3 });
  });

  it('cannot be reversed', () => {
    const reversal = undo(payment);
    expect(answers(payment, reversal, undo(reversal))).toEqual(['accepted', 'accepted', 'reverses_reversal']);
  });

  it('cannot name an event of another institution', () => {
    expect(answers(payment, undo(payment, { school: OTHER }))).toEqual(['accepted', 'reverses_other_institution']);
  });

  it('cannot come from another source', () => {
    expect(() => undo(payment, { source: BANK })).toThrow('data.reverses.source must be the source of this event');
  });

  it('of an event that never comes changes nothing', () => {
    expect(quantitiesAfter([undo(payment)])).toMatchObject({ paidFen: 0n, events: 1 });
  });

  it('takes the reversal of a payment back', () => {
    const back = tell('payment.reversed', { paymentId: 'P-1', amountFen: 500 });
    expect(quantitiesAfter([payment, back, undo(back)])).toMatchObject({ paidFen: 500n, unearnedFen: 500n });
    expect(quantitiesAfter([undo(back), back, payment])).toMatchObject({ paidFen: 500n, unearnedFen: 500n });
  });
});

describe('a register', () => {
  const mode = (...events: AnyEvent[]) =>
    newest(modelOf(...events).set.institution(SCHOOL), 'account.registered').map((entry) => entry.data.mode);
  const registered = (how: 'staged' | 'ecny', at: string, id: string, source: string) =>
    ({ ...account('A-1', 'custody', how), at: Date.parse(at) * 1_000, id, source }) as AnyEvent;

  it('holds the newest telling, ties going to the greater source and id', () => {
    const [a, b] = [registered('staged', '2026-01-02', '1', 'a'), registered('ecny', '2026-01-01', '2', 'b')];
    expect([mode(a, b), mode(b, a)]).toEqual([['staged'], ['staged']]);
    const [c, d] = [registered('staged', '2026-01-01', '9', 'a'), registered('ecny', '2026-01-01', '1', 'b')];
    expect([mode(c, d), mode(d, c)]).toEqual([['ecny'], ['ecny']]);
    const [e, f] = [registered('staged', '2026-01-01', 'bc', 'a'), registered('ecny', '2026-01-01', 'c', 'ab')];
    expect(mode(e, f)).toEqual(mode(f, e));
  });

  it('falls back to the telling before when the newest is reversed', () => {
    const [old, young] = [
      contract('C-1', { priceFen: 1 }),
      tell('contract.signed', { ...contract('C-1').data, priceFen: 2 } as never),
    ];
    const price = (...events: AnyEvent[]) =>
      modelOf(...events)
        .set.institution(SCHOOL)
        .contracts.get('C-1')?.data.priceFen;
    expect([price(old, young), price(young, old)]).toEqual([2, 2]);
    expect([price(old, young, undo(young)), price(undo(young), young, old)]).toEqual([1, 1]);
    expect(price(old, undo(old))).toBeUndefined();
  });

  it('of the institution keeps what a later telling leaves out, and replaces the licence whole', () => {
    const base = {
      name: 'A',
      regionCode: '370702',
      category: 'mixed',
      delivery: 'both',
      registration: 'none',
      status: 'operating',
    } as const;
    const told = (at: number, data: object) => ({ at, source: 's', id: `${at}`, data: { ...base, ...data } as never });
    const merged = mergeProfile([
      told(2, { name: 'B', licence: { state: 'none' } }),
      told(1, { brand: 'bright', sites: [{ siteId: '1' }], licence: { state: 'complete', number: '7' } }),
      told(3, { sites: [], licence: { state: 'incomplete' } }),
    ]);
    expect(merged).toEqual({ ...base, brand: 'bright', sites: [], licence: { state: 'incomplete' } });
    expect(mergeProfile([])).toBeNull();
  });
});

describe('a ticket that is told twice', () => {
  it('is one complaint to the rules', () => {
    const model = modelOf(
      tell('complaint.received', { ticketId: 'T-1', kind: 'fee' }, { id: 'one' }),
      tell('complaint.received', { ticketId: 'T-1', kind: 'refund' }, { id: 'two', at: '2026-03-03' }),
    );
    const reader = new InstitutionRowsReader(model.set.institution(SCHOOL), CHINA_CALENDAR);
    const rows = reader.read(parseDay('2026-03-05')!, false);
    expect(rows.registers['complaint.received']!.map(({ data }) => data.kind)).toEqual(['refund']);
  });
});
