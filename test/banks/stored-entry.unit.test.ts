import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyDetail, emptyEntry, type StatementHead } from '../../src/banks/statement.js';
import { parseStored, type StoredEntry, storedText } from '../../src/banks/stored-entry.js';

it('a refused entry is read again as it was told, whatever its texts look like', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^-?[0-9]{1,9}n$/));
  const amount = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  fc.assert(
    fc.property(text, amount, (word, value) => {
      const head = { kind: 'statement', messageId: word, accountId: word } as StatementHead;
      const detail = { ...emptyDetail(), amount: value, bankRef: word, endToEndId: word };
      const stored: StoredEntry = {
        bankEntry: 1,
        statementNo: 7,
        head,
        dayWithoutDate: null,
        isMixed: false,
        entry: { ...emptyEntry(3), amount: value, bankRef: word, text: word, details: [detail], detailSum: -value },
        balances: [{ line: 4, code: word, amount: value, currency: 'CNY', at: word }],
      };
      expect(parseStored(Buffer.from(storedText(stored)))).toEqual(stored);
    }),
    { numRuns: 60, examples: [['20260302001n', 5n]] },
  );
});

it('anything else among the rejected is no entry of a bank', () => {
  for (const other of ['', '{', 'null', '7', '[]', '{"specversion":"1.0"}'])
    expect(parseStored(Buffer.from(other))).toBeNull();
});
