import { existsSync } from 'node:fs';
import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { FeewardenError } from './core/errors.js';

/**
 * Every setting, one row each: its variable, its value when nobody sets it, and how its text is read.
 * `.env.example` explains them; a test holds the two together. Thresholds and weights are no settings but policy.
 */
export const SETTINGS = {
  // Where the data lives
  databaseUrl: setting<string | null>('DATABASE_URL', null, secret(postgresUrl())),
  databaseConnectionsMax: setting('FEEWARDEN_DATABASE_CONNECTIONS_MAX', 10, integer(2, 1_000)),
  dataDir: setting('FEEWARDEN_DATA_DIR', './data', text(/^[^\0]+$/, 'a folder')),
  embeddedPort: setting<number | null>('FEEWARDEN_EMBEDDED_PORT', null, integer(1, 65_535)),
  // What it serves
  port: setting('PORT', 8_080, integer(0, 65_535)),
  host: setting('FEEWARDEN_HOST', '127.0.0.1', text(/^[\w.:-]+$/, 'an address or a host name')),
  adminKey: setting<string | null>('FEEWARDEN_ADMIN_KEY', null, secret(adminKey())),
  logLevel: setting<LogLevel>('LOG_LEVEL', 'info', choice('trace', 'debug', 'info', 'warn', 'error', 'silent')),
  // What it takes in
  kafkaBrokers: setting<readonly string[]>('KAFKA_BROKERS', [], list(hostAndPort())),
  kafkaGroup: setting('FEEWARDEN_KAFKA_GROUP', 'feewarden', kafkaName()),
  kafkaClientId: setting('FEEWARDEN_KAFKA_CLIENT_ID', 'feewarden', kafkaName()),
  kafkaTopics: setting<readonly string[]>(
    'FEEWARDEN_KAFKA_TOPICS',
    ['prepaid.events', 'prepaid.bank'],
    list(kafkaName()),
  ),
  kafkaTls: setting<'off' | 'on'>('FEEWARDEN_KAFKA_TLS', 'off', choice('off', 'on')),
  kafkaTlsCaFile: setting<string | null>('FEEWARDEN_KAFKA_TLS_CA_FILE', null, file()),
  kafkaTlsCertFile: setting<string | null>('FEEWARDEN_KAFKA_TLS_CERT_FILE', null, file()),
  kafkaTlsKeyFile: setting<string | null>('FEEWARDEN_KAFKA_TLS_KEY_FILE', null, file()),
  kafkaSasl: setting<'none' | 'plain' | 'scram-sha-256' | 'scram-sha-512'>(
    'FEEWARDEN_KAFKA_SASL',
    'none',
    choice('none', 'plain', 'scram-sha-256', 'scram-sha-512'),
  ),
  kafkaUser: setting<string | null>('FEEWARDEN_KAFKA_USER', null, text(/^[^\0]{1,256}$/, '1 to 256 characters')),
  kafkaPassword: setting<string | null>(
    'FEEWARDEN_KAFKA_PASSWORD',
    null,
    secret(text(/^[^\0]{1,1024}$/, '1 to 1024 characters')),
  ),
  ingestBatchEventsMax: setting('FEEWARDEN_INGEST_BATCH_EVENTS_MAX', 2_400, integer(1, 20_000)),
  httpBodyBytesMax: setting('FEEWARDEN_HTTP_BODY_BYTES_MAX', 67_108_864, integer(1_024, 1_073_741_824)),
  eventBytesMax: setting('FEEWARDEN_EVENT_BYTES_MAX', 262_144, integer(1_024, 16_777_216)),
  eventDepthMax: setting('FEEWARDEN_EVENT_DEPTH_MAX', 32, integer(4, 1_000)),
  // The banks
  bankRules: setting<string | null>('FEEWARDEN_BANK_RULES', null, text(/^[^\0]+$/, 'a file')),
  bankInbox: setting<string | null>('FEEWARDEN_BANK_INBOX', null, text(/^[^\0]+$/, 'a folder')),
  bankInboxSettleMs: setting('FEEWARDEN_BANK_INBOX_SETTLE_MS', 10_000, integer(100, 3_600_000)),
  // How it works
  pollMs: setting('FEEWARDEN_POLL_MS', 100, integer(10, 60_000)),
  evaluateSettleMs: setting('FEEWARDEN_EVALUATE_SETTLE_MS', 0, integer(0, 3_600_000)),
  evaluateBatchMax: setting('FEEWARDEN_EVALUATE_BATCH_MAX', 200, integer(1, 10_000)),
  // What it tells
  webhookAllowInternal: setting<readonly string[]>('FEEWARDEN_WEBHOOK_ALLOW_INTERNAL', [], list(internalAddress())),
  webhookAttemptsMax: setting('FEEWARDEN_WEBHOOK_ATTEMPTS_MAX', 12, integer(1, 100)),
  webhookTimeoutMs: setting('FEEWARDEN_WEBHOOK_TIMEOUT_MS', 10_000, integer(100, 120_000)),
} as const;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type Config = { readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K]['fallback'] };
export type Environment = Readonly<Record<string, string | undefined>>;
/** Settings as a person types them on the command line; they win over the environment. Undefined means not given. */
export type Overrides = { readonly [K in keyof Config]?: string | undefined };

