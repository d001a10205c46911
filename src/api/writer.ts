import { FeewardenError } from '../core/errors.js';

/** Books what requests hand in, several requests in one transaction when they come faster than transactions end. */
export interface Writer<I, O> {
  /** One outcome per input, in order, after the commit. Throws what the transaction threw, or `database_busy` when too much waits. */
  write(inputs: readonly I[]): Promise<readonly O[]>;
}

export interface WriterOptions<I, O> {
  /** Transactions at once. */
  readonly atOnceMax: number;
  /** Inputs of a joined transaction; one request's own batch is never divided. */
  readonly inputsMax: number;
  /** Requests that wait for their transaction. */
  readonly waitingMax: number;
  /** Makes all inputs durable, or none. */
  readonly apply: (inputs: readonly I[]) => Promise<readonly O[]>;
}

interface Waiting<I, O> {
  readonly inputs: readonly I[];
  readonly resolve: (outcomes: readonly O[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A transaction costs about the same for one event as for fifty, so small requests share one. Nobody is made to wait for company: a
 * request goes at once when a place is free, and only what arrives meanwhile is joined. Joining is safe because bad input is
 * an outcome, never an error: what can fail is the transaction as a whole, and it would fail for each of them alone as well.
 */
export function createWriter<I, O>(options: WriterOptions<I, O>): Writer<I, O> {
  const waiting: Waiting<I, O>[] = [];
  let busy = 0;

  async function drain(): Promise<void> {
    busy += 1;
    while (waiting.length > 0) {
      const joined = takeJoined(waiting, options.inputsMax);
      try {
        const outcomes = await options.apply(joined.flatMap((one) => one.inputs));
        let from = 0;
        for (const { inputs, resolve } of joined) {
          resolve(outcomes.slice(from, from + inputs.length));
          from += inputs.length;
        }
      } catch (error) {
        for (const { reject } of joined) reject(error);
      }
    }
    busy -= 1;
  }

  return {
    write: (inputs) => {
      if (waiting.length >= options.waitingMax) {
        return Promise.reject(new FeewardenError('database_busy', 'Too many requests are being worked on.'));
      }
      const result = new Promise<readonly O[]>((resolve, reject) => waiting.push({ inputs, resolve, reject }));
      if (busy < options.atOnceMax) void drain();
      return result;
    },
  };
}

/** From the front of the queue as much as fits, at least one. */
function takeJoined<I, O>(waiting: Waiting<I, O>[], inputsMax: number): Waiting<I, O>[] {
  const joined = [waiting.shift()!];
  let count = joined[0]!.inputs.length;
  while (waiting.length > 0 && count + waiting[0]!.inputs.length <= inputsMax) {
    count += waiting[0]!.inputs.length;
    joined.push(waiting.shift()!);
  }
  return joined;
}
