import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ID_PATTERN, isInstitutionId, isUscc, SOURCE_PATTERN, usccCheck } from '../../src/core/ids.js';

const ALPHABET = [...'0123456789ABCDEFGHJKLMNPQRTUWXY'];

describe('unified social credit codes', () => {
  it.each(['91350100M000100Y43', '11320000MB151840XJ', '91310115MA1H8R7C67'])('accepts %s', (code) => {
    expect(isUscc(code)).toBe(true);
  });

  it.each([
    ['a letter as check that GB 32100 does not have', '91350100M000100Y4Z'],
    ['a wrong check digit', '91310115MA1H8R7C6D'],
    ['small letters', '91350100m000100y43'],
    ['the letter I', '9135010IM000100Y43'],
    ['17 characters', '91350100M000100Y4'],
    ['19 characters', '91350100M000100Y430'],
    ['a character outside ASCII', '９1350100M000100Y43'],
    ['nothing', ''],
  ])('refuses %s', (_what, code) => {
    expect(isUscc(code)).toBe(false);
  });

  it('has exactly one check character for any 17 characters', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ALPHABET), { minLength: 17, maxLength: 17 }), (characters) => {
        const body = characters.join('');
        expect(ALPHABET.filter((check) => isUscc(body + check))).toEqual([usccCheck(body)]);
      }),
    );
  });

  it('finds any single wrong character', () => {
    const code = '91350100M000100Y43';
    for (let i = 0; i < code.length; i++) {
      for (const other of ALPHABET) {
        if (other !== code[i]) expect(isUscc(code.slice(0, i) + other + code.slice(i + 1))).toBe(false);
      }
    }
  });

  it('gives no check character for text that is no code', () => {
    expect(usccCheck('91350100M000100Y')).toBeNull();
    expect(usccCheck('91350100M000100YI')).toBeNull();
    expect(usccCheck('91350100M000100Y中')).toBeNull();
  });
});

describe('institution ids', () => {
  it('accepts a local id of at most 32 characters', () => {
    expect(isInstitutionId('X-370702-1')).toBe(true);
    expect(isInstitutionId(`X-370702-${'1'.repeat(23)}`)).toBe(true);
  });

  it.each([
    `X-370702-${'1'.repeat(24)}`,
    'X-37070-1',
    'X-370702-',
    'X-370702-A',
    'x-370702-1',
    'X-370702-1 ',
    'X-370702-1\n',
  ])('refuses %j', (text) => {
    expect(isInstitutionId(text)).toBe(false);
  });
});

describe('ids and sources', () => {
  it('takes 1 to 128 printable ASCII characters as an id, the space included', () => {
    for (const id of ['a', ' ', 'P 1 ', '~'.repeat(128)]) expect(ID_PATTERN.test(id)).toBe(true);
    for (const id of ['', 'x'.repeat(129), 'a\n', 'a\x7f', '缴费', 'a\x1fb']) expect(ID_PATTERN.test(id)).toBe(false);
  });

  it('takes 1 to 256 printable ASCII characters without spaces as a source', () => {
    for (const source of ['/bank/B003', 'urn:x', 'a'.repeat(256)]) expect(SOURCE_PATTERN.test(source)).toBe(true);
    for (const source of ['', '/a b', 'a'.repeat(257), '/银行', '/a\n'])
      expect(SOURCE_PATTERN.test(source)).toBe(false);
  });
});
