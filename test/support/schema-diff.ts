import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import pg from 'pg';

/**
 * What Prisma would still have to do to turn the database into the schema, as SQL statements: empty when they agree. Its schema
 * engine runs as WebAssembly inside this process; the native one would be a download.
 */
export async function diffDatabaseAgainstSchema(url: string, schema: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const files = [{ path: 'schema.prisma', content: schema }];
  try {
    loaded ??= loadEngine();
    const { SchemaEngine, gaveUp } = await loaded;
    const factory = bindMigrationAwareSqlAdapterFactory(catalogueAdapter(pool));
    const engine = await SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, factory);
    const diff = engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: '.' },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables: ['public._prisma_migrations'], externalEnums: [] },
    });
    const { stdout } = await Promise.race([diff, gaveUp]);
    return statementsOf(stdout ?? '');
  } finally {
    await pool.end();
  }
}

/** As much of WebAssembly's interface as is used here; Node's types leave it to the browser's. */
interface WebAssemblyLoader {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, () => void> } }>;
}

interface EngineModule {
  readonly SchemaEngine: typeof SchemaEngine;
  __wbg_set_wasm(exports: Record<string, () => void>): void;
}

interface LoadedEngine {
  readonly SchemaEngine: typeof SchemaEngine;
  readonly gaveUp: Promise<never>;
}

/** The module keeps views of its memory, so it is instantiated once in a process. */
let loaded: Promise<LoadedEngine> | undefined;

async function loadEngine(): Promise<LoadedEngine> {
  const name = '@prisma/schema-engine-wasm/schema_engine_bg';
  const module = (await import(name)) as EngineModule;
  const file = path.join(path.dirname(createRequire(import.meta.url).resolve(name)), 'schema_engine_bg.wasm');
  const host = globalThis as unknown as { WebAssembly: WebAssemblyLoader; PRISMA_WASM_PANIC_REGISTRY: object };
  const gaveUp = new Promise<never>((_, reject) => {
    // The engine reports a panic here, and then never answers.
    const report = (message: string): void => reject(new Error(`the schema engine gave up: ${message}`));
    host.PRISMA_WASM_PANIC_REGISTRY = { set_message: report };
  });
  const { instance } = await host.WebAssembly.instantiate(readFileSync(file), { './schema_engine_bg.js': module });
  module.__wbg_set_wasm(instance.exports);
  instance.exports['__wbindgen_start']!();
  return { SchemaEngine: module.SchemaEngine, gaveUp };
}

/** PostgreSQL's internal one-byte type "char", which the catalogue is full of and Prisma's adapter does not know. */
const CHAR_OID = 18;

function catalogueAdapter(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  // The engine asks one question at a time, so the fields of the last answer are those of the answer in hand.
  let oids: number[] = [];
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryResult>;
  const remember = async (...given: unknown[]): Promise<pg.QueryResult> => {
    const result = await query(...given);
    oids = result.fields.map((field) => field.dataTypeID);
    for (const field of result.fields) if (field.dataTypeID === CHAR_OID) field.dataTypeID = pg.types.builtins.TEXT;
    return result;
  };
  const factory = new PrismaPg(Object.assign(pool, { query: remember }));
  const connect = async () => {
    const adapter = await PrismaPg.prototype.connect.call(factory);
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (given) => {
      const answer = await queryRaw(given);
      const columnTypes = answer.columnTypes.map((type, i) => (oids[i] === CHAR_OID ? ColumnTypeEnum.Character : type));
      return { ...answer, columnTypes };
    };
    return adapter;
  };
  return Object.assign(factory, { connect });
}

function statementsOf(script: string): string[] {
  const withoutComments = script.replaceAll(/^\s*--.*$/gm, '');
  const statements = withoutComments.split(';').map((part) => part.replaceAll(/\s+/g, ' ').trim());
  return statements.filter((statement) => statement !== '');
}
