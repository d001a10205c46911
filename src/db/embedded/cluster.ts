import { spawn, spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FeewardenError } from '../../core/errors.js';
import { giveTo, type ServerAccount, serverAccount } from './account.js';
import { type Binaries, findBinaries } from './binaries.js';
import { readText } from './processes.js';

/**
 * One cluster and everything that belongs to it, under DATA_DIR/postgres:
 *   cluster/      PostgreSQL's own folder, 0700, of the user that the server runs as
 *   cluster.json  id, port, password; 0600
 *   server.log    what the server says
 *   leases/       who uses the server
 */
export interface Cluster {
  readonly folder: string;
  readonly clusterDir: string;
  readonly logFile: string;
  readonly leases: string;
}

export interface ClusterState {
  /** Stands in the server's command line, so that its process is recognised. */
  readonly id: string;
  readonly port: number;
  readonly password: string;
}

/** `durable`: a commit that was told is on the disk. `test`: nothing outlives a power cut. */
export type Profile = 'durable' | 'test';

export function clusterIn(dataDir: string): Cluster {
  const folder = path.join(dataDir, 'postgres');
  return {
    folder,
    clusterDir: path.join(folder, 'cluster'),
    logFile: path.join(folder, 'server.log'),
    leases: path.join(folder, LEASES),
  };
}

/** Makes the cluster if there is none. It is built aside and moved into place whole, so an interrupted start leaves none. */
export function ensureCluster(cluster: Cluster, port: number): ClusterState {
  if (!existsSync(cluster.folder)) createCluster(cluster, port);
  return readState(cluster);
}

export function readState(cluster: Cluster): ClusterState {
  let state: Partial<ClusterState>;
  try {
    state = JSON.parse(readText(stateFile(cluster.folder)) ?? '{}') as Partial<ClusterState>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      const owner = statSync(cluster.folder).uid;
      throw new FeewardenError(
        'database_unavailable',
        `${cluster.folder} belongs to user ${owner}: run feewarden as that user, or choose another folder with --data.`,
      );
    }
    throw damaged(cluster, 'cluster.json cannot be read', error);
  }
  const { id, port, password } = state;
  if (typeof id !== 'string' || typeof port !== 'number' || typeof password !== 'string') {
    throw damaged(cluster, 'cluster.json is missing or not whole');
  }
  return { id, port, password };
}

