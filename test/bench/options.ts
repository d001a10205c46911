import { parseArgs } from 'node:util';
import { accountsFor, fullScale, institutionsFor, quickScale, type Scale } from './scale.js';

export interface Options {
  readonly scale: Scale;
  readonly seed: number;
  /** Names of measurements; null is all. */
  readonly only: readonly string[] | null;
  readonly json: boolean;
  /** Folder of the results; null is `bench-results`. */
  readonly out: string | null;
  /** Every measurement in its default size: what the repository shows. */
  readonly isFull: boolean;
}

const SEED_DEFAULT = 20_260_101;

export const HELP = `npm run bench -- [options]

  --only A,B            only these measurements: file, http, kafka, growth, memory, latency, evaluate, reconcile, backtest,
                         camt
  --quick               small sizes, under a minute; the figures mean little
  --events N            events of the file measurement; the others follow
  --institutions N      institutions that share them
  --millions N          growth: measure N millions one by one
  --ingest-mb N         memory: size of the file
  --latency-seconds N   latency: how long
  --accounts N          reconcile: accounts, 42 entries a day each
  --days N              reconcile: days, one after the other
  --seed N              another history
  --out DIR             folder of the results (default bench-results)
  --json                print JSON instead of the table

Progress goes to stderr. docs/bench.md tells what is measured, and how to read it.`;

/** Throws an Error for a person when an option is wrong. */
export function readOptions(args: readonly string[], names: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      quick: { type: 'boolean', default: false },
      events: { type: 'string' },
      institutions: { type: 'string' },
      millions: { type: 'string' },
      'ingest-mb': { type: 'string' },
      'latency-seconds': { type: 'string' },
      accounts: { type: 'string' },
      days: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const only = values.only?.split(',') ?? null;
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new Error(`--only: there is no measurement "${unknown}"; there are ${names.join(', ')}`);
  const base = values.quick ? quickScale() : fullScale();
  const events = integer(values.events, 'events') ?? base.events;
  const institutions = integer(values.institutions, 'institutions') ?? institutionsFor(events);
  const isSized = values.events !== undefined || values.institutions !== undefined;
  const scale: Scale = {
    ...base,
    events,
    institutions,
    city: isSized ? { events, institutions } : base.city,
    millions: integer(values.millions, 'millions') ?? base.millions,
    ingestMebibytes: integer(values['ingest-mb'], 'ingest-mb') ?? base.ingestMebibytes,
    latencySeconds: integer(values['latency-seconds'], 'latency-seconds') ?? base.latencySeconds,
    accounts: integer(values.accounts, 'accounts') ?? accountsFor(events),
    reconcileDays: integer(values.days, 'days') ?? base.reconcileDays,
  };
  const isFull = only === null && !values.quick && JSON.stringify(scale) === JSON.stringify(fullScale());
  return {
    scale,
    seed: integer(values.seed, 'seed') ?? SEED_DEFAULT,
    only,
    json: values.json,
    out: values.out ?? null,
    isFull,
  };
}

function integer(text: string | undefined, name: string): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: give a whole number from 1`);
  return value;
}
