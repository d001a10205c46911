import type pg from 'pg';
import type { Config } from '../config.js';
import { FeewardenError } from '../core/errors.js';
import { startEmbedded } from './embedded.js';
import { createPool } from './pool.js';
import { createPrisma, type PrismaClient } from './prisma.js';
import { databaseErrorText, isTransientDatabaseError } from './transient.js';

export interface Database {
  /** Carries the password: never log it. */
  readonly url: string;
  readonly pool: pg.Pool;
  /** Made at the first call. */
  prisma(): PrismaClient;
  /** Closes every connection; leaves the embedded server, which stops when nobody else uses it. Safe to call twice. */
  close(): Promise<void>;
}

export type DatabaseSettings = Pick<Config, 'databaseUrl' | 'dataDir' | 'embeddedPort' | 'databaseConnectionsMax'>;

/**
 * Opens the database of DATABASE_URL, else the embedded one of the data folder. Does not migrate. Waits a while for a server that
 * is starting; throws `database_unavailable` when it cannot be reached, refuses us, or is older than PostgreSQL 15.
 */
export async function openDatabase(settings: DatabaseSettings, applicationName = 'feewarden'): Promise<Database> {
  const { databaseUrl, dataDir, embeddedPort } = settings;
  const embedded =
    databaseUrl === null ? await startEmbedded({ dataDir, ...(embeddedPort && { port: embeddedPort }) }) : null;
  const url = databaseUrl ?? embedded!.url;
  const pool = createPool(url, { max: settings.databaseConnectionsMax, applicationName });
  let prisma: PrismaClient | undefined;
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await prisma?.$disconnect();
    await pool.end();
    await embedded?.stop();
  };
  const database: Database = {
    url,
    pool,
    prisma: () => {
      prisma ??= createPrisma(pool);
      return prisma;
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
  try {
    await requireVersion(pool);
  } catch (error) {
    await database.close();
    throw error;
  }
  return database;
}

/** 15 is the oldest version that the project's tests run on. */
const POSTGRES_MAJOR_MIN = 15;
const CONNECT_WAIT_MS_MAX = 15_000;
const CONNECT_POLL_MS = 250;

async function requireVersion(pool: pg.Pool): Promise<void> {
  const version = await readVersion(pool);
  const major = Number.parseInt(version, 10);
  if (major >= POSTGRES_MAJOR_MIN) return;
  throw new FeewardenError(
    'database_unavailable',
    `PostgreSQL ${POSTGRES_MAJOR_MIN} or newer is needed, and DATABASE_URL leads to ${version}.`,
  );
}

async function readVersion(pool: pg.Pool): Promise<string> {
  const deadline = Date.now() + CONNECT_WAIT_MS_MAX;
  for (;;) {
    try {
      const answer = await pool.query<{ server_version: string }>('show server_version');
      return answer.rows[0]!.server_version;
    } catch (error) {
      if (!isTransientDatabaseError(error) || Date.now() > deadline) {
        throw new FeewardenError('database_unavailable', `Check DATABASE_URL (${databaseErrorText(error)}).`, {
          cause: error,
        });
      }
    }
    await new Promise((resolve) => setTimeout(resolve, CONNECT_POLL_MS));
  }
}
