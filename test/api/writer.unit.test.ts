import { expect, test } from 'vitest';
import { createWriter, type Writer } from '../../src/api/writer.js';

interface Bench {
  readonly writer: Writer<string, string>;
  /** Inputs of each transaction, in the order of their start. */
  readonly transactions: string[][];
  /** Ends the oldest transaction that runs. */
  end(error?: unknown): Promise<void>;
}

function bench(options: { atOnceMax?: number; inputsMax?: number; waitingMax?: number } = {}): Bench {
  const transactions: string[][] = [];
  const running: ((error?: unknown) => void)[] = [];
  const writer = createWriter<string, string>({
    atOnceMax: 1,
    inputsMax: 4,
    waitingMax: 10,
    ...options,
    apply: (inputs) => {
      transactions.push([...inputs]);
      return new Promise((resolve, reject) => {
        running.push((error) =>
          error === undefined ? resolve(inputs.map((input) => input.toUpperCase())) : reject(error),
        );
      });
    },
  });
  return {
    writer,
    transactions,
    end: async (error) => {
      running.shift()!(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('the first goes at once, what comes meanwhile shares the next, and each gets its own outcomes', async () => {
  const { writer, transactions, end } = bench();
  const results = [['a'], ['b', 'c'], ['d']].map((inputs) => writer.write(inputs));
  expect(transactions).toEqual([['a']]);
  await end();
  expect(transactions).toEqual([['a'], ['b', 'c', 'd']]);
  await end();
  expect(await Promise.all(results)).toEqual([['A'], ['B', 'C'], ['D']]);
});

test('a shared transaction keeps to its bound, in order of arrival, and no request is divided', async () => {
  const { writer, transactions, end } = bench();
  const results = [['first'], ['1', '2', '3'], ['4', '5'], ['6'], ['7', '8', '9', '10', '11'], []].map((inputs) =>
    writer.write(inputs),
  );
  for (let n = 0; n < 5; n += 1) await end().catch(() => {});
  expect(transactions).toEqual([['first'], ['1', '2', '3'], ['4', '5', '6'], ['7', '8', '9', '10', '11'], []]);
  expect((await Promise.all(results)).map((outcomes) => outcomes.length)).toEqual([1, 3, 2, 1, 5, 0]);
});

test('a failure is told to all who shared the transaction, and the next goes on', async () => {
  const { writer, end } = bench();
  const results = [['a'], ['b'], ['c']].map((inputs) => writer.write(inputs));
  const settled = Promise.allSettled(results);
  await end();
  await end(new Error('broken'));
  expect((await settled).map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  const later = writer.write(['d']);
  await end();
  expect(await later).toEqual(['D']);
});

test('no more transactions run at once than allowed', async () => {
  const { writer, transactions, end } = bench({ atOnceMax: 2 });
  const results = [['a'], ['b'], ['c'], ['d']].map((inputs) => writer.write(inputs));
  expect(transactions).toEqual([['a'], ['b']]);
  await end();
  expect(transactions).toEqual([['a'], ['b'], ['c', 'd']]);
  await end();
  await end();
  await Promise.all(results);
});

test('when too many wait, the next is refused and told to come again', async () => {
  const { writer, end } = bench({ waitingMax: 1 });
  const results = [writer.write(['a']), writer.write(['b'])];
  await expect(writer.write(['c'])).rejects.toMatchObject({ code: 'database_busy' });
  await end();
  await end();
  await Promise.all(results);
});
