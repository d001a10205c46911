import { expect, it } from 'vitest';
import type { Input } from '../../src/ledger/apply.js';
import { ALL_LANES, allOrFirstError, LANES, laneOf, SPLIT_INPUTS_MIN, splitIntoLanes } from '../../src/ledger/lanes.js';
import { historyLines, inputOf } from '../support/history.js';

const inputs = historyLines()
  .slice(0, SPLIT_INPUTS_MIN)
  .map((line, at) => inputOf(line, at + 1));
const ofLane = (lane: number): Input => inputs.find((input) => input.decoded.ok && laneOf(input) === lane)!;

it('keeps a small batch whole', () => {
  const small = inputs.slice(0, SPLIT_INPUTS_MIN - 1);
  expect(splitIntoLanes(small).parts).toEqual([{ inputs: small, places: small.map((_, at) => at), lanes: ALL_LANES }]);
  expect(splitIntoLanes([]).parts).toEqual([{ inputs: [], places: [], lanes: ALL_LANES }]);
});

it('splits a large one by institution, each input once and in its order', () => {
  const { parts } = splitIntoLanes(inputs);
  expect(parts.map((part) => part.lanes)).toEqual(ALL_LANES.map((lane) => [lane]));
  expect(parts.flatMap((part) => part.places).sort((a, b) => a - b)).toEqual(inputs.map((_, at) => at));
  for (const { places, inputs: own, lanes } of parts) {
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(own).toEqual(places.map((place) => inputs[place]));
    expect(new Set(own.map(laneOf))).toEqual(new Set(lanes));
  }
});

it('puts what is no event into the first lane', () => {
  expect(laneOf(inputOf('no JSON', 1))).toBe(0);
});

it('keeps a batch whole that has nothing for one of the lanes', () => {
  const one = Array.from({ length: SPLIT_INPUTS_MIN }, () => ofLane(1));
  expect(splitIntoLanes(one).parts).toHaveLength(1);
});

it('keeps a batch whole in which institutions of two lanes share an identity', () => {
  expect(splitIntoLanes([...inputs, told(ofLane(0), {}), told(ofLane(1), {})]).parts).toHaveLength(1);
});

it('keeps a batch whole in which one institution reverses an event of another lane', () => {
  const reversal = {
    type: 'prepaid.event.reversed.v1',
    data: { reverses: { source: '/platform/1', id: 'same' }, reason: 'a test' },
  };
  const target = told(ofLane(0), {});
  expect(splitIntoLanes([...inputs, target, told(ofLane(0), { ...reversal, id: 'other' })]).parts).toHaveLength(LANES);
  expect(splitIntoLanes([...inputs, target, told(ofLane(1), { ...reversal, id: 'other' })]).parts).toHaveLength(1);
});

it('keeps a batch whole that shares an identity across lanes with the batch before', () => {
  const reversal = (input: Input) =>
    told(input, {
      type: 'prepaid.event.reversed.v1',
      id: 'other',
      data: { reverses: { source: '/platform/1', id: 'same' }, reason: 'a test' },
    });
  for (const [earlier, later] of [
    [told, told],
    [told, reversal],
    [reversal, told],
  ] as const) {
    const { uses } = splitIntoLanes([...inputs, earlier(ofLane(0), {})]);
    const next = (lane: number) => [...inputs.map(renamed), later(ofLane(lane), {})];
    expect(splitIntoLanes(next(0), uses).parts).toHaveLength(LANES);
    expect(splitIntoLanes(next(1), uses).parts).toHaveLength(1);
    expect(splitIntoLanes(next(1)).parts).toHaveLength(LANES);
  }
});

it('leaves nothing to look at after a batch that all lanes wait for', () => {
  expect(splitIntoLanes(inputs.slice(0, 10)).uses.size).toBe(0);
  expect(splitIntoLanes([...inputs, told(ofLane(0), {}), told(ofLane(1), {})]).uses.size).toBe(0);
});

it('waits for all before it throws the first error', async () => {
  let ended = false;
  const slow = new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => {
    ended = true;
  });
  await expect(allOrFirstError([Promise.reject(new Error('first')), slow])).rejects.toThrow('first');
  expect(ended).toBe(true);
  expect(await allOrFirstError([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});

/** The same event under an identity that no batch before has. */
function renamed(input: Input, at: number): Input {
  if (!input.decoded.ok) return input;
  return inputOf(JSON.stringify({ ...JSON.parse(input.bytes.toString()), id: `renamed-${at}` }), at + 1);
}

/** An event of the input's institution under an identity of the test's. */
function told(input: Input, change: object): Input {
  const event = JSON.parse(input.bytes.toString());
  const input2 = inputOf(JSON.stringify({ ...event, source: '/platform/1', id: 'same', ...change }), 1);
  expect(input2.decoded.ok).toBe(true);
  return input2;
}
