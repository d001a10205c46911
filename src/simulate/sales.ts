import { type Day, formatDay, US_PER_SECOND } from '../core/time.js';
import { meetings } from './courses.js';
import type { Contract, Course, School } from './school.js';
import { threeMonthsFrom } from './season.js';

/** The caps of the national rules: a package is for at most that much. */
const PRICE_MAX_FEN = 500_000;
const HOURS_MAX = 60;
const OPENING_DAYS = 14;
/** Nobody pays earlier before the first lesson than this. */
const AHEAD_DAYS_MAX = 24;
const LONG_DAYS = 215;
/** Nobody buys the next package in the week of buying one. */
const WEEK = 7;
/** Hours taught that parents have not confirmed yet count as still to be taught. */
const TAUGHT_UNCONFIRMED_MAX = 12;

/** How one package is out of the ordinary; for violations that the story asks for. */
export interface PackageTerms {
  readonly hours?: number;
  readonly days?: number;
  readonly gifted?: number;
  readonly modelForm?: boolean;
  readonly loan?: boolean;
  readonly payee?: string;
  /** Two payments of one day, one contract each. */
  readonly learnerHash?: string;
  /** The class of a family that has one: nobody can be in two at once. */
  readonly course?: Course;
}

/** Families come, buy packages within the caps, and buy again. */
export class SalesDesk {
  constructor(private readonly school: School) {}

  live(day: Day): void {
    const { school } = this;
    const { now, random, profile, season, span } = school;
    if (school.isStopped(day)) return;
    const opening = day - span.from < OPENING_DAYS;
    if (opening) {
      const mean = (profile.learners / OPENING_DAYS) * 1.02;
      for (let n = random.count(mean); n > 0; n -= 1) this.sell(day, null, {});
      return;
    }
    const active = this.active();
    const missing = Math.max(0, profile.learners - active);
    const mean = (profile.learners * 0.0018 + missing * 0.035) * season.enrolment(day) * Math.min(now.sales, 1);
    for (let n = random.count(mean); n > 0; n -= 1) this.sell(day, null, {});
    if (now.sales > 1) this.promote(day, active);
    for (const contract of [...school.contracts.values()])
      if (day - contract.signedOn >= WEEK && this.isEnding(contract)) this.renew(day, contract);
  }

  /** Sells one package; null when no lesson can be given within the caps. */
  sell(day: Day, before: Contract | null, terms: PackageTerms): Contract | null {
    const { school } = this;
    const { random, now } = school;
    const course = before?.course ?? terms.course ?? this.course();
    const long = terms.hours === undefined && random.chance(now.longPackages);
    const from = before === null ? day + random.int(1, 4) : (this.lastMeeting(day, before) ?? day) + 1;
    const days = meetings(school, course, from, from + (long ? LONG_DAYS : (terms.days ?? 100)) + 40);
    const first = days[0];
    if (first === undefined || first > day + AHEAD_DAYS_MAX) return null;
    const hoursPaid = terms.hours ?? this.hours(course, days, first, long);
    if (hoursPaid < course.hoursPerLesson) return null;
    const hoursGifted = terms.gifted ?? Math.floor(hoursPaid * now.gifts * random.between(0.7, 1.2));
    const needed = Math.ceil((hoursPaid + hoursGifted) / course.hoursPerLesson);
    const periodTo =
      terms.days !== undefined
        ? first + terms.days
        : long
          ? Math.max(first + 190, days[needed - 1] ?? first + LONG_DAYS)
          : threeMonthsFrom(first);
    return this.sign(day, course, { ...terms, hoursPaid, hoursGifted, first, periodTo, before });
  }

  /** The package is used up or paid back: nobody needs to remember it. */
  end(contract: Contract): void {
    contract.status = 'over';
    contract.course.learners -= 1;
    this.school.contracts.delete(contract.id);
  }

  active(): number {
    const learners = new Set<string>();
    for (const contract of this.school.contracts.values())
      if (contract.status === 'running') learners.add(contract.learnerHash);
    return learners.size;
  }

  /** A drive: new families, and packages sold to families that still have one. */
  private promote(day: Day, active: number): void {
    const { now, random, profile } = this.school;
    const extra = random.count(profile.learners * 0.006 * (now.sales - 1));
    for (let n = extra; n > 0; n -= 1) this.sell(day, null, {});
    const running = [...this.school.contracts.values()].filter(
      (one) => one.status === 'running' && one.signedOn < day - 20 && !one.isRenewed,
    );
    for (let n = random.count(active * 0.002 * (now.sales - 1)); n > 0 && running.length > 0; n -= 1) {
      const contract = random.pick(running);
      const { learnerHash, course } = contract;
      if (now.longPackages > 0) this.sell(day, null, { learnerHash, course });
      else contract.isRenewed ||= this.sellOnTop(day, contract);
    }
  }

