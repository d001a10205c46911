import { describe, expect, it } from 'vitest';
import { eventsOf, type Line, simulated } from './support.js';

interface Lesson {
  readonly startsAt: string;
  readonly endsAt: string;
}

/** Sound schools only, among them some with a peak of enrolment, through a term and a vacation. */
const { lines } = simulated({ seed: 11, institutions: 40, days: 150, failingShare: 0, violatingShare: 0 });
const events = eventsOf(lines);
const ofType = (type: string): Line[] => events.filter((one) => one.type === `prepaid.${type}.v1`);

describe('a history of sound schools', () => {
  it('has nobody in two lessons at once', () => {
    const lessons = new Map(
      ofType('lesson.scheduled').map(({ subject, data }) => [`${subject} ${data.lessonId}`, data]),
    );
    const taken = new Map<string, Lesson[]>();
    for (const { subject, data } of ofType('lesson.delivered')) {
      const lesson = lessons.get(`${subject} ${data.lessonId}`) as unknown as Lesson;
      for (const learner of data.learnerHashes as string[])
        taken.set(`${subject} ${learner}`, [...(taken.get(`${subject} ${learner}`) ?? []), lesson]);
    }
    const overlapping = [...taken.values()].flatMap((list) => {
      const sorted = [...list].sort((a, b) => a.startsAt.localeCompare(b.startsAt));
      return sorted.filter((one, at) => at > 0 && one.startsAt < sorted[at - 1]!.endsAt);
    });
    expect(taken.size).toBeGreaterThan(400);
    expect(overlapping).toEqual([]);
  });

  it('has no family that pays more than the cap within a week, however many packages it buys', () => {
    const learners = new Map(
      ofType('contract.signed').map(({ subject, data }) => [`${subject} ${data.contractId}`, data.learnerHash]),
    );
    const paid = new Map<string, { readonly at: number; readonly fen: number }[]>();
    for (const { subject, data, time } of ofType('payment.succeeded')) {
      const learner = `${subject} ${learners.get(`${subject} ${data.contractId}`)}`;
      paid.set(learner, [...(paid.get(learner) ?? []), { at: Date.parse(time), fen: Number(data.amountFen) }]);
    }
    const weeks = [...paid.values()].flatMap((list) =>
      list.map(({ at }) =>
        list.filter((one) => one.at >= at && one.at < at + 7 * 86_400_000).reduce((sum, { fen }) => sum + fen, 0),
      ),
    );
    expect(weeks.length).toBeGreaterThan(1_000);
    expect(Math.max(...weeks)).toBeLessThanOrEqual(500_000);
  });
});
