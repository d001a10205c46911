import { createHash } from 'node:crypto';
import { addMonths, type Day, formatDay } from '../../src/core/time.js';
import { between, pick, type Random } from './random.js';

/** Tells one event. `data` is the inside of its JSON object. */
export type Emit = (
  branch: { readonly id: string; readonly code: string; events: number },
  source: string,
  type: string,
  day: Day,
  second: number,
  data: string,
) => void;

/** One institution of a generated history. */
export interface Branch {
  live(day: Day, events: number, random: Random, emit: Emit): void;
}

export const REGION = '370705';
export const PLATFORM = `/platform/${REGION.slice(0, 4)}00`;
export const REGISTRY = `/registry/${REGION.slice(0, 4)}00`;

export function makeBranch(at: number, prefix: string): Branch {
  return new TrainingCentre(at, prefix);
}

/** The first lines of an institution: who it is, and its custody account. */
export function opening(at: number, code: string): readonly (readonly [source: string, type: string, data: string])[] {
  const licence = `"licence":{"state":"complete","number":"教民${REGION}${code}","firstIssuedOn":"2019-09-12","expiresOn":"2030-10-25"}`;
  const who = `"name":"测试培训中心${code}","regionCode":"${REGION}","category":"non_subject","delivery":"offline","registration":"for_profit"`;
  const more = `"status":"operating","field":"sport","stages":["compulsory"],"legalRepHash":"${personOf(at, PERSON.owner)}","controllerHashes":["${personOf(at, PERSON.controller)}"],"sites":[{"siteId":"S${code}-1"}]`;
  return [
    [REGISTRY, 'institution.upserted', `${who},${licence},${more}`],
    [
      PLATFORM,
      'account.registered',
      `"accountId":"A${code}","bankCode":"${bankOf(at)}","purpose":"custody","mode":"per_lesson","validFrom":"2020-01-01"`,
    ],
  ];
}

interface Contract {
  readonly id: string;
  readonly hourFen: number;
  readonly paidFen: number;
  hoursLeft: number;
}

interface Payment {
  readonly id: string;
  readonly amountFen: number;
}

const HASHES = Array.from({ length: 1_024 }, (_, at) =>
  createHash('sha256').update(`person ${at}`).digest('hex').slice(0, 32),
);
const BANKS = ['B003', 'B103', 'B303', 'B403'] as const;
const CHANNELS = ['wechat', 'alipay', 'card', 'transfer'] as const;
const HOURS_PER_LESSON = 2;
const LEARNERS_PER_LESSON_MAX = 9;
const OPEN_CONTRACTS_MIN = 6;
const OPEN_CONTRACTS_MAX = 60;
const LINES_PER_RELEASE_MAX = 8;
const SECOND_OF = {
  morning: 8 * 3_600,
  office: 10 * 3_600,
  evening: 20 * 3_600,
  night: 21 * 3_600,
  close: 23 * 3_600 + 3_000,
};
const DAYS_UNTIL_SILENCE = 21;

/** What happens how often: weights of actions, so that the events have the shares of a real city (docs/bench.md). */
const ACTIONS: readonly (readonly [weight: number, name: Action])[] = [
  [5.9, 'lesson'],
  [4.4, 'enrol'],
  [13.2, 'balance'],
  [2.6, 'credit'],
  [1.2, 'release'],
  [0.25, 'refund'],
  [0.15, 'inspection'],
  [0.14, 'complaint'],
  [0.1, 'ended'],
];
type Action = 'lesson' | 'enrol' | 'balance' | 'credit' | 'release' | 'refund' | 'inspection' | 'complaint' | 'ended';
const WEIGHT_SUM = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);

class TrainingCentre implements Branch {
  readonly id: string;
  readonly code: string;
  events = 1;
  private readonly bank: string;
  private readonly account: string;
  private readonly contracts: Contract[] = [];
  private readonly uncredited: Payment[] = [];
  private readonly unreleased = new Map<string, number>();
  private budget = 0;
  private things = 0;
  private bookedFen = 0;
  private balanceDay: Day | null = null;
  private opened = false;

