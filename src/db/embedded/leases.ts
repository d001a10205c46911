import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FeewardenError } from '../../core/errors.js';
import { markOfThisProcess, markText, readMark, readText, stillRuns } from './processes.js';

/**
 * Several processes share one server (`feewarden start`, and a command beside it). Each holds a lease: a file that names its
 * process. Who leaves and finds no other living lease stops the server. The lease of a killed process counts for nothing.
 */
export interface Lease {
  /** Gives the lease back; true when no living process holds another. */
  release(): boolean;
}

export function takeLease(folder: string): Lease {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${process.pid}-${randomUUID()}`);
  // 0644: whoever shares the folder must be able to read whose lease it is.
  writeFileSync(file, markText(markOfThisProcess()), { mode: 0o644, flag: 'wx' });
  return {
    release: () => {
      rmSync(file, { force: true });
      return !hasLivingLease(folder);
    },
  };
}

const LOCK_POLL_MS = 20;
/** Longer than the recovery of a large database after a power cut. */
const LOCK_WAIT_MS_MAX = 330_000;

/** Runs `fn` while no other process starts, joins or stops the server of this folder. A dead holder's lock is taken over. */
export async function withLock<T>(file: string, fn: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + LOCK_WAIT_MS_MAX;
  while (!tryLock(file)) {
    if (Date.now() > deadline) {
      throw new FeewardenError('database_unavailable', `Another process has held ${file} for too long; end it.`);
    }
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await fn();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file: string): boolean {
  if (createWhole(file)) return true;
  const found = readText(file);
  if (found === null) return false;
  const holder = readMark(file);
  if (holder && !stillRuns(holder)) removeDeadLock(file, found);
  return false;
}

/** The lock appears with its content or not at all, so that nobody reads a half-written holder. */
function createWhole(file: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, markText(markOfThisProcess()), { mode: 0o644, flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

/** Two processes may find the same dead lock. Moving is atomic: who moved a living lock by mistake puts it back. */
function removeDeadLock(file: string, dead: string): void {
  const moved = `${file}.${randomUUID()}`;
  try {
    renameSync(file, moved);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readText(moved) !== dead) renameSync(moved, file);
  else rmSync(moved, { force: true });
}

function hasLivingLease(folder: string): boolean {
  let living = false;
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const holder = readMark(file);
    if (holder && stillRuns(holder)) living = true;
    else rmSync(file, { force: true });
  }
  return living;
}
