import { ERRORS, type ErrorCode, FeewardenError } from '../core/errors.js';
import { isDiskFull } from '../db/transient.js';

/** Exit codes of every command (interfaces, v1). */
export const EXIT = { success: 0, foundWrong: 1, usage: 2 } as const;

/** One JSON text; sums of any size keep all their digits. */
export function toJson(value: unknown): string {
  return stringify(value);
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  printLine(toJson(value));
}

/** Rows under headings, columns as wide as their widest cell (Chinese characters count two). Numbers to the right. */
export function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  // One by one: so many arguments as a province has institutions are more than a call can take.
  const widths = headings.map((heading, at) =>
    rows.reduce((widest, row) => Math.max(widest, width(row[at] ?? '')), width(heading)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (isNumeric(cell) ? pad(cell, widths[at]!) + cell : cell + pad(cell, widths[at]!)))
      .join('  ')
      .trimEnd();
  printLine(line(headings));
  for (const row of rows) printLine(line(row));
}

/** An error as one sentence on stderr; answers the exit code. */
export function printError(error: unknown): number {
  if (error instanceof FeewardenError) {
    process.stderr.write(`feewarden: ${sentenceOf(error)}\n`);
    return ERRORS[error.code].kind === 'usage' ? EXIT.usage : EXIT.foundWrong;
  }
  if (isDiskFull(error)) {
    const { message } = error as Error;
    process.stderr.write(
      `feewarden: The disk of the database is full; make room and run the same again, what is booked stays. (${message})\n`,
    );
    return EXIT.foundWrong;
  }
  process.stderr.write(
    `feewarden: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.foundWrong;
}

/** A sentence on stderr beside a result that stands: what the reader must know before relying on it. */
export function printNote(sentence: string): void {
  process.stderr.write(`feewarden: ${sentence}\n`);
}

function stringify(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(stringify).join(',')}]`;
  const parts = Object.entries(value).flatMap(([name, part]) =>
    part === undefined ? [] : [`${JSON.stringify(name)}:${stringify(part)}`],
  );
  return `{${parts.join(',')}}`;
}

function isNumeric(text: string): boolean {
  return /^-?[\d,.]+%?$/.test(text);
}

function width(text: string): number {
  let sum = 0;
  for (const char of text)
    sum += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(char)
      ? 2
      : 1;
  return sum;
}

function pad(text: string, to: number): string {
  return ' '.repeat(Math.max(0, to - width(text)));
}

/** Codes whose own sentence only says of what kind the error is, or speaks of HTTP: what was wrong, and what to do, stands in the detail. */
const SAID_BY_DETAIL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'bad_usage',
  'bad_setting',
  'unreadable_input',
  'not_found',
]);

function sentenceOf({ code, detail, message }: FeewardenError): string {
  return detail !== undefined && SAID_BY_DETAIL.has(code) ? detail : message;
}
