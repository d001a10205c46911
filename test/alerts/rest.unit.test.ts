import { describe, expect, it } from 'vitest';
import { afterFailure, KAFKA_REST, RESTED, type Rest, slotsAllowed, WEBHOOK_REST } from '../../src/alerts/rest.js';

function fail(times: number, rest: Rest = RESTED, policy = WEBHOOK_REST, nowMs = 0): Rest {
  let result = rest;
  for (let i = 0; i < times; i += 1) result = afterFailure(result, Math.max(nowMs, result.untilMs), policy);
  return result;
}

describe('the rest of a sink', () => {
  it('begins after five failures in a row', () => {
    expect(slotsAllowed(fail(4), 0, 32)).toBe(32);
    expect(slotsAllowed(fail(5), 0, 32)).toBe(0);
    expect(slotsAllowed(fail(5), 999, 32)).toBe(0);
  });

  it('ends with one message as a question, and doubles with each failure up to a minute', () => {
    const first = fail(5);
    expect(slotsAllowed(first, 1_000, 32)).toBe(1);
    const second = afterFailure(first, 1_000, WEBHOOK_REST);
    expect(second.untilMs).toBe(3_000);
    const later = fail(1_000, second);
    expect(afterFailure(later, later.untilMs, WEBHOOK_REST).untilMs - later.untilMs).toBe(60_000);
  });

  it('is not made longer by what was sent before it began', () => {
    const resting = fail(5);
    expect(afterFailure(resting, 500, WEBHOOK_REST)).toBe(resting);
  });

  it('begins for Kafka at the first failure', () => {
    expect(fail(1, RESTED, KAFKA_REST).untilMs).toBe(250);
  });
});
