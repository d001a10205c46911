import { FeewardenError } from '../../core/errors.js';

/** The one code for an input that cannot be read: the person who named it is told what to do; `problem` is a full sentence. */
export function inputError(path: string, problem: string, cause?: unknown): FeewardenError {
  return new FeewardenError('unreadable_input', `${path}: ${problem}`, { cause });
}

/** The same for an error of the file system, told in words instead of `EACCES`. */
export function fileSystemError(path: string, cause: unknown): FeewardenError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const sentence = SENTENCES[code] ?? `It cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`;
  return inputError(path, sentence, cause);
}

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file or folder; check the path.',
  ENOTDIR: 'A part of the path is not a folder; check the path.',
  EACCES: 'The file or folder may not be read; give this user the right to read it.',
  EPERM: 'The file or folder may not be read; give this user the right to read it.',
  ELOOP: 'The path is a circle of links; name the file itself.',
  EMFILE: 'Too many files are open; raise the limit of open files (ulimit -n).',
};
