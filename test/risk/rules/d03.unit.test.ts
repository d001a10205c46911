import { describe, expect, it } from 'vitest';
import { startOfDay, US_PER_HOUR, US_PER_SECOND } from '../../../src/core/time.js';
import type { ConfirmationRow, LessonRow } from '../../../src/risk/facts/rows.js';
import { rule } from '../../../src/risk/rules/d03-false-confirmation.js';
import { ask, school, steps, TODAY, yuan } from '../builders.js';

const at = (hour: number) => startOfDay(TODAY - 1) + hour * US_PER_HOUR;
let made = 0;
const lesson = (from: number, to: number, values: Partial<LessonRow> = {}): LessonRow => {
  made += 1;
  return {
    at: at(from),
    source: 's',
    id: `l${made}`,
    lessonId: `l${made}`,
    startsAt: at(from),
    endsAt: at(to),
    delivery: 'offline',
    courseKind: 'non_subject',
    teacherHash: 't1',
    roomId: 'R1',
    capacity: 10,
    cancelled: false,
    attended: 5,
    ...values,
  };
};
const confirmation = (moment: number, values: Partial<ConfirmationRow> = {}): ConfirmationRow => {
  made += 1;
  return {
    at: moment,
    source: 's',
    id: `f${made}`,
    lessonId: null,
    amountFen: 100,
    by: 'parent',
    requestedAt: null,
    ...values,
  };
};
const seen = (lessons: LessonRow[], confirmations: ConfirmationRow[] = []) => school().with({ lessons, confirmations });
const crowd = (size: number) => lesson(9, 10, { attended: size });

describe('D03 false confirmation', () => {
  steps(rule, 'in a room for ten, learners:', (size: number) => seen([crowd(size)]), [
    [10, 'none'],
    [11, 'yellow'],
  ]);
  steps(rule, 'one teacher, hours on one day:', (hours: number) => seen([lesson(8, 8 + hours)]), [
    [10, 'none'],
    [10 + 1 / 3600, 'yellow'],
  ]);
  steps(
    rule,
    'a teacher’s second lesson elsewhere begins at hour',
    (hour: number) => seen([lesson(9, 10), lesson(hour, hour + 1, { roomId: 'R2' })]),
    [
      [10, 'none'],
      [9.5, 'yellow'],
    ],
  );
  steps(
    rule,
    'confirmations by parents within a minute:',
    (count: number) =>
      seen(
        [],
        Array.from({ length: count }, (_, i) => confirmation(at(9) + i * US_PER_SECOND)),
      ),
    [
      [29, 'none'],
      [30, 'yellow'],
    ],
  );

  it('sees a confirmation that comes before its lesson, and one of a cancelled lesson', () => {
    const early = lesson(9, 10);
    expect(ask(rule, seen([early], [confirmation(at(8), { lessonId: early.lessonId })])).level).toBe('yellow');
    expect(ask(rule, seen([early], [confirmation(at(11), { lessonId: early.lessonId })])).level).toBe('none');
    const cancelled = lesson(9, 10, { cancelled: true });
    expect(ask(rule, seen([cancelled], [confirmation(at(11), { lessonId: cancelled.lessonId })])).level).toBe('yellow');
  });

  it('sees when more than 80% are confirmed within a minute of the request, of twenty and more', () => {
    const mostly = (fast: number, slow: number) => [
      ...Array.from({ length: fast }, (_, i) => confirmation(at(i % 20), { requestedAt: at(i % 20) - US_PER_SECOND })),
      ...Array.from({ length: slow }, (_, i) => confirmation(at(i), { requestedAt: at(i) - US_PER_HOUR })),
    ];
    expect(ask(rule, seen([], mostly(16, 4))).level).toBe('none');
    expect(ask(rule, seen([], mostly(17, 3))).level).toBe('yellow');
    expect(ask(rule, seen([], mostly(17, 2))).level).toBe('none');
  });

  it('leaves silence out, is orange with two kinds or ¥20,000, and red with a large movement', () => {
    const silent = Array.from({ length: 50 }, () => confirmation(at(2), { by: 'silence' }));
    expect(ask(rule, seen([crowd(5)], silent)).level).toBe('none');
    expect(ask(rule, seen([crowd(11), lesson(8, 19, { teacherHash: 't2' })])).level).toBe('orange');
    const early = lesson(9, 10);
    const worth = (fen: number) =>
      ask(rule, seen([early], [confirmation(at(8), { lessonId: early.lessonId, amountFen: fen })]));
    expect(worth(yuan(20_000) - 1).level).toBe('yellow');
    expect(worth(yuan(20_000)).level).toBe('orange');
    expect(
      ask(rule, seen([crowd(11)]), { context: { levelOf: (id) => (id === 'A04' ? 'yellow' : 'none') } }).level,
    ).toBe('red');
    expect(ask(rule, school()).state).toBe('not_applicable');
  });
});
