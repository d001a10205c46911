import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, lstat, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { formatTime, type Us } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import { isDocument, isProblem, openAny } from '../sources/files/records.js';
import { statementSource } from './read.js';
import { type BankIntakeDeps, noStatementCounts, type StatementIntakeCounts, takeStatements } from './take.js';

export interface InboxOptions {
  readonly folder: string;
  /** How long a file must have stood still, in milliseconds. */
  readonly settleMs: number;
  readonly batchEntriesMax: number;
  readonly signal: AbortSignal;
}

/** What became of one file of the folder. */
export interface InboxFile {
  readonly name: string;
  /** `changed`: somebody wrote to it meanwhile. It stays, and is taken once it stands still again. */
  readonly outcome: 'done' | 'known' | 'refused' | 'changed';
  readonly counts: StatementIntakeCounts;
  readonly problems: readonly InboxProblem[];
}

/** Why a file, or one of a zip, was not taken. */
export interface InboxProblem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What the files of the folder looked like the last time. */
export type InboxMemory = Map<string, { readonly size: number; readonly mtimeMs: number; readonly since: Us }>;

const DONE = 'done';
const REFUSED = 'refused';
/** Names of files that are still being sent, as the usual programs give them. */
const UNFINISHED = /^\.|\.(part|partial|tmp|temp|filepart|crdownload|swp)$|~$/i;
/** Files looked at in one go; the rest follows in the next. */
const FILES_MAX = 1_000;
const HASH_CHUNK_BYTES = 1_048_576;

