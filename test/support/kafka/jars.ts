import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const JAVA_MIN = 17;
const RESOLVE_TIMEOUT_MS = 10 * 60_000;
const FORMAT_TIMEOUT_MS = 60_000;
const PROGRESS_EVERY_MS = 5_000;
/** Any id does: the cluster has one node and lives for one test. */
const CLUSTER_ID = 'RmVld2FyZGVuVGVzdEthZg';
export const NODE_ID = 1;

export interface KafkaHome {
  /** Folder of the jars. */
  readonly libs: string;
  /** A formatted, empty log folder to copy from: saves one start of Java per broker. */
  readonly formatted: string;
}

/** Why Kafka's own jars cannot be used here, or undefined when they can. */
export async function whyNoJars(): Promise<string | undefined> {
  const major = await javaMajor();
  if (major === undefined) {
    return 'no java on the path';
  }
  if (major < JAVA_MIN) {
    return `java ${major} is older than ${JAVA_MIN}`;
  }
  if (existsSync(path.join(await homeFolder(), 'complete'))) {
    return undefined;
  }
  return (await answers('mvn', ['-v'])) ? undefined : 'no mvn on the path to resolve the jars of Kafka';
}

/** Resolves and formats once; later runs find it under .cache/kafka, keyed by the content of pom.xml. */
export async function kafkaHome(): Promise<KafkaHome> {
  const home = await homeFolder();
  if (!existsSync(path.join(home, 'complete'))) {
    await build(home);
  }
  return homeOf(home);
}

export function say(line: string): void {
  process.stderr.write(`[test kafka] ${line}\n`);
}

// Tests run from source and from dist: the pom and the cache belong to the repository, so go up to package.json.
function repositoryRoot(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!(existsSync(path.join(folder, 'package.json')) && existsSync(path.join(folder, 'test')))) {
    const parent = path.dirname(folder);
    if (parent === folder) {
      throw new Error('test kafka: the repository root was not found');
    }
    folder = parent;
  }
  return folder;
}

function pomFile(): string {
  return path.join(repositoryRoot(), 'test', 'support', 'kafka', 'pom.xml');
}

async function homeFolder(): Promise<string> {
  const pom = await readFile(pomFile());
  const key = createHash('sha256').update(pom).digest('hex').slice(0, 12);
  return path.join(repositoryRoot(), '.cache', 'kafka', key);
}

function homeOf(folder: string): KafkaHome {
  return { libs: path.join(folder, 'libs'), formatted: path.join(folder, 'formatted') };
}

/** Builds beside the final place and renames: two test processes may build at once, the first one wins. */
async function build(home: string): Promise<void> {
  const draft = `${home}.${process.pid}.${Date.now()}`;
  await mkdir(draft, { recursive: true });
  try {
    const { libs, formatted } = homeOf(draft);
    await resolveJars(libs);
    await format(draft, libs, formatted);
    await writeFile(path.join(draft, 'complete'), '');
    await rename(draft, home).catch((error: unknown) => {
      if (!existsSync(path.join(home, 'complete'))) {
        throw error;
      }
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function resolveJars(libs: string): Promise<void> {
  say('resolving the jars of Apache Kafka with Maven (about 45 MB, once) ...');
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1_000);
  const progress = setInterval(() => say(`still resolving, ${seconds()} s`), PROGRESS_EVERY_MS);
  try {
    const args = ['-B', '-q', '-f', pomFile(), 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await runLoud('mvn', [...args, `-DoutputDirectory=${libs}`]);
  } finally {
    clearInterval(progress);
  }
  say(`jars resolved in ${seconds()} s`);
}

async function format(folder: string, libs: string, formatted: string): Promise<void> {
  const file = path.join(folder, 'format.properties');
  await writeFile(file, serverProperties({ port: 1, controllerPort: 2, data: formatted }));
  const args = ['-cp', path.join(libs, '*'), '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  await run('java', [...args, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file], {
    timeout: FORMAT_TIMEOUT_MS,
  });
}

/** One node that is broker and controller, sized for tests. */
export function serverProperties(
  at: { port: number; controllerPort: number; data: string },
  more: Readonly<Record<string, string>> = {},
): string {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': NODE_ID,
    'controller.quorum.voters': `${NODE_ID}@127.0.0.1:${at.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${at.port},CONTROLLER://127.0.0.1:${at.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${at.port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': at.data,
    'auto.create.topics.enable': false,
    'default.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    // A test need not wait for more members to come.
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1_000,
    // After a kill the broker may register again only when its old session has run out (default 9 s).
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...more,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

async function javaMajor(): Promise<number | undefined> {
  try {
    const { stderr } = await run('java', ['-version']);
    const major = /version "(\d+)/.exec(stderr)?.[1];
    return major === undefined ? undefined : Number(major);
  } catch {
    return undefined;
  }
}

async function answers(command: string, args: string[]): Promise<boolean> {
  return run(command, args).then(
    () => true,
    () => false,
  );
}

function runLoud(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: RESOLVE_TIMEOUT_MS });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}:\n${output}`)),
    );
  });
}
