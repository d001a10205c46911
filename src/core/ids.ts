/**
 * Whether the text is an institution id: a unified social credit code with a right check digit (GB 32100-2015), or
 * `X-<6-digit region>-<digits>` of at most 32 characters for an institution that has none.
 */
export function isInstitutionId(text: string): boolean {
  return isUscc(text) || LOCAL_ID.test(text);
}

/** Whether the text is 18 characters of which the last is the right check character. Capital letters only. */
export function isUscc(text: string): boolean {
  return text.length === USCC_LENGTH && usccCheck(text.slice(0, -1)) === text.at(-1);
}

/** The check character that belongs to 17 characters. Null when they are not 17, or one is outside the alphabet. */
export function usccCheck(body: string): string | null {
  if (body.length !== USCC_LENGTH - 1) return null;
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    const value = valueOfCode(body.charCodeAt(i));
    if (value < 0) return null;
    sum += value * USCC_WEIGHTS[i]!;
  }
  // 31 − (sum mod 31), where 31 counts as 0.
  return USCC_ALPHABET[(31 - (sum % 31)) % 31]!;
}

/** Business ids (accounts, contracts, payments …) and event ids: 1–128 printable ASCII characters, the space included. */
export const ID_PATTERN = /^[\x20-\x7e]{1,128}$/;

/** URI reference of a sender: printable ASCII without spaces. */
export const SOURCE_PATTERN = /^[\x21-\x7e]{1,256}$/;

const LOCAL_ID = /^X-[0-9]{6}-[0-9]{1,23}$/;
const USCC_LENGTH = 18;
/** Digits and capital letters without I, O, S, V and Z (GB 32100-2015). */
const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** 3^(i−1) mod 31 */
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const;
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < USCC_ALPHABET.length; i++) VALUES[USCC_ALPHABET.charCodeAt(i)] = i;

function valueOfCode(code: number): number {
  return code < 128 ? VALUES[code]! : -1;
}
