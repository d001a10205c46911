import { appendFile, rename, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InputDocument, isDocument, openAny } from '../../../src/sources/files/records.js';
import { temporaryFolder, zip } from './support.js';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function documentOf(path: string): Promise<InputDocument> {
  for await (const input of openAny([path], { documents: ['xml'] })) if (isDocument(input)) return input;
  throw new Error('a document was expected');
}

async function textOf(document: InputDocument): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of document.bytes()) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const CHANGED = { code: 'unreadable_input', message: expect.stringContaining('wrote to it while it was read') };

it.each([
  ['is replaced', (path: string) => writeFile(`${path}.new`, '<b/>').then(() => rename(`${path}.new`, path))],
  ['grows', (path: string) => appendFile(path, '<b/>')],
])('a document that %s between two readings is not read as if it were the first', async (_, change) => {
  const path = await folder.write('a.xml', '<a/>');
  const document = await documentOf(path);
  expect([await textOf(document), await textOf(document)]).toEqual(['<a/>', '<a/>']);
  await change(path);
  await expect(textOf(document)).rejects.toMatchObject(CHANGED);
});

it('a document that is written to while it is read is told when it ends', async () => {
  const path = await folder.write('a.xml', `<a>${' '.repeat(400_000)}</a>`);
  const reading = (await documentOf(path)).bytes()[Symbol.asyncIterator]();
  await reading.next();
  await appendFile(path, '<b/>');
  const toItsEnd = async () => {
    while (!(await reading.next()).done);
  };
  await expect(toItsEnd()).rejects.toMatchObject(CHANGED);
});

it('a document of a zip goes with the zip', async () => {
  const path = await folder.write('a.zip', zip([{ name: 'a.xml', bytes: Buffer.from('<a/>') }]));
  const document = await documentOf(path);
  expect(await textOf(document)).toBe('<a/>');
  await appendFile(path, ' ');
  await expect(textOf(document)).rejects.toMatchObject(CHANGED);
});
