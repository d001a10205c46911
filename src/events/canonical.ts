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
 * An object as canonical JSON. `knownKeys`, sorted, are the keys it usually has: when it has no others, nothing has to be
 * sorted. `ready` holds values that are canonical text already.
 */
export function canonicalObject(object: JsonObject, knownKeys: readonly string[], ready?: ReadyText): string {
  const own = Object.keys(object);
  let known = 0;
  let text = '';
  for (const key of knownKeys) {
    const value = object[key];
    if (value === undefined) continue;
    known++;
    text += `${text === '' ? '' : ','}"${key}":${ready?.key === key ? ready.text : canonicalJson(value)}`;
  }
  return known === own.length ? `{${text}}` : sortedObject(object, own, ready);
}

export interface ReadyText {
  readonly key: string;
  readonly text: string;
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
