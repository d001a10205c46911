import { expect, it } from 'vitest';
import { type Calendar, CHINA_CALENDAR } from '../../src/core/calendar.js';
import { type Day, formatDay, parseDay, startOfDay, US_PER_HOUR, type Us } from '../../src/core/time.js';
import type { EventData } from '../../src/events/event.js';
import { ACCOUNT, type AccountName } from '../../src/ledger/accounts.js';
import { type Line, type PaymentRow, type RefundRow, SEPARATOR, type Withdrawal } from '../../src/ledger/rows.js';
import { TALLIES, type TallyName } from '../../src/ledger/tallies.js';
import { COMMON_PARAMS } from '../../src/risk/common.js';
import { NO_CONTEXT, type RiskContext } from '../../src/risk/context.js';
import { FactSheet } from '../../src/risk/facts/fact-sheet.js';
import {
  type InstitutionRows,
  type RegisterType,
  seriesOfTallies,
  seriesOfTurnovers,
} from '../../src/risk/facts/rows.js';
import type { Level } from '../../src/risk/level.js';
import { defaultsOf } from '../../src/risk/params.js';
import type { Rule, RuleAnswer } from '../../src/risk/rule.js';
import type { ContractInput, PaymentInput, RefundInput } from './inputs.js';

/** A Wednesday in term time, working days all around it. */
export const TODAY = parseDay('2026-04-22')!;
export const NOW = startOfDay(TODAY) + 15 * US_PER_HOUR;
export const ID = '91370702MA3CERT008';
const SOURCE = '/test';

export const on = (text: string): Day => parseDay(text)!;
export const noon = (day: Day): Us => startOfDay(day) + 12 * US_PER_HOUR;
export const yuan = (amount: number): number => Math.round(amount * 100);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** Rows of one institution, made step by step. It starts as a healthy school: custody per lesson, full coverage, 50 learners, 200 days. */
export class School {
  private counter = 0;
  private readonly money: { account: number; sub: string; day: Day; debitFen: bigint; creditFen: bigint }[] = [];
  private readonly counts: { metric: number; day: Day; count: number }[] = [];
  private readonly registers: Record<string, { at: Us; source: string; id: string; data: unknown }[]> = {};
  private readonly set: Partial<Mutable<InstitutionRows>> = {};
  private readonly lists = {
    contracts: [] as unknown[],
    payments: [] as PaymentRow[],
    refunds: [] as unknown[],
    reported: [] as unknown[],
    released: [] as unknown[],
    profiles: [] as unknown[],
    withdrawals: [] as Withdrawal[],
  };

  constructor(custody = true) {
    if (!custody) return;
    this.account({ accountId: 'A1' });
    this.credit(TODAY - 100, yuan(100_000));
    this.unearned(yuan(100_000));
    this.statement(TODAY - 1, yuan(100_000));
  }

  private told(at: Us) {
    this.counter += 1;
    return { at, source: SOURCE, id: `e${this.counter}` };
  }

  with(values: Partial<InstitutionRows>): this {
    Object.assign(this.set, values);
    return this;
  }
  unearned(fen: number): this {
    return this.with({ unearnedFen: BigInt(fen) });
  }
  learners(count: number): this {
    return this.with({ activeLearners: count });
  }
  /** Days since the first event. */
  history(days: number): this {
    return this.with({ firstAt: startOfDay(TODAY - days) });
  }

  register<T extends RegisterType>(type: T, data: EventData[T], at: Us = noon(TODAY - 150)): this {
    const list = this.registers[type] ?? [];
    list.push({ ...this.told(at), data });
    this.registers[type] = list;
    return this;
  }
  account(data: Partial<EventData['account.registered']>): this {
    return this.register(
      'account.registered',
      {
        accountId: 'A1',
        bankCode: 'B1',
        purpose: 'custody',
        mode: 'per_lesson',
        validFrom: formatDay(TODAY - 200),
        ...data,
      },
      noon(TODAY - 200),
    );
  }
  profile(data: Partial<EventData['institution.upserted']>, at: Us = noon(TODAY - 150)): this {
    const full = { ...PROFILE, ...(this.set.profile ?? {}), ...data } as EventData['institution.upserted'];
    this.lists.profiles.push({ ...this.told(at), data: { ...PROFILE, ...data } });
    return this.with({ profile: full });
  }

