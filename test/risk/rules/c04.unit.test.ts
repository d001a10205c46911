import { describe, expect, it } from 'vitest';
import { formatDay } from '../../../src/core/time.js';
import { rule } from '../../../src/risk/rules/c04-refund-run.js';
import { ask, contractData, school, steps, TODAY } from '../builders.js';
import { timetabled } from '../timetable.js';

/** `recent` requests in seven days and `before` in the 56 days before. */
const run = (recent: number, before = 0, learners = 50) =>
  school()
    .learners(learners)
    .tally('refunds_requested', TODAY - 3, recent)
    .tally('refunds_requested', TODAY - 30, before);

describe('C04 refund run', () => {
  steps(rule, 'of 50 learners, requests in seven days:', (recent: number) => run(recent), [
    [4, 'none'],
    [5, 'red'],
  ]);
  steps(rule, 'five requests among learners:', (learners: number) => run(5, 0, learners), [
    [251, 'none'],
    [250, 'yellow'],
    [101, 'yellow'],
    [100, 'orange'],
    [51, 'orange'],
    [50, 'red'],
  ]);
  steps(rule, 'six requests, in the eight weeks before:', (before: number) => run(6, before), [
    [16, 'red'],
    [17, 'none'],
  ]);

  it('counts seven days, today included', () => {
    expect(ask(rule, school().tally('refunds_requested', TODAY - 6, 5)).level).toBe('red');
    expect(ask(rule, school().tally('refunds_requested', TODAY - 7, 5)).level).toBe('none');
  });

  const calledOff = (ago: number, cancelled = true) => timetabled(TODAY - ago, `l${ago}`, { cancelled });
  const camp = (lessons: ReturnType<typeof calledOff>[], lessonsGiven = 1) =>
    run(10)
      .tally('lessons_delivered', TODAY - 2, lessonsGiven)
      .with({ lessons });

  it('is blue at most after a camp that was called off, while others are taught and nobody waits too long', () => {
    expect(ask(rule, camp([calledOff(20), calledOff(-3)])).level).toBe('blue');
    expect(ask(rule, camp([calledOff(21), calledOff(-3)])).level).toBe('red');
    expect(ask(rule, camp([calledOff(20), calledOff(5, false)])).level).toBe('red');
    expect(ask(rule, camp([calledOff(20), calledOff(5)], 0)).level).toBe('red');
    expect(ask(rule, camp([calledOff(20), calledOff(5)]).refund({ requestedOn: TODAY - 40 })).level).toBe('red');
  });

  it('looks for lessons before a declared break when the last days lie in one', () => {
    const off = [calledOff(20), calledOff(15)];
    const onBreak = (from: number) =>
      run(10)
        .tally('lessons_delivered', TODAY - 12)
        .with({ lessons: off })
        .register('break.declared', { from: formatDay(TODAY - from), to: formatDay(TODAY) });
    expect(ask(rule, onBreak(5)).level).toBe('blue');
    expect(ask(rule, onBreak(4)).level).toBe('red');
  });

  it('is blue at most as well when the requests concern one of several courses', () => {
    const wave = (ofCourse: number, others: number, courses = ['k1', 'k2']) => {
      const one = run(ofCourse + others).tally('lessons_delivered', TODAY - 2);
      for (const courseId of courses) one.contract({ courseId });
      for (let at = 0; at < ofCourse + others; at += 1)
        one.refund({ requestedOn: TODAY - 3, contract: contractData({ courseId: at < ofCourse ? 'k1' : `o${at}` }) });
      return ask(rule, one).level;
    };
    expect([wave(8, 2), wave(7, 2)]).toEqual(['blue', 'red']);
    expect(wave(10, 0, ['k1'])).toBe('red');
  });

  it('takes the mean over the history there is, and needs the minimum sample', () => {
    // 28 days of history: 22 days before the last seven; 3 × 7 × 5 / 22 is just below 5, 3 × 7 × 6 / 22 above it.
    const young = (before: number) =>
      school()
        .history(28)
        .tally('refunds_requested', TODAY, 5)
        .tally('refunds_requested', TODAY - 20, before);
    expect(ask(rule, young(5)).level).toBe('red');
    expect(ask(rule, young(6)).level).toBe('none');
    expect(ask(rule, run(5).history(27)).state).toBe('not_applicable');
    expect(ask(rule, run(5, 0, 19)).state).toBe('not_applicable');
  });

  steps(rule, 'three hundred requests, in the eight weeks before:', (before: number) => run(300, before), [
    [800, 'red'],
    [801, 'none'],
  ]);
  steps(rule, 'five hundred requests among learners:', (learners: number) => run(500, 0, learners), [
    [10_001, 'yellow'],
    [10_000, 'orange'],
    [5_001, 'orange'],
    [5_000, 'red'],
  ]);

  it('tells how many requests the step takes, and what share of the learners asked', () => {
    expect(ask(rule, run(5, 0, 81))).toMatchObject({ level: 'orange', value: 5, threshold: 5 });
    expect(ask(rule, run(6, 0, 101))).toMatchObject({ level: 'orange', threshold: 6 });
    expect(ask(rule, run(11, 0, 101))).toMatchObject({ level: 'red', threshold: 11 });
    // Of small schools never fewer than five, of large ones 2% for yellow, and always three times the mean week.
    expect(ask(rule, run(5, 0, 40))).toMatchObject({ level: 'red', threshold: 5 });
    expect(ask(rule, run(9, 0, 450))).toMatchObject({ level: 'yellow', threshold: 9 });
    expect(ask(rule, run(9, 20, 101))).toMatchObject({ level: 'orange', threshold: 8 });
    expect(ask(rule, run(6, 0, 101)).reason().en).toContain('5.94% of the active learners');
    const red = ask(rule, camp([calledOff(21), calledOff(-3)]).learners(100));
    const blue = ask(rule, camp([calledOff(20), calledOff(-3)]).learners(100));
    expect(blue).toMatchObject({ level: 'blue', holdLevel: 'blue', value: red.value });
    // The limit from which it is blue, not that of the level it is kept from.
    expect([blue.threshold, red.threshold]).toEqual([5, 10]);
  });

  it('looks at the course of the requests of these seven days, where it is known', () => {
    const wave = (...asked: (readonly [ago: number, courseId: string | null, count: number])[]) => {
      const one = run(10).tally('lessons_delivered', TODAY - 2);
      for (const courseId of ['k1', 'k2']) one.contract({ courseId });
      for (const [ago, courseId, count] of asked)
        for (let at = 0; at < count; at += 1)
          one.refund({
            requestedOn: TODAY - ago,
            ...(courseId === null ? {} : { contract: contractData({ courseId }) }),
          });
      return ask(rule, one).level;
    };
    expect(wave([0, 'k1', 5], [6, 'k1', 5])).toBe('blue');
    expect(wave([0, 'k1', 8], [7, 'k2', 9])).toBe('blue');
    expect(wave([0, 'k1', 8], [6, 'k2', 9])).toBe('red');
    expect(wave([0, 'k2', 8], [7, 'k1', 9])).toBe('blue');
    expect(wave([0, null, 10])).toBe('red');
    expect(wave([0, 'k1', 7], [0, null, 3])).toBe('red');
    expect(wave([7, 'k1', 10])).toBe('red');
  });
});
