import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config.js';
import { packageRoot } from '../../src/db/package-root.js';

/** One file is one process, but for what starts them and for the thread in which one of them evaluates. */
const HELPERS = ['run', 'evaluating', 'evaluate-thread'];
const WORKER_NAMES = readdirSync(path.join(packageRoot(), 'workers'))
  .map((file) => path.parse(file).name)
  .filter((name) => !HELPERS.includes(name));

const read = (file: string) => readFileSync(path.join(packageRoot(), file), 'utf8');
const compose = read('docker-compose.yml');
const dockerfile = read('Dockerfile');
const services = sectionsOf(sectionsOf(compose, 0).get('services')!, 2);

describe('docker-compose.yml', () => {
  test('runs every worker as a service of its own, and what they need', () => {
    const workers = [...compose.matchAll(/command: \["worker", "([a-z]+)"\]/g)].map((match) => match[1]);
    expect(workers.toSorted()).toEqual([...WORKER_NAMES].toSorted());
    expect([...services.keys()].toSorted()).toEqual(['kafka', 'postgres', ...WORKER_NAMES].toSorted());
    expect(services.get('ingest')).toContain('replicas: 2');
  });

  test('publishes ports on this machine only', () => {
    const ports = [...compose.matchAll(/ports:\n((?: +- .*\n)+)/g)].flatMap((match) => match[1]!.trim().split(/\n\s*/));
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('- "127.0.0.1:'))).toEqual([]);
  });

  test('asks the database, the broker and the API whether they are well', () => {
    const checked = [...services].filter(([, body]) => body.includes('healthcheck:')).map(([name]) => name);
    expect(checked.toSorted()).toEqual(['api', 'kafka', 'postgres']);
  });

  test('asks the database where the workers will: the socket answers before the database is made', () => {
    expect(services.get('postgres')).toContain('"pg_isready", "--host=127.0.0.1"');
  });

  test('keeps what must last in named volumes', () => {
    const named = [...sectionsOf(sectionsOf(compose, 0).get('volumes')!, 2).keys()];
    expect(named.filter((name) => !compose.includes(`- ${name}:/`))).toEqual([]);
    expect(services.get('postgres')).toContain('- postgres:/');
    expect(services.get('kafka')).toContain('- kafka:/');
  });

  test('takes every password from outside', () => {
    const secrets = compose.split('\n').filter((line) => /(?:PASSWORD|SECRET|KEY):/.test(line) && !line.includes('${'));
    expect(secrets).toEqual([]);
  });

  test('takes a password with any character: none stands in an address', () => {
    const addresses = compose.split('\n').filter((line) => line.includes('://') && !line.trim().startsWith('#'));
    expect(addresses.filter((line) => line.includes('PASSWORD'))).toEqual([]);
    // The PostgreSQL client takes it from here when the address has none.
    expect(compose).toMatch(/^ {4}PGPASSWORD: \$\{POSTGRES_PASSWORD:-feewarden\}$/m);
  });

  test('takes from outside what the operations name, and nothing else', () => {
    const taken = new Set([...compose.matchAll(/\$\{(\w+)/g)].map((match) => match[1]!));
    const sentence =
      /Of a file `\.env` the containers get only what ([\s\S]*?)\. Write/.exec(read('docs/operations.md'))?.[1] ?? '';
    expect([...sentence.matchAll(/`(\w+)`/g)].map((match) => match[1]).toSorted()).toEqual([...taken].toSorted());
  });

  test('sets only settings that exist', () => {
    const known = new Set<string>(Object.values(SETTINGS).map((row) => row.variable));
    const set = [...compose.matchAll(/^ +(FEEWARDEN_\w+|DATABASE_URL|KAFKA_BROKERS|LOG_LEVEL|PORT):/gm)].map(
      (match) => match[1]!,
    );
    expect(set.length).toBeGreaterThan(3);
    expect(set.filter((name) => !known.has(name))).toEqual([]);
  });

  test('uses the same Kafka as the tests', () => {
    const image = /apache\/kafka:[\d.]+/;
    expect(image.exec(compose)?.[0]).toBe(image.exec(read('test/support/kafka/docker.ts'))?.[0]);
  });
});

describe('Dockerfile', () => {
  test('does not run as root', () => {
    expect(dockerfile.lastIndexOf('\nUSER node\n')).toBeGreaterThan(dockerfile.lastIndexOf('\nFROM '));
  });

  test('copies only what .dockerignore lets in', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap((match) => match[1]!.split(' '));
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(copied.filter((file) => !allowed.includes(file))).toEqual([]);
    expect(allowed.filter((file) => !copied.includes(file))).toEqual([]);
  });

  test('lets its user read what comes from a checkout that nobody else may read', () => {
    const [build = '', image = ''] = dockerfile.split(/\n(?=FROM node:\S+\n)/);
    const copied = [...image.matchAll(/^COPY --from=build \/app\/(\S+) \S+$/gm)].map((match) => match[1]!);
    // These two are made in the image, under its own umask.
    const fromCheckout = copied.filter((file) => file !== 'node_modules' && file !== 'dist');
    expect(fromCheckout).toContain('scripts');
    expect(/^RUN chmod -R a\+rX (.*)$/m.exec(build)?.[1]?.split(' ').toSorted()).toEqual(fromCheckout.toSorted());
  });

  // A file that the build reads and the image lacks stops `docker compose up --build`, and nothing else.
  test('copies every file from which the program is built', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap((match) => match[1]!.split(' '));
    const inputs = /const INPUT_FILES = \[(.*)\]/.exec(read('scripts/build.mjs'))![1]!;
    const needed = [...inputs.matchAll(/'([^']+)'/g)].map((match) => match[1]!);
    expect(needed).toContain('tsconfig.build.json');
    expect(needed.filter((file) => !copied.some((from) => file === from || file.startsWith(`${from}/`)))).toEqual([]);
  });
});

/** Key → body for the keys that stand at exactly this indentation. */
function sectionsOf(text: string, indent: number): Map<string, string> {
  const sections = new Map<string, string>();
  let key = '';
  for (const line of text.split('\n')) {
    const match = new RegExp(`^ {${indent}}([\\w-]+):`).exec(line);
    if (match) key = match[1]!;
    if (key !== '') sections.set(key, `${sections.get(key) ?? ''}${line}\n`);
  }
  return sections;
}
