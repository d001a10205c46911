import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import {
  type Cluster,
  type ClusterState,
  clusterIn,
  ensureCluster,
  launch,
  type Profile,
  writeState,
} from './embedded/cluster.js';
import { takeLease, withLock } from './embedded/leases.js';
import { commandLine, isAlive, readText } from './embedded/processes.js';
import { databaseErrorText } from './transient.js';

export interface EmbeddedOptions {
  /** Made if missing. Everything lies in its subfolder `postgres`. */
  readonly dataDir: string;
  /** A fixed port; else a free one is chosen once and kept while it stays free. */
  readonly port?: number;
  /** `test` gives up durability for speed; default `durable`. */
  readonly profile?: Profile;
}

export interface EmbeddedDatabase {
  /** postgresql://…@127.0.0.1:port/feewarden; carries the password. */
  readonly url: string;
  /** Leaves the server; the last process to leave stops it. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * The embedded PostgreSQL of a data folder: made if missing, started if stopped, recovered after a crash, and shared if another
 * process runs it already. Works as root (the server then runs as `nobody`) and as any user with a name. Throws
 * `database_unavailable` with the reason and what to do.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const dataDir = makeDataDir(options.dataDir);
  const cluster = clusterIn(dataDir);
  const lockFile = path.join(dataDir, 'postgres.lock');
  return withLock(lockFile, async () => {
    const created = ensureCluster(cluster, options.port ?? (await freePort()));
    const lease = takeLease(cluster.leases);
    // A process that ends without stop() must not leave the server running for nobody.
    const onExit = (): void => {
      if (lease.release()) signalServer(cluster, created.id);
    };
    process.once('exit', onExit);
    const leave = async (): Promise<void> => {
      process.off('exit', onExit);
      if (lease.release()) await stopServer(cluster, created.id);
    };
    try {
      const port = await joinOrStart(cluster, created, options);
      const url = `postgresql://postgres:${created.password}@127.0.0.1:${port}/${DATABASE}`;
      let stopped: Promise<void> | undefined;
      return {
        url,
        stop: () => {
          stopped ??= withLock(lockFile, leave);
          return stopped;
        },
      };
    } catch (error) {
      await leave();
      throw error;
    }
  });
}

const DATABASE = 'feewarden';
const POLL_MS = 15;
/** Recovery of a large database after a power cut takes minutes. */
const START_WAIT_MS_MAX = 300_000;
const STOP_WAIT_MS_MAX = 120_000;
const PORT_ATTEMPTS_MAX = 5;

/**
 * With its parents, one by one: asked for all of them at once, Node.js tries for ever where a parent refuses new folders as if it were not
 * there, as folders that are mounted on demand do.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (path.dirname(folder) !== folder) makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function makeDataDir(dataDir: string): string {
  let folder: string;
  try {
    makeFolder(dataDir);
    folder = realpathSync(dataDir);
  } catch (error) {
    throw new FeewardenError(
      'database_unavailable',
      `The data folder ${dataDir} cannot be made (${(error as Error).message}): choose another with --data.`,
      { cause: error },
    );
  }
  try {
    // Every command writes here, the ones that only read too: it takes a lease.
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const owner = statSync(folder).uid;
    const advice = owner === process.getuid?.() ? 'make it writable' : `run feewarden as user ${owner}, who owns it`;
    throw new FeewardenError(
      'database_unavailable',
      `The data folder ${folder} may not be written by this user: ${advice}, or choose another with --data.`,
      { cause: error },
    );
  }
  return folder;
}

/** Returns the port on which the server answers. */
async function joinOrStart(cluster: Cluster, state: ClusterState, options: EmbeddedOptions): Promise<number> {
  const running = findServer(cluster, state.id);
  if (running && (await waitUntilReady(cluster, state, () => !isServer(running.pid, state.id)))) {
    return running.port;
  }
  // Left by a crash. PostgreSQL would take any living process of the same number for its own and refuse to start.
  rmSync(pidFile(cluster), { force: true });
  let port = options.port ?? state.port;
  for (let attempt = 1; ; attempt += 1) {
    const logStart = statSync(cluster.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const current = { ...state, port };
    const server = launch(cluster, current, options.profile ?? 'durable');
    if (await waitUntilReady(cluster, current, server.ended)) {
      if (port !== state.port) writeState(cluster.folder, current);
      return port;
    }
    const said = readFrom(cluster.logFile, logStart);
    const portTaken = said.includes('could not bind') || said.includes('could not create any TCP/IP sockets');
    if (portTaken && options.port !== undefined) throw portInUse(options.port);
    if (!portTaken || attempt >= PORT_ATTEMPTS_MAX) throw didNotStart(cluster, said);
    port = await freePort();
  }
}

/** True when the server answers with our password; false when its process has ended. */
async function waitUntilReady(cluster: Cluster, state: ClusterState, ended: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_WAIT_MS_MAX;
  let last: unknown = 'not ready';
  while (Date.now() < deadline) {
    // The password is shown only to a server that is known to be ours and to hold the port: it says so in its own folder.
    const running = findServer(cluster, state.id);
    if (running?.ready) {
      try {
        await prepareDatabase(running.port, state.password);
        return true;
      } catch (error) {
        last = error;
      }
    }
    if (ended()) return false;
    await sleep(POLL_MS);
  }
  throw new FeewardenError(
    'database_unavailable',
    `The embedded database does not answer (${databaseErrorText(last)}); see ${cluster.logFile}.`,
  );
}

async function prepareDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres' });
  // A refused connection is reported twice: by connect() and here.
  client.on('error', () => {});
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** The server that postmaster.pid names, if that process is really it and not a later one with the same number. */
function findServer(cluster: Cluster, id: string): RunningServer | null {
  const lines = readText(pidFile(cluster))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  if (!Number.isInteger(pid) || pid <= 0 || !isServer(pid, id)) return null;
  return { pid, port, ready: lines[7]?.trim() === 'ready' };
}

function isServer(pid: number, id: string): boolean {
  return isAlive(pid) && commandLine(pid).includes(id);
}

/** Asks for a fast shutdown: open transactions are rolled back, everything committed is kept. */
function signalServer(cluster: Cluster, id: string): RunningServer | null {
  const running = findServer(cluster, id);
  if (running) process.kill(running.pid, 'SIGINT');
  return running;
}

async function stopServer(cluster: Cluster, id: string): Promise<void> {
  const running = signalServer(cluster, id);
  const deadline = Date.now() + STOP_WAIT_MS_MAX;
  while (running && isServer(running.pid, id)) {
    if (Date.now() > deadline) {
      throw new FeewardenError(
        'database_unavailable',
        `The embedded database (process ${running.pid}) does not stop; see ${cluster.logFile}.`,
      );
    }
    await sleep(POLL_MS);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const LOG_EXCERPT_BYTES_MAX = 2_000;

function readFrom(file: string, start: number): string {
  if (!existsSync(file)) return '';
  const handle = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(LOG_EXCERPT_BYTES_MAX);
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, start));
  } finally {
    closeSync(handle);
  }
}

function portInUse(port: number): FeewardenError {
  return new FeewardenError(
    'database_unavailable',
    `Port ${port} of 127.0.0.1 is in use, and FEEWARDEN_EMBEDDED_PORT asks for it: choose another, or leave it out to take a free one.`,
  );
}

function didNotStart(cluster: Cluster, said: string): FeewardenError {
  const reason = said.trim().split('\n').slice(-3).join(' ') || 'it said nothing';
  return new FeewardenError(
    'database_unavailable',
    `The embedded database did not start (${reason}); see ${cluster.logFile}.`,
  );
}

function pidFile(cluster: Cluster): string {
  return path.join(cluster.clusterDir, 'postmaster.pid');
}
