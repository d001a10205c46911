import cliProgress from 'cli-progress';
import { advanceProgress, type Progress, startProgress } from '../sources/files/progress.js';

/** Progress of long work on a terminal; silent when stderr is piped. */
export interface ProgressBar {
  /** `done` and the total are in the unit given at the start. */
  update(done: number, note: string): void;
  stop(): void;
}

const REFRESH_MS = 200;

/** `unit` "bytes" shows megabytes, else plain counts. `total` null: nobody knows how much there is. */
export function startBar(total: number | null, unit: 'bytes' | string): ProgressBar {
  if (!process.stderr.isTTY) return { update: () => {}, stop: () => {} };
  let progress: Progress = startProgress(total, performance.now());
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
    format:
      total === null
        ? ' {done} {unit}, {rate}/s  {note}'
        : ' {bar} {percentage}%  {done} of {all} {unit}, {rate}/s, {left} left  {note}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  const shown = (count: number): string =>
    unit === 'bytes' ? (count / 1_000_000).toFixed(1) : Math.round(count).toLocaleString('en');
  const values = (note: string) => ({
    done: shown(progress.doneBytes),
    all: shown(total ?? 0),
    unit: unit === 'bytes' ? 'MB' : unit,
    rate: shown(progress.bytesPerSecond),
    left: progress.secondsLeft === null ? '?' : `${Math.ceil(progress.secondsLeft)} s`,
    note,
  });
  bar.start(total ?? 1, 0, values(''));
  let refreshedAt = 0;
  return {
    update: (done, note) => {
      const now = performance.now();
      if (now - refreshedAt < REFRESH_MS) return;
      refreshedAt = now;
      progress = advanceProgress(progress, done, now);
      bar.update(total === null ? 1 : Math.min(done, total), values(note));
    },
    stop: () => bar.stop(),
  };
}
