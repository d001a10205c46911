import { readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { isAlive } from '../../src/db/embedded/processes.js';
import { type EmbeddedDatabase, startEmbedded } from '../../src/db/embedded.js';
import { migrate } from '../../src/db/migrate.js';
import { createPool } from '../../src/db/pool.js';
import { CHART } from '../../src/ledger/accounts.js';
import type {} from './database.js';

const PREFIX = 'feewarden-test-';
const TEMPLATE = 'feewarden_template';

/**
 * One server for the whole run, and a template database with all migrations; both go when the run ends. Vitest calls this once
 * for each project that has files to run, all in one process: the last one to leave stops the server.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = globalThis as typeof globalThis & { testServer?: SharedServer };
  run.testServer ??= { users: 0, started: startServer() };
  const shared = run.testServer;
  shared.users += 1;
  const server = await shared.started;
  project.provide('databaseServerUrl', server.url);
  project.provide('databaseTemplate', TEMPLATE);
  return async () => {
    shared.users -= 1;
    if (shared.users === 0) await server.stop();
  };
}

interface SharedServer {
  users: number;
  readonly started: Promise<EmbeddedDatabase>;
}

async function startServer(): Promise<EmbeddedDatabase> {
  await sweep();
  // The name says whose it is, so that another run knows whether it may sweep it.
  const dataDir = path.join(os.tmpdir(), `${PREFIX}${process.pid}-${Date.now()}`);
  const server = await startEmbedded({ dataDir, profile: 'test' });
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await createTemplate(server.url);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: server.url, stop };
}

async function createTemplate(serverUrl: string): Promise<void> {
  const admin = createPool(serverUrl, { max: 1 });
  await admin.query(`create database ${TEMPLATE} template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${TEMPLATE}`;
  const pool = createPool(url.href, { max: 1 });
  await migrate(pool, { chart: CHART });
  await pool.end();
  await admin.query(`alter database ${TEMPLATE} with is_template true allow_connections false`);
  await admin.end();
}

/** What a killed run left: joining its server and leaving it again stops it. */
async function sweep(): Promise<void> {
  for (const name of readdirSync(os.tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    if (isAlive(Number.parseInt(name.slice(PREFIX.length), 10))) continue;
    const dataDir = path.join(os.tmpdir(), name);
    try {
      const server = await startEmbedded({ dataDir, profile: 'test' });
      await server.stop();
    } catch {
      // Not even a whole cluster: nothing runs there.
    }
    rmSync(dataDir, { recursive: true, force: true });
  }
}
