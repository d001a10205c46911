import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/db/package-root.js';
import { importsOf, programFiles, type SourceFile } from './sources.js';

/** Where a file belongs: the place that decides what it may import. */
function placeOf(file: string): string {
  const [top, second] = file.split('/');
  if (top === 'workers') return 'workers';
  return file.split('/').length === 2 ? file : second!;
}

/**
 * Who may import whom (ARCHITECTURE.md). Types are free to travel: nothing of them runs. `config.ts` is read by the edges; the
 * places inside get the values they need handed in.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  events: ['core'],
  ledger: ['core', 'events', 'model', 'db', 'observe', 'sources'],
  model: ['core', 'events', 'ledger', 'risk'],
  banks: ['core', 'events', 'ledger', 'db', 'observe', 'sources'],
  risk: ['core', 'events', 'ledger', 'model', 'db', 'observe', 'alerts'],
  alerts: ['core', 'db', 'observe'],
  backtest: ['core', 'events', 'ledger', 'model', 'risk', 'alerts', 'sources'],
  simulate: ['core', 'events'],
  calibrate: ['core', 'risk', 'backtest'],
  jobs: ['core', 'events', 'ledger', 'banks', 'risk', 'alerts', 'db', 'observe'],
  sources: ['core'],
  db: ['core', 'generated'],
  observe: [],
  api: ['core', 'events', 'ledger', 'banks', 'risk', 'alerts', 'jobs', 'sources', 'db', 'observe'],
  cli: [
    'core',
    'events',
    'ledger',
    'banks',
    'model',
    'risk',
    'alerts',
    'backtest',
    'simulate',
    'calibrate',
    'jobs',
    'sources',
    'api',
    'db',
    'observe',
    'workers',
    'src/config.ts',
  ],
  workers: ['core', 'events', 'ledger', 'banks', 'risk', 'alerts', 'jobs', 'sources', 'api', 'db', 'observe'],
  'src/config.ts': ['core'],
};

/**
 * Pure by place: no I/O, no clock, no environment. Values come in, values go out. Hashing and looking at bytes are arithmetic, so
 * `node:crypto` and `node:buffer` are no I/O (their random parts are forbidden in `habits.unit.test.ts`).
 */
const PURE = [
  /^src\/core\//,
  /^src\/events\//,
  /^src\/model\//,
  /^src\/risk\/(rules|facts|policy)\//,
  /^src\/ledger\/(plan|book|working-set|registers|refunds|match|quantities|rows|tallies|profile|keys|chain|accounts)\.ts$/,
  /^src\/banks\/(amount|statement|rules|movement|identity|plan|survey|completeness)\.ts$/,
  /^src\/banks\/reconcile\/(balances|close|explanations|facts|interest|kinds|match|reasons|reconcile|rows|sums)\.ts$/,
  /^src\/banks\/feeds\/(delays)\.ts$/,
  /^src\/alerts\/(route|backoff)\.ts$/,
];
const PURE_PACKAGES = new Set(['node:crypto', 'node:buffer', 'zod']);

/** Leaves of one kind do not know each other: what they share stands in a file of its own, not in one of them. */
const LEAVES = [
  /^src\/risk\/rules\/[a-g]\d\d-[^/]+\.ts$/,
  /^src\/alerts\/sinks\/[^/]+\.ts$/,
  /^src\/cli\/commands\/[^/]+\.ts$/,
  /^src\/ledger\/sql\/[^/]+\.ts$/,
  /^src\/api\/routes\/(?!context)[^/]+\.ts$/,
];

const files = programFiles();

/** Imports that leave something to run. */
function runtimeImports(file: SourceFile) {
  return importsOf(file).filter((one) => !one.typeOnly);
}

