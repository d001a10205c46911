import { expect, test } from 'vitest';
import { createSlots } from '../../src/api/slots.js';

test('no more run at once than there are places, in order of arrival, and a failure gives its place back', async () => {
  const slots = createSlots(2, 10);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const work = (n: number) => async () => {
    running += 1;
    most = Math.max(most, running);
    order.push(n);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running -= 1;
    if (n === 0) throw new Error('broken');
    return n;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => slots.run(work(n))));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(results.map((result) => result.status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});

test('when too many wait, the next is refused and told to come again', async () => {
  const slots = createSlots(1, 1);
  let release = () => {};
  const first = slots.run(() => new Promise<void>((resolve) => (release = resolve)));
  const second = slots.run(async () => 'second');
  await expect(slots.run(async () => 'third')).rejects.toMatchObject({ code: 'database_busy' });
  release();
  await first;
  await expect(second).resolves.toBe('second');
});