  entry(name: AccountName, sub: string, day: Day, debit: number, credit: number): this {
    this.money.push({ account: ACCOUNT[name], sub, day, debitFen: BigInt(debit), creditFen: BigInt(credit) });
    return this;
  }
  credit(day: Day, fen: number, account = 'A1'): this {
    return this.entry('credit_clearing', account, day, 0, fen).entry('bank', account, day, fen, 0);
  }
  release(day: Day, fen: number, account = 'A1'): this {
    return this.entry('release_clearing', account, day, fen, 0).entry('bank', account, day, 0, fen);
  }
  refundDebit(day: Day, fen: number, account = 'A1'): this {
    return this.entry('refund_bank', account, day, fen, 0).entry('bank', account, day, 0, fen);
  }
  otherDebit(day: Day, fen: number, account = 'A1'): this {
    this.lists.withdrawals.push({ ...this.told(noon(day)), accountId: account, bookedOn: day, amountFen: fen });
    return this.entry('other_debits', account, day, fen, 0).entry('bank', account, day, 0, fen);
  }
  receipt(day: Day, fen: number, payee = ''): this {
    return this.entry('receipts', payee, day, fen, 0);
  }
  confirmed(day: Day, fen: number): this {
    return this.entry('earned', '', day, 0, fen);
  }
  tally(name: TallyName, day: Day, count = 1): this {
    this.counts.push({ metric: TALLIES[name], day, count });
    return this;
  }
  /** One of a kind on every `every`-th day of [from, to]. */
  tallies(name: TallyName, from: Day, to: Day, count = 1, every = 1): this {
    for (let day = from; day <= to; day += every) this.tally(name, day, count);
    return this;
  }
  statement(day: Day, fen: number, accountId = 'A1'): this {
    this.lists.reported.push({
      ...this.told(startOfDay(day + 1) - US_PER_HOUR / 6),
      accountId,
      asOf: day,
      bookedFen: fen,
    });
    return this;
  }

