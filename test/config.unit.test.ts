import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig, SETTINGS } from '../src/config.js';
import { FeewardenError } from '../src/core/errors.js';
import { packageRoot } from '../src/db/package-root.js';

function refusal(environment: Record<string, string>): string {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(FeewardenError);
    expect((error as FeewardenError).code).toBe('bad_setting');
    return (error as Error).message;
  }
  return 'nothing was refused';
}

test('an empty environment gives the defaults, frozen', () => {
  const config = loadConfig({});
  expect(config).toMatchObject({
    databaseUrl: null,
    dataDir: './data',
    port: 8080,
    host: '127.0.0.1',
    kafkaBrokers: [],
  });
  expect(config).toMatchObject({
    ingestBatchEventsMax: 2400,
    eventBytesMax: 262_144,
    evaluateSettleMs: 0,
    pollMs: 100,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test('each setting is read from its variable into its own type', () => {
  const config = loadConfig({
    DATABASE_URL: 'postgresql://u:p@db.example:5432/books',
    PORT: ' 0 ',
    LOG_LEVEL: 'debug',
    KAFKA_BROKERS: 'a.example:9092, b.example:9093',
    FEEWARDEN_WEBHOOK_ALLOW_INTERNAL: '10.1.0.0/16,[::1]:9000,hook.local:80',
    FEEWARDEN_EVALUATE_SETTLE_MS: '250',
  });
  expect(config.databaseUrl).toBe('postgresql://u:p@db.example:5432/books');
  expect(config.port).toBe(0);
  expect(config.logLevel).toBe('debug');
  expect(config.kafkaBrokers).toEqual(['a.example:9092', 'b.example:9093']);
  expect(config.webhookAllowInternal).toEqual(['10.1.0.0/16', '[::1]:9000', 'hook.local:80']);
  expect(config.evaluateSettleMs).toBe(250);
});

test('an empty variable counts as not set', () => {
  expect(loadConfig({ DATABASE_URL: '', PORT: '' })).toMatchObject({ databaseUrl: null, port: 8080 });
});

test('the command line wins over the environment and is checked in the same way', () => {
  expect(loadConfig({ PORT: '1' }, { port: '2', dataDir: undefined })).toMatchObject({ port: 2, dataDir: './data' });
  expect(() => loadConfig({}, { port: 'many' })).toThrow('PORT: "many" is not allowed');
});

test.each([
  ['PORT', '65536', 'an integer from 0 to 65535'],
  ['PORT', '-1', 'an integer from 0 to 65535'],
  ['PORT', '8e3', 'an integer from 0 to 65535'],
  ['LOG_LEVEL', 'loud', 'one of trace, debug, info, warn, error, silent'],
  ['KAFKA_BROKERS', 'a:9092,,b:9092', 'host:port; several separated by commas'],
  ['KAFKA_BROKERS', 'a:99999', 'host:port'],
  ['FEEWARDEN_WEBHOOK_ALLOW_INTERNAL', '10.0.0.0', 'host:port or a network'],
  ['FEEWARDEN_KAFKA_GROUP', 'with space', '1 to 249 letters'],
  ['FEEWARDEN_INGEST_BATCH_EVENTS_MAX', '0', 'an integer from 1 to 20000'],
])('%s=%s is refused with what is allowed', (variable, value, allowed) => {
  const message = refusal({ [variable]: value });
  expect(message).toContain(`${variable}: "${value}"`);
  expect(message).toContain(allowed);
});

test.each([
  ['DATABASE_URL', 'mysql://root:hunter2@localhost/x'],
  ['DATABASE_URL', 'postgresql://root:hunter2@localhost'],
  ['FEEWARDEN_ADMIN_KEY', 'hunter2'],
])('a wrong %s (%s) is refused without being shown', (variable, value) => {
  const message = refusal({ [variable]: value });
  expect(message).toContain(`${variable}: its value is not allowed`);
  expect(message).not.toContain('hunter2');
});

test.each([
  ['FEEWARDEN_POLLMS', 'FEEWARDEN_POLL_MS is meant?'],
  ['FEEWARDEN_PORT', 'PORT is meant?'],
  ['FEEWARDEN_EVENT_BYTE_MAX', 'FEEWARDEN_EVENT_BYTES_MAX is meant?'],
  ['FEEWARDEN_COLOUR_OF_THE_LOGO', 'See .env.example'],
])('the unknown name %s is refused: %s', (name, advice) => {
  expect(refusal({ [name]: '1' })).toContain(`${name}: there is no such setting. ${advice}`);
});

test('other programs’ variables are left alone', () => {
  expect(() => loadConfig({ PATH: '/bin', HOST: 'x y', NODE_ENV: 'test' })).not.toThrow();
});

test('a request must be able to hold the largest event', () => {
  const message = refusal({ FEEWARDEN_HTTP_BODY_BYTES_MAX: '2048' });
  expect(message).toContain('FEEWARDEN_EVENT_BYTES_MAX (262144) and FEEWARDEN_HTTP_BODY_BYTES_MAX (2048)');
});

test('.env.example names every setting with its default, and nothing else', () => {
  const example = readFileSync(path.join(packageRoot(), '.env.example'), 'utf8');
  const documented = [...example.matchAll(/^#?([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
  const settings = Object.values(SETTINGS).map((row) => [row.variable, String(row.fallback ?? '')]);
  expect(documented).toEqual(settings);
});

test('every default may also be written down', () => {
  const written = Object.values(SETTINGS).map((row) => [row.variable, String(row.fallback ?? '')] as const);
  expect(loadConfig(Object.fromEntries(written))).toEqual(loadConfig({}));
});
