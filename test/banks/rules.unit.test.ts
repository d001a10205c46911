import { describe, expect, test } from 'vitest';
import { type Movement, readEntry } from '../../src/banks/movement.js';
import { type BankRules, parseRules } from '../../src/banks/rules.js';
import { detailXml, documentXml, entriesOf, type XmlEntry } from './support.js';

async function movementOf(given: XmlEntry, rules?: BankRules): Promise<Movement> {
  const [entry] = await entriesOf(documentXml({ statements: [{ entries: [given] }] }));
  const reading = readEntry(entry!, { kind: 'statement', currency: 'CNY' } as never, rules, null);
  if (reading.what !== 'movement') throw new Error(JSON.stringify(reading));
  return reading.movement;
}

const debit = (refs: Record<string, string>, more = '', entry: XmlEntry = {}): XmlEntry => ({
  direction: 'DBIT',
  details: detailXml('100.00', refs, more),
  ...entry,
});

describe('the purpose of a debit', () => {
  const cases: [string, XmlEntry, object][] = [
    ['nothing that says it', debit({ EndToEndId: 'E-1' }), { purpose: 'other' }],
    [
      'the purpose code of a refund',
      debit({ EndToEndId: 'F-1' }, '<Purp><Cd>REFU</Cd></Purp>'),
      { purpose: 'refund', refundId: 'F-1' },
    ],
    [
      'a word of the contract as purpose',
      debit({ InstrId: 'N-1', EndToEndId: 'E-1' }, '<Purp><Prtry>Release</Prtry></Purp>'),
      { purpose: 'release', instructionId: 'N-1' },
    ],
    ['a word of the contract as the bank’s code', { direction: 'DBIT', code: 'COURT' }, { purpose: 'court' }],
    ['a garnishment', debit({}, '<RmtInf><Strd><GrnshmtRmt><Tp/></GrnshmtRmt></Strd></RmtInf>'), { purpose: 'court' }],
    [
      'the sub-family of charges',
      {
        direction: 'DBIT',
        more: '<BkTxCd><Domn><Cd>ACMT</Cd><Fmly><Cd>MDOP</Cd><SubFmlyCd>CHRG</SubFmlyCd></Fmly></Domn></BkTxCd>',
      },
      { purpose: 'fee' },
    ],
    [
      'a reference that says nothing',
      debit({ EndToEndId: 'NOTPROVIDED' }, '<Purp><Cd>REFU</Cd></Purp>'),
      { purpose: 'refund' },
    ],
  ];
  for (const [name, entry, part] of cases) {
    test(`is told by ${name}`, async () => {
      expect((await movementOf(entry)).parts).toEqual([{ amountFen: 10_000, ...part }]);
    });
  }

  test('is told by the rules of the bank where the file itself does not say it', async () => {
    const rules: BankRules = {
      purposes: [
        { purpose: 'fee', field: 'bankCode', equals: ['F01'] },
        { purpose: 'refund', field: 'text', startsWith: ['退费'], contains: ['单'] },
      ],
      refundId: [{ field: 'text', after: '单号' }],
    };
    const text = (words: string) => debit({}, `<RmtInf><Ustrd>${words}</Ustrd></RmtInf>`);
    expect((await movementOf(text('退费单号 F-1，家长'), rules)).parts).toEqual([
      { amountFen: 10_000, purpose: 'refund', refundId: 'F-1' },
    ]);
    expect((await movementOf(text('退费'), rules)).parts[0]).toMatchObject({ purpose: 'other' });
    expect((await movementOf({ direction: 'DBIT', code: 'F01' }, rules)).parts[0]).toMatchObject({ purpose: 'fee' });
    expect((await movementOf(debit({}, '<Purp><Cd>PENO</Cd></Purp>', { code: 'F01' }), rules)).parts[0]).toMatchObject({
      purpose: 'court',
    });
  });
});

describe('the payments of a credit', () => {
  const credit = (refs: Record<string, string>, more = ''): XmlEntry => ({ details: detailXml('100.00', refs, more) });

  test('are the creditor’s reference, else the document, else the end-to-end id', async () => {
    const strd = (inner: string) => `<RmtInf><Strd>${inner}</Strd></RmtInf>`;
    expect(
      (
        await movementOf(
          credit({ EndToEndId: 'E' }, strd('<RfrdDocInf><Nb>D</Nb></RfrdDocInf><CdtrRefInf><Ref>C</Ref></CdtrRefInf>')),
        )
      ).parts[0],
    ).toMatchObject({ paymentIds: ['C'] });
    expect(
      (await movementOf(credit({ EndToEndId: 'E' }, strd('<RfrdDocInf><Nb>D</Nb></RfrdDocInf>')))).parts[0],
    ).toMatchObject({ paymentIds: ['D'] });
    expect((await movementOf(credit({ EndToEndId: 'E' }))).parts[0]).toMatchObject({ paymentIds: ['E'] });
    expect((await movementOf(credit({}))).parts).toEqual([{ amountFen: 10_000 }]);
  });

  test('can be narrowed or left out by the rules of a bank', async () => {
    expect((await movementOf(credit({ EndToEndId: 'E' }), { paymentIds: [] })).parts).toEqual([{ amountFen: 10_000 }]);
    const narrow: BankRules = { paymentIds: [{ field: 'endToEndId', startsWith: 'P-' }] };
    expect((await movementOf(credit({ EndToEndId: 'E' }), narrow)).parts).toEqual([{ amountFen: 10_000 }]);
    expect((await movementOf(credit({ EndToEndId: 'P-9' }), narrow)).parts[0]).toMatchObject({ paymentIds: ['P-9'] });
  });
});

test('the day is that of the booking, else of the value, else of the statement', async () => {
  const day = async (given: XmlEntry) => (await movementOf(given)).bookedOn;
  expect(await day({ bookedOn: '2026-03-02Z' })).toBe('2026-03-02');
  expect(await day({ bookedOn: null, more: '<BookgDt><DtTm>2026-03-02T20:30:00Z</DtTm></BookgDt>' })).toBe(
    '2026-03-03',
  );
  expect(await day({ bookedOn: null, more: '<BookgDt><DtTm>2026-03-02T20:30:00</DtTm></BookgDt>' })).toBe('2026-03-02');
  expect(await day({ bookedOn: null, more: '<ValDt><Dt>2026-03-05</Dt></ValDt>' })).toBe('2026-03-05');
});

test('rules are checked, and what is wrong is named', () => {
  expect(parseRules('{"B003":{"paymentIds":[]}}', 'rules.json')).toEqual({ B003: { paymentIds: [] } });
  expect(() => parseRules('{"B003":{"purposes":[{"purpose":"gift","field":"text"}]}}', 'rules.json')).toThrow(
    /rules\.json: B003\.purposes\.0\.purpose/,
  );
  expect(() => parseRules('[]', 'rules.json')).toThrow(/the whole/);
  expect(() => parseRules('{"B003":{"refundId":[]},"B003":{"paymentIds":[]}}', 'rules.json')).toThrow(
    /rules\.json: B003: this key stands more than once/,
  );
});
