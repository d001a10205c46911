import { tellRejected } from '../alerts/rejected-messages.js';
import { type Config, loadConfig, type Overrides } from '../config.js';
import { CHINA_CALENDAR } from '../core/calendar.js';
import { FeewardenError } from '../core/errors.js';
import { type Day, parseDay, type Us } from '../core/time.js';
import type { Database } from '../db/database.js';
import { parseInstant } from '../events/fields.js';
import type { IntakeDeps } from '../ledger/intake.js';
import { printNote } from './output.js';

/** Options that every command with a database has. */
export interface DataOptions {
  readonly data?: string;
  readonly json?: boolean;
}

export const DATA_OPTION = [
  '--data <dir>',
  'folder of the embedded database (used when DATABASE_URL is not set)',
] as const;
export const JSON_OPTION = ['--json', 'print JSON: one document, or one object per line'] as const;

export interface CliContext {
  readonly config: Config;
  readonly database: Database;
  readonly intake: IntakeDeps;
}

/** The clock of the command line: microseconds. */
export function clock(): Us {
  return Date.now() * 1_000;
}

/** Opens the database, brings its schema up to date, runs the command, and closes whatever happens. */
export async function withDatabase<T>(
  options: DataOptions,
  run: (context: CliContext) => Promise<T>,
  overrides: Overrides = {},
): Promise<T> {
  const config = loadConfig(undefined, { ...overrides, dataDir: options.data });
  // Loaded here, because commands without a database would pay for it with a quarter of a second.
  const { openDatabase } = await import('../db/database.js');
  const { bringUpToDate } = await import('./bring-up-to-date.js');
  const database = await openDatabase(config, 'feewarden cli');
  try {
    await bringUpToDate(database.pool, clock(), printNote);
    return await run({ config, database, intake: intakeOf(config, database) });
  } finally {
    await database.close();
  }
}

export function intakeOf(config: Config, database: Database): IntakeDeps {
  return {
    pool: database.pool,
    calendar: CHINA_CALENDAR,
    clock,
    limits: { bytesMax: config.eventBytesMax, depthMax: config.eventDepthMax },
    alongside: tellRejected({ kafkaEnabled: config.kafkaBrokers.length > 0 }),
  };
}

/** A time as a person types it: RFC 3339 with offset, of the years 1685 to 2255, as the database can be asked. Throws `bad_usage`. */
export function timeOption(text: string | undefined, name: string): Us | null {
  if (text === undefined) return null;
  const time = parseInstant(text);
  if (time === null)
    throw new FeewardenError(
      'bad_usage',
      `${name}: give a time like 2026-07-03T23:59:59+08:00, of the years 1685 to 2255.`,
    );
  return time;
}

/** A day of the same years. Throws `bad_usage`; `like` says what to give. */
export function dayOption(text: string, name: string, like = 'a day like 2026-07-03'): Day {
  const day = parseDay(text);
  if (day === null || parseInstant(`${text}T00:00:00+08:00`) === null)
    throw new FeewardenError('bad_usage', `${name}: give ${like}, of the years 1685 to 2255.`);
  return day;
}
