import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type InboxFile, type InboxMemory, openInbox, takeInbox } from '../../src/banks/inbox.js';
import { US_PER_SECOND } from '../../src/core/time.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { depsOf, entriesIn, register } from './books.js';
import { documentXml } from './support.js';

let db: TestDatabase;
let folder: string;
let memory: InboxMemory;
let seconds: number;
beforeEach(async () => {
  db = await testDatabase();
  await register(db);
  folder = mkdtempSync(path.join(os.tmpdir(), 'feewarden-inbox-'));
  memory = new Map();
  seconds = 0;
  await openInbox(folder);
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await db.drop();
});

/** Looks now, after so many seconds. */
async function look(after = 0, meanwhile?: () => void): Promise<InboxFile[]> {
  seconds += after;
  const deps = depsOf(db);
  const files: InboxFile[] = [];
  const options = { folder, settleMs: 10_000, batchEntriesMax: 100, signal: new AbortController().signal };
  const clock = () => deps.clock() + seconds * US_PER_SECOND;
  await takeInbox({ ...deps, clock, alongside: async () => meanwhile?.() }, options, memory, (file) =>
    files.push(file),
  );
  return files;
}

const put = (name: string, content: string | Buffer) => writeFileSync(path.join(folder, name), content);
const names = (...parts: string[]) => readdirSync(path.join(folder, ...parts)).sort();
const statement = (ref: string) => documentXml({ statements: [{ id: ref, entries: [{ bankRef: ref }] }] });

test('a file is taken when it has stood still, and goes to done/', async () => {
  put('a.xml', statement('R-1').slice(0, 200));
  expect(await look()).toEqual([]);
  expect(await look(5)).toEqual([]);
  put('a.xml', statement('R-1'));
  expect(await look(6)).toEqual([]);
  expect(await look(9)).toEqual([]);
  expect(await look(1)).toMatchObject([{ name: 'a.xml', outcome: 'done', counts: { accepted: 1 } }]);
  expect(names()).toEqual(['done', 'refused']);
  expect(names('done')).toEqual(['a.xml']);
});

test('what is still being sent, folders and links are left alone until they are files of their own name', async () => {
  mkdirSync(path.join(folder, 'sub'));
  put('b.xml.part', statement('R-1'));
  put('c.tmp', statement('R-2'));
  put('.d.xml', statement('R-3'));
  symlinkSync('/etc/hostname', path.join(folder, 'link.xml'));
  await look();
  expect(await look(60)).toEqual([]);
  renameSync(path.join(folder, 'b.xml.part'), path.join(folder, 'b.xml'));
  await look();
  expect(await look(10)).toMatchObject([{ name: 'b.xml', outcome: 'done' }]);
});

test('the same content is never taken twice, whatever its name, and nothing in done/ is overwritten', async () => {
  put('a.xml', statement('R-1'));
  await look();
  await look(10);
  put('a.xml', statement('R-1'));
  put('z.xml', statement('R-1'));
  await look();
  expect(await look(10)).toMatchObject([
    { name: 'a.xml', outcome: 'known', counts: { read: 0 } },
    { name: 'z.xml', outcome: 'known' },
  ]);
  expect(names('done')).toHaveLength(3);
  expect(await entriesIn(db)).toHaveLength(1);
});

test('a damaged file goes to refused/ with its reason, and may come again whole', async () => {
  put('a.xml.gz', gzipSync(statement('R-1').slice(0, -40)));
  put('b.xml', documentXml({ statements: [{ account: 'A-none', entries: [{}] }] }));
  put('c.json', '{"a":1}\n');
  put('d.csv', '交易日期,金额\n20260701,1.00\n');
  await look();
  expect(await look(10)).toMatchObject([
    { name: 'a.xml.gz', outcome: 'refused', problems: [{ code: 'bad_xml', path: 'a.xml.gz' }] },
    { name: 'b.xml', outcome: 'done', counts: { rejected: 1 } },
    { name: 'c.json', outcome: 'refused', problems: [{ code: 'not_a_statement' }] },
    { name: 'd.csv', problems: [{ code: 'not_a_statement', message: expect.stringContaining('--mapping') }] },
  ]);
  expect(names('refused')).toEqual(['a.xml.gz', 'c.json', 'd.csv'].flatMap((name) => [name, `${name}.reason.json`]));
  const reason = JSON.parse(readFileSync(path.join(folder, 'refused', 'a.xml.gz.reason.json'), 'utf8'));
  expect(reason).toMatchObject({
    file: 'a.xml.gz',
    problems: [{ code: 'bad_xml', message: expect.stringContaining('Line 2') }],
  });
  expect(await entriesIn(db)).toEqual([]);
  put('a.xml.gz', gzipSync(statement('R-1')));
  await look();
  expect(await look(10)).toMatchObject([{ outcome: 'done', counts: { accepted: 1 } }]);
});

test('a folder that is not there is a wrong setting', async () => {
  await expect(openInbox(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'bad_setting' });
});

test('a file that is replaced while it is taken stays, and so does one behind it: both are taken as they are then', async () => {
  put('a.xml', statement('R-1'));
  put('b.xml', statement('R-2'));
  await look();
  const meanwhile = () => {
    put('a.xml', `${statement('R-10')}\n`);
    put('b.xml', statement('R-20').slice(0, 300));
  };
  expect(await look(10, meanwhile)).toMatchObject([{ name: 'a.xml', outcome: 'changed', counts: { accepted: 1 } }]);
  put('b.xml', statement('R-20'));
  await look();
  expect(await look(10)).toMatchObject([
    { name: 'a.xml', outcome: 'done', counts: { accepted: 1 } },
    { name: 'b.xml', outcome: 'done', counts: { accepted: 1 } },
  ]);
  expect((await entriesIn(db)).map((row) => row.bank_txn_id)).toEqual(['R-1', 'R-10', 'R-20']);
  expect([names(), names('done')]).toEqual([
    ['done', 'refused'],
    ['a.xml', 'b.xml'],
  ]);
});

test('a file that is taken away by somebody else while another is taken is no error', async () => {
  put('a.xml', statement('R-1'));
  put('b.xml', statement('R-2'));
  await look();
  const meanwhile = () => rmSync(path.join(folder, 'b.xml'), { force: true });
  expect(await look(10, meanwhile)).toMatchObject([{ name: 'a.xml', outcome: 'done' }]);
});
