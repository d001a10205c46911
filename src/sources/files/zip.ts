import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { inputError } from './input-error.js';

/** A file within a zip, by where its packed bytes lie in it. */
export interface ZipMember {
  /** For people only: never used as a path. */
  readonly name: string;
  /** Why it cannot be read, as a full sentence; null if it can. */
  readonly problem: string | null;
  readonly isPacked: boolean;
  readonly dataFrom: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly crc32: number;
}

/**
 * The files of a zip in the order of its directory; folders and hidden files are passed over.
 * @throws FeewardenError bad_usage: not a proper zip, or too many members
 */
export async function* zipMembers(path: string): AsyncGenerator<ZipMember> {
  const damaged = (error: unknown) =>
    inputError(
      path,
      `The zip cannot be read (${error instanceof Error ? error.message : String(error)}): pack it again.`,
      error,
    );
  const zip = await openZip(path).catch((error: unknown) => {
    throw damaged(error);
  });
  try {
    if (zip.entryCount > MEMBERS_MAX)
      throw inputError(path, `The zip has more than ${MEMBERS_MAX} members; pack fewer at a time.`);
    for (;;) {
      const entry = await nextEntry(zip).catch((error: unknown) => {
        throw damaged(error);
      });
      if (entry === null) return;
      const name = nameOf(entry);
      if (name.endsWith('/') || isHidden(name)) continue;
      yield await memberOf(zip, entry, name);
    }
  } finally {
    zip.close();
  }
}

const MEMBERS_MAX = 10_000;
const STORED = 0;
const DEFLATED = 8;

function openZip(path: string): Promise<ZipFile> {
  // Names stay bytes, because a name with '..' would otherwise make the whole zip unreadable, and here a name is only a label.
  const options = { lazyEntries: true, autoClose: false, decodeStrings: false };
  return new Promise((resolve, reject) => {
    yauzl.open(path, options, (error, zip) => (error ? reject(error) : resolve(zip)));
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (step: () => void) => {
      zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
      // An error that comes between two steps shows as that of the next step.
      zip.on('error', () => {});
      step();
    };
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry)));
    zip.once('end', () => settle(() => resolve(null)));
    zip.once('error', (error: Error) => settle(() => reject(error)));
    zip.readEntry();
  });
}

async function memberOf(zip: ZipFile, entry: Entry, name: string): Promise<ZipMember> {
  let dataFrom = 0;
  let problem: string | null = null;
  if (entry.isEncrypted()) problem = 'The zip member is encrypted; pack it without a password.';
  else if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    problem = `The zip member is packed in a way that is not known (method ${entry.compressionMethod}); pack it with the usual method (deflate).`;
  } else {
    try {
      dataFrom = await dataStart(zip, entry);
    } catch (error) {
      problem = `The zip member cannot be found in the zip (${error instanceof Error ? error.message : String(error)}): pack it again.`;
    }
  }
  return {
    name,
    problem,
    isPacked: entry.compressionMethod === DEFLATED,
    dataFrom,
    packedBytes: entry.compressedSize,
    bytes: entry.uncompressedSize,
    crc32: entry.crc32,
  };
}

/** In yauzl since 3.2, but not in the published types, which are of version 2. */
interface LocalHeaderReader {
  readLocalFileHeader(
    entry: Entry,
    options: { minimal: true },
    callback: (error: Error | null, header: { fileDataStart: number }) => void,
  ): void;
}

function dataStart(zip: ZipFile, entry: Entry): Promise<number> {
  return new Promise((resolve, reject) => {
    (zip as ZipFile & LocalHeaderReader).readLocalFileHeader(entry, { minimal: true }, (error, header) =>
      error ? reject(error) : resolve(header.fileDataStart),
    );
  });
}

/** Control characters are replaced, because a label is printed on terminals. */
function nameOf(entry: Entry): string {
  return String(entry.fileName)
    .replaceAll(/\p{Cc}/gu, '?')
    .replaceAll('\\', '/');
}

function isHidden(name: string): boolean {
  return name.split('/').some((part) => part === '__MACOSX' || (part.startsWith('.') && part !== '.' && part !== '..'));
}
