// Makes `dist`: generates the Prisma client when its schema has changed, compiles, and removes what no longer has a source.
// Runs as `npm run build`, as npm's `prepare` after `npm ci`, and from scripts/feewarden.mjs in a checkout whose sources are
// newer. Needs no network.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const dist = path.join(root, 'dist');
const stamp = path.join(dist, '.built');
const lock = path.join(root, '.cache', 'build.lock');

const SOURCE_FOLDERS = ['src', 'workers', 'test'];
const INPUT_FILES = ['prisma/schema.prisma', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const LOCK_POLL_MS = 100;
const LOCK_WAIT_MS_MAX = 300_000;

/** True when something was compiled from sources that are newer than `dist`, or `dist` is missing. */
export function isStale() {
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const folders = ['src', 'workers'].map((name) => path.join(root, name)).filter((folder) => existsSync(folder));
  // A package without sources (an image) is as new as it will ever be.
  if (folders.length === 0) return false;
  const inputs = INPUT_FILES.map((name) => path.join(root, name)).filter((file) => existsSync(file));
  return [...folders.flatMap(listFiles), ...inputs].some((file) => statSync(file).mtimeMs > built);
}

/** Builds, one process at a time; throws an Error whose message is for the reader. `onlyIfStale` looks again once it has the lock. */
export function build({ onlyIfStale = false } = {}) {
  withLock(() => {
    if (onlyIfStale && !isStale()) return;
    const started = new Date();
    if (!isInstalled('@types/node')) {
      if (existsSync(stamp)) return;
      throw new Error('The development dependencies are needed to build: run "npm ci" without --omit=dev.');
    }
    generateClient();
    run('typescript', 'tsc', ['-p', 'tsconfig.build.json']);
    removeStale(dist);
    writeFileSync(stamp, '');
    // Edits made while compiling are newer than this build.
    utimesSync(stamp, started, started);
  });
}

function generateClient() {
  const schema = path.join(root, 'prisma', 'schema.prisma');
  const mark = path.join(root, 'src', 'generated', 'prisma', '.schema-hash');
  const { version } = JSON.parse(readFileSync(require.resolve('prisma/package.json'), 'utf8'));
  const hash = createHash('sha256').update(version).update(readFileSync(schema)).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  run('prisma', 'prisma', ['generate', `--schema=${schema}`, '--no-hints'], {
    // Any executable here keeps the command from downloading an engine that `generate` does not use.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
  });
  writeFileSync(mark, hash);
}

function run(packageName, binName, args, environment = {}) {
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const program = path.join(path.dirname(manifest), typeof bin === 'string' ? bin : bin[binName]);
  const answer = spawnSync(process.execPath, [program, ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (answer.status === 0) return;
  throw new Error(`${binName} failed:\n${answer.error?.message ?? ''}${answer.stdout}${answer.stderr}`);
}

function removeStale(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      removeStale(file);
      if (readdirSync(file).length === 0) rmdirSync(file);
      continue;
    }
    const source = path.join(root, path.relative(dist, file)).replace(/\.js(\.map)?$/, '.ts');
    const isOutput = SOURCE_FOLDERS.some((name) => file.startsWith(path.join(dist, name) + path.sep));
    if (isOutput && source.endsWith('.ts') && !existsSync(source) && !existsSync(`${source}x`)) rmSync(file);
  }
}

function withLock(work) {
  mkdirSync(path.dirname(lock), { recursive: true });
  const deadline = Date.now() + LOCK_WAIT_MS_MAX;
  while (!tryLock()) {
    if (Date.now() > deadline)
      throw new Error(`Another build has held ${lock} for too long: remove it if none is running.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : '');
  // An empty lock is being written at this moment.
  if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
  return false;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function isInstalled(name) {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (!entry.isDirectory()) return [file];
    return entry.name === 'generated' ? [] : listFiles(file);
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  try {
    build();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
