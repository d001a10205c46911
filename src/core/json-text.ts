/** What the parsed value of a JSON text no longer shows. The functions take texts that JSON.parse accepts. */

/**
 * The paths (keys and positions from the root, joined by dots) of the keys that stand more than once in their object, in the order of
 * the text. JSON.parse keeps the last value of such a key without a word.
 */
export function repeatedKeys(text: string): string[] {
  const found = new Set<string>();
  const open: Container[] = [];
  for (let i = 0; i < text.length; i++) {
    const inside = open.at(-1);
    switch (text[i]) {
      case '{':
        open.push({ keys: new Set(), at: '', awaitsKey: true });
        break;
      case '[':
        open.push({ keys: null, at: 0, awaitsKey: false });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        step(inside!);
        break;
      case '"': {
        const end = endOfString(text, i);
        if (inside?.awaitsKey && !takeKey(inside, JSON.parse(text.slice(i, end + 1)) as string))
          found.add(open.map(({ at }) => at).join('.'));
        i = end;
      }
    }
  }
  return [...found];
}

/**
 * The text with `1e999` in the place of every fraction of which a double keeps another value: 9007199254740991.4 reads as
 * 9007199254740991, and 1e-400 as 0. The text itself, unscanned, when it holds none that could pass for an amount or hours.
 */
export function withoutRounded(text: string): string {
  if (!MAY_ROUND.test(text)) return text;
  return text.replace(STRING_OR_NUMBER, (part) => (part.startsWith('"') || isExact(part) ? part : BEYOND_DOUBLES));
}

/**
 * What has fewer digits and no negative exponent may be rounded too, but not to an integer below 2^53 nor to one with two decimals.
 * Strings that look so only cost a closer look.
 */
const MAY_ROUND = /[:[,]\s*-?[0-9][0-9.]{16}|[0-9][eE]-/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?[0-9][0-9.eE+-]*/g;
const INTEGER = /^-?[0-9]+$/;
const BEYOND_DOUBLES = '1e999';

/** Whether the shortest decimal that reads back as this number is the same number. Integers that are rounded are too large for every field. */
function isExact(number: string): boolean {
  if (INTEGER.test(number)) return true;
  const read = Number(number);
  return Number.isFinite(read) && digitsOf(String(read)) === digitsOf(number);
}

/** One text per value: its significant digits and the power of ten behind them. */
function digitsOf(number: string): string {
  const [mantissa, exponent] = number.toLowerCase().split('e') as [string, string?];
  const [whole, fraction = ''] = mantissa.replace('-', '').split('.') as [string, string?];
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = all.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent ?? 0) - fraction.length + all.length - significant.length}`;
}

/** Index of the closing quote, or the end of an unclosed string. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

interface Container {
  /** Null: a list. */
  readonly keys: Set<string> | null;
  /** The key or the position at which the walk is. */
  at: string | number;
  awaitsKey: boolean;
}

function step(container: Container): void {
  if (typeof container.at === 'number') container.at += 1;
  else container.awaitsKey = true;
}

/** Whether the object has no such key yet. */
function takeKey(object: Container, key: string): boolean {
  const isNew = !object.keys!.has(key);
  object.keys!.add(key);
  object.at = key;
  object.awaitsKey = false;
  return isNew;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
const BACKSLASH = 0x5c;