  constructor(
    private readonly at: number,
    prefix: string,
  ) {
    this.id = `X-${REGION}-${prefix.replaceAll(/\D/g, '')}${String(at + 1).padStart(6, '0')}`;
    this.code = `${prefix}${String(at).padStart(5, '0')}`;
    this.bank = `/bank/${bankOf(at)}`;
    this.account = `A${this.code}`;
  }

  live(day: Day, events: number, random: Random, emit: Emit): void {
    const say = (source: string, type: string, second: number, data: string, on = day): void =>
      emit(this, source, type, on, second, data);
    if (!this.opened) {
      this.opened = true;
      for (const [source, type, data] of opening(this.at, this.code)) say(source, type, 60, data);
    }
    this.budget += events;
    while (this.budget > 0) {
      const before = this.events;
      this[choose(random)](day, random, say);
      this.budget -= this.events - before;
    }
  }

  private lesson(day: Day, random: Random, say: Say): void {
    while (this.contracts.length < OPEN_CONTRACTS_MIN) this.enrol(day, random, say);
    const lessonId = this.name('L');
    const course = `"courseId":"K${this.code}-1"`;
    const begins = `"startsAt":"${formatDay(day)}T18:00:00+08:00","endsAt":"${formatDay(day)}T20:00:00+08:00"`;
    say(
      PLATFORM,
      'lesson.scheduled',
      1_000,
      `"lessonId":"${lessonId}",${course},"teacherHash":"${personOf(this.at, PERSON.teacher)}","roomId":"R1","capacity":30,${begins},"delivery":"offline","courseKind":"non_subject"`,
    );
    const learners = between(random, 1, LEARNERS_PER_LESSON_MAX);
    const hashes = Array.from({ length: learners }, () => `"${pick(random, HASHES)}"`).join(',');
    say(PLATFORM, 'lesson.delivered', SECOND_OF.evening, `"lessonId":"${lessonId}","learnerHashes":[${hashes}]`);
    for (let learner = 0; learner < learners && this.contracts.length > 0; learner += 1)
      this.confirm(day, lessonId, random, say);
  }

  private confirm(day: Day, lessonId: string, random: Random, say: Say): void {
    const at = Math.floor(random() * this.contracts.length);
    const contract = this.contracts[at]!;
    const confirmId = this.name('F');
    const amountFen = HOURS_PER_LESSON * contract.hourFen;
    const what = `"confirmId":"${confirmId}","contractId":"${contract.id}","lessonId":"${lessonId}","hours":${HOURS_PER_LESSON},"amountFen":${amountFen}`;
    const asked = SECOND_OF.evening + between(random, 60, 1_800);
    say(PLATFORM, 'lesson.confirm_requested', asked, `${what},"silentOn":"${formatDay(day + DAYS_UNTIL_SILENCE)}"`);
    const on = day + pick(random, CONFIRM_DAYS);
    const second = on === day ? asked + between(random, 60, 10_000) : between(random, 0, 86_399);
    say(PLATFORM, 'lesson.confirmed', Math.min(second, 86_399), `${what},"by":"parent"`, on);
    this.unreleased.set(contract.id, (this.unreleased.get(contract.id) ?? 0) + amountFen);
    contract.hoursLeft -= HOURS_PER_LESSON;
    if (contract.hoursLeft < HOURS_PER_LESSON) this.dropContract(at);
  }

