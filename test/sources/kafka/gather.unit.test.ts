import type { EachBatchPayload } from 'kafkajs';
import { describe, expect, it, vi } from 'vitest';
import { FeewardenError } from '../../../src/core/errors.js';
import { Gather, type GatherOptions } from '../../../src/sources/kafka/gather.js';
import type { HandleRecords } from '../../../src/sources/kafka/types.js';
import { memoryLog } from './harness.js';

function gatherOf(handle: HandleRecords, batchEventsMax = 100, more: Partial<GatherOptions> = {}): Gather {
  return new Gather({
    handle,
    batchEventsMax,
    heartbeatIntervalMs: 1_000,
    retry: { baseMs: 1, maxMs: 1, attemptsMax: 3 },
    log: memoryLog(),
    onFatal: () => undefined,
    onProgress: () => undefined,
    ...more,
  });
}

/** What the client hands over for one partition: offsets `from` to `from + count - 1`. */
function payloadOf(partition: number, from: number, count: number, value: Buffer | null = null) {
  const offsets = Array.from({ length: count }, (_, index) => String(from + index));
  const messages = offsets.map((offset) => ({ offset, key: null, value, timestamp: '0' }));
  const spies = {
    resolveOffset: vi.fn<(offset: string) => void>(),
    commitOffsetsIfNecessary: vi.fn<EachBatchPayload['commitOffsetsIfNecessary']>(async () => undefined),
  };
  const batch = {
    topic: 't',
    partition,
    messages,
    highWatermark: String(from + count),
    lastOffset: () => offsets.at(-1),
  };
  const payload = { batch, ...spies, heartbeat: async () => undefined, isRunning: () => true, isStale: () => false };
  return { payload: payload as unknown as EachBatchPayload, ...spies };
}

