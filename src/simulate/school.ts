import { type Day, formatDay, startOfDay, US_PER_HOUR, US_PER_SECOND, type Us } from '../core/time.js';
import { Account } from './account.js';
import { FundsDesk } from './funds.js';
import type { Profile } from './profile.js';
import type { Random } from './random.js';
import { RefundDesk } from './refunds.js';
import { liveRoutine, planBreaks } from './routine.js';
import { SalesDesk } from './sales.js';
import { type Behaviour, HONEST, type Script } from './script.js';
import type { Season, Span } from './season.js';
import { TeachingDesk } from './teaching.js';
import type { Tell } from './tell.js';

/** A class with its weekly hours. */
export interface Course {
  readonly id: string;
  readonly teacherHash: string;
  readonly roomId: string;
  readonly capacity: number;
  readonly unitFen: number;
  readonly hoursPerLesson: number;
  readonly slots: readonly { readonly weekday: number; readonly hour: number }[];
  learners: number;
}

/** A family's package. */
export interface Contract {
  readonly id: string;
  readonly learnerHash: string;
  readonly payerHash: string;
  readonly course: Course;
  readonly signedOn: Day;
  readonly hoursPaid: number;
  readonly hoursGifted: number;
  readonly priceFen: number;
  readonly firstLesson: Day;
  readonly periodTo: Day;
  readonly refundDays: number;
  /** Whether the money went where it belongs. */
  readonly isLawful: boolean;
  paidFen: number;
  isCredited: boolean;
  hoursTaught: number;
  confirmedFen: number;
  /** Taught, and waiting for the parent's word. */
  pendingFen: number;
  releasedFen: number;
  status: 'running' | 'refunding' | 'over';
  /** The family has decided what comes after. */
  isRenewed: boolean;
}

/** One institution of the city: its state, and the desks that move it on from day to day. */
export class School {
  readonly breaks: Span[] = [];
  readonly contracts = new Map<string, Contract>();
  readonly courses: readonly Course[];
  readonly account: Account | null;
  readonly teaching: TeachingDesk;
  readonly sales: SalesDesk;
  readonly refunds: RefundDesk;
  readonly funds: FundsDesk;
  firstSignDay: Day | null = null;
  readonly must = new Set<string>();
  registered: Profile['registered'];
  /** An account that no rule knows, for money that goes astray. */
  readonly privateAccount: string;
  private numbers = 0;
  private changesDone = 0;
  private actsDone = 0;
  private behaviour: Behaviour = HONEST;

  constructor(
    readonly profile: Profile,
    readonly script: Script,
    readonly season: Season,
    readonly random: Random,
    readonly span: Span,
    readonly tell: Tell,
  ) {
    this.registered = profile.registered;
    this.courses = profile.courses;
    this.privateAccount = `P${profile.serial}`;
    const { mode, bank } = profile;
    this.account =
      mode === 'postpaid' ? null : new Account(this.number('A'), bank, season, random.branch('bank'), tell);
    this.teaching = new TeachingDesk(this);
    this.sales = new SalesDesk(this);
    this.refunds = new RefundDesk(this);
    this.funds = new FundsDesk(this);
    this.breaks.push(...planBreaks(this));
  }

  get id(): string {
    return this.profile.id;
  }

  /** How the school behaves today. */
  get now(): Behaviour {
    return this.behaviour;
  }

  isStopped(day: Day): boolean {
    return this.script.stopDay !== null && day >= this.script.stopDay;
  }

  /** The whole day of the institution, in the order in which things depend on each other. */
  live(day: Day, bankIsLate: boolean): void {
    this.behave(day);
    if (day === this.span.from) this.funds.open(day);
    for (; this.actsDone < this.script.acts.length; this.actsDone += 1) {
      const act = this.script.acts[this.actsDone]!;
      if (act.day > day) break;
      act.run(this, day);
    }
    // Releases are instructed in the morning, for what was confirmed until the evening before.
    this.funds.live(day);
    this.sales.live(day);
    this.teaching.live(day);
    this.refunds.live(day);
    liveRoutine(this, day);
    this.account?.book(day, bankIsLate);
    this.account?.report(day, bankIsLate);
  }

  /** A moment of the day: `hour` may have a fraction. */
  at(day: Day, hour: number): Us {
    return startOfDay(day) + Math.floor(hour * 3_600) * US_PER_SECOND;
  }

  /** Some moment between two hours of the day. */
  between(day: Day, from: number, to: number): Us {
    return startOfDay(day) + from * US_PER_HOUR + this.random.int(0, Math.floor((to - from) * 3_600)) * US_PER_SECOND;
  }

  number(prefix: string): string {
    this.numbers += 1;
    return `${prefix}${this.profile.serial}-${this.numbers}`;
  }

  isBreak(day: Day): boolean {
    return this.breaks.some(({ from, to }) => from <= day && day <= to);
  }

  teachesOn(day: Day): boolean {
    return !this.isBreak(day) && !this.season.isHoliday(day);
  }

  /** Something can be seen from that day on. */
  sign(day: Day): void {
    if (this.script.kind === 'healthy') return;
    if (this.firstSignDay === null || day < this.firstSignDay) this.firstSignDay = day;
  }

  /** The rule must be raised at some time, if the history goes on until `by`. */
  mustRaise(ruleId: string, by: Day): void {
    if (this.script.kind !== 'healthy' && by + LATE_DAYS <= this.span.to) this.must.add(ruleId);
  }

  get platform(): string {
    return '/platform/370700';
  }

  private behave(day: Day): void {
    const { changes } = this.script;
    for (; this.changesDone < changes.length && changes[this.changesDone]!.from <= day; this.changesDone += 1)
      this.behaviour = { ...this.behaviour, ...changes[this.changesDone]!.set };
  }
}

/** Lines may be late by some days: a rule can speak only when it has been told. */
const LATE_DAYS = 4;

export function text(day: Day): string {
  return formatDay(day);
}
