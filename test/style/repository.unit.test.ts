import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/db/package-root.js';
import { filesOf, lineAt, type SyntaxNode, treeOf, visit } from './sources.js';

/** What a reader sees; fixtures are data of others, the lock file has its own test. */
const texts = filesOf(['']).filter(
  (file) => !file.path.startsWith('test/fixtures/') && file.path !== 'package-lock.json' && file.path !== 'LICENSE',
);
const tests = filesOf(['test'], ['.test.ts']);

describe('the repository', () => {
  test('names no folder of somebody’s machine', () => {
    // Written in pieces, or this file would find itself.
    const tops = ['home', 'Users', 'root', 'work'].map((name) => `/${name}/`);
    const folders = [...tops, `C:${'\\\\'}Users`, `/tmp/${'bash'}`].map(escaped);
    expect(linesWith(new RegExp(`(?<![\\w.~-])(?:${folders.join('|')})\\w{2}`))).toEqual([]);
  });

  test('names no package registry, so that each place may use its own', () => {
    const hosts = [
      `registry${'.'}npmjs`,
      `registry${'.'}yarnpkg`,
      `npmmirror${'.'}`,
      `repo1?${'.'}maven`,
      `deb${'.'}debian`,
    ];
    expect(linesWith(new RegExp(hosts.join('|').replaceAll('.', '\\.').replaceAll('?\\.', '?.')))).toEqual([]);
  });

  test('has a lock file without addresses', () => {
    const lock = readFileSync(path.join(packageRoot(), 'package-lock.json'), 'utf8');
    const { packages } = JSON.parse(lock) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    const entries = Object.entries(packages).filter(([name]) => name !== '');
    expect(entries.filter(([, entry]) => entry.resolved !== undefined).map(([name]) => name)).toEqual([]);
    const bare = entries.filter(([, entry]) => entry.integrity === undefined).map(([name]) => name);
    expect(bare).toEqual(WITHOUT_INTEGRITY);
  });

  test('pins every direct dependency to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'),
    ) as Record<string, Record<string, string>>;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });
});

describe('tests', () => {
  test('say in their name which level they are', () => {
    const names = tests.map((file) => file.path);
    expect(names.filter((name) => !/\.(unit|int|e2e)\.test\.ts$/.test(name))).toEqual([]);
  });

  test('of one file never share a title', () => {
    const twice = tests.flatMap((file) => {
      const titles = titlesOf(treeOf(file));
      return titles.filter((title, i) => titles.indexOf(title) !== i).map((title) => `${file.path}: ${title}`);
    });
    expect(twice).toEqual([]);
  });

  test('are neither focused nor left for later', () => {
    const marks = tests.flatMap((file) =>
      [...file.text.matchAll(/\b(?:test|it|describe)\.(?:only|todo|skip)\b/g)].map(
        (match) => `${file.path}:${lineAt(file.text, match.index)}`,
      ),
    );
    expect(marks.filter((mark) => !mark.startsWith('test/style/'))).toEqual([]);
  });
});

/** The linter's programs for platforms on which the lock file was never made: optional, and never installed there. May only shrink. */
const WITHOUT_INTEGRITY = [
  'android-arm64',
  'android-x64',
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-musl',
  'linux-x64-musl',
  'win32-arm64',
  'win32-x64',
].map((platform) => `node_modules/@biomejs/cli-${platform}`);

function linesWith(pattern: RegExp): string[] {
  return texts.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file.path}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** "suite > test" for every title that is a plain text; a title made in a loop is made unique by what it holds. */
function titlesOf(tree: SyntaxNode): string[] {
  const titles: string[] = [];
  const walk = (node: SyntaxNode, suite: string): void => {
    visitShallow(node, (call, title, isSuite) => {
      if (!isSuite) titles.push(`${suite}${title}`);
      else walk(call, `${suite}${title} > `);
    });
  };
  walk(tree, '');
  return titles;
}

/** Calls of test, it and describe below a node, without looking inside a describe. */
function visitShallow(root: SyntaxNode, found: (call: SyntaxNode, title: string, isSuite: boolean) => void): void {
  const inner = new Set<SyntaxNode>();
  visit(root, (node) => {
    if (node === root || inner.has(node)) return;
    const call = titled(node);
    if (!call) return;
    if (call.isSuite) visit(node, (below) => void inner.add(below));
    found(node, call.title, call.isSuite);
  });
}

function titled(node: SyntaxNode): { title: string; isSuite: boolean } | null {
  if (node.type !== 'CallExpression') return null;
  const { type, name } = node.callee as { type: string; name?: string };
  const [first] = node.arguments as readonly { type: string; value?: unknown }[];
  if (type !== 'Identifier' || !['test', 'it', 'describe'].includes(name!) || typeof first?.value !== 'string')
    return null;
  return { title: first.value, isSuite: name === 'describe' };
}
