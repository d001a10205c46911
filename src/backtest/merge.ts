import { type Day, dayOf } from '../core/time.js';
import { type AlertLine, inOrder } from './replay.js';
import type { DayReport } from './shard.js';

/** Brings the alerts of several threads into one order: a day is written when all threads have ended it. */
export class DayMerger {
  private readonly through: Day[];
  private readonly waiting: AlertLine[][];

  constructor(
    threads: number,
    private readonly write: (lines: readonly AlertLine[]) => void,
  ) {
    this.through = new Array<Day>(threads).fill(Number.NEGATIVE_INFINITY);
    this.waiting = Array.from({ length: threads }, () => []);
  }

  take(thread: number, report: DayReport): void {
    this.through[thread] = report.day;
    const waiting = this.waiting[thread]!;
    for (const line of report.lines) waiting.push(line);
    this.flush();
  }

  /** The thread has told everything. */
  end(thread: number): void {
    this.through[thread] = Number.POSITIVE_INFINITY;
    this.flush();
  }

  /** Alerts at the end of a day bear the first moment of the next. */
  private flush(): void {
    const safe = Math.min(...this.through);
    const ready: AlertLine[] = [];
    this.waiting.forEach((lines, thread) => {
      let count = 0;
      while (count < lines.length && dayOfLine(lines[count]!) <= safe) count += 1;
      for (const line of lines.slice(0, count)) ready.push(line);
      this.waiting[thread] = lines.slice(count);
    });
    if (ready.length > 0) this.write(ready.sort(inOrder));
  }
}

/** The day whose end the record belongs to. */
function dayOfLine(line: AlertLine): Day {
  return dayOf(line.at - 1);
}