  contract(input: ContractInput = {}): this {
    const { signedOn = TODAY - 5, hoursLeft, ...data } = input;
    const full = contractData({ contractId: `c${this.lists.contracts.length + 1}`, ...data });
    this.lists.contracts.push({
      ...this.told(noon(signedOn)),
      contractId: full.contractId,
      data: full,
      hoursLeftHundredths: hoursLeft ?? null,
    });
    return this;
  }
  payment(input: PaymentInput = {}): this {
    const { paidOn = TODAY - 5, reversedFen = 0, settled = true, namedBy, ...told } = input;
    const paymentId = `p${this.lists.payments.length + 1}`;
    this.lists.payments.push({
      paymentId,
      told: {
        ...this.told(noon(paidOn)),
        amountFen: yuan(1_000),
        contractId: null,
        payee: null,
        channel: 'wechat',
        loan: false,
        ...told,
      },
      reversedFen,
      namedBy: namedBy ?? (settled ? [[`A1${SEPARATOR}${paymentId}`, paidOn, told.amountFen ?? yuan(1_000), 1]] : []),
      matchedBy: null,
    });
    return this;
  }
  refund(input: RefundInput = {}): this {
    const {
      requestedOn,
      amountFen = yuan(1_000),
      requestedFen = amountFen,
      side = 'consumer',
      contractId = 'c1',
      approvedOn,
      dueOn,
      rejectedOn,
      withdrawnOn,
      paid = [],
      contract,
      line,
      payers,
      signedBefore = false,
      debits = [],
    } = input;
    const step = (day: Day | undefined, fen = amountFen) =>
      day === undefined ? null : { ...this.told(noon(day)), contractId, amountFen: fen };
    const requested = step(requestedOn, requestedFen);
    const approved = step(approvedOn);
    const refund: RefundRow = {
      refundId: `r${this.lists.refunds.length + 1}`,
      requested: requested && { ...requested, side },
      approved: approved && { ...approved, dueOn: dueOn ?? null },
      rejected: step(rejectedOn, 0),
      withdrawn: step(withdrawnOn, 0),
      paid: paid.map((part, index) => ({ ...step(part.on, part.fen)!, part: `b${index}` })),
    };
    const paidTo = paid.map(({ payeeHash = null, originalChannel = null, via = 'institution' as const }) => ({
      payeeHash,
      originalChannel,
      via,
    }));
    this.lists.refunds.push({
      refund,
      contract: contract ?? null,
      line: line ?? null,
      paidTo,
      payers: payers ?? null,
      signedBefore,
      debits,
    });
    return this;
  }
  releasedLine(
    line: Partial<Line> & {
      readonly contractId?: string;
      readonly contract?: EventData['contract.signed'];
      readonly ended?: boolean;
      readonly recent?: readonly { on: Day; amountFen: number }[];
    },
  ): this {
    const { contractId = 'c1', contract = null, ended = false, recent = [], ...values } = line;
    this.lists.released.push({
      paidFen: 0n,
      confirmedFen: 0n,
      refundedFen: 0n,
      releasedFen: 0n,
      confirmedHoursHundredths: 0,
      ...values,
      contractId,
      contract,
      signed: { at: noon(TODAY - 90), source: SOURCE, id: `signed ${contractId}` },
      ended,
      recentReleases: recent,
    });
    return this;
  }

  rows(): InstitutionRows {
    const byDay = <T extends { day: Day }>(list: T[]) => [...list].sort((a, b) => a.day - b.day);
    const ascending = (list: unknown[]) => [...list].sort((a, b) => (a as { at: Us }).at - (b as { at: Us }).at);
    const registers = Object.fromEntries(Object.entries(this.registers).map(([type, list]) => [type, ascending(list)]));
    return {
      institutionId: ID,
      profile: null,
      profileEvents: ascending(this.lists.profiles) as InstitutionRows['profileEvents'],
      registers: registers as InstitutionRows['registers'],
      reported: [...this.lists.reported].sort(
        (a, b) => (a as { asOf: Day }).asOf - (b as { asOf: Day }).asOf,
      ) as InstitutionRows['reported'],
      balances: balancesOf(this.money),
      turnovers: seriesOfTurnovers(byDay(this.money.filter((row) => row.account !== ACCOUNT.bank))),
      tallies: seriesOfTallies(byDay(this.counts)),
      unearnedFen: 0n,
      activeLearners: 50,
      unearnedOperatorFen: null,
      expiredUnearnedFen: 0n,
      expiredContracts: [],
      differingReleases: [],
      withdrawals: ascending(this.lists.withdrawals) as InstitutionRows['withdrawals'],
      releasedLines: this.lists.released as InstitutionRows['releasedLines'],
      contracts: ascending(this.lists.contracts) as InstitutionRows['contracts'],
      payments: [...this.lists.payments].sort((a, b) => a.told!.at - b.told!.at),
      refunds: this.lists.refunds as InstitutionRows['refunds'],
      lessons: [],
      deliveries: [],
      confirmations: [],
      links: null,
      countyTopShare: false,
      day: 0,
      earlier: () => null,
      eventCount: this.counter,
      newestAt: NOW,
      firstAt: startOfDay(TODAY - 200),
      ...this.set,
    };
  }
}

export const PROFILE: EventData['institution.upserted'] = {
  name: '测试学校',
  regionCode: '370702',
  category: 'non_subject',
  delivery: 'offline',
  registration: 'for_profit',
  licence: { state: 'complete', firstIssuedOn: '2018-05-04', expiresOn: '2028-01-01' },
  status: 'operating',
};