export function writeState(folder: string, state: ClusterState): void {
  const draft = path.join(folder, `cluster.json.${randomUUID()}`);
  writeFileSync(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  leaveToOwner(folder, draft);
  renameSync(draft, stateFile(folder));
}

const SERVER_LOG_BYTES_MAX = 16 * 1024 * 1024;

/** Starts the server process and returns its id at once; it outlives this process unless it is stopped. */
export function launch(cluster: Cluster, state: ClusterState, profile: Profile): { pid: number; ended: () => boolean } {
  const account = serverAccount(cluster.clusterDir);
  const binaries = findBinaries(account);
  const version = readText(path.join(cluster.clusterDir, 'PG_VERSION'))?.trim();
  if (version === undefined) throw damaged(cluster, 'cluster/PG_VERSION is missing');
  if (version !== binaries.major) {
    throw new FeewardenError(
      'database_unavailable',
      `${cluster.clusterDir} was made by PostgreSQL ${version}, and this version of feewarden brings ${binaries.major}: use the version that made it, or move the data with pg_dump.`,
    );
  }
  if (account && statSync(cluster.clusterDir).uid !== account.uid) giveTo(account, cluster.clusterDir);
  if ((statSync(cluster.logFile, { throwIfNoEntry: false })?.size ?? 0) > SERVER_LOG_BYTES_MAX) rmSync(cluster.logFile);
  const log = openSync(cluster.logFile, 'a', 0o600);
  leaveToOwner(cluster.folder, cluster.logFile);
  const child = spawn(
    binaries.postgres,
    ['-D', pathForServer(account, cluster.clusterDir), ...serverSettings(state, profile)],
    {
      ...account,
      cwd: cluster.clusterDir,
      env: SERVER_ENVIRONMENT,
      stdio: ['ignore', log, log],
      // A session of its own: Ctrl-C in the terminal reaches us, and we stop the server when the work is drained.
      detached: true,
    },
  );
  closeSync(log);
  child.unref();
  let ended = false;
  child.on('error', () => {
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  return { pid: child.pid ?? 0, ended: () => ended };
}

function createCluster(cluster: Cluster, port: number): void {
  removeDrafts(cluster.folder);
  const draft = `${cluster.folder}${DRAFT}${randomUUID()}`;
  const clusterDir = path.join(draft, 'cluster');
  const state: ClusterState = {
    id: `feewarden-${randomUUID()}`,
    port,
    password: randomBytes(24).toString('base64url'),
  };
  try {
    mkdirSync(clusterDir, { recursive: true });
    // Whatever the umask: the server's user must be able to walk through, and nobody else can list.
    chmodSync(draft, 0o711);
    mkdirSync(path.join(draft, LEASES));
    const account = serverAccount(clusterDir);
    const passwordFile = path.join(draft, 'password');
    writeFileSync(passwordFile, state.password, { mode: 0o600 });
    if (account) for (const target of [clusterDir, passwordFile]) giveTo(account, target);
    runInitdb(findBinaries(account), account, clusterDir);
    rmSync(passwordFile);
    writeState(draft, state);
    renameSync(draft, cluster.folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

const DRAFT = '.new-';

/** What an interrupted start left; nobody else is building one, because the caller holds the folder's lock. */
function removeDrafts(folder: string): void {
  const prefix = path.basename(folder) + DRAFT;
  for (const name of readdirSync(path.dirname(folder))) {
    if (name.startsWith(prefix)) rmSync(path.join(path.dirname(folder), name), { recursive: true });
  }
}

function runInitdb(binaries: Binaries, account: ServerAccount | null, clusterDir: string): void {
  const target = pathForServer(account, clusterDir);
  const settings = ['-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--no-instructions'];
  // PostgreSQL's own C.UTF-8: the same order on every system, whatever locales it has.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const answer = spawnSync(binaries.initdb, ['-D', target, `--pwfile=${target}/../password`, ...settings, ...locale], {
    ...account,
    cwd: clusterDir,
    env: SERVER_ENVIRONMENT,
    encoding: 'utf8',
  });
  if (answer.status === 0) return;
  const said = (answer.error?.message ?? answer.stderr).trim();
  const advice = said.includes('effective user ID')
    ? 'This user id has no name on this machine: add it to /etc/passwd, or set DATABASE_URL.'
    : 'Choose another folder with --data, or set DATABASE_URL.';
  throw new FeewardenError('database_unavailable', `A new database could not be made (${said}). ${advice}`);
}

/**
 * How the server names its folder. `nobody` may not be allowed to walk the path (anything below /root); its working
 * directory, which root has set, it always reaches.
 */
function pathForServer(account: ServerAccount | null, clusterDir: string): string {
  return account && process.platform === 'linux' ? '/proc/self/cwd' : clusterDir;
}

/** Nothing of the caller's environment: PGPORT, PGDATA and their kind would change the server. */
const SERVER_ENVIRONMENT = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const MIB = 1024 * 1024;
const SHARED_BUFFERS_MIB_MAX = 2_048;
const SHARED_BUFFERS_MIB_MIN = 64;
const CONNECTIONS_MAX = 200;

function serverSettings(state: ClusterState, profile: Profile): string[] {
  const settings: Record<string, string | number> = {
    port: state.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    cluster_name: state.id,
    max_connections: CONNECTIONS_MAX,
    log_line_prefix: '%m [%p] ',
    ...(profile === 'durable' ? durableSettings() : TEST_SETTINGS),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function durableSettings(): Record<string, string | number> {
  // A container's limit, where there is one; else the machine. An eighth leaves room for the program and the page cache.
  const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  const buffers = Math.floor(memory / 8 / MIB);
  return {
    fsync: 'on',
    synchronous_commit: 'on',
    shared_buffers: `${Math.min(SHARED_BUFFERS_MIB_MAX, Math.max(SHARED_BUFFERS_MIB_MIN, buffers))}MB`,
    max_wal_size: '8GB',
    checkpoint_timeout: '15min',
    // The packaged programs are built without lz4.
    wal_compression: 'pglz',
  };
}

const TEST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  autovacuum_naptime: '10s',
};

const LEASES = 'leases';

/** What root writes into another user's folder, that user must still be able to write. */
function leaveToOwner(folder: string, file: string): void {
  const owner = statSync(folder);
  if (process.getuid?.() === 0 && owner.uid !== 0) giveTo(owner, file);
}

function stateFile(folder: string): string {
  return path.join(folder, 'cluster.json');
}

function damaged(cluster: Cluster, what: string, cause?: unknown): FeewardenError {
  return new FeewardenError(
    'database_unavailable',
    `${cluster.folder} is not a whole database folder (${what}): restore it from a backup, or move it away to begin anew.`,
    { cause },
  );
}
