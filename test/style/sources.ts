import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAst } from 'vitest/node';
import { packageRoot } from '../../src/db/package-root.js';

/** A file of the repository: its path from the root, with "/", and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export type SyntaxNode = { readonly type: string; readonly start: number; readonly end: number } & Readonly<
  Record<string, unknown>
>;

/** Not ours to judge: made by tools, or not part of the repository. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'data', '.git', '.cache', 'coverage', 'generated']);

/** Files below the folders ('' is the root itself, with everything) whose name ends with one of `endings`; all when there is none. */
export function filesOf(folders: readonly string[], endings: readonly string[] = ['']): SourceFile[] {
  return folders
    .flatMap((folder) => walk(folder))
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .sort()
    .map((file) => ({ path: file, text: readFileSync(path.join(packageRoot(), file), 'utf8') }));
}

/** The program: what is compiled and shipped. */
export function programFiles(): SourceFile[] {
  return filesOf(['src', 'workers'], ['.ts']);
}

const trees = new Map<string, SyntaxNode>();

/** The syntax tree of a TypeScript or JavaScript file; positions are those of the text. */
export function treeOf(file: SourceFile): SyntaxNode {
  let tree = trees.get(file.path);
  if (!tree) {
    tree = parseAst(file.text, { lang: file.path.endsWith('.ts') ? 'ts' : 'js' }) as unknown as SyntaxNode;
    trees.set(file.path, tree);
  }
  return tree;
}

/** Visits a node and everything below it, from the outside in. */
export function visit(node: SyntaxNode, look: (node: SyntaxNode) => void): void {
  look(node);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) visit(child, look);
    }
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

export interface Import {
  /** As written: './money.js', 'node:fs', 'pg'. */
  readonly specifier: string;
  /** For a file of this repository its path from the root, else null. */
  readonly file: string | null;
  /** Erased by the compiler: nothing of it runs. */
  readonly typeOnly: boolean;
}

/** Static and dynamic imports and re-exports. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  visit(treeOf(file), (node) => {
    if (!IMPORTING.has(node.type)) return;
    const source = node.source as { type: string; value?: unknown } | null;
    if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
    found.push({ specifier: source.value, file: targetOf(file.path, source.value), typeOnly: isTypeOnly(node) });
  });
  return found;
}

const IMPORTING = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression']);

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = node.specifiers as readonly SyntaxNode[] | undefined;
  if (specifiers === undefined || specifiers.length === 0) return false;
  return specifiers.every((one) => one.importKind === 'type' || one.exportKind === 'type');
}

function targetOf(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return path.posix.join(path.posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** 1 for the first line. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** `path:line`, the way editors open it. */
export function placeOf(file: SourceFile, node: SyntaxNode): string {
  return `${file.path}:${lineAt(file.text, node.start)}`;
}

function walk(folder: string): string[] {
  return readdirSync(path.join(packageRoot(), folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (LEFT_OUT.has(entry.name)) return [];
    return entry.isDirectory() ? walk(name) : [name];
  });
}
