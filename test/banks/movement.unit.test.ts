import { describe, expect, it } from 'vitest';
import { fenToAmount } from '../../src/banks/amount.js';
import { bankReferences, dayOfStatement, PARTS_MAX, readBalances, readEntry } from '../../src/banks/movement.js';
import {
  type BankEntry,
  type EntryDetail,
  emptyDetail,
  emptyEntry,
  type StatementBalance,
  type StatementHead,
} from '../../src/banks/statement.js';
import { AMOUNT_FEN_MAX } from '../../src/core/money.js';

const HEAD = { kind: 'statement', currency: 'CNY', to: null, createdAt: null } as StatementHead;
const REPORT = { ...HEAD, kind: 'report' } as StatementHead;
const fen = (amount: number | bigint) => fenToAmount(BigInt(amount));

function balance(code: string, at: string | null, amountFen: number, currency = 'CNY'): StatementBalance {
  return { line: 1, code, at, amount: fen(amountFen), currency };
}

/** What is told to the books: day or time, amount, what of it is available; or the code of the refusal. */
function told(head: StatementHead, ...balances: StatementBalance[]): unknown[] {
  return readBalances(balances, head).map(({ reading }) => {
    if (reading.what !== 'movement') return reading.what === 'refused' ? reading.refusal.code : reading.what;
    const { asOf, bookedOn, at, parts, refs } = reading.movement;
    expect(at).toBe(asOf ?? `${bookedOn}T23:59:59+08:00`);
    expect(refs).toEqual([asOf === undefined ? `b:end of ${bookedOn}` : `b:at ${asOf}`]);
    return [asOf ?? bookedOn, parts[0]!.amountFen, parts[0]!.availableFen];
  });
}

describe('a balance', () => {
  const time = '2026-03-02T15:00:00+08:00';

  it('is told of the end of a day by the closing balance of a statement, and of a time by others that name one', () => {
    expect(told(HEAD, balance('CLBD', '2026-03-02', 100))).toEqual([['2026-03-02', 100, undefined]]);
    expect(told(HEAD, balance('ITBD', '2026-03-02', 100))).toEqual([]);
    expect(told(HEAD, balance('ITBD', time, 100))).toEqual([[time, 100, undefined]]);
    expect(told(REPORT, balance('CLBD', '2026-03-02', 100), balance('ITBD', '2026-03-02', 100))).toEqual([]);
    expect(told(REPORT, balance('CLBD', time, 100))).toEqual([[time, 100, undefined]]);
    expect(told(HEAD, ...['OPBD', 'CLAV', 'FWAV', 'INFO'].map((code) => balance(code, time, 100)))).toEqual([]);
    expect(told(HEAD, balance('ITBD', null, 100))).toEqual([]);
  });

  it('comes with what is available of the same day or time, if that is an amount that can be told', () => {
    const closing = balance('CLBD', '2026-03-02', 100);
    const available = (...others: StatementBalance[]) => told(HEAD, closing, ...others);
    expect(available(balance('CLAV', '2026-03-01', 70), balance('CLAV', '2026-03-02', 80))).toEqual([
      ['2026-03-02', 100, 80],
    ]);
    expect(available(balance('ITAV', '2026-03-02', 80))).toEqual([['2026-03-02', 100, undefined]]);
    for (const odd of [
      balance('CLAV', '2026-03-02', -1),
      balance('CLAV', '2026-03-02', 80, 'USD'),
      { ...balance('CLAV', '2026-03-02', 0), amount: null },
      { ...balance('CLAV', '2026-03-02', 0), amount: fen(AMOUNT_FEN_MAX) + fen(1) },
      { ...balance('CLAV', '2026-03-02', 0), amount: 1n },
    ])
      expect(available(odd)).toEqual([['2026-03-02', 100, undefined]]);
    expect(available(balance('CLAV', '2026-03-02', 0))).toEqual([['2026-03-02', 100, 0]]);
    expect(told(HEAD, balance('ITBD', time, 5), balance('ITAV', time, 4))).toEqual([[time, 5, 4]]);
  });

  it('is refused in another currency, without a day, below zero, with less than a fen, or larger than any account', () => {
    expect(told(HEAD, balance('CLBD', '2026-03-02', 100, 'USD'))).toEqual(['unsupported_currency']);
    expect(told(HEAD, balance('CLBD', '2026-03-02', 100, ''))).toEqual(['unsupported_currency']);
    expect(told(HEAD, balance('CLBD', '2026-02-30', 100))).toEqual(['bad_date']);
    const of = (amount: bigint | null) => told(HEAD, { ...balance('CLBD', '2026-03-02', 0), amount });
    for (const amount of [fen(-1), 1n, null, fen(AMOUNT_FEN_MAX) + fen(1)]) expect(of(amount)).toEqual(['bad_money']);
    expect(of(fen(AMOUNT_FEN_MAX))).toEqual([['2026-03-02', AMOUNT_FEN_MAX, undefined]]);
    expect(of(0n)).toEqual([['2026-03-02', 0, undefined]]);
  });
});

