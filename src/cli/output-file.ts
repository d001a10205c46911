import { access, constants, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FeewardenError } from '../core/errors.js';

/**
 * Asks before the work whether its result can be written: a replay of minutes must not end with a folder that is not there.
 * @throws FeewardenError bad_usage
 */
export async function requireWritable(option: string, file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    const there = await stat(file).catch(ignoreMissing);
    if (there?.isDirectory()) throw Object.assign(new Error('It is a folder'), { code: 'EISDIR' });
    await access(there === null ? path.dirname(path.resolve(file)) : file, constants.W_OK);
  } catch (error) {
    throw cannotWrite(option, file, error);
  }
}

/** @throws FeewardenError bad_usage */
export async function writeOutput(option: string, file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: unknown) => {
    throw cannotWrite(option, file, error);
  });
}

/** What is wrong with the place that an option names, in words instead of `ENOENT`. */
export function cannotWrite(option: string, file: string, cause: unknown): FeewardenError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const why = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new FeewardenError('bad_usage', `${option}: ${file} cannot be written: ${why}.`, { cause });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist, make it first',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'a file is in its place, choose another name',
  EISDIR: 'it is a folder, name a file in it',
  EACCES: 'this user may not write there, choose another place',
  EPERM: 'this user may not write there, choose another place',
  EROFS: 'the file system there is read-only, choose another place',
  ENOSPC: 'the disk is full',
};

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
