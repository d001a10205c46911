import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { InputRecord, Splitter } from '../../../src/sources/files/record.js';
import {
  type Input,
  type InputFile,
  isProblem,
  type OpenOptions,
  openInputs,
  type ReadOptions,
} from '../../../src/sources/files/records.js';

export const RECORD_BYTES_MAX = 65_536;

/** A folder of its own for one test file; `remove` it at the end. */
export async function temporaryFolder(): Promise<{
  path: string;
  write(name: string, bytes: string | Buffer): Promise<string>;
  remove(): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'feewarden-files-'));
  return {
    path,
    write: async (name, bytes) => {
      await writeFile(join(path, name), bytes);
      return join(path, name);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

export async function openAll(paths: string[], options?: OpenOptions): Promise<Input[]> {
  const inputs: Input[] = [];
  for await (const input of openInputs(paths, options)) inputs.push(input);
  return inputs;
}

/** The only input of `path`, which must be readable. */
export async function openOne(path: string): Promise<InputFile> {
  const [input, ...others] = await openAll([path]);
  if (!input || others.length > 0) throw new Error('one input was expected');
  if (isProblem(input)) throw input.error;
  return input;
}

export interface Outcome {
  records: InputRecord[];
  texts: string[];
  error: Error | null;
}

/** Everything that a reading delivers, and how it ends. */
export async function readAll(input: InputFile, options: Partial<ReadOptions> = {}): Promise<Outcome> {
  const records: InputRecord[] = [];
  let error: Error | null = null;
  try {
    for await (const chunk of input.records({ recordBytesMax: RECORD_BYTES_MAX, ...options })) records.push(...chunk);
  } catch (thrown) {
    error = thrown as Error;
  }
  return { records, texts: records.map((record) => record.bytes.toString()), error };
}

/** Pushes the bytes in pieces that end at `cuts`. */
export function split(
  splitter: Splitter,
  bytes: Buffer,
  cuts: readonly number[] = [],
): { records: InputRecord[]; problem: string | null } {
  const records: InputRecord[] = [];
  const ends = [...new Set(cuts.filter((cut) => cut > 0 && cut < bytes.length)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of ends) {
    // A copy, so that a splitter that reached beyond its piece would be found out.
    splitter.push(Buffer.from(bytes.subarray(from, to)), records);
    from = to;
  }
  return { problem: splitter.end(records), records };
}

export interface ZipEntry {
  name: string;
  bytes: Buffer;
  stored?: boolean;
  encrypted?: boolean;
  method?: number;
  /** Lies that a hostile or damaged zip may tell. */
  claimedBytes?: number;
  claimedCrc32?: number;
  damage?: (packed: Buffer) => Buffer;
}

/** A zip by the letter of PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16, with room for lies. */
export function zip(entries: ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const sound = entry.stored ? entry.bytes : deflateRawSync(entry.bytes);
    const packed = entry.damage ? entry.damage(sound) : sound;
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (entry.encrypted ? 1 : 0), 2);
    common.writeUInt16LE(entry.method ?? (entry.stored ? 0 : 8), 4);
    common.writeUInt32LE(entry.claimedCrc32 ?? crc32(entry.bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(entry.claimedBytes ?? entry.bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(20, 4);
    common.copy(central, 6);
    central.writeUInt32LE(offset, 42);
    directory.push(central, name);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), common, name, packed];
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    directory.reduce((sum, part) => sum + part.length, 0),
    12,
  );
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
