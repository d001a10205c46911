import { type Day, weekday } from '../core/time.js';
import type { Random } from './random.js';
import type { Course, School } from './school.js';

const LEARNERS_PER_COURSE = 14;
const CAPACITY = 40;
const WEEKDAY_HOURS = [17.5, 18, 18.25];
const WEEKEND_HOURS = [9, 10.5, 14, 16];

/** Enough classes for the learners, each on one or two days of the week; all of them together on several. */
export function drawCourses(
  profile: { serial: number; learners: number; isSubject: boolean },
  random: Random,
): Course[] {
  const count = Math.max(3, Math.ceil(profile.learners / LEARNERS_PER_COURSE));
  const firstDay = random.int(0, 6);
  return Array.from({ length: count }, (_, at): Course => {
    // Days three apart, so that the classes together meet all over the week.
    const days = [(firstDay + at * 3) % 7, (firstDay + at * 3 + 2) % 7].slice(0, random.chance(0.6) ? 2 : 1);
    return {
      id: `K${profile.serial}-${at + 1}`,
      teacherHash: random.hex(32),
      roomId: `R${profile.serial}-${at + 1}`,
      capacity: CAPACITY,
      unitFen: (profile.isSubject ? random.int(20, 45) : random.int(45, 160)) * 100,
      hoursPerLesson: random.chance(0.55) ? 2 : 1,
      slots: days.map((day) => slotOf(day, profile.isSubject, random)),
      learners: 0,
    };
  });
}

/** Subject classes meet on the five weekdays only. */
function slotOf(day: number, isSubject: boolean, random: Random): { weekday: number; hour: number } {
  const number = isSubject ? (day % 5) + 1 : day + 1;
  return { weekday: number, hour: random.pick(number >= 6 ? WEEKEND_HOURS : WEEKDAY_HOURS) };
}

/** Whether the class meets on the day by its timetable. Subject classes rest on every day without work. */
export function meetsOn(school: School, course: Course, day: Day): boolean {
  if (!school.teachesOn(day) || !course.slots.some((slot) => slot.weekday === weekday(day))) return false;
  return !school.profile.isSubject || school.season.isWorkingDay(day);
}

/** The days from `from` to `to` on which the class meets by its timetable. */
export function meetings(school: School, course: Course, from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= to; day += 1) if (meetsOn(school, course, day)) days.push(day);
  return days;
}