  private enrol(day: Day, random: Random, say: Say): void {
    const contract = {
      id: this.name('C'),
      hourFen: between(random, 60, 120) * 100,
      hoursLeft: between(random, 5, 8) * HOURS_PER_LESSON,
    };
    const priceFen = contract.hourFen * contract.hoursLeft;
    const learnerHash = pick(random, HASHES);
    const second = SECOND_OF.morning + between(random, 0, 40_000);
    const period = `"periodFrom":"${formatDay(day)}","periodTo":"${formatDay(addMonths(day, 3))}","refundDays":15,"refundDaysKind":"calendar"`;
    say(
      PLATFORM,
      'contract.signed',
      second,
      `"contractId":"${contract.id}","learnerHash":"${learnerHash}","courseId":"K${this.code}-1","courseKind":"non_subject","modelForm":true,"pricing":"hour","hoursPaid":${contract.hoursLeft},"priceFen":${priceFen},${period}`,
    );
    const parts = random() < 0.15 ? 2 : 1;
    for (let part = 0; part < parts; part += 1) {
      const amountFen = part === 0 ? priceFen - Math.floor(priceFen / 2) * (parts - 1) : Math.floor(priceFen / 2);
      const payment = { id: this.name('P'), amountFen };
      const payee = random() < 0.5 ? `,"payeeAccountId":"${this.account}"` : '';
      say(
        PLATFORM,
        'payment.succeeded',
        second + 60 + part,
        `"paymentId":"${payment.id}","contractId":"${contract.id}","amountFen":${amountFen},"payerHash":"${learnerHash}","channel":"${pick(random, CHANNELS)}"${payee}`,
      );
      this.uncredited.push(payment);
    }
    if (this.contracts.length >= OPEN_CONTRACTS_MAX) this.dropContract(0);
    this.contracts.push({ ...contract, paidFen: priceFen });
  }

  /** Most credits name their payments; the others are found by amount and day. */
  private credit(day: Day, random: Random, say: Say): void {
    if (this.uncredited.length === 0) this.enrol(day, random, say);
    const named = random() < 0.9;
    const payments = this.uncredited.splice(0, named ? 2 : 1);
    const amountFen = payments.reduce((sum, payment) => sum + payment.amountFen, 0);
    const names = named ? `,"paymentIds":[${payments.map(({ id }) => `"${id}"`).join(',')}]` : '';
    this.bookedFen += amountFen;
    say(
      this.bank,
      'custody.credited',
      SECOND_OF.night + between(random, 0, 1_800),
      `"accountId":"${this.account}","amountFen":${amountFen},"bookedOn":"${formatDay(day)}","bankTxnId":"${this.name('W')}"${names}`,
    );
  }

  private balance(day: Day, random: Random, say: Say): void {
    const isClose = this.balanceDay !== day;
    this.balanceDay = day;
    const second = isClose ? SECOND_OF.close : between(random, 0, 86_399);
    const asOf = isClose
      ? `"asOf":"${formatDay(day)}","kind":"end_of_day"`
      : `"asOf":"${formatDay(day)}T${String(Math.floor(second / 3_600)).padStart(2, '0')}:00:00+08:00","kind":"intraday"`;
    say(
      this.bank,
      'custody.balance_reported',
      second,
      `"accountId":"${this.account}",${asOf},"bookedFen":${this.bookedFen},"availableFen":${this.bookedFen}`,
    );
  }

  private release(day: Day, random: Random, say: Say): void {
    const lines = [...this.unreleased].slice(0, between(random, 2, LINES_PER_RELEASE_MAX));
    if (lines.length === 0) {
      this.balance(day, random, say);
      return;
    }
    for (const [contractId] of lines) this.unreleased.delete(contractId);
    const instructionId = this.name('I');
    const amountFen = lines.reduce((sum, [, fen]) => sum + fen, 0);
    const texts = lines.map(([contractId, fen]) => `{"contractId":"${contractId}","amountFen":${fen}}`).join(',');
    say(
      PLATFORM,
      'release.instructed',
      SECOND_OF.office,
      `"instructionId":"${instructionId}","accountId":"${this.account}","lines":[${texts}]`,
    );
    this.debit(day, amountFen, `"purpose":"release","instructionId":"${instructionId}"`, say);
  }

