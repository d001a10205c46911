import { FeewardenError } from '../core/errors.js';
import type { InputDocument } from '../sources/files/records.js';
import { readCamt } from './formats/camt.js';
import { readCsv } from './formats/csv.js';
import type { CsvMapping } from './formats/csv-mapping.js';
import type { StatementItem } from './statement.js';

/** A file of statements that can be read again and again. */
export interface StatementSource {
  /** For people: a path, or the request. */
  readonly label: string;
  items(onBytes?: (packedBytesRead: number) => void): AsyncIterable<StatementItem[]>;
}

/** A stream cannot be read twice: it is held in memory, up to this many bytes. */
export const STREAM_BYTES_MAX = 67_108_864;

/**
 * XML is a camt message, any other text is CSV and needs a mapping.
 * @throws FeewardenError unreadable_input: a stream that is too long to hold
 */
export async function statementSource(document: InputDocument, mapping: CsvMapping | null): Promise<StatementSource> {
  const bytes = document.isRepeatable ? document.bytes : await heldBytes(document);
  const items: StatementSource['items'] = (onBytes) => {
    if (document.document === 'xml') return readCamt(bytes(onBytes));
    if (mapping === null) throw new FeewardenError('bad_mapping', `${document.path} is read as CSV: name its mapping.`);
    return readCsv(bytes(onBytes), mapping);
  };
  return { label: document.path, items };
}

export function bufferSource(label: string, bytes: Buffer): StatementSource {
  return { label, items: () => readCamt([bytes]) };
}

async function heldBytes(document: InputDocument): Promise<InputDocument['bytes']> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of document.bytes()) {
    size += chunk.length;
    if (size > STREAM_BYTES_MAX)
      throw new FeewardenError(
        'unreadable_input',
        `${document.path}: a stream may have ${STREAM_BYTES_MAX} bytes; name a file instead.`,
      );
    chunks.push(chunk);
  }
  return async function* () {
    yield* chunks;
  };
}
