import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a process; empty when there is none (also of one that ended and was not yet collected). */
export function commandLine(pid: number): string {
  if (process.platform === 'linux') return readText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ') ?? '';
  return spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? '';
}

/**
 * Something that tells this process from a later one with the same id: its start, in kernel ticks since boot. Empty where the
 * system does not tell it cheaply; then the id alone counts.
 */
export function processStart(pid: number): string {
  if (process.platform !== 'linux') return '';
  const stat = readText(`/proc/${pid}/stat`) ?? '';
  // The second field is the name in parentheses and may hold spaces; the start is field 22.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

export interface ProcessMark {
  readonly pid: number;
  readonly start: string;
}

export function markOfThisProcess(): ProcessMark {
  return { pid: process.pid, start: processStart(process.pid) };
}

/** Whether the very process that left the mark still runs. */
export function stillRuns(mark: ProcessMark): boolean {
  return isAlive(mark.pid) && processStart(mark.pid) === mark.start;
}

/** The mark in a file; null when the file is gone or not whole. */
export function readMark(file: string): ProcessMark | null {
  const match = /^(\d+) (\d*)\n$/.exec(readText(file) ?? '');
  return match ? { pid: Number(match[1]), start: match[2]! } : null;
}

export function markText(mark: ProcessMark): string {
  return `${mark.pid} ${mark.start}\n`;
}

export function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
