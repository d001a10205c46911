import { readFileSync } from 'node:fs';
import { type CsvMapping, parseCsvMapping } from '../banks/formats/csv-mapping.js';
import { statementSource } from '../banks/read.js';
import type { RulesByBank } from '../banks/rules.js';
import { type StatementIntake, takeStatements } from '../banks/take.js';
import { FeewardenError } from '../core/errors.js';
import type { InputDocument } from '../sources/files/records.js';
import type { CliContext } from './context.js';

/** @throws FeewardenError bad_mapping, bad_usage */
export function readMapping(path: string | undefined): CsvMapping | null {
  if (path === undefined) return null;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new FeewardenError('bad_usage', `--mapping: ${path} cannot be read.`, { cause: error });
  }
  return parseCsvMapping(text, path);
}

/** Text that is neither JSON nor XML may be CSV, and only a mapping says what its columns mean. @throws FeewardenError unreadable_input */
export function requireMapping(input: InputDocument, mapping: CsvMapping | null): void {
  if (input.document === 'xml' || mapping !== null) return;
  throw new FeewardenError(
    'unreadable_input',
    `${input.path}: This is neither JSON nor XML; if it is a bank's CSV, say with --mapping FILE how to read it.`,
  );
}

/** The same error, with the file that it is about. */
export function errorOfFile(path: string, error: FeewardenError): FeewardenError {
  const detail = error.detail ?? '';
  return detail.startsWith(path) ? error : new FeewardenError(error.code, `${path}: ${detail}`.trimEnd());
}

/** What a bank's file does not say of itself. */
export interface HowToRead {
  /** Of CSV. */
  readonly mapping: CsvMapping | null;
  readonly rules: RulesByBank;
}

/** A file of statements into the books. @throws FeewardenError when the whole file is refused; then nothing was booked */
export async function takeDocument(
  { config, intake }: CliContext,
  input: InputDocument,
  { mapping, rules }: HowToRead,
  { signal, onBytes }: { readonly signal?: AbortSignal; readonly onBytes?: (bytes: number) => void } = {},
): Promise<StatementIntake> {
  requireMapping(input, mapping);
  const source = await statementSource(input, mapping);
  return takeStatements({ ...intake, rules }, source, {
    batchEntriesMax: config.ingestBatchEventsMax,
    onlyBank: null,
    rules: mapping?.rules,
    origin: (line, index) => ({
      key: `file:${input.path}:${line}:${index}`,
      detail: { file: input.path, line, index },
    }),
    signal,
    onBytes,
  });
}
