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
