import { closeSync, openSync, writeSync } from 'node:fs';
import { type Day, formatDay, formatTime, startOfDay, US_PER_SECOND } from '../../src/core/time.js';
import { type Branch, type Emit, makeBranch } from './branch.js';
import { createRandom, type Random } from './random.js';

export interface HistoryOptions {
  readonly seed: number;
  readonly institutions: number;
  /** Distinct events over all days. When more are asked for, the days go on with as many events each. */
  readonly events: number;
  /** The day after the last. */
  readonly endDay: Day;
  /** Put before every id, so that two histories in one database share nothing. */
  readonly prefix?: string;
}

/** What was written; `lines` holds duplicates, `events` does not. */
export interface Written {
  lines: number;
  events: number;
  late: number;
  bytes: number;
}

export const HISTORY_DAYS = 180;
const LATE_SHARE = 0.03;
const LATE_DAYS_MAX = 3;
const DUPLICATE_SHARE = 0.02;
const SECONDS_PER_DAY = 86_400;
const WRITE_BYTES = 1024 * 1024;

/**
 * An endless city: the mix of events of a real one, consistent ids, some told twice, some late, in order of arrival. The same
 * options give the same lines. Memory holds the open contracts and the lines of the next days, never the past.
 */
export class History {
  readonly written: Written = { lines: 0, events: 0, late: 0, bytes: 0 };
  private readonly random: Random;
  private readonly branches: Branch[];
  private readonly arrivals = new Map<Day, { readonly second: number; readonly line: string }[]>();
  private readonly lines: Iterator<string>;
  private readonly perDay: number;

  constructor(private readonly options: HistoryOptions) {
    this.random = createRandom(options.seed);
    this.perDay = options.events / options.institutions / HISTORY_DAYS;
    this.branches = Array.from({ length: options.institutions }, (_, at) => makeBranch(at, options.prefix ?? ''));
    this.lines = this.generate();
  }

  /** The next `count` lines, each without its line end. */
  take(count: number): string[] {
    return Array.from({ length: count }, () => this.next());
  }

  next(): string {
    const line = this.lines.next().value as string;
    this.written.lines += 1;
    this.written.bytes += line.length + 1;
    return line;
  }

  /** Writes lines to a new file until `enough` says so; answers what this call wrote. */
  writeFile(path: string, enough: (written: Written) => boolean): Written {
    const before = { ...this.written };
    const since = (): Written => ({
      lines: this.written.lines - before.lines,
      events: this.written.events - before.events,
      late: this.written.late - before.late,
      bytes: this.written.bytes - before.bytes,
    });
    const file = openSync(path, 'w');
    try {
      for (let part = ''; ; part = '') {
        while (part.length < WRITE_BYTES && !enough(since())) part += `${this.next()}\n`;
        if (part === '') return since();
        writeSync(file, part);
      }
    } finally {
      closeSync(file);
    }
  }

  private *generate(): Generator<string, never> {
    for (let day = this.options.endDay - HISTORY_DAYS; ; day += 1) {
      for (const branch of this.branches) branch.live(day, this.perDay, this.random, this.emit);
      const today = this.arrivals.get(day) ?? [];
      this.arrivals.delete(day);
      for (const { line } of today.sort((a, b) => a.second - b.second)) yield* this.told(line, day);
    }
  }

  private *told(line: string, day: Day): Generator<string, void> {
    if (this.random() < DUPLICATE_SHARE) this.arrive(day + 1, Math.floor(this.random() * SECONDS_PER_DAY), line);
    yield line;
  }

  private readonly emit: Emit = (branch, source, type, day, second, data) => {
    const at = startOfDay(day) + second * US_PER_SECOND;
    const late = this.random() < LATE_SHARE ? 1 + Math.floor(this.random() * LATE_DAYS_MAX) : 0;
    const recorded = late > 0 ? `,"recordedtime":"${formatTime(at + late * SECONDS_PER_DAY * US_PER_SECOND)}"` : '';
    const id = `${branch.code}-${String(branch.events).padStart(6, '0')}`;
    branch.events += 1;
    const time = `${formatDay(day)}T${clockText(second)}+08:00`;
    const line = `{"specversion":"1.0","id":"${id}","source":"${source}","type":"prepaid.${type}.v1","subject":"${branch.id}","time":"${time}"${recorded},"data":{${data}}}`;
    this.written.events += 1;
    if (late > 0) this.written.late += 1;
    this.arrive(day + late, second, line);
  };

  private arrive(day: Day, second: number, line: string): void {
    const arriving = this.arrivals.get(day);
    if (arriving) arriving.push({ second, line });
    else this.arrivals.set(day, [{ second, line }]);
  }
}

function clockText(second: number): string {
  return `${two(Math.floor(second / 3_600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
