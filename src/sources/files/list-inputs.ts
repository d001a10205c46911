import type { Stats } from 'node:fs';
import { access, constants, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FeewardenError } from '../../core/errors.js';
import { fileSystemError, inputError } from './input-error.js';

export interface ListedInput {
  /** Absolute, or 'stdin'. */
  readonly path: string;
  /** Bytes on disk; null for a stream (stdin, a named pipe). */
  readonly size: number | null;
  /** Why something in a folder cannot be read (a link to nowhere, missing rights): nobody named it, so it does not stop the others. */
  readonly problem?: FeewardenError;
}

/**
 * All files that the paths mean, before the first is read, so that a wrong path is told before any work, and so that the total size is
 * known. Folders are entered to any depth, in the order of names; in them, hidden files and what is not a file (sockets, devices) are passed over,
 * and what cannot be read is listed with its problem.
 * @throws FeewardenError unreadable_input: a path that is missing or unreadable, a folder without files, too many files
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
    if (!stats.isDirectory()) {
      await requireReadable(absolute);
      add({ path: absolute, size: stats.isFile() ? stats.size : null }, listed);
    } else if ((await addFolder(absolute, stats, await namesIn(absolute), { listed, visited: new Set() })) === 0) {
      throw inputError(absolute, 'There is no file in this folder (hidden files do not count).');
    }
  }
  return [...listed.values()];
}

export const STDIN = 'stdin';
const FILES_MAX = 100_000;

interface Listing {
  readonly listed: Map<string, ListedInput>;
  /** Guards against links that lead in a circle. */
  readonly visited: Set<string>;
}

/** Answers how many files the folder holds, those that cannot be read included. */
async function addFolder(path: string, stats: Stats, names: readonly string[], listing: Listing): Promise<number> {
  const identity = `${stats.dev}:${stats.ino}`;
  if (listing.visited.has(identity)) return 0;
  listing.visited.add(identity);
  let files = 0;
  for (const name of names) {
    if (!name.startsWith('.')) files += await addChild(join(path, name), listing);
  }
  return files;
}

async function addChild(path: string, listing: Listing): Promise<number> {
  const problem = (error: FeewardenError): number => add({ path, size: 0, problem: error }, listing.listed);
  const stats = await orProblem(statsOf(path));
  if (stats instanceof FeewardenError) return problem(stats);
  if (stats.isDirectory()) {
    const names = await orProblem(namesIn(path));
    return names instanceof FeewardenError ? problem(names) : addFolder(path, stats, names, listing);
  }
  if (!stats.isFile()) return 0;
  const refusal = await orProblem(requireReadable(path));
  return refusal instanceof FeewardenError ? problem(refusal) : add({ path, size: stats.size }, listing.listed);
}

/** Answers 1, the number of files that were added. */
function add(input: ListedInput, listed: Map<string, ListedInput>): number {
  listed.set(input.path, input);
  if (listed.size > FILES_MAX)
    throw inputError(input.path, `These are more than ${FILES_MAX} files; read them in several runs.`);
  return 1;
}

async function orProblem<T>(step: Promise<T>): Promise<T | FeewardenError> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof FeewardenError) return error;
    throw error;
  }
}

async function requireReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
  } catch (error) {
    throw fileSystemError(path, error);
  }
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