export function contractData(data: Partial<EventData['contract.signed']> = {}): EventData['contract.signed'] {
  return {
    contractId: 'c1',
    learnerHash: '0123456789abcdef',
    courseId: 'k1',
    courseKind: 'non_subject',
    modelForm: true,
    pricing: 'hour',
    hoursPaid: 20,
    priceFen: yuan(1_000),
    periodFrom: formatDay(TODAY),
    periodTo: formatDay(TODAY + 60),
    ...data,
  };
}

function balancesOf(money: readonly { account: number; sub: string; debitFen: bigint; creditFen: bigint }[]) {
  const sums = new Map<string, { account: number; sub: string; debitFen: bigint; creditFen: bigint }>();
  for (const row of money) {
    const key = `${row.account}/${row.sub}`;
    const sum = sums.get(key) ?? { account: row.account, sub: row.sub, debitFen: 0n, creditFen: 0n };
    sums.set(key, { ...sum, debitFen: sum.debitFen + row.debitFen, creditFen: sum.creditFen + row.creditFen });
  }
  return [...sums.values()];
}

export const school = (): School => new School();
/** Nothing known at all. */
export const nobody = (): School => new School(false);
/** Deposit mode: deposit account D1 with the given amount, settlement account S1. */
export const depositSchool = (depositFen: number): School =>
  nobody()
    .account({ accountId: 'D1', purpose: 'deposit', mode: 'deposit', openingFen: depositFen })
    .account({ accountId: 'S1', purpose: 'settlement', mode: 'deposit' })
    .unearned(yuan(100_000));

export interface AskOptions {
  readonly now?: Us;
  readonly params?: Readonly<Record<string, number>>;
  readonly common?: Readonly<Record<string, number>>;
  readonly context?: Partial<RiskContext>;
  readonly calendar?: Calendar;
}

export function sheetOf(from: School, options: AskOptions = {}): FactSheet {
  return new FactSheet(from.rows(), options.now ?? NOW, options.calendar ?? CHINA_CALENDAR, {
    ...defaultsOf(COMMON_PARAMS),
    ...options.common,
  } as FactSheet['common']);
}

export function ask(rule: Rule, from: School, options: AskOptions = {}): RuleAnswer {
  return rule.evaluate(
    sheetOf(from, options),
    { ...defaultsOf(rule.params), ...options.params },
    { ...NO_CONTEXT, ...options.context },
  );
}

/** One test per case: what is made of the value is answered with the level. */
export function steps<T>(
  rule: Rule,
  title: string,
  make: (value: T) => School,
  cases: readonly (readonly [T, Level])[],
  options: AskOptions = {},
): void {
  for (const [value, level] of cases) {
    it(`${rule.id}: ${title} ${String(value)} is ${level}`, () => {
      const answer = ask(rule, make(value), options);
      expect({ level: answer.level, state: answer.state }).toEqual({ level, state: 'answered' });
      expectWellFormed(rule, answer, options.now ?? NOW);
    });
  }
}

/** What every answer must be, whatever it says. */
export function expectWellFormed(rule: Rule, answer: RuleAnswer, now: Us): void {
  const { zh, en } = answer.reason();
  expect(zh).toMatch(/\p{Script=Han}/u);
  expect(en).not.toMatch(/\p{Script=Han}|NaN|undefined|null/u);
  expect(zh).not.toMatch(/NaN|undefined|null/);
  expect(Number.isSafeInteger(answer.value)).toBe(true);
  expect(answer.threshold === null || Number.isSafeInteger(answer.threshold)).toBe(true);
  expect(answer.evidence().length).toBeLessThanOrEqual(20);
  if (answer.lookAgainAt !== null) expect(answer.lookAgainAt, rule.id).toBeGreaterThan(now);
  const order = ['none', 'blue', 'yellow', 'orange', 'red'];
  expect(order.indexOf(answer.holdLevel)).toBeGreaterThanOrEqual(order.indexOf(answer.level));
}