describe('an entry', () => {
  const entry = (more: Partial<BankEntry> = {}): BankEntry => ({
    ...emptyEntry(1),
    amount: fen(100),
    currency: 'CNY',
    isCredit: true,
    status: 'BOOK',
    bookedAt: '2026-03-02',
    ...more,
  });
  const read = (one: BankEntry, head: StatementHead = HEAD, fallback: string | null = null) => {
    const reading = readEntry(one, head, undefined, fallback);
    return reading.what === 'refused'
      ? reading.refusal.code
      : reading.what === 'movement'
        ? reading.movement
        : 'pending';
  };
  const batch = (...details: readonly Partial<EntryDetail>[]) => {
    const all = details.map((one) => ({ ...emptyDetail(), amount: fen(100), ...one }));
    const detailSum = all.reduce((sum, one) => sum + (one.isCredit === false ? -one.amount! : one.amount!), 0n);
    return entry({ details: all, detailCount: all.length, detailSum, amount: detailSum });
  };
  const parts = (one: BankEntry) => {
    const movement = read(one);
    if (typeof movement === 'string') throw new Error(movement);
    return movement.parts.map(({ amountFen }) => amountFen);
  };

  it('is of its booking day, else its value day, else the day that its file says', () => {
    expect(read(entry({ valueAt: '2026-03-05' }))).toMatchObject({ bookedOn: '2026-03-02' });
    expect(read(entry({ bookedAt: '', valueAt: '2026-03-05' }), HEAD, '2026-03-09')).toMatchObject({
      bookedOn: '2026-03-05',
    });
    expect(read(entry({ bookedAt: '' }), HEAD, '2026-03-09')).toMatchObject({ bookedOn: '2026-03-09' });
    expect(read(entry({ bookedAt: '' }))).toBe('missing_field');
    expect(read(entry({ bookedAt: '2026-02-30' }), HEAD, '2026-03-09')).toBe('bad_date');
    const closing = balance('CLBD', '2026-03-03', 1);
    const dated = { ...HEAD, to: '2026-03-04', createdAt: '2026-03-05T01:00:00+08:00' };
    expect(dayOfStatement(dated, [balance('OPBD', '2026-03-01', 1), closing])).toBe('2026-03-03');
    expect(dayOfStatement(dated, [])).toBe('2026-03-04');
    expect(dayOfStatement({ ...dated, to: null }, [])).toBe('2026-03-05');
  });

  it('without a status is booked in a statement and waits in a report', () => {
    expect(read(entry({ status: '' }))).toMatchObject({ direction: 1, amountFen: 100 });
    expect(read(entry({ status: '' }), REPORT)).toBe('pending');
    expect(read(entry({ status: 'PDNG' }))).toBe('pending');
    expect(read(entry(), REPORT)).toMatchObject({ direction: 1 });
  });

  it('is booked one by one where its transactions all go its way and add up to it, and are not too many', () => {
    expect(parts(batch({}, { amount: fen(50) }))).toEqual([100, 50]);
    expect(parts(batch({}, { amount: fen(50), isCredit: true }))).toEqual([100, 50]);
    expect(parts(batch({}, { amount: fen(50), isCredit: false }))).toEqual([50]);
    expect(parts({ ...batch({}, {}), amount: fen(201) })).toEqual([201]);
    expect(parts({ ...batch({}, {}), detailSum: null })).toEqual([200]);
    expect(parts(batch({ amount: fen(100) + 1n }, { amount: fen(100) - 1n }))).toEqual([200]);
    expect(parts(batch(...Array.from({ length: PARTS_MAX }, () => ({}))))).toHaveLength(PARTS_MAX);
    expect(parts(batch(...Array.from({ length: PARTS_MAX + 1 }, () => ({}))))).toEqual([(PARTS_MAX + 1) * 100]);
  });

  it('undoes another one when it says so, or when all of its transactions are returns', () => {
    expect(read(entry())).toMatchObject({ undoes: false });
    expect(read(entry({ isReversal: true }))).toMatchObject({ undoes: true });
    expect(read(batch({ isReturn: true }, { isReturn: true }))).toMatchObject({ undoes: true });
    expect(read(batch({ isReturn: true }, {}))).toMatchObject({ undoes: false });
  });

  it('is known by the references of the bank, the strongest first, but not by the number of its line', () => {
    const single = { ...batch({ bankRef: 'D-1', txId: 'X-1' }), entryRef: '12345678' };
    expect(bankReferences(single)).toEqual(['a:D-1', 't:X-1', 'n:12345678']);
    expect(bankReferences({ ...single, bankRef: 'E-1', entryRef: '1234567' })).toEqual(['a:E-1', 't:X-1']);
    expect(bankReferences({ ...batch({ bankRef: 'D-1' }, { txId: 'X-2' }), bankRef: 'E-1' })).toEqual(['a:E-1']);
  });
});
