import { describe, expect, it } from 'vitest';
import { startOfDay, US_PER_DAY, US_PER_HOUR, US_PER_SECOND } from '../../../src/core/time.js';
import type { ConfirmationRow, DeliveryRow } from '../../../src/risk/facts/rows.js';
import { rule } from '../../../src/risk/rules/d03-false-confirmation.js';
import { ask, NOW, school, steps, TODAY, yuan } from '../builders.js';

const at = (hour: number) => startOfDay(TODAY - 1) + hour * US_PER_HOUR;
let made = 0;
const lesson = (from: number, to: number, values: Partial<DeliveryRow> = {}): DeliveryRow => {
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
    endedAt: null,
    learners: [],
    ...values,
  };
};
const confirmation = (moment: number, values: Partial<ConfirmationRow> = {}): ConfirmationRow => {
  made += 1;
  return {
    at: moment,
    source: 's',
    id: `f${made}`,
    confirmId: `f${made}`,
    contractId: 'c1',
    lessonId: null,
    lesson: null,
    amountFen: 100,
    by: 'parent',
    requestedAt: null,
    ...values,
  };
};
const seen = (deliveries: DeliveryRow[], confirmations: ConfirmationRow[] = []) => {
  const lessons = [...deliveries].sort((a, b) => a.startsAt - b.startsAt);
  return school().with({
    lessons,
    deliveries: lessons,
    confirmations: [...confirmations].sort((a, b) => a.at - b.at),
  });
};
const learners = (size: number) => Array.from({ length: size }, (_, i) => `${i}`);
const crowd = (size: number) => lesson(9, 10, { learners: learners(size) });
const of = ({ lessonId, startsAt, cancelled }: DeliveryRow) => ({ lessonId, lesson: { startsAt, cancelled } });