/**
 * The settings of this process, frozen. An empty variable counts as not set. Throws `bad_setting` with the variable, what is
 * wrong with it and what is allowed; the value of a secret is never shown. A FEEWARDEN_ variable that does not exist is an
 * error too: a misspelt setting would otherwise be silently without effect.
 */
export function loadConfig(environment: Environment = processEnvironment(), overrides: Overrides = {}): Config {
  refuseUnknownNames(environment);
  const config: Record<string, unknown> = {};
  for (const key of Object.keys(SETTINGS) as (keyof Config)[]) {
    const row = SETTINGS[key];
    const given = overrides[key] ?? environment[row.variable];
    config[key] = given === undefined || given === '' ? row.fallback : read(row, given);
  }
  refuseContradictions(config as Config);
  return Object.freeze(config) as Config;
}

/** Variables of a file `.env` in the working folder are added; those that are set already win. */
function processEnvironment(): Environment {
  if (!existsSync('.env')) return process.env;
  try {
    process.loadEnvFile('.env');
  } catch (error) {
    // A folder, as Docker makes it for a file that is not there, or a file of somebody else.
    throw new FeewardenError(
      'bad_setting',
      `${path.resolve('.env')} cannot be read; make it a file that this user may read, or remove it.`,
      { cause: error },
    );
  }
  return process.env;
}

interface Reader<T> {
  readonly schema: z.ZodType<T, string>;
  /** Completes the sentence "allowed is …". */
  readonly allowed: string;
  readonly secret?: true;
}

interface Setting<T> extends Reader<T> {
  readonly variable: string;
  readonly fallback: T;
}

function setting<T>(variable: string, fallback: T, reader: Reader<NoInfer<T>>): Setting<T> {
  return { variable, fallback, ...reader };
}

function read(row: Setting<unknown>, given: string): unknown {
  const result = row.schema.safeParse(given.trim());
  if (result.success) return result.data;
  const shown = row.secret ? 'its value' : `"${given.slice(0, SHOWN_CHARS_MAX)}"`;
  throw new FeewardenError('bad_setting', `${row.variable}: ${shown} is not allowed; allowed is ${row.allowed}.`);
}

const SHOWN_CHARS_MAX = 100;

function refuseContradictions(config: Config): void {
  if (config.eventBytesMax > config.httpBodyBytesMax) {
    const names = `${SETTINGS.eventBytesMax.variable} (${config.eventBytesMax}) and ${SETTINGS.httpBodyBytesMax.variable} (${config.httpBodyBytesMax})`;
    throw new FeewardenError('bad_setting', `${names}: a request must be able to hold the largest event.`);
  }
}

const PREFIX = 'FEEWARDEN_';

function refuseUnknownNames(environment: Environment): void {
  const known = Object.values(SETTINGS).map((row) => row.variable);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith(PREFIX) || known.includes(name)) continue;
    const meant = closest(name, known);
    const advice = meant ? `${meant} is meant?` : 'See .env.example for all settings.';
    throw new FeewardenError('bad_setting', `${name}: there is no such setting. ${advice}`);
  }
}

/** The known name with the fewest letters to change, the prefix left aside; null when none is near. */
function closest(name: string, known: readonly string[]): string | null {
  const wanted = name.replace(PREFIX, '');
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.replace(PREFIX, ''));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

function secret<T>(reader: Reader<T>): Reader<T> {
  return { ...reader, secret: true };
}

function text(pattern: RegExp, allowed: string): Reader<string> {
  return { schema: z.string().regex(pattern), allowed };
}

function integer(min: number, max: number): Reader<number> {
  const schema = z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
  return { schema, allowed: `an integer from ${min} to ${max}` };
}

function choice<T extends string>(...values: readonly [T, ...T[]]): Reader<T> {
  const schema = z.string().refine((value): value is T => (values as readonly string[]).includes(value));
  return { schema, allowed: `one of ${values.join(', ')}` };
}

function list(entry: Reader<string>): Reader<readonly string[]> {
  const schema = z
    .string()
    .transform((value) => value.split(',').map((part) => part.trim()))
    .pipe(z.array(entry.schema).nonempty());
  return { schema, allowed: `${entry.allowed}; several separated by commas` };
}

function hostAndPort(): Reader<string> {
  return { schema: z.string().refine(isHostAndPort), allowed: 'host:port' };
}

function internalAddress(): Reader<string> {
  const schema = z.string().refine((value) => ipaddr.isValidCIDR(value) || isHostAndPort(value));
  return { schema, allowed: 'host:port or a network such as 10.1.0.0/16' };
}

function isHostAndPort(value: string): boolean {
  const match = /^(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(value);
  return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65_535;
}

function kafkaName(): Reader<string> {
  return text(/^[\w.-]{1,249}$/, '1 to 249 letters, digits, ".", "_" or "-"');
}

function file(): Reader<string> {
  return text(/^[^\0]+$/, 'a file');
}

function adminKey(): Reader<string> {
  return text(/^[\x21-\x7e]{32,256}$/, '32 to 256 printable ASCII characters');
}

function postgresUrl(): Reader<string> {
  const schema = z.string().refine((value) => {
    const url = URL.canParse(value) ? new URL(value) : null;
    return (url?.protocol === 'postgres:' || url?.protocol === 'postgresql:') && url.pathname.length > 1;
  });
  return { schema, allowed: 'postgresql://user:password@host:port/database' };
}
