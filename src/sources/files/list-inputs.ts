import type { Stats } from 'node:fs';
import { access, constants, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileSystemError, inputError } from './input-error.js';

export interface ListedInput {
  /** Absolute, or 'stdin'. */
  readonly path: string;
  /** Bytes on disk; null for a stream (stdin, a named pipe). */
  readonly size: number | null;
}

/**
 * All files that the paths mean, before the first is read, so that a wrong path is told before any work, and so that the total size is
 * known. Folders are entered to any depth, in the order of names; in them, hidden files and what is not a file (sockets, devices) are passed over.
 * @throws FeewardenError bad_usage: a path that is missing or unreadable, a folder without files, too many files
 */
export async function listInputs(paths: readonly string[]): Promise<ListedInput[]> {
  if (paths.length === 0) throw inputError('nothing', 'Name at least one file or folder, or - for stdin.');
  const listed = new Map<string, ListedInput>();
  for (const path of paths) {
    if (path === '-') {
      listed.set(STDIN, { path: STDIN, size: null });
      continue;
    }
    const absolute = resolve(path);
    const stats = await statsOf(absolute);
    if (!stats.isDirectory()) await addFile(absolute, stats, listed);
    else if ((await addFolder(absolute, stats, listed, new Set())) === 0) {
      throw inputError(absolute, 'There is no file in this folder (hidden files do not count).');
    }
  }
  return [...listed.values()];
}

export const STDIN = 'stdin';
const FILES_MAX = 100_000;

/** Answers how many files the folder holds. `visited` guards against links that lead in a circle. */
async function addFolder(
  path: string,
  stats: Stats,
  listed: Map<string, ListedInput>,
  visited: Set<string>,
): Promise<number> {
  const identity = `${stats.dev}:${stats.ino}`;
  if (visited.has(identity)) return 0;
  visited.add(identity);
  let files = 0;
  for (const name of await namesIn(path)) {
    if (name.startsWith('.')) continue;
    const child = join(path, name);
    const childStats = await statsOf(child);
    if (childStats.isDirectory()) files += await addFolder(child, childStats, listed, visited);
    else if (childStats.isFile()) {
      await addFile(child, childStats, listed);
      files++;
    }
  }
  return files;
}

async function addFile(path: string, stats: Stats, listed: Map<string, ListedInput>): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw fileSystemError(path, error);
  }
  listed.set(path, { path, size: stats.isFile() ? stats.size : null });
  if (listed.size > FILES_MAX)
    throw inputError(path, `These are more than ${FILES_MAX} files; read them in several runs.`);
}

/** Sorted by code unit and not by a language's rules, so that the order is the same everywhere. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return (await readdir(path)).sort();
  } catch (error) {
    throw fileSystemError(path, error);
  }
}

async function statsOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw fileSystemError(path, error);
  }
}
