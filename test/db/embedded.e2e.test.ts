import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import pg from 'pg';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { commandLine, isAlive } from '../../src/db/embedded/processes.js';
import { startEmbedded } from '../../src/db/embedded.js';
import { packageRoot } from '../../src/db/package-root.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };

/** The program of embedded-user.ts, bundled as it stands, so that no build has to come first. */
const bundle = path.join(packageRoot(), '.cache', `embedded-user-${process.pid}`);

beforeAll(async () => {
  await build({
    root: packageRoot(),
    configFile: false,
    logLevel: 'error',
    build: { ssr: 'test/db/embedded-user.ts', outDir: bundle, emptyOutDir: true },
  });
});
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

let dataDir: string;
let children: ChildProcess[];

beforeEach(() => {
  children = [];
  dataDir = mkdtempSync(path.join(os.tmpdir(), 'embedded-'));
  chmodSync(dataDir, 0o755);
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  const pid = serverPid();
  if (pid !== null) {
    process.kill(pid, 'SIGQUIT');
    await expect.poll(() => serverRuns(pid)).toBe(false);
  }
  rmSync(dataDir, { recursive: true });
});

interface User {
  readonly child: ChildProcess;
  readonly url: string;
  tell(word: 'stop' | 'exit'): Promise<void>;
}

async function startUser(profile: 'test' | 'durable' = 'test', account: typeof NOBODY | null = null): Promise<User> {
  const child = spawn(process.execPath, [path.join(bundle, 'embedded-user.js'), dataDir, profile], {
    ...account,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(readline.createInterface({ input: child.stdout! }), 'line')) as [string];
  if (!line.startsWith('postgresql://')) throw new Error(line);
  return {
    child,
    url: line,
    tell: async (word) => {
      child.stdin!.write(`${word}\n`);
      await once(child, 'exit');
    },
  };
}

const file = (...parts: string[]): string => path.join(dataDir, 'postgres', ...parts);

/** The server of the folder as its pid file names it, if it runs. */
function serverPid(): number | null {
  if (!existsSync(file('cluster', 'postmaster.pid'))) return null;
  const pid = Number.parseInt(readFileSync(file('cluster', 'postmaster.pid'), 'utf8'), 10);
  return serverRuns(pid) ? pid : null;
}

function serverRuns(pid: number): boolean {
  return isAlive(pid) && commandLine(pid).includes('feewarden-');
}

async function run(url: string, sql: string): Promise<unknown[][]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

async function failure(options: { port?: number } = {}): Promise<string> {
  const error = await startEmbedded({ dataDir, profile: 'test', ...options }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'database_unavailable' });
  return (error as Error).message;
}