  /** The next package early, so small that the hours not yet taught and the new ones stay within the cap. */
  private sellOnTop(day: Day, contract: Contract): boolean {
    const { learnerHash, course } = contract;
    const left = contract.hoursPaid + contract.hoursGifted - contract.hoursTaught;
    const hours =
      Math.floor((HOURS_MAX - left - TAUGHT_UNCONFIRMED_MAX) / course.hoursPerLesson) * course.hoursPerLesson;
    const price = Math.floor(PRICE_MAX_FEN / course.unitFen);
    if (Math.min(hours, price) < course.hoursPerLesson * 4) return false;
    return this.sell(day, null, { learnerHash, course, hours: Math.min(hours, price, 24) }) !== null;
  }

  private course(): Course {
    const { courses, random } = this.school;
    const open = courses.filter((course) => course.learners < course.capacity - 6);
    return random.pick(open.length > 0 ? open : courses);
  }

  /** As many hours as the caps on hours, price and three months allow, or fewer. */
  private hours(course: Course, days: readonly Day[], first: Day, long: boolean): number {
    const { random, now } = this.school;
    const per = course.hoursPerLesson;
    if (long) return Math.max(per, Math.floor(random.between(64, 130) / per) * per);
    const within = days.filter((day) => day < threeMonthsFrom(first)).length;
    // Families of the first days bring what is left of an earlier package, unless all buy by the term.
    const opens = first < this.school.span.from + OPENING_DAYS + 7 && !this.school.profile.sellsByTerm;
    const wanted = this.school.profile.sellsByTerm ? random.int(18, 26) : random.int(opens ? 2 : 8, 26);
    const lessons = Math.min(wanted, Math.floor(within * (opens ? random.between(0.2, 0.85) : 0.85)));
    const gifts = 1 + now.gifts * 1.2;
    const hours = Math.min(lessons * per, Math.floor(HOURS_MAX / gifts), Math.floor(PRICE_MAX_FEN / course.unitFen));
    return Math.floor(hours / per) * per;
  }

  /** At most two lessons are left. */
  private isEnding(contract: Contract): boolean {
    const left = contract.hoursPaid + contract.hoursGifted - contract.hoursTaught;
    return contract.status === 'running' && !contract.isRenewed && left <= 2 * contract.course.hoursPerLesson;
  }

  private renew(day: Day, contract: Contract): void {
    const { random, now } = this.school;
    if (!random.chance(0.35)) return;
    if (!random.chance(now.renewals)) {
      contract.isRenewed = true;
      return;
    }
    if (this.sell(day, contract, { learnerHash: contract.learnerHash }) !== null) contract.isRenewed = true;
  }

  /** The day of the last lesson of a package that is about to end. */
  private lastMeeting(day: Day, contract: Contract): Day | null {
    const left = Math.ceil(
      (contract.hoursPaid + contract.hoursGifted - contract.hoursTaught) / contract.course.hoursPerLesson,
    );
    if (left <= 0) return day;
    return meetings(this.school, contract.course, day, day + 60)[left - 1] ?? null;
  }

  private sign(
    day: Day,
    course: Course,
    terms: PackageTerms & {
      hoursPaid: number;
      hoursGifted: number;
      first: Day;
      periodTo: Day;
      before: Contract | null;
    },
  ): Contract {
    const { school } = this;
    const { random, now, profile } = school;
    const { hoursPaid, hoursGifted } = terms;
    const listPriceFen = hoursPaid * course.unitFen;
    const priceFen = Math.round((listPriceFen * (1 - now.discount)) / 100) * 100;
    const payee = terms.payee ?? (random.chance(now.offAccount) ? school.privateAccount : school.funds.payee);
    const contract: Contract = {
      id: school.number('C'),
      learnerHash: terms.learnerHash ?? random.hex(32),
      payerHash: terms.before?.payerHash ?? random.hex(32),
      course,
      signedOn: day,
      hoursPaid,
      hoursGifted,
      priceFen,
      firstLesson: terms.first,
      periodTo: terms.periodTo,
      refundDays: REFUND_DAYS,
      isLawful: payee === school.funds.payee,
      paidFen: 0,
      isCredited: false,
      hoursTaught: 0,
      confirmedFen: 0,
      pendingFen: 0,
      releasedFen: 0,
      status: 'running',
      isRenewed: false,
    };
    const at = school.between(day, 9, 19);
    school.contracts.set(contract.id, contract);
    course.learners += 1;
    school.tell('contract.signed', school.platform, at, {
      contractId: contract.id,
      learnerHash: contract.learnerHash,
      courseId: course.id,
      courseKind: profile.isSubject ? 'subject' : 'non_subject',
      modelForm: terms.modelForm ?? true,
      pricing: 'hour',
      hoursPaid,
      ...(hoursGifted > 0 ? { hoursGifted } : {}),
      priceFen,
      listPriceFen,
      periodFrom: formatDay(terms.first),
      periodTo: formatDay(terms.periodTo),
      firstLessonOn: formatDay(terms.first),
      refundDays: REFUND_DAYS,
      refundDaysKind: 'calendar',
    });
    if (profile.mode !== 'postpaid')
      school.funds.pay(contract, priceFen, at + random.int(120, 2_400) * US_PER_SECOND, day, {
        payee,
        loan: terms.loan,
      });
    return contract;
  }
}

const REFUND_DAYS = 15;
