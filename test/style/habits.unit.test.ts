import { describe, expect, test } from 'vitest';
import { filesOf, placeOf, programFiles, type SourceFile, type SyntaxNode, treeOf, visit } from './sources.js';

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 400;

/** Longer than allowed. These lists may only shrink: the last test of each group fails for an entry that is no longer needed. */
const LONG_FUNCTIONS: readonly string[] = [];
const LONG_FILES: readonly string[] = [];

/**
 * Where a value of the outside world may be asked for, as `object.name`. Everywhere else it comes in as a parameter, so that a test
 * or a back-test can say what time it is and which random number comes next.
 */
const HOMES: Readonly<Record<string, readonly RegExp[]>> = {
  'process.env': [/^src\/config\.ts$/],
  'Date.now': [/^workers\//, /^src\/cli\//, /^src\/api\//, /^src\/db\//, /^src\/sources\/kafka\//],
  'new Date': [/^src\/cli\//, /^src\/api\//, /^src\/db\//],
  'performance.now': [/^workers\//, /^src\/cli\//],
  'Math.random': [/^workers\//, /^src\/cli\//, /^src\/db\//, /^src\/sources\/kafka\//],
  'console.*': [/^src\/cli\//],
  'process.stdout': [/^src\/cli\//],
  'process.stderr': [/^src\/cli\//],
  'process.exit': [/^src\/cli\//],
};

/** Random ids and secrets are made at the edges too. */
const RANDOM_NAMES = new Set(['randomUUID', 'randomBytes', 'randomInt', 'getRandomValues']);
const RANDOM_HOMES = [/^workers\//, /^src\/cli\//, /^src\/api\//, /^src\/db\//, /^src\/alerts\/subscriptions\.ts$/];

const program = programFiles();
const all = [...program, ...filesOf(['test'], ['.ts']), ...filesOf(['scripts', 'examples'], ['.mjs'])];

describe('the outside world', () => {
  for (const [name, homes] of Object.entries(HOMES)) {
    test(`${name} is used only where it belongs`, () => {
      expect(outside(homes, (node) => usedName(node).includes(name))).toEqual([]);
    });
  }

  test('random ids and secrets are made only at the edges', () => {
    const isRandom = (node: SyntaxNode) => node.type === 'CallExpression' && RANDOM_NAMES.has(calleeName(node));
    expect(outside(RANDOM_HOMES, isRandom)).toEqual([]);
  });
});

describe('shape of the code', () => {
  test(`a function has at most ${FUNCTION_LINES_MAX} lines`, () => {
    expect(longFunctions().filter((name) => !LONG_FUNCTIONS.includes(name))).toEqual([]);
  });

  test(`a file has at most ${FILE_LINES_MAX} lines`, () => {
    expect(longFiles().filter((name) => !LONG_FILES.includes(name))).toEqual([]);
  });

  test('nothing stands on a list of exceptions that does not need it', () => {
    expect(LONG_FUNCTIONS.filter((name) => !longFunctions().includes(name))).toEqual([]);
    expect(LONG_FILES.filter((name) => !longFiles().includes(name))).toEqual([]);
  });

  test('nothing is exported by default', () => {
    expect(find(program, (node) => node.type === 'ExportDefaultDeclaration')).toEqual([]);
  });

  test('nothing is re-exported wholesale', () => {
    expect(find(program, (node) => node.type === 'ExportAllDeclaration')).toEqual([]);
  });

  test('no comment promises work instead of doing it', () => {
    const promise = /\b(TODO|FIXME|XXX|HACK)\b|\b(for now|not implemented|placeholder)\b/i;
    const commentLines = program.flatMap((file) =>
      file.text.split('\n').flatMap((line, i) => {
        const comment = /(?:^|\s)(?:\/\/|\/?\*)(.*)$/.exec(line)?.[1] ?? '';
        return promise.test(comment) ? [`${file.path}:${i + 1}`] : [];
      }),
    );
    expect(commentLines).toEqual([]);
  });
});

function outside(homes: readonly RegExp[], matches: (node: SyntaxNode) => boolean): string[] {
  return find(
    program.filter((file) => !homes.some((home) => home.test(file.path))),
    matches,
  );
}

function find(files: readonly SourceFile[], matches: (node: SyntaxNode) => boolean): string[] {
  return files.flatMap((file) => {
    const places: string[] = [];
    visit(treeOf(file), (node) => {
      if (matches(node)) places.push(placeOf(file, node));
    });
    return places;
  });
}

/** `object.name` and `object.*` of a member access; `new Date` only without arguments, which asks the clock. */
function usedName(node: SyntaxNode): string[] {
  if (node.type === 'NewExpression') {
    const asksClock = nameOf(node.callee) === 'Date' && (node.arguments as readonly unknown[]).length === 0;
    return asksClock ? ['new Date'] : [];
  }
  if (node.type !== 'MemberExpression') return [];
  const object = nameOf(node.object);
  return object === '' ? [] : [`${object}.${nameOf(node.property)}`, `${object}.*`];
}

function calleeName(node: SyntaxNode): string {
  const callee = node.callee as SyntaxNode;
  return callee.type === 'MemberExpression' ? nameOf(callee.property) : nameOf(callee);
}

function nameOf(node: unknown): string {
  const { type, name } = node as { type: string; name?: string };
  return type === 'Identifier' ? name! : '';
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function longFunctions(): string[] {
  const files = [...program, ...filesOf(['scripts'], ['.mjs'])];
  return files.flatMap((file) => {
    const long: string[] = [];
    visit(treeOf(file), (node) => {
      if (!FUNCTIONS.has(node.type)) return;
      const lines = file.text.slice(node.start, node.end).split('\n').length;
      if (lines > FUNCTION_LINES_MAX) long.push(`${placeOf(file, node)} has ${lines} lines`);
    });
    return long;
  });
}

function longFiles(): string[] {
  return all.flatMap((file) => {
    const lines = file.text.trimEnd().split('\n').length;
    return lines > FILE_LINES_MAX ? [`${file.path} has ${lines} lines`] : [];
  });
}