describe('Gather', () => {
  it('joins what comes in one turn and commits all partitions at once', async () => {
    const sizes: number[] = [];
    const gather = gatherOf(async (records) => void sizes.push(records.length), 5);
    const [one, two] = [payloadOf(0, 10, 3), payloadOf(1, 20, 4)];
    await Promise.all([gather.onBatch(one.payload), gather.onBatch(two.payload)]);
    expect(sizes).toEqual([5, 2]);
    expect(two.resolveOffset.mock.calls).toEqual([['21'], ['23']]);
    expect(one.commitOffsetsIfNecessary.mock.calls).toEqual([
      [
        {
          topics: [
            {
              topic: 't',
              partitions: [
                { partition: 0, offset: '13' },
                { partition: 1, offset: '22' },
              ],
            },
          ],
        },
      ],
    ]);
  });

  it('ends a batch that is large enough before it has as many records as it may have', async () => {
    const sizes: number[] = [];
    const gather = gatherOf(async (records) => void sizes.push(records.length));
    const [large, small] = [payloadOf(0, 0, 9, Buffer.alloc(5_000_000)), payloadOf(1, 0, 3, Buffer.alloc(10))];
    await Promise.all([gather.onBatch(large.payload), gather.onBatch(small.payload)]);
    // 16 MiB are full with the fourth of them.
    expect(sizes).toEqual([4, 4, 4]);
    expect(large.resolveOffset.mock.calls).toEqual([['3'], ['7'], ['8']]);
    expect(small.resolveOffset.mock.calls).toEqual([['2']]);
  });

  it('keeps an offset whose commit failed as owed, until it is settled', async () => {
    const gather = gatherOf(async () => undefined);
    const { payload, commitOffsetsIfNecessary } = payloadOf(3, 0, 7);
    commitOffsetsIfNecessary.mockRejectedValueOnce(new Error('the connection is gone'));
    await expect(gather.onBatch(payload)).rejects.toThrow('the connection is gone');
    const owed = [{ topic: 't', partition: 3, offset: 7 }];
    expect(gather.owed()).toEqual(owed);
    gather.settled(owed);
    expect(gather.owed()).toEqual([]);
  });

  it('takes an owed offset along with the next commit', async () => {
    const gather = gatherOf(async () => undefined);
    const [one, two] = [payloadOf(0, 0, 2), payloadOf(1, 0, 2)];
    one.commitOffsetsIfNecessary.mockRejectedValueOnce(new Error('the connection is gone'));
    await expect(gather.onBatch(one.payload)).rejects.toThrow();
    await gather.onBatch(two.payload);
    const partitions = [
      { partition: 0, offset: '2' },
      { partition: 1, offset: '2' },
    ];
    expect(two.commitOffsetsIfNecessary).toHaveBeenCalledWith({ topics: [{ topic: 't', partitions }] });
    expect(gather.owed()).toEqual([]);
  });

  it('neither resolves nor commits a batch that was read before the group was joined again', async () => {
    const gather = gatherOf(async () => gather.onGeneration());
    const { payload, resolveOffset, commitOffsetsIfNecessary } = payloadOf(0, 0, 2);
    await gather.onBatch(payload);
    expect(resolveOffset).not.toHaveBeenCalled();
    expect(commitOffsetsIfNecessary).not.toHaveBeenCalled();
  });

  it('handles nothing that is stale, and does not resolve what became stale while it was handled', async () => {
    const handle = vi.fn(async () => undefined);
    const stale = payloadOf(0, 0, 2);
    stale.payload.isStale = () => true;
    await gatherOf(handle).onBatch(stale.payload);
    expect(handle).not.toHaveBeenCalled();
    const late = payloadOf(0, 0, 2);
    const gather = gatherOf(async () => {
      late.payload.isStale = () => true;
    });
    await gather.onBatch(late.payload);
    for (const { resolveOffset, commitOffsetsIfNecessary } of [stale, late]) {
      expect(resolveOffset).not.toHaveBeenCalled();
      expect(commitOffsetsIfNecessary).not.toHaveBeenCalled();
    }
    expect(gather.owed()).toEqual([]);
  });

  it('commits behind the last record of a batch, and behind control records only when all of it was handled', async () => {
    const handled: number[] = [];
    const gather = gatherOf(async (records) => {
      if (records.some(({ offset }) => offset === 12)) throw new Error('the books are gone');
      handled.push(...records.map(({ offset }) => offset));
    }, 2);
    const [whole, half] = [payloadOf(0, 0, 2), payloadOf(1, 10, 3)];
    whole.payload.batch.lastOffset = () => '4';
    half.payload.batch.lastOffset = () => '19';
    await gather.onBatch(whole.payload);
    await gather.onBatch(half.payload);
    expect(handled).toEqual([0, 1, 10, 11]);
    expect([...gather.handled.values()].map(({ nextOffset }) => nextOffset)).toEqual([5, 12]);
    expect(half.commitOffsetsIfNecessary.mock.calls).toEqual([
      [{ topics: [{ topic: 't', partitions: [{ partition: 1, offset: '12' }] }] }],
    ]);
  });

  it('tries a transient failure again as often as it may in a row, then gives up and commits nothing', async () => {
    const failing = async (times: number) => {
      const fatal = vi.fn();
      let calls = 0;
      const gather = gatherOf(
        async () => {
          calls += 1;
          if (calls <= times) throw new FeewardenError('database_busy');
        },
        100,
        { onFatal: fatal },
      );
      const { payload, resolveOffset } = payloadOf(0, 0, 2);
      await gather.onBatch(payload);
      return [calls, fatal.mock.calls.length, resolveOffset.mock.calls.length];
    };
    expect(await failing(3)).toEqual([4, 0, 1]);
    expect(await failing(4)).toEqual([4, 1, 0]);
  });

  it('gives a batch back that waits for its next try when the group is to be joined again', async () => {
    const handle = vi.fn(async () => {
      throw new FeewardenError('database_busy');
    });
    const retry = { baseMs: 60_000, maxMs: 60_000, attemptsMax: 3 };
    const gather = gatherOf(handle, 100, { retry, heartbeatIntervalMs: 1 });
    const { payload, resolveOffset, commitOffsetsIfNecessary } = payloadOf(0, 0, 2);
    payload.heartbeat = async () => {
      throw new Error('the group is rebalancing');
    };
    await expect(gather.onBatch(payload)).rejects.toThrow('the group is rebalancing');
    expect(handle).toHaveBeenCalledTimes(1);
    expect(resolveOffset).not.toHaveBeenCalled();
    expect(commitOffsetsIfNecessary).not.toHaveBeenCalled();
  });

  it('ends between two parts of a poll when the client stops or it is closed', async () => {
    for (const end of ['stops', 'closed']) {
      const { payload, resolveOffset } = payloadOf(0, 0, 3);
      const handle = vi.fn(async () => {
        if (end === 'stops') payload.isRunning = () => false;
        else gather.close();
      });
      const gather = gatherOf(handle, 1);
      await gather.onBatch(payload);
      expect(handle).toHaveBeenCalledTimes(1);
      expect(resolveOffset.mock.calls).toEqual([['0']]);
    }
  });

  it('hands over nothing more after it was closed', async () => {
    const handle = vi.fn(async () => undefined);
    const gather = gatherOf(handle);
    gather.close();
    await gather.onBatch(payloadOf(0, 0, 2).payload);
    expect(handle).not.toHaveBeenCalled();
  });
});
