import {
  type Day,
  formatDay,
  formatTime,
  startOfDay,
  US_PER_HOUR,
  US_PER_SECOND,
  type Us,
  weekday,
} from '../core/time.js';
import { meetsOn } from './courses.js';
import type { Contract, Course, School } from './school.js';

interface Lesson {
  readonly id: string;
  readonly course: Course;
  readonly startsAt: Us;
  readonly endsAt: Us;
}

interface Confirmation {
  readonly confirmId: string;
  readonly contract: Contract;
  readonly lessonId: string | null;
  readonly hours: number;
  readonly amountFen: number;
  readonly by: 'parent' | 'silence' | 'regulator';
  readonly at: Us;
}

/** A lesson that nobody answers for counts as agreed after this many working days (national app). */
const SILENT_WORKING_DAYS = 15;
const DISPUTE_SHARE = 0.003;

/** Lessons are put on the timetable a week ahead, given, confirmed by parents, or agreed by silence. */
export class TeachingDesk {
  private readonly lessons = new Map<Day, Lesson[]>();
  private readonly confirmations = new Map<Day, Confirmation[]>();
  private scheduledTo: Day = 0;
  private readonly calledOff: { readonly course: Course; readonly from: Day; readonly to: Day }[] = [];
  /** The timetable of the story: lessons end that many hours later. */
  extraHours = 0;
  /** Lessons of subject classes are put on a rest day. */
  restDayLessons = false;

  constructor(private readonly school: School) {}

  live(day: Day): void {
    const { school } = this;
    if (day === school.span.from) this.schedule(day, day + 7 - weekday(day));
    // The timetable of the week after a stop may still be told: nobody has called it off.
    if (weekday(day) === 7 && !school.isStopped(day - 3)) this.schedule(day + 1, day + 7);
    if (!school.isStopped(day)) for (const lesson of this.lessons.get(day) ?? []) this.give(day, lesson);
    this.lessons.delete(day);
    if (school.now.falseConfirms > 0 && !school.isStopped(day)) this.invent(day);
    for (const confirmation of this.confirmations.get(day) ?? []) this.confirm(confirmation);
    this.confirmations.delete(day);
  }

  /**
   * Calls off the lessons of a class on these days at once: those on the timetable, and those that would have come onto it, which
   * are told together with their end.
   */
  callOff(course: Course, from: Day, to: Day, toldOn: Day): void {
    for (let day = from; day <= to; day += 1) {
      if (day > this.scheduledTo && meetsOn(this.school, course, day)) this.put(day, course, toldOn);
      const lessons = this.lessons.get(day) ?? [];
      for (const { id } of lessons.filter((one) => one.course === course))
        this.school.tell('lesson.cancelled', this.school.platform, this.school.at(toldOn, 8.5), { lessonId: id });
      this.lessons.set(
        day,
        lessons.filter((one) => one.course !== course),
      );
    }
    this.calledOff.push({ course, from, to });
  }

  private schedule(from: Day, to: Day): void {
    const { school } = this;
    for (let day = from; day <= to; day += 1) {
      for (const course of school.courses) {
        if (!meetsOn(school, course, day) && !this.isRestDayLesson(course, day)) continue;
        if (this.calledOff.some((one) => one.course === course && one.from <= day && day <= one.to)) continue;
        this.put(day, course, Math.max(from - 1, school.span.from));
      }
    }
    this.scheduledTo = to;
  }

  /** Puts a lesson onto the timetable. */
  private put(day: Day, course: Course, toldOn: Day): void {
    const { school } = this;
    const hour = course.slots.find((slot) => slot.weekday === weekday(day))?.hour ?? 9;
    const startsAt = startOfDay(day) + hour * US_PER_HOUR;
    const endsAt = startsAt + (course.hoursPerLesson + this.extraHours) * US_PER_HOUR;
    const lesson: Lesson = { id: school.number('L'), course, startsAt, endsAt };
    school.tell('lesson.scheduled', school.platform, school.at(toldOn, 8), {
      lessonId: lesson.id,
      courseId: course.id,
      teacherHash: course.teacherHash,
      roomId: course.roomId,
      capacity: course.capacity,
      startsAt: formatTime(startsAt),
      endsAt: formatTime(endsAt),
      delivery: school.profile.delivery,
      courseKind: school.profile.isSubject ? 'subject' : 'non_subject',
    });
    const list = this.lessons.get(day);
    if (list) list.push(lesson);
    else this.lessons.set(day, [lesson]);
  }

  private isRestDayLesson(course: Course, day: Day): boolean {
    return this.restDayLessons && weekday(day) === 6 && course === this.school.courses[0] && this.school.teachesOn(day);
  }

  private give(day: Day, lesson: Lesson): void {
    const { school } = this;
    const { random, now } = school;
    if (!random.chance(now.lessonsHeld)) return;
    const attending = [...school.contracts.values()].filter(
      (contract) =>
        contract.course === lesson.course &&
        contract.status === 'running' &&
        contract.firstLesson <= day &&
        contract.hoursTaught < contract.hoursPaid + contract.hoursGifted &&
        random.chance(school.season.attendance(day)),
    );
    const present = onceEach(attending).slice(0, lesson.course.capacity);
    if (present.length === 0) return;
    school.tell('lesson.delivered', school.platform, lesson.endsAt + 300 * US_PER_SECOND, {
      lessonId: lesson.id,
      learnerHashes: present.map((contract) => contract.learnerHash),
      endedAt: formatTime(lesson.endsAt),
    });
    for (const contract of present) this.ask(day, contract, lesson);
  }