describe('imports go in one direction', () => {
  test('a place imports only what the architecture lets it', () => {
    const wrong = files.flatMap((file) => {
      const own = placeOf(file.path);
      return runtimeImports(file).flatMap(({ file: target }) => {
        if (target === null) return [];
        const other = placeOf(target);
        return other === own || MAY_IMPORT[own]?.includes(other) ? [] : [`${file.path} imports ${target}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test('every folder of the program has its line in the rules', () => {
    const places = new Set(files.map((file) => placeOf(file.path)).filter((place) => place !== 'generated'));
    expect([...places].filter((place) => MAY_IMPORT[place] === undefined)).toEqual([]);
    expect(Object.keys(MAY_IMPORT).filter((place) => !places.has(place))).toEqual([]);
  });

  test('no group of files imports itself in a circle', () => {
    const edges = new Map(files.map((file) => [file.path, runtimeImports(file).flatMap((one) => one.file ?? [])]));
    expect(firstCircle(edges)).toBeNull();
  });

  test('nobody but the command line imports the workers', () => {
    const wrong = files
      .filter((file) => !file.path.startsWith('src/cli/') && !file.path.startsWith('workers/'))
      .flatMap((file) =>
        importsOf(file)
          .filter((one) => one.file?.startsWith('workers/'))
          .map((one) => `${file.path} imports ${one.file}`),
      );
    expect(wrong).toEqual([]);
  });

  test('leaves of one kind do not import each other', () => {
    const wrong = files.flatMap((file) => {
      const kind = LEAVES.find((pattern) => pattern.test(file.path));
      return kind
        ? runtimeImports(file)
            .filter((one) => one.file !== null && kind.test(one.file))
            .map((one) => `${file.path} imports ${one.file}`)
        : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe('pure places', () => {
  const pure = files.filter((file) => PURE.some((pattern) => pattern.test(file.path)));

  test('every pure place has files', () => {
    expect(PURE.filter((pattern) => !files.some((file) => pattern.test(file.path)))).toEqual([]);
  });

  test('import no package that does input or output', () => {
    const wrong = pure.flatMap((file) =>
      runtimeImports(file)
        .filter((one) => one.file === null && !PURE_PACKAGES.has(one.specifier))
        .map((one) => `${file.path} imports ${one.specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test('import only pure files', () => {
    const pureFiles = new Set(pure.map((file) => file.path));
    const wrong = pure.flatMap((file) =>
      runtimeImports(file)
        .filter((one) => one.file !== null && !pureFiles.has(one.file) && !reachesOnlyPure(one.file))
        .map((one) => `${file.path} imports ${one.file}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  test('every import leads to a file', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter(
          (one) =>
            one.file !== null &&
            !one.file.startsWith('src/generated/') &&
            !existsSync(path.join(packageRoot(), one.file)),
        )
        .map((one) => `${file.path} imports ${one.file}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every file of the program is reached from the command line', () => {
    const edges = new Map(files.map((file) => [file.path, importsOf(file).flatMap((one) => one.file ?? [])]));
    const reached = new Set<string>();
    const queue = ['src/cli/main.ts'];
    while (queue.length > 0) {
      const next = queue.pop()!;
      if (reached.has(next)) continue;
      reached.add(next);
      queue.push(...(edges.get(next) ?? []));
    }
    const unused = files.map((file) => file.path).filter((file) => !reached.has(file) && !UNREACHED.includes(file));
    expect(unused).toEqual([]);
    expect(UNREACHED.filter((file) => reached.has(file) || !edges.has(file))).toEqual([]);
  });
});

/** Files that only tests use. This list may only shrink. */
const UNREACHED: readonly string[] = [];

/** Whether a file outside the pure places imports, all the way down, nothing but itself and packages without input and output. */
function reachesOnlyPure(start: string): boolean {
  const seen = new Set<string>();
  const queue = [start];
  while (queue.length > 0) {
    const next = queue.pop()!;
    if (seen.has(next)) continue;
    seen.add(next);
    const file = files.find((one) => one.path === next);
    if (!file) return false;
    for (const one of runtimeImports(file)) {
      if (one.file !== null) queue.push(one.file);
      else if (!PURE_PACKAGES.has(one.specifier)) return false;
    }
  }
  return true;
}

/** The files of one circle in order, or null. */
function firstCircle(edges: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const walk = (file: string, way: readonly string[]): string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of edges.get(file) ?? []) {
      const circle = walk(next, [...way, file]);
      if (circle) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of edges.keys()) {
    const circle = walk(file, []);
    if (circle) return circle;
  }
  return null;
}