describe('D03 false confirmation', () => {
  steps(rule, 'in a room for ten, learners:', (size: number) => seen([crowd(size)]), [
    [10, 'none'],
    [11, 'yellow'],
  ]);
  it('gives one seat to a learner who is told twice', () => {
    expect(ask(rule, seen([lesson(9, 10, { learners: [...learners(10), '0'] })])).level).toBe('none');
  });

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
    expect(ask(rule, seen([early], [confirmation(at(8), of(early))])).level).toBe('yellow');
    expect(ask(rule, seen([early], [confirmation(at(11), of(early))])).level).toBe('none');
    const cancelled = lesson(9, 10, { cancelled: true });
    expect(ask(rule, seen([cancelled], [confirmation(at(11), of(cancelled))])).level).toBe('yellow');
  });

  it('sees a confirmation of a lesson that nobody scheduled, once the schedule can no longer be on its way', () => {
    const ago = (days: number, values: Partial<ConfirmationRow> = {}) =>
      confirmation(NOW - days * US_PER_DAY, { lessonId: 'never', ...values });
    const before = lesson(9, 10, { startsAt: NOW - 9 * US_PER_DAY, endsAt: NOW - 9 * US_PER_DAY });
    const told = (one: ConfirmationRow) => school().with({ lessons: [before], confirmations: [one] });
    expect(ask(rule, told(ago(3))).level).toBe('yellow');
    expect(ask(rule, told(ago(4, { by: 'silence' }))).level).toBe('yellow');
    expect(ask(rule, told(ago(3 - 1e-9)))).toMatchObject({ level: 'none' });
    expect(ask(rule, told(ago(2))).lookAgainAt).toBe(NOW + US_PER_DAY);
    expect(ask(rule, told(ago(4, { lessonId: null }))).level).toBe('none');
  });

  it('takes them for a habit of the platform while no more is confirmed than learners came', () => {
    const before = lesson(9, 10, { startsAt: NOW - 9 * US_PER_DAY, endsAt: NOW - 9 * US_PER_DAY });
    const week = (came: number) => {
      const given = lesson(9, 10, { learners: learners(came), capacity: null });
      const confirmations = [
        ...Array.from({ length: 4 }, (_, i) => confirmation(at(11) + i)),
        ...Array.from({ length: 6 }, (_, i) => confirmation(at(12) + i, of(given))),
      ];
      return ask(rule, school().with({ lessons: [before, given], deliveries: [given], confirmations }));
    };
    expect(week(10).level).toBe('none');
    expect(week(9).level).toBe('orange');
  });

  it('takes confirmations that name no lesson for invented where half of the week’s name theirs', () => {
    const before = lesson(9, 10, { startsAt: NOW - 9 * US_PER_DAY, endsAt: NOW - 9 * US_PER_DAY });
    const given = lesson(9, 10);
    const week = (without: number, named: number, values: Partial<ConfirmationRow> = {}) =>
      ask(
        rule,
        school().with({
          lessons: [before, given],
          confirmations: [
            ...Array.from({ length: without }, (_, i) => confirmation(at(11) + i, values)),
            ...Array.from({ length: named }, (_, i) => confirmation(at(12) + i, of(given))),
          ],
        }),
      );
    expect(week(3, 3).level).toBe('orange');
    expect(week(3, 28).level).toBe('yellow');
    expect(week(2, 28).level).toBe('none');
    expect(week(4, 3).level).toBe('none');
    // When the first ones have left the window, the others may be half.
    expect(week(4, 3).lookAgainAt).toBe(startOfDay(TODAY - 1 + 7));
    expect(week(9, 0)).toMatchObject({ level: 'none', lookAgainAt: null });
    expect(week(3, 3, { by: 'silence' }).level).toBe('orange');
    expect(week(3, 3, { by: 'regulator' }).level).toBe('none');
    // No schedule was told by then.
    expect(
      ask(
        rule,
        seen(
          [given],
          [1, 2, 3].map(() => confirmation(at(8))),
        ),
      ).level,
    ).toBe('none');
  });

  it('is orange when a tenth of the confirmed value came before its lesson, in three confirmations or more', () => {
    const early = lesson(9, 10);
    const invented = (count: number, others: number) =>
      seen(
        [early],
        [
          ...Array.from({ length: count }, (_, i) => confirmation(at(6) + (i * US_PER_HOUR) / 4, of(early))),
          ...Array.from({ length: others }, (_, i) => confirmation(at(11) + i * US_PER_SECOND * 150, of(early))),
        ],
      );
    expect(ask(rule, invented(5, 45)).level).toBe('orange');
    expect(ask(rule, invented(5, 46)).level).toBe('yellow');
    expect(ask(rule, invented(3, 6)).level).toBe('orange');
    expect(ask(rule, invented(2, 6)).level).toBe('yellow');
  });

  it('compares with a schedule only where one was told by then', () => {
    const one = confirmation(NOW - 4 * US_PER_DAY, { lessonId: 'never' });
    expect(ask(rule, school().with({ confirmations: [one] })).level).toBe('none');
    expect(ask(rule, seen([lesson(9, 10)], [one])).level).toBe('none');
    const long = lesson(9, 10, { startsAt: NOW - 36 * US_PER_DAY, endsAt: NOW - 36 * US_PER_DAY });
    expect(ask(rule, school().with({ lessons: [long], confirmations: [one] })).level).toBe('none');
  });

  it('sees a learner who is in two lessons at a time, and counts it with the teacher as one kind', () => {
    const first = lesson(9, 11, { teacherHash: 't1', learners: ['a', 'b'] });
    const twice = (hour: number, more: Partial<DeliveryRow> = {}) =>
      ask(rule, seen([first, lesson(hour, hour + 1, { teacherHash: 't2', learners: ['b', 'c'], ...more })]));
    expect(twice(10).level).toBe('yellow');
    expect(twice(11).level).toBe('none');
    expect(twice(10, { learners: ['c'] }).level).toBe('none');
    expect(twice(10, { teacherHash: 't1', roomId: 'R2' }).level).toBe('yellow');
  });

  it('sees a long lesson that another one interrupts, with a third in between', () => {
    const lessons = [lesson(9, 12), lesson(9.5, 10), lesson(11, 11.5, { roomId: 'R2' })];
    expect(ask(rule, seen(lessons)).level).toBe('yellow');
  });

  it('takes no answer before its request for a quick one', () => {
    const early = Array.from({ length: 25 }, (_, i) =>
      confirmation(at(9) + i * US_PER_HOUR, { requestedAt: at(9) + i * US_PER_HOUR + US_PER_SECOND }),
    );
    expect(ask(rule, seen([], early)).level).toBe('none');
  });

  it('looks again when what it found leaves the window', () => {
    expect(ask(rule, seen([crowd(11)])).lookAgainAt).toBe(startOfDay(TODAY - 1 + 7));
    expect(ask(rule, seen([crowd(10)])).lookAgainAt).toBeNull();
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
    const worth = (fen: number) => ask(rule, seen([early], [confirmation(at(8), { ...of(early), amountFen: fen })]));
    expect(worth(yuan(20_000) - 1).level).toBe('yellow');
    expect(worth(yuan(20_000))).toMatchObject({ level: 'orange', value: 1, threshold: 1, unit: 'count' });
    expect(
      ask(rule, seen([crowd(11)]), { context: { levelOf: (id) => (id === 'A04' ? 'yellow' : 'none') } }).level,
    ).toBe('red');
    expect(ask(rule, school()).state).toBe('not_applicable');
  });

  it('looks at the lessons and confirmations of seven days, up to now', () => {
    const first = startOfDay(TODAY - 6);
    const crowdAt = (startsAt: number) =>
      ask(rule, seen([lesson(9, 10, { startsAt, endsAt: startsAt + 1, learners: learners(11) })]));
    expect(crowdAt(first).level).toBe('yellow');
    expect(crowdAt(first - 1).state).toBe('not_applicable');
    expect(crowdAt(NOW).level).toBe('yellow');
    expect(crowdAt(NOW + 1)).toMatchObject({ state: 'not_applicable', lookAgainAt: NOW + 1 });
    const coming = seen(
      [
        crowd(5),
        lesson(9, 10, { startsAt: NOW + 9, endsAt: NOW + 99 }),
        lesson(9, 10, { startsAt: NOW + 7, endsAt: NOW + 99 }),
      ],
      [confirmation(at(9)), confirmation(NOW + 5), confirmation(NOW + 3)],
    );
    expect(ask(rule, coming).lookAgainAt).toBe(NOW + 3);
    expect(ask(rule, seen([], [confirmation(at(9)), confirmation(NOW + 5)])).lookAgainAt).toBe(NOW + 5);
    expect(ask(rule, seen([lesson(9, 10, { startsAt: NOW + 7, endsAt: NOW + 99 })])).lookAgainAt).toBe(NOW + 7);
  });

  it('names what it found of every kind, and tells how many kinds', () => {
    const early = lesson(9, 10);
    const before = confirmation(at(8), of(early));
    const full = crowd(11);
    const answer = ask(rule, seen([early, { ...full, teacherHash: 't9' }], [before, confirmation(at(11), of(early))]));
    expect(answer).toMatchObject({ level: 'orange', value: 2, threshold: 2 });
    expect(answer.evidence().map(({ id }) => id)).toEqual([before.id, full.id]);
    expect(ask(rule, seen([crowd(11)]))).toMatchObject({ level: 'yellow', value: 1, threshold: 1 });
    expect(ask(rule, seen([crowd(10)]))).toMatchObject({ level: 'none', value: 0 });
    // A large movement alone makes no confirmation a false one.
    const movement = { context: { levelOf: () => 'red' as const } };
    expect(ask(rule, seen([crowd(10)]), movement).level).toBe('none');
    expect(ask(rule, seen([crowd(11)]), movement)).toMatchObject({ level: 'red', threshold: 1 });
  });

  it('takes a confirmation at the beginning of its lesson for one of it', () => {
    const given = lesson(9, 10);
    expect(ask(rule, seen([given], [confirmation(at(9), of(given))])).level).toBe('none');
    expect(ask(rule, seen([given], [confirmation(at(9) - 1, of(given))])).level).toBe('yellow');
  });

  it('compares with the schedule from its first lesson of five weeks on', () => {
    const first = (startsAt: number, moment: number) => {
      const before = lesson(9, 10, { startsAt, endsAt: startsAt });
      return ask(
        rule,
        school().with({ lessons: [before], confirmations: [confirmation(moment, { lessonId: 'never' })] }),
      );
    };
    const moment = NOW - 4 * US_PER_DAY;
    expect(first(moment, moment).level).toBe('yellow');
    expect(first(moment + 1, moment).level).toBe('none');
    expect(first(startOfDay(TODAY - 35), moment).level).toBe('yellow');
    expect(first(startOfDay(TODAY - 35) - 1, moment).level).toBe('none');
  });

  it('counts answers to requests only where it measures how quick they are', () => {
    const answers = (fast: number, slow: number, unasked: number) =>
      ask(
        rule,
        seen(
          [],
          [
            ...Array.from({ length: fast }, (_, i) =>
              confirmation(at(i % 20), { requestedAt: at(i % 20) - US_PER_SECOND }),
            ),
            ...Array.from({ length: slow }, (_, i) => confirmation(at(i), { requestedAt: at(i) - US_PER_HOUR })),
            ...Array.from({ length: unasked }, (_, i) => confirmation(at(i) + 9)),
          ],
        ),
      );
    expect(answers(17, 3, 20)).toMatchObject({ level: 'yellow', value: 1 });
    expect(answers(17, 3, 20).evidence()).toHaveLength(17);
    expect(answers(17, 2, 20).level).toBe('none');
    expect(answers(16, 0, 20)).toMatchObject({ level: 'none', lookAgainAt: null });
  });
});