  /** Asks the parent to confirm, and decides who will answer and when. */
  private ask(day: Day, contract: Contract, lesson: Lesson): void {
    const { school } = this;
    const { random, profile, season } = school;
    const { hours, amountFen } = take(contract, lesson.course.hoursPerLesson);
    const confirmId = school.number('F');
    const silentOn = season.workingDaysAfter(day, SILENT_WORKING_DAYS);
    const askedAt = lesson.endsAt + random.int(600, 3_600) * US_PER_SECOND;
    school.tell('lesson.confirm_requested', school.platform, askedAt, {
      confirmId,
      contractId: contract.id,
      lessonId: lesson.id,
      hours,
      amountFen,
      silentOn: formatDay(silentOn),
    });
    const base = { confirmId, contract, lessonId: lesson.id, hours, amountFen };
    if (random.chance(DISPUTE_SHARE)) {
      school.tell('lesson.disputed', school.platform, school.between(day + 1, 9, 20), {
        confirmId,
        contractId: contract.id,
      });
      const settled = season.workingDaysAfter(day, random.int(3, 8));
      this.wait({ ...base, by: 'regulator', at: school.between(settled, 10, 16) });
    } else if (random.chance(profile.parentShare)) {
      const delay = random.weighted([
        [0, 55],
        [1, 25],
        [2, 12],
        [3, 8],
      ]);
      const at = delay === 0 ? askedAt + random.int(180, 5_000) * US_PER_SECOND : school.between(day + delay, 7, 22);
      this.wait({ ...base, by: 'parent', at });
    } else this.wait({ ...base, by: 'silence', at: school.between(silentOn + 1, 1, 4) });
  }

  /** Confirmations of lessons that were never given, in one go at night, of lessons that are still to come. */
  private invent(day: Day): void {
    const { school } = this;
    const { random, now } = school;
    const lessons = [...this.lessons.entries()].filter(([on]) => on > day).flatMap(([, list]) => list);
    let invented = 0;
    for (const contract of school.contracts.values()) {
      const lesson = lessons.find((one) => one.course === contract.course);
      if (contract.status !== 'running' || lesson === undefined || !random.chance(now.falseConfirms)) continue;
      if (contract.hoursTaught >= contract.hoursPaid || contract.firstLesson > day) continue;
      const { hours, amountFen } = take(contract, contract.course.hoursPerLesson);
      const at = school.at(day, 23.5) + invented * US_PER_SECOND;
      this.confirm({
        confirmId: school.number('F'),
        contract,
        lessonId: lesson.id,
        hours,
        amountFen,
        by: 'parent',
        at,
      });
      invented += 1;
    }
    if (invented === 0) return;
    school.sign(day);
    school.mustRaise('D03', day + 2);
  }

  private wait(confirmation: Confirmation): void {
    const day = Math.floor((confirmation.at - startOfDay(0)) / (24 * US_PER_HOUR));
    const list = this.confirmations.get(day);
    if (list) list.push(confirmation);
    else this.confirmations.set(day, [confirmation]);
  }

  private confirm({ confirmId, contract, lessonId, hours, amountFen, by, at }: Confirmation): void {
    const { school } = this;
    contract.pendingFen -= amountFen;
    contract.confirmedFen += amountFen;
    school.tell('lesson.confirmed', school.platform, at, {
      confirmId,
      contractId: contract.id,
      ...(lessonId === null ? {} : { lessonId }),
      hours,
      amountFen,
      by,
    });
    school.funds.confirmed(contract);
    if (contract.status === 'running' && isTaught(contract) && contract.pendingFen === 0) school.sales.end(contract);
  }
}

/** Takes the hours of one lesson from the package: paid ones first, gifted ones are worth nothing. The last hour has the rest. */
function take(contract: Contract, wanted: number): { hours: number; amountFen: number } {
  const hours = Math.min(wanted, contract.hoursPaid + contract.hoursGifted - contract.hoursTaught);
  const before = valueFen(contract, contract.hoursTaught);
  contract.hoursTaught += hours;
  const amountFen = valueFen(contract, contract.hoursTaught) - before;
  contract.pendingFen += amountFen;
  return { hours, amountFen };
}

function valueFen(contract: Contract, hours: number): number {
  if (hours >= contract.hoursPaid) return contract.priceFen;
  return Math.floor(contract.priceFen / contract.hoursPaid) * hours;
}

function isTaught(contract: Contract): boolean {
  return contract.hoursTaught >= contract.hoursPaid + contract.hoursGifted;
}

/** One package of each family: the older one first. */
function onceEach(contracts: readonly Contract[]): Contract[] {
  const found = new Map<string, Contract>();
  for (const contract of contracts) if (!found.has(contract.learnerHash)) found.set(contract.learnerHash, contract);
  return [...found.values()];
}
