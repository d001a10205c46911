import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type DatabaseSettings, openDatabase } from '../../src/db/database.js';
import { testDatabase } from '../support/database.js';

const settings = (changes: Partial<DatabaseSettings>): DatabaseSettings => ({
  databaseUrl: null,
  dataDir: '/nowhere',
  embeddedPort: null,
  databaseConnectionsMax: 2,
  ...changes,
});

test('DATABASE_URL leads to that database, by pool and by Prisma, and closing leaves it running', async () => {
  const server = await testDatabase();
  const database = await openDatabase(settings({ databaseUrl: server.url }), 'feewarden test');
  expect((await database.pool.query(`select current_setting('application_name') as name`)).rows).toEqual([
    { name: 'feewarden test' },
  ]);
  expect(await database.prisma().institution.count()).toBe(0);
  expect(database.prisma()).toBe(database.prisma());
  await database.close();
  await database.close();
  expect((await server.pool.query('select 1 as v')).rows).toEqual([{ v: 1 }]);
  await server.drop();
});

test('without DATABASE_URL the embedded database of the data folder is opened, and closing stops it', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'open-'));
  const database = await openDatabase(settings({ dataDir }));
  expect((await database.pool.query('select current_database() as name')).rows).toEqual([{ name: 'feewarden' }]);
  await database.close();
  await expect(once(net.connect(Number(new URL(database.url).port), '127.0.0.1'), 'connect')).rejects.toMatchObject({
    code: 'ECONNREFUSED',
  });
  rmSync(dataDir, { recursive: true });
});

test('a wrong password is told at once, without the password', async () => {
  const server = await testDatabase();
  const url = new URL(server.url);
  url.password = 'hunter2';
  const error = await openDatabase(settings({ databaseUrl: url.href })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'database_unavailable' });
  expect((error as Error).message).toContain('Check DATABASE_URL');
  expect((error as Error).message).not.toContain('hunter2');
  await server.drop();
});

test('a server older than PostgreSQL 15 is refused by its version', async () => {
  const server = await pretendServer('14.19 (Debian 14.19-1)');
  const { port } = server.address() as net.AddressInfo;
  await expect(openDatabase(settings({ databaseUrl: `postgresql://u:p@127.0.0.1:${port}/x` }))).rejects.toThrow(
    'PostgreSQL 15 or newer is needed, and DATABASE_URL leads to 14.19',
  );
  server.close();
});

/** Speaks just enough of PostgreSQL's protocol to answer any query with one text. */
async function pretendServer(answer: string): Promise<net.Server> {
  const message = (type: string, ...parts: (Buffer | string)[]): Buffer => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
    const head = Buffer.alloc(5);
    head.write(type);
    head.writeInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  const int16 = (value: number): Buffer => int32(value).subarray(2);
  const ready = message('Z', 'I');
  const textColumn = [int32(0), int16(0), int32(25), int16(-1 & 0xffff), int32(-1), int16(0)];
  const row = Buffer.concat([
    message('T', int16(1), 'server_version\0', ...textColumn),
    message('D', int16(1), int32(answer.length), answer),
    message('C', 'SHOW\0'),
    ready,
  ]);
  const server = net.createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]));
      socket.on('data', (query) => {
        if (query.toString('latin1', 0, 1) === 'Q') socket.write(row);
      });
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
