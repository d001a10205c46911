import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { CamtDialect } from './camt-piece.js';
import type { Tape } from './camt-tape.js';
import type { ThreadAnswer } from './camt-thread.js';

/** Somebody else who reads pieces. */
export interface CamtHelper {
  /** Answers come in the order of the questions. Null: it declines this piece. */
  read(piece: Buffer): Promise<Tape | null>;
  close(): Promise<void>;
}

/** Null when there is no help to be had. */
export type StartHelper = (dialect: CamtDialect) => CamtHelper | null;

/** Of the whole process: readings beyond that go on alone, because two threads keep two processors busy. */
const THREADS_MAX = 1;
/** What the thread may hold; it needs a tenth of it, as entries are handed on piece by piece. */
const OLD_GENERATION_MB = 64;
const YOUNG_GENERATION_MB = 8;

let running = 0;

/** A thread of its own, if there is a processor for it. */
export function startThread(dialect: CamtDialect): CamtHelper | null {
  if (running >= THREADS_MAX || availableParallelism() === 1) return null;
  running += 1;
  const worker = new Worker(new URL('./camt-thread.js', import.meta.url), {
    workerData: dialect,
    resourceLimits: { maxOldGenerationSizeMb: OLD_GENERATION_MB, maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const waiting: { resolve(tape: Tape | null): void; reject(error: unknown): void }[] = [];
  let broken: unknown = null;
  const fail = (error: unknown): void => {
    broken ??= error;
    for (const one of waiting.splice(0)) one.reject(error);
  };
  worker.on('message', (tape: ThreadAnswer) => waiting.shift()!.resolve(tape));
  worker.on('error', fail);
  worker.on('exit', (code) => {
    running -= 1;
    fail(new Error(`the thread that reads along ended early (${code})`));
  });
  return {
    read: (piece) =>
      new Promise((resolve, reject) => {
        if (broken !== null) return reject(broken);
        waiting.push({ resolve, reject });
        worker.postMessage(piece);
      }),
    close: async () => void (await worker.terminate()),
  };
}