/** @throws FeewardenError bad_setting: no folder, or one that may not be written to */
export async function openInbox(folder: string): Promise<void> {
  try {
    await access(folder, constants.R_OK | constants.W_OK);
    if (!(await stat(folder)).isDirectory()) throw new Error('it is no folder');
    for (const name of [DONE, REFUSED]) await mkdir(path.join(folder, name), { recursive: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FeewardenError('bad_setting', `FEEWARDEN_BANK_INBOX: ${folder} cannot be used (${reason}).`);
  }
}

/**
 * Takes the files of the folder that are whole: those that look the same as at a look at least `settleMs` ago. A file that was
 * taken goes to done/, one of which something was refused whole to refused/ with its reasons; entries that were refused one by one
 * are among the rejected and hold no file up. A file with the same content as one that was done is not taken again.
 */
export async function takeInbox(
  deps: BankIntakeDeps,
  options: InboxOptions,
  memory: InboxMemory,
  onFile: (file: InboxFile) => void,
): Promise<void> {
  for (const name of await wholeFiles(deps, options, memory)) {
    if (options.signal.aborted) return;
    const isAsSeen = () => looksAs(path.join(options.folder, name), memory.get(name)!);
    // The files before it may have taken minutes.
    const file = (await isAsSeen()) ? await takeOne(deps, options, name, isAsSeen) : undefined;
    if (file === null) return;
    if (file !== undefined) onFile(file);
    memory.delete(name);
  }
}

async function wholeFiles(
  { clock }: BankIntakeDeps,
  { folder, settleMs }: InboxOptions,
  memory: InboxMemory,
): Promise<string[]> {
  const now = clock();
  const whole: string[] = [];
  const names = (await readdir(folder))
    .filter((name) => !UNFINISHED.test(name))
    .sort()
    .slice(0, FILES_MAX);
  for (const name of memory.keys()) if (!names.includes(name)) memory.delete(name);
  for (const name of names) {
    // Links are passed over: they could lead anywhere.
    const stats = await lstat(path.join(folder, name)).catch(() => null);
    if (!stats?.isFile()) continue;
    const { size, mtimeMs } = stats;
    const before = memory.get(name);
    if (before?.size !== size || before.mtimeMs !== mtimeMs) memory.set(name, { size, mtimeMs, since: now });
    else if (now - before.since >= settleMs * 1_000) whole.push(name);
  }
  return whole;
}

async function looksAs(file: string, seen: { readonly size: number; readonly mtimeMs: number }): Promise<boolean> {
  const stats = await lstat(file).catch(() => null);
  return stats?.isFile() === true && stats.size === seen.size && stats.mtimeMs === seen.mtimeMs;
}

/** Null when it was told to stop: the file stays, and is taken again from its start. */
async function takeOne(
  deps: BankIntakeDeps,
  options: InboxOptions,
  name: string,
  isAsSeen: () => Promise<boolean>,
): Promise<InboxFile | null> {
  const { folder } = options;
  const file = path.join(folder, name);
  const digest = await digestOfFile(file);
  const { rows } = await deps.pool.query("select 1 from bank_files where digest = $1 and outcome = 'done'", [digest]);
  const counts = noStatementCounts();
  if (rows.length > 0) {
    await move(folder, name, DONE, digest);
    return { name, outcome: 'known', counts, problems: [] };
  }
  const problems = await takeContent(deps, options, file, counts);
  if (options.signal.aborted) return null;
  // Put away now, what was written meanwhile would never be taken.
  if (!(await isAsSeen())) return { name, outcome: 'changed', counts, problems: [] };
  const outcome = problems.length === 0 ? 'done' : 'refused';
  await remember(deps.pool, digest, name, outcome, problems, deps.clock());
  const moved = await move(folder, name, outcome === 'done' ? DONE : REFUSED, digest);
  if (outcome === 'refused') {
    const reason = { file: name, at: formatTime(deps.clock()), problems };
    await writeFile(`${moved}.reason.json`, `${JSON.stringify(reason, null, 2)}\n`);
  }
  return { name, outcome, counts, problems };
}

/** A zip may hold several files: each is taken or refused by itself. */
async function takeContent(
  deps: BankIntakeDeps,
  { batchEntriesMax, signal }: InboxOptions,
  file: string,
  counts: StatementIntakeCounts,
): Promise<InboxProblem[]> {
  const problems: InboxProblem[] = [];
  for await (const input of openAny([file], { documents: ['xml', 'text'] })) {
    try {
      if (isProblem(input)) throw input.error;
      // Nobody is there to say what the columns of a CSV mean.
      if (!isDocument(input) || input.document !== 'xml')
        throw new FeewardenError(
          'not_a_statement',
          'It is no XML; `feewarden ingest` takes events, and CSV with --mapping.',
        );
      const taken = await takeStatements(deps, await statementSource(input, null), {
        batchEntriesMax,
        onlyBank: null,
        origin: (line, index) => ({
          key: `file:${input.path}:${line}:${index}`,
          detail: { file: input.path, line, index },
        }),
        signal,
      });
      for (const name of ['read', 'accepted', 'duplicates', 'rejected', 'pending'] as const)
        counts[name] += taken[name];
    } catch (error) {
      if (!(error instanceof FeewardenError) || error.kind !== 'usage') throw error;
      problems.push({ path: path.basename(input.path), code: error.code, message: error.message });
    }
  }
  return problems;
}

async function remember(
  pool: pg.Pool,
  digest: Buffer,
  name: string,
  outcome: 'done' | 'refused',
  problems: readonly InboxProblem[],
  now: Us,
): Promise<void> {
  await pool.query(
    `insert into bank_files (digest, name, outcome, reason, taken_at) values ($1, $2, $3, $4, $5)
     on conflict (digest) do update set name = excluded.name, outcome = excluded.outcome, reason = excluded.reason, taken_at = excluded.taken_at`,
    [digest, name, outcome, problems.length === 0 ? null : JSON.stringify(problems), toDbTime(now)],
  );
}

/** Under a name of its own, so that nothing there is ever overwritten. Answers where it lies now. */
async function move(folder: string, name: string, to: string, digest: Buffer): Promise<string> {
  const plain = path.join(folder, to, name);
  const isTaken = await access(plain).then(
    () => true,
    () => false,
  );
  const target = isTaken ? path.join(folder, to, `${digest.toString('hex').slice(0, 16)}-${name}`) : plain;
  await rename(path.join(folder, name), target);
  return target;
}

async function digestOfFile(file: string): Promise<Buffer> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: HASH_CHUNK_BYTES })) hash.update(chunk as Buffer);
  return hash.digest();
}
