import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROLES } from '../../src/api/access.js';
import { SETTINGS } from '../../src/config.js';
import { ERRORS } from '../../src/core/errors.js';
import { packageRoot } from '../../src/db/package-root.js';
import { filesOf } from '../style/sources.js';

const documents = filesOf([''], ['.md']).filter((file) => !file.path.startsWith('test/fixtures/'));
const tests = filesOf(['test'], ['.test.ts']).filter((file) => !/^test\/(style|docs)\//.test(file.path));
const TOP_FOLDERS = ['src', 'workers', 'prisma', 'test', 'scripts', 'examples', 'docs', 'web', '.ci'];

describe('documents', () => {
  test('name only files and folders that exist', () => {
    const wrong = documents.flatMap((document) =>
      namedPaths(document.text)
        .filter((named) => !exists(named))
        .map((named) => `${document.path}: ${named}`),
    );
    expect(wrong).toEqual([]);
  });

  test('link only to files that exist', () => {
    const wrong = documents.flatMap((document) =>
      [...document.text.matchAll(/\]\(([^)#]+?)(?:#[^)]*)?\)/g)]
        .map((match) => match[1]!)
        .filter((link) => !/^[a-z]+:/.test(link) && !exists(path.posix.join(path.posix.dirname(document.path), link)))
        .map((link) => `${document.path}: ${link}`),
    );
    expect(wrong).toEqual([]);
  });

  test('name only settings that exist', () => {
    const known = new Set<string>(Object.values(SETTINGS).map((row) => row.variable));
    const wrong = documents.flatMap((document) =>
      (document.text.match(/FEEWARDEN_[A-Z_]+[A-Z]/g) ?? [])
        .filter((name) => !known.has(name))
        .map((name) => `${document.path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('ARCHITECTURE.md names every folder of the program', () => {
    const text = documents.find((document) => document.path === 'ARCHITECTURE.md')!.text;
    const folders = [
      ...new Set(
        filesOf(['src'], ['.ts'])
          .map((file) => file.path.split('/'))
          .filter((parts) => parts.length > 2)
          .map((parts) => `${parts[1]}/`),
      ),
    ];
    expect(folders.filter((folder) => !text.includes(folder))).toEqual([]);
  });

  test('the two READMEs run the same commands', () => {
    const commands = (name: string) =>
      [...documents.find((document) => document.path === name)!.text.matchAll(/```sh[^\n]*\n([\s\S]*?)```/g)].map(
        (match) => match[1]!.replaceAll(/^\s*#.*\n/gm, ''),
      );
    expect(commands('README.zh-CN.md')).toEqual(commands('README.md'));
  });
});

describe('commands', () => {
  test('are each explained', () => {
    const text = documents.find((document) => document.path === 'docs/interfaces.md')!.text;
    const commands = filesOf(['src/cli/commands'], ['.ts']).flatMap((file) =>
      [...file.text.matchAll(/^ {4}\.command\('([a-z]+)'\)/gm)].map((match) => match[1]!),
    );
    expect(commands).toContain('ingest');
    expect(commands.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))).toEqual([]);
  });
});

describe('roles', () => {
  test('are each explained, and no others', () => {
    const text = documents.find((document) => document.path === 'docs/interfaces.md')!.text;
    const table = text.slice(text.indexOf('| role |'), text.indexOf('### Sending events'));
    expect([...table.matchAll(/^\| `([a-z]+)` \|/gm)].map((match) => match[1]!).toSorted()).toEqual(
      [...ROLES].toSorted(),
    );
  });
});

describe('error codes', () => {
  test('that refuse an event are each produced by a test', () => {
    const rejected = Object.entries(ERRORS)
      .filter(([, entry]) => entry.kind === 'rejected')
      .map(([code]) => code);
    const text = tests.map((file) => file.text).join('\n');
    expect(rejected.filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(text))).toEqual([]);
  });

  test('are each used by the program', () => {
    const text = filesOf(['src', 'workers'], ['.ts'])
      .filter((file) => file.path !== 'src/core/errors.ts')
      .map((file) => file.text)
      .join('\n');
    expect(Object.keys(ERRORS).filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(text))).toEqual([]);
  });

  test('are each explained where a sender looks', () => {
    const text = documents
      .filter((document) => ['docs/events.md', 'docs/interfaces.md'].includes(document.path))
      .map((document) => document.text)
      .join('\n');
    expect(Object.keys(ERRORS).filter((code) => !text.includes(`| \`${code}\` |`))).toEqual([]);
  });
});

/** Paths in backquotes and in blocks of code that begin with one of our folders. A pattern (`*`, `<`, `…`) names no one file. */
function namedPaths(text: string): string[] {
  const pattern = new RegExp(
    `(?<![\\w./-])(?:${TOP_FOLDERS.map((folder) => folder.replace('.', '\\.')).join('|')})/[\\w./-]*[*<…{]?`,
    'g',
  );
  return [...new Set(text.match(pattern) ?? [])]
    .filter((named) => !/[*<…{]$/.test(named))
    .map((named) => named.replace(/[./]+$/, ''));
}

function exists(named: string): boolean {
  return existsSync(path.join(packageRoot(), named));
}
