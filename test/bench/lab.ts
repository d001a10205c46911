import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { type EmbeddedDatabase, startEmbedded } from '../../src/db/embedded.js';
import { migrate } from '../../src/db/migrate.js';
import { packageRoot } from '../../src/db/package-root.js';
import { createPool } from '../../src/db/pool.js';
import { CHART } from '../../src/ledger/accounts.js';
import type { IntakeDeps } from '../../src/ledger/intake.js';
import { cpuSecondsOf, cpuSecondsOfServer } from './meter.js';

/** A key for the API of the bench's own processes, which listen on 127.0.0.1 while it runs. */
export const ADMIN_KEY = 'bench-only-key-0123456789abcdef0123456789';

const TEMPLATE = 'feewarden';
const READY_MS_MAX = 60_000;
const END_MS_MAX = 70_000;
const POLL_MS = 20;
const OUTPUT_CHARACTERS_KEPT = 4_000;

/** A database of its own for one measurement, with every migration applied. */
export interface BenchDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  drop(): Promise<void>;
}

/** A process of the product that the bench started. */
export interface Worker {
  readonly pid: number;
  /** Everything it wrote so far, cut to the last characters. */
  output(): string;
  /** Resolves with the match once the output holds it; rejects when the process ends first. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Asks it to drain, then waits. */
  stop(): Promise<void>;
}

/**
 * The room of one run: a temporary folder, an embedded PostgreSQL with the product's own durable settings, and the processes
 * started. `close` ends and removes all of it, and nothing else.
 */
export class Lab {
  private readonly workers = new Set<Worker>();
  private databases = 0;

  private constructor(
    readonly folder: string,
    private readonly server: EmbeddedDatabase,
    private readonly serverPid: number,
    private readonly admin: pg.Pool,
  ) {}

  static async open(): Promise<Lab> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'feewarden-bench-'));
    const server = await startEmbedded({ dataDir: folder });
    const pool = createPool(server.url, { max: 1, applicationName: 'bench' });
    await migrate(pool, { chart: CHART });
    await pool.end();
    const admin = createPool(withDatabase(server.url, 'postgres'), { max: 1, applicationName: 'bench' });
    return new Lab(folder, server, postmasterPid(folder), admin);
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  async database(): Promise<BenchDatabase> {
    this.databases += 1;
    const name = `bench_${this.databases}`;
    await this.admin.query(`create database ${name} template ${TEMPLATE} strategy file_copy`);
    // What earlier measurements left to be written out is not this one's work.
    await this.admin.query('checkpoint');
    const url = withDatabase(this.server.url, name);
    const pool = createPool(url, { applicationName: 'bench' });
    return {
      url,
      pool,
      drop: async () => {
        await pool.end();
        await this.admin.query(`drop database ${name} with (force)`);
      },
    };
  }

  /** Processor seconds of this process and of the server so far. */
  cpu(): { readonly node: number; readonly postgres: number | null } {
    const { user, system } = process.cpuUsage();
    return { node: (user + system) / 1_000_000, postgres: cpuSecondsOfServer(this.serverPid) };
  }

  /** Starts `feewarden …`. */
  start(args: readonly string[], url: string, environment: Readonly<Record<string, string>> = {}): Worker {
    const program = path.join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: { ...process.env, LOG_LEVEL: 'warn', FEEWARDEN_ADMIN_KEY: ADMIN_KEY, ...environment, DATABASE_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const worker = workerOf(child, args);
    this.workers.add(worker);
    void worker.ended.then(() => this.workers.delete(worker));
    return worker;
  }

  async close(): Promise<void> {
    await Promise.all([...this.workers].map((worker) => worker.stop()));
    await this.admin.end();
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the product's own sources use. */
export function intakeOf(pool: pg.Pool): IntakeDeps {
  return {
    pool,
    calendar: CHINA_CALENDAR,
    clock: () => Date.now() * 1_000,
    limits: { bytesMax: 262_144, depthMax: 32 },
  };
}

/** Processor seconds of some workers together; null where they cannot be known. */
export function cpuOfWorkers(workers: readonly Worker[]): number | null {
  const seconds = workers.map(({ pid }) => cpuSecondsOf(pid));
  return seconds.includes(null) ? null : seconds.reduce<number>((sum, one) => sum + one!, 0);
}

/** Waits until `is` says yes. */
export async function until(is: () => Promise<boolean> | boolean, msMax: number, what: string): Promise<void> {
  const deadline = performance.now() + msMax;
  while (!(await is())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${msMax / 1_000} s`);
    await sleep(POLL_MS);
  }
}

function workerOf(child: ChildProcess, args: readonly string[]): Worker {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-OUTPUT_CHARACTERS_KEPT);
  };
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  let hasEnded = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      hasEnded = true;
      resolve(code);
    });
  });
  return {
    pid: child.pid!,
    output: () => text,
    ended,
    said: async (pattern) => {
      const told = (): boolean => {
        if (hasEnded && !pattern.test(text)) throw new Error(`feewarden ${args.join(' ')} ended: ${text}`);
        return pattern.test(text);
      };
      await until(told, READY_MS_MAX, `"${pattern.source}" from feewarden ${args.join(' ')}`);
      return pattern.exec(text)!;
    },
    stop: async () => {
      if (!hasEnded) child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
      await ended;
      clearTimeout(late);
    },
  };
}

function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

function postmasterPid(folder: string): number {
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find(
    (name) => path.basename(name) === 'postmaster.pid',
  );
  if (file === undefined) throw new Error('the embedded database has no postmaster.pid');
  return Number(readFileSync(path.join(folder, file), 'utf8').split('\n')[0]);
}