  private refund(day: Day, random: Random, say: Say): void {
    if (this.contracts.length === 0) {
      this.enrol(day, random, say);
      return;
    }
    const contract = this.dropContract(Math.floor(random() * this.contracts.length));
    const refundId = this.name('Q');
    const amountFen = contract.hoursLeft * contract.hourFen;
    const what = `"refundId":"${refundId}","contractId":"${contract.id}","amountFen":${amountFen}`;
    say(PLATFORM, 'refund.requested', SECOND_OF.office, `${what},"side":"seven_day"`);
    say(PLATFORM, 'refund.approved', SECOND_OF.office, `${what},"dueOn":"${formatDay(day + 5)}"`, day + 1);
    const bankTxnId = this.debit(day + 2, amountFen, `"purpose":"refund","refundId":"${refundId}"`, say);
    say(
      PLATFORM,
      'refund.paid',
      SECOND_OF.night,
      `${what},"via":"custody","payeeHash":"${hashOf(day)}","originalChannel":true,"bankTxnId":"${bankTxnId}"`,
      day + 2,
    );
  }

  private inspection(_day: Day, random: Random, say: Say): void {
    say(
      `/grid/${REGION}`,
      'inspection.recorded',
      SECOND_OF.office + between(random, 0, 9_000),
      `"inspectionId":"${this.name('J')}","role":"joint","findings":["ok"]`,
    );
  }

  private complaint(day: Day, random: Random, say: Say): void {
    const ticketId = this.name('H');
    say(
      '/hotline/12345',
      'complaint.received',
      SECOND_OF.office + between(random, 0, 9_000),
      `"ticketId":"${ticketId}","kind":"quality","keywords":["服务态度"]`,
    );
    say('/hotline/12345', 'complaint.closed', SECOND_OF.office, `"ticketId":"${ticketId}","upheld":false`, day + 4);
  }

  private ended(day: Day, random: Random, say: Say): void {
    if (this.contracts.length === 0) {
      this.enrol(day, random, say);
      return;
    }
    const contract = this.dropContract(0);
    say(PLATFORM, 'contract.ended', SECOND_OF.office + between(random, 0, 9_000), `"contractId":"${contract.id}"`);
  }

  private debit(day: Day, amountFen: number, why: string, say: Say): string {
    const bankTxnId = this.name('W');
    this.bookedFen = Math.max(0, this.bookedFen - amountFen);
    say(
      this.bank,
      'custody.debited',
      SECOND_OF.office + 1_800,
      `"accountId":"${this.account}","amountFen":${amountFen},"bookedOn":"${formatDay(day)}","bankTxnId":"${bankTxnId}",${why}`,
      day,
    );
    return bankTxnId;
  }

  private dropContract(at: number): Contract {
    const contract = this.contracts[at]!;
    this.contracts[at] = this.contracts.at(-1)!;
    this.contracts.pop();
    return contract;
  }

  private name(letter: string): string {
    this.things += 1;
    return `${letter}${this.code}-${this.things}`;
  }
}

type Say = (source: string, type: string, second: number, data: string, on?: Day) => void;

/** Days until the parent says yes. */
const CONFIRM_DAYS = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3] as const;

function choose(random: Random): Action {
  let at = random() * WEIGHT_SUM;
  for (const [weight, action] of ACTIONS) {
    at -= weight;
    if (at < 0) return action;
  }
  return 'balance';
}

function bankOf(at: number): string {
  return BANKS[at % BANKS.length]!;
}

/** Nobody is in two institutions: ties to a red one would have all of them evaluated again. */
const PERSON = { owner: 0, controller: 1, teacher: 2 } as const;

const HASH_DIGITS = 16;

function personOf(at: number, person: number): string {
  return (at * Object.keys(PERSON).length + person).toString(16).padStart(HASH_DIGITS, '0');
}

function hashOf(at: number): string {
  return HASHES[at % HASHES.length]!;
}
