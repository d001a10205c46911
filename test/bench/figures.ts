import type { Percentiles } from './meter.js';

/** One line of the table: what was done so many times in so many seconds. */
export interface Figure {
  readonly name: string;
  /** What is counted: events, institutions, alerts. */
  readonly unit: string;
  readonly count: number;
  readonly seconds: number;
  /** Milliseconds per `of`; null when it is not a matter of single waits. */
  readonly times: (Percentiles & { readonly of: 'batch' | 'request' | 'alert' | 'look' }) | null;
  /** Processor seconds of the program, and of PostgreSQL. Null where they cannot be known. */
  readonly cpu: { readonly node: number | null; readonly postgres: number | null } | null;
  /** Bytes; null when it was not looked at. */
  readonly peakMemory: number | null;
  /** The figure that cannot be passed, measured in the same run. */
  readonly limit: { readonly name: string; readonly perSecond: number } | null;
  /** Anything that a reader must know to understand the line. */
  readonly note: string | null;
}

/** What the issue asks for, and whether this run reached it. */
export interface Aim {
  readonly text: string;
  readonly measured: string;
  readonly reached: boolean;
}

export interface Measured {
  readonly figures: readonly Figure[];
  readonly aims: readonly Aim[];
  /** Measurements that could not be made, each with the reason. */
  readonly skipped: readonly string[];
  /** Measurements that broke, each with the reason. */
  readonly failed: readonly string[];
}

export function perSecond(figure: Pick<Figure, 'count' | 'seconds'>): number {
  return figure.seconds > 0 ? figure.count / figure.seconds : 0;
}

export function figure(given: Pick<Figure, 'name' | 'count' | 'seconds'> & Partial<Figure>): Figure {
  return { unit: 'events', times: null, cpu: null, peakMemory: null, limit: null, note: null, ...given };
}

export function measured(given: Partial<Measured>): Measured {
  return { figures: [], aims: [], skipped: [], failed: [], ...given };
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en');
}
