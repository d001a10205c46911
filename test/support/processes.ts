import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbedded } from '../../src/db/embedded.js';
import { packageRoot } from '../../src/db/package-root.js';

/** A process of the program, as a user starts it. */
export interface Running {
  readonly pid: number;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** The first match of the pattern in what it writes to stdout or stderr; fails when the process ends without it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Finished extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Settings; the environment of the tests is not handed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads on stdin; else that is empty. */
  readonly input?: string | Buffer;
  /** Where it runs; else in a folder of its own. */
  readonly cwd?: string;
  /** Its stdin stays open after the input, as that of a terminal. */
  readonly keepsInputOpen?: boolean;
}

const PROGRAM = path.join(packageRoot(), 'scripts', 'feewarden.mjs');
const SAYS_WAIT_MS = 60_000;
const POLL_MS = 20;

const children = new Set<ChildProcess>();

/** Starts `feewarden …` without a shell, in a folder of its own. `endAll` ends it at the latest. */
export function startFeewarden(args: readonly string[], options: StartOptions = {}): Running {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: options.cwd ?? workFolder(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: os.tmpdir(), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  // It may end before it has read everything.
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.write(options.input);
  if (!options.keepsInputOpen) child.stdin.end();
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      children.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    end: async (signal) => {
      child.kill(signal);
      return ended;
    },
    says: async (pattern) => {
      const deadline = Date.now() + SAYS_WAIT_MS;
      for (;;) {
        const wasOver = over;
        const match = pattern.exec(stdout) ?? pattern.exec(stderr);
        if (match) return match;
        if (wasOver || Date.now() > deadline)
          throw new Error(`feewarden ${args.join(' ')} never said ${pattern}\n${stdout}\n${stderr}`);
        await sleep(POLL_MS);
      }
    },
  };
}

/** Runs `feewarden …` to its end. */
export async function feewarden(args: readonly string[], options: StartOptions = {}): Promise<Finished> {
  const running = startFeewarden(args, options);
  const ended = await running.ended;
  return { ...ended, stdout: running.stdout(), stderr: running.stderr() };
}

/** Ends everything that was started and still runs, and removes the temporary folders with the databases in them. */
export async function endAll(): Promise<void> {
  await Promise.all([...children].map((child) => endNow(child)));
  for (const folder of folders.splice(0)) {
    // A killed program leaves its database running; who joins it and leaves it stops it.
    const server = existsSync(path.join(folder, 'postgres', 'cluster', 'postmaster.pid'));
    if (server) await (await startEmbedded({ dataDir: folder })).stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function endNow(child: ChildProcess): Promise<unknown> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  return closed;
}

// A test run that is broken off leaves nothing behind.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

let work: string | undefined;
function workFolder(): string {
  work ??= temporaryFolder('work');
  return work;
}

const folders: string[] = [];

/** A folder for a database or for files. `endAll` removes it; should this run be killed, the next one does. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `feewarden-test-${process.pid}-${name}-`));
  folders.push(folder);
  return folder;
}

/** Waits until the condition holds; says what it waited for when it never does. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1_000} s in vain until ${what}`);
    await sleep(POLL_MS);
  }
}

/** NDJSON as values. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
