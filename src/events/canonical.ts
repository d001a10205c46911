/**
 * Canonical JSON: keys sorted by UTF-16 code units, no white space, strings escaped as JSON.stringify does. Equal values give
 * equal text, and the text reads back as the same value. The value must be JSON without undefined, of bounded depth.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return stringText(value);
    case 'number':
      return numberText(value);
    case 'boolean':
      return value ? 'true' : 'false';
    default:
      if (value === null) return 'null';
      return Array.isArray(value) ? arrayText(value) : canonicalObject(value as JsonObject, NO_KEYS);
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * An object as canonical JSON. `knownKeys`, sorted, are names that it usually has: when it has no others, nothing has to be
 * sorted. `ready` holds a value that is canonical text already; its key is the first of them.
 */
export function canonicalObject(object: JsonObject, knownKeys: readonly string[], ready?: ReadyText): string {
  const own = Object.keys(object);
  const copy = plainCopy(object, own.length, knownKeys, ready);
  if (copy === null) return sortedObject(object, own, ready);
  const text = JSON.stringify(copy);
  if (ready === undefined) return text;
  return `{"${ready.key}":${ready.text}${text === '{}' ? '' : ','}${text.slice(1)}`;
}

export interface ReadyText {
  readonly key: string;
  readonly text: string;
}

/**
 * The object with its keys in order and without what is ready, to be written by JSON.stringify: that is quicker than putting
 * texts together, and leaves less garbage. Null when it has other keys, or values that JSON.stringify would write differently.
 */
function plainCopy(
  object: JsonObject,
  size: number,
  knownKeys: readonly string[],
  ready: ReadyText | undefined,
): JsonObject | null {
  const copy: Record<string, unknown> = {};
  let known = 0;
  for (const key of knownKeys) {
    const value = object[key];
    if (value === undefined) continue;
    known += 1;
    if (key === ready?.key) continue;
    if (!isPlain(value)) return null;
    copy[key] = value;
  }
  return known === size ? copy : null;
}

/** Holds no object, whose keys would have to be sorted, and no number that is infinite. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

const NO_KEYS: readonly string[] = [];

function sortedObject(object: JsonObject, keys: string[], ready: ReadyText | undefined): string {
  let text = '';
  for (const key of keys.sort()) {
    const value = ready?.key === key ? ready.text : canonicalJson(object[key]);
    text += `${text === '' ? '' : ','}${stringText(key)}:${value}`;
  }
  return `{${text}}`;
}

function arrayText(values: readonly unknown[]): string {
  let text = '';
  for (let i = 0; i < values.length; i++) text += `${i === 0 ? '' : ','}${canonicalJson(values[i])}`;
  return `[${text}]`;
}

/** As JSON.stringify, which is needed only when something has to be escaped; the test is twice as quick. */
function stringText(value: string): string {
  return NEEDS_NO_ESCAPE.test(value) ? `"${value}"` : JSON.stringify(value);
}
/** ASCII without control characters, quote and backslash. */
const NEEDS_NO_ESCAPE = /^[ !#-[\]-~]*$/;

/** A number too large for a double was read as infinity: it is written so that it reads back as infinity. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value + 0);
  return value > 0 ? '1e999' : '-1e999';
}