describe('one process', () => {
  test('a new folder gets a durable server on 127.0.0.1, which stops with its user and keeps the data', async () => {
    const first = await startEmbedded({ dataDir });
    const pid = serverPid()!;
    const settings = ['fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses', 'unix_socket_directories'];
    const shown = await run(first.url, settings.map((name) => `select current_setting('${name}')`).join(' union all '));
    expect(shown.flat()).toEqual(['on', 'on', 'on', '127.0.0.1', '']);
    expect(
      await run(
        first.url,
        `select datlocprovider, pg_encoding_to_char(encoding) from pg_database where datname = 'feewarden'`,
      ),
    ).toEqual([['b', 'UTF8']]);
    await run(first.url, 'create table kept as select 42 as a');
    await first.stop();
    await first.stop();
    expect(serverRuns(pid)).toBe(false);

    const second = await startEmbedded({ dataDir });
    expect(second.url).toBe(first.url);
    expect(await run(second.url, 'select a from kept')).toEqual([[42]]);
    await second.stop();
  });

  test('the server asks for the password', async () => {
    const database = await startEmbedded({ dataDir, profile: 'test' });
    const wrong = new URL(database.url);
    wrong.password = 'guess';
    await expect(run(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(file('cluster.json')).mode & 0o777).toBe(0o600);
    expect(statSync(file('cluster')).mode & 0o777).toBe(0o700);
    await database.stop();
  });

  test('a port that was taken meanwhile is replaced, and the new one is kept', async () => {
    const first = await startEmbedded({ dataDir, profile: 'test' });
    await first.stop();
    const squatter = net.createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    await once(squatter, 'listening');
    const second = await startEmbedded({ dataDir, profile: 'test' });
    expect(second.url).not.toBe(first.url);
    await second.stop();
    squatter.close();
    const third = await startEmbedded({ dataDir, profile: 'test' });
    expect(third.url).toBe(second.url);
    await third.stop();
  });

  test('a fixed port is used, or its being taken is told', async () => {
    const squatter = net.createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    const { port } = squatter.address() as net.AddressInfo;
    expect(await failure({ port })).toMatch(
      `Port ${port} of 127.0.0.1 is in use, and FEEWARDEN_EMBEDDED_PORT asks for it`,
    );
    squatter.close();
    const database = await startEmbedded({ dataDir, profile: 'test', port });
    expect(new URL(database.url).port).toBe(String(port));
    await database.stop();
  });
});

describe('several processes', () => {
  test('a second process joins, and the server stops only when the last one leaves', async () => {
    const first = await startUser();
    const second = await startUser();
    expect(second.url).toBe(first.url);
    const pid = serverPid()!;
    await first.tell('stop');
    expect(serverPid()).toBe(pid);
    expect(await run(second.url, 'select 1')).toEqual([[1]]);
    await second.tell('stop');
    expect(serverRuns(pid)).toBe(false);
  });

  test('processes that meet at a new folder make one cluster', async () => {
    const users = await Promise.all([startUser(), startUser(), startUser()]);
    expect(new Set(users.map((user) => user.url)).size).toBe(1);
    const pid = serverPid()!;
    await Promise.all(users.map((user) => user.tell('stop')));
    expect(serverRuns(pid)).toBe(false);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
  });

  test('a process that ends without leaving still stops the server', async () => {
    const user = await startUser();
    const pid = serverPid()!;
    await user.tell('exit');
    await expect.poll(() => serverRuns(pid), { timeout: 10_000 }).toBe(false);
  });

  test('after kill -9 of its only user the server is joined, not started twice', async () => {
    const user = await startUser();
    await run(user.url, 'create table kept as select 42 as a');
    const pid = serverPid()!;
    user.child.kill('SIGKILL');
    await once(user.child, 'exit');
    expect(serverPid()).toBe(pid);
    const next = await startEmbedded({ dataDir, profile: 'test' });
    expect(serverPid()).toBe(pid);
    expect(await run(next.url, 'select a from kept')).toEqual([[42]]);
    await next.stop();
    expect(serverRuns(pid)).toBe(false);
  });

  test('after kill -9 of everything, what was committed is there', async () => {
    const user = await startUser('durable');
    await run(user.url, 'create table kept as select generate_series(1, 1000) as a');
    process.kill(serverPid()!, 'SIGKILL');
    user.child.kill('SIGKILL');
    await once(user.child, 'exit');
    const next = await startEmbedded({ dataDir });
    expect(await run(next.url, 'select count(*)::int from kept')).toEqual([[1000]]);
    await next.stop();
  });
});

describe('what a crash leaves', () => {
  test('a pid file whose number belongs to another process now is not believed', async () => {
    const user = await startUser();
    const pidFile = file('cluster', 'postmaster.pid');
    const content = readFileSync(pidFile, 'utf8');
    await user.tell('stop');
    const bystander = spawn('sleep', ['60'], { ...(isRoot ? NOBODY : {}), stdio: 'ignore' });
    children.push(bystander);
    writeFileSync(pidFile, content.replace(/^\d+/, String(bystander.pid)), { mode: 0o600 });
    const next = await startEmbedded({ dataDir, profile: 'test' });
    expect(await run(next.url, 'select 1')).toEqual([[1]]);
    await next.stop();
    expect(isAlive(bystander.pid!)).toBe(true);
  });

  test('locks and leases of the dead, and half-made clusters, are cleared away', async () => {
    const dead = spawn('true');
    await once(dead, 'exit');
    mkdirSync(path.join(dataDir, 'postgres.new-1', 'cluster'), { recursive: true });
    writeFileSync(path.join(dataDir, 'postgres.lock'), `${dead.pid} 1\n`);
    const first = await startEmbedded({ dataDir, profile: 'test' });
    writeFileSync(file('leases', 'dead'), `${dead.pid} 1\n`);
    writeFileSync(file('leases', 'same-number'), `${process.pid} 1\n`);
    const pid = serverPid()!;
    await first.stop();
    expect(serverRuns(pid)).toBe(false);
    expect(readdirSync(dataDir)).toEqual(['postgres']);
    expect(readdirSync(file('leases'))).toEqual([]);
  });
});

describe('a folder that cannot be used', () => {
  beforeEach(async () => {
    const database = await startEmbedded({ dataDir, profile: 'test' });
    await database.stop();
  });

  test.each([
    ['without its state', 'cluster.json', null, /not a whole database folder \(cluster.json is missing/],
    ['with a broken state', 'cluster.json', '{', /not a whole database folder \(cluster.json cannot be read/],
    ['without its version', 'cluster/PG_VERSION', null, /not a whole database folder \(cluster\/PG_VERSION is missing/],
    [
      'of another version',
      'cluster/PG_VERSION',
      '15\n',
      /made by PostgreSQL 15, and this version of feewarden brings 18/,
    ],
    ['without its control file', 'cluster/global/pg_control', null, /did not start .*pg_control/s],
  ])('%s is told with what to do, and no lease is left', async (_, name, content, message) => {
    if (content === null) rmSync(file(name));
    else writeFileSync(file(name), content);
    expect(await failure()).toMatch(message);
    expect(readdirSync(file('leases'))).toEqual([]);
  });

  test('a file in place of the folder is told', async () => {
    const inTheWay = path.join(dataDir, 'file');
    writeFileSync(inTheWay, '');
    await expect(startEmbedded({ dataDir: inTheWay })).rejects.toThrow('cannot be made');
  });

  test.runIf(process.platform === 'linux')(
    'a place that takes no folders is told, and not tried for ever',
    async () => {
      await expect(startEmbedded({ dataDir: '/proc/feewarden/data' })).rejects.toThrow('cannot be made');
    },
  );
});

describe.runIf(isRoot)('users', () => {
  test('for root the server runs as nobody, even where only root may enter', async () => {
    chmodSync(dataDir, 0o700);
    const database = await startEmbedded({ dataDir, profile: 'test' });
    expect(statSync(file('cluster')).uid).toBe(NOBODY.uid);
    expect(await run(database.url, 'select 1')).toEqual([[1]]);
    await database.stop();
  });

  test('an ordinary user runs the server as itself, and root may share it and start it for that user', async () => {
    chownSync(dataDir, NOBODY.uid, NOBODY.gid);
    const user = await startUser('test', NOBODY);
    await run(user.url, 'create table kept as select 42 as a');
    const pid = serverPid()!;
    const beside = await startEmbedded({ dataDir, profile: 'test' });
    expect(beside.url).toBe(user.url);
    await beside.stop();
    expect(serverPid()).toBe(pid);
    await user.tell('stop');
    expect(serverRuns(pid)).toBe(false);

    const asRoot = await startEmbedded({ dataDir, profile: 'test' });
    expect(await run(asRoot.url, 'select a from kept')).toEqual([[42]]);
    await asRoot.stop();

    const again = await startUser('test', NOBODY);
    expect(await run(again.url, 'select a from kept')).toEqual([[42]]);
    await again.tell('stop');
  });

  test('another user’s folder is refused with whose it is', async () => {
    const database = await startEmbedded({ dataDir, profile: 'test' });
    await database.stop();
    chmodSync(dataDir, 0o777);
    await expect(startUser('test', NOBODY)).rejects.toThrow(/belongs to user 0: run feewarden as that user/);
  });

  test('a folder into which this user may not write is refused with who may', async () => {
    chmodSync(dataDir, 0o755);
    await expect(startUser('test', NOBODY)).rejects.toThrow(/may not be written by this user: run feewarden as user 0/);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test('a folder that root copied is given back to the server’s user', async () => {
    const first = await startEmbedded({ dataDir, profile: 'test' });
    await first.stop();
    for (const name of ['cluster', 'cluster/PG_VERSION', 'cluster/global', 'cluster/global/pg_control']) {
      chownSync(file(name), 0, 0);
    }
    const second = await startEmbedded({ dataDir, profile: 'test' });
    expect(await run(second.url, 'select 1')).toEqual([[1]]);
    await second.stop();
  });
});
