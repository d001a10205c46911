import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineScanner } from '../../src/backtest/scan.js';
import { FLAG, SHARD_MASK, type Survey, Surveyor } from '../../src/backtest/survey.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import type { AnyEvent } from '../../src/events/event.js';
import { Model } from '../../src/model/model.js';
import { plain } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';
import { lineOf, us } from './support.js';

const SCHOOLS = ['X-370702-1', 'X-370702-2', 'X-370702-3', 'X-370702-4'];

function surveyOf(lines: readonly string[], shards = 1): Survey {
  const surveyor = new Surveyor();
  const scanner = new LineScanner();
  for (const line of lines) surveyor.add(scanner.scan(Buffer.from(line)));
  return surveyor.finish(shards);
}

/** Outcomes in order, and the books at the end. `flags`: what is known of the rest of the history. */
function booked(events: readonly AnyEvent[], flags: Uint8Array | null): object {
  const model = new Model(CHINA_CALENDAR);
  const outcomes = events.map((event, at) => {
    const flag = flags?.[at];
    const foresight =
      flag === undefined
        ? undefined
        : { isNamed: (flag & FLAG.named) !== 0, isToldAgain: (flag & FLAG.toldAgain) !== 0 };
    const outcome = model.book(event, foresight);
    return outcome.kind === 'rejected' ? outcome.code : outcome.kind;
  });
  const quantities = SCHOOLS.map((school) => plain(model.quantities(school, us('2026-05-01T00:00:00+08:00'))));
  return { outcomes, quantities };
}

describe('with foresight the model keeps less and answers the same', () => {
  it.each([false, true])('for random histories (contradictions: %s)', (contradictions) => {
    let unnamed = 0;
    fc.assert(
      fc.property(historySteps({ contradictions, maxLength: 60 }), arrivals(), (steps, arrival) => {
        const events = arrange(buildHistory(steps, { institutions: SCHOOLS, salt: 'f' }), arrival);
        const { flags } = surveyOf(events.map(({ body }) => body));
        unnamed += flags.filter((flag) => flag === 0).length;
        expect(booked(events, flags)).toEqual(booked(events, null));
      }),
      { numRuns: 300 },
    );
    expect(unnamed).toBeGreaterThan(500);
  });
});

describe('the survey', () => {
  const payment = (id: string, subject: string, paymentId: string, source = '/platform/370700'): string =>
    lineOf({
      id,
      source,
      subject,
      type: 'payment.succeeded',
      time: '2026-01-05T10:00:00+08:00',
      data: { paymentId, amountFen: 5, channel: 'card' },
    });

  it('flags identities and facts that come twice, wherever the other one stands', () => {
    const { flags } = surveyOf([
      payment('a', SCHOOLS[0]!, 'P-1'),
      payment('b', SCHOOLS[0]!, 'P-2'),
      payment('a', SCHOOLS[0]!, 'P-3'),
      payment('c', SCHOOLS[0]!, 'P-2'),
      payment('d', SCHOOLS[1]!, 'P-2'),
    ]);
    expect([...flags]).toEqual([FLAG.named, FLAG.toldAgain, FLAG.named, FLAG.toldAgain, 0]);
  });

  it.each(['before', 'after'])('flags what a reversal names when it comes %s it', (order) => {
    const reversal = lineOf({
      id: 'r',
      type: 'event.reversed',
      time: '2026-01-06T10:00:00+08:00',
      data: { reverses: { source: '/platform/370700', id: 'a' }, reason: 'wrong' },
    });
    const lines = [payment('a', SCHOOLS[0]!, 'P-1'), payment('b', SCHOOLS[0]!, 'P-2')];
    const { flags } = surveyOf(order === 'before' ? [reversal, ...lines] : [...lines, reversal]);
    const target = order === 'before' ? 1 : 0;
    expect(flags[target]).toBe(FLAG.named);
    expect([...flags].filter((flag) => flag !== 0)).toHaveLength(1);
  });

  it('keeps institutions that share an identity on one shard, and spreads the others', () => {
    const lines = SCHOOLS.flatMap((school, at) => [
      payment(`own-${at}`, school, 'P-1'),
      payment(`more-${at}`, school, 'P-2'),
    ]);
    const apart = surveyOf(lines, 4);
    expect(new Set([...apart.flags].map((flag) => flag & SHARD_MASK)).size).toBe(4);
    const linked = surveyOf([...lines, payment('own-0', SCHOOLS[3]!, 'P-9')], 4);
    expect(linked.groups[0]).toBe(linked.groups[6]);
    expect(linked.flags[0]! & SHARD_MASK).toBe(linked.flags[6]! & SHARD_MASK);
    expect(linked.groups[2]).not.toBe(linked.groups[0]);
  });

  it('knows before which moment nothing more will come', () => {
    const at = (hour: number): string =>
      lineOf({
        id: `e${hour}`,
        type: 'lesson.cancelled',
        time: `2026-01-05T${String(hour).padStart(2, '0')}:00:00+08:00`,
        data: { lessonId: 'L' },
      });
    const lines = [
      ...Array.from({ length: 1_024 }, () => at(10)),
      at(7),
      ...Array.from({ length: 1_023 }, () => at(12)),
      at(9),
    ];
    const survey = surveyOf(lines);
    expect([...survey.safeUpTo]).toEqual([
      us('2026-01-05T07:00:00+08:00'),
      us('2026-01-05T09:00:00+08:00'),
      Number.POSITIVE_INFINITY,
    ]);
  });
});
