import type { Fen } from '../../core/money.js';
import { type Day, formatDay, startOfDay, type Us } from '../../core/time.js';
import type { AccountFacts } from '../facts/accounts.js';
import { accountBookedFen } from '../facts/accounts.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest, ifLater } from '../facts/moments.js';
import type { ReportedBalance } from '../facts/rows.js';
import type { DifferingSides } from '../facts/sides.js';
import { rankOf } from '../level.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge, type Step } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** What the books and the statements of one account say of the same day's end. */
interface Break {
  readonly statement: ReportedBalance;
  readonly expectedFen: Fen;
  readonly deltaFen: Fen;
  /** The movements behind it of which the platform tells another amount. */
  readonly sides: readonly DifferingSides[];
  /** First day of the row of statements that disagree. */
  readonly since: Day;
  readonly ageWorkingDays: number;
}

/**
 * E and the statement must agree at T+1. All booked movements, named fees and interest too, are part of E; a credit, a release or a
 * refund is part of it with the amount that the platform tells, where the bank has booked another one and time enough has passed
 * for the rest to come or to be told. The age of a break is that of the unbroken row of disagreeing statements, judged with what
 * is known today: a movement told late mends its day.
 */
export const rule = defineRule({
  id: 'A06',
  version: 3,
  group: 'A',
  name: { zh: '对账差异', en: 'Reconciliation break' },
  question: { zh: '银行日终余额与账簿是否一致？', en: 'Does the bank’s end-of-day balance agree with the books?' },
  basis: { zh: '本系统默认；参照 CASS 逐日对账', en: 'Our default, after the daily reconciliation of CASS' },
  params: {
    toleranceFen: { value: 10_000, unit: 'fen', source: 'ours', note: 'A difference up to ¥100 is no break.' },
    toleranceBp: {
      value: 10,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Nor one up to 0.1% of the balance.',
    },
    yellowWorkingDays: { value: 1, unit: 'working_days', source: 'ours', note: 'Open one working day after T+1.' },
    orangeWorkingDays: { value: 3, unit: 'working_days', source: 'ours', note: 'Open three working days.' },
    redWorkingDays: { value: 5, unit: 'working_days', source: 'ours', note: 'Open five working days.' },
    orangeBp: { value: 200, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 2% of the balance.' },
    redBp: { value: 500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 5% of the balance.' },
    sidesWorkingDays: {
      value: 5,
      unit: 'working_days',
      min: 1,
      max: 30,
      source: 'ours',
      note: 'Where platform and bank tell other amounts of one movement, the rest is in transit for so many days after its newest part (as for A01); then the break begins.',
    },
    shareAfterWorkingDays: {
      value: 3,
      unit: 'working_days',
      source: 'ours',
      note: 'The shares count once movements can no longer be merely late: events come up to three days late.',
    },
  },
  order: [
    ['yellowWorkingDays', 'orangeWorkingDays', 'redWorkingDays'],
    ['toleranceBp', 'orangeBp', 'redBp'],
  ],
  remedies: [
    'balance_report',
    {
      zh: '平台与银行更正同一笔资金的不同金额，或补记差额',
      en: 'the platform and the bank correct the amounts of the movements of which they tell different ones, or book the rest',
    },
  ],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const breaks = sheet.accounts.custody
      .flatMap((account) => findBreak(sheet, account, p) ?? [])
      .map((found) => ({ ...found, steps: stepsOf(sheet, found, p) }))
      .sort(byGravity);
    const none: Step = { level: 'blue', threshold: p.toleranceFen, value: 0, tests: [is(false)] };
    const judgement = judge([none, ...breaks.flatMap(({ steps }) => steps)]);
    const worst = breaks[0] ?? null;
    return {
      state: 'answered',
      ...judgement,
      value: judgement.value!,
      unit: 'fen',
      reason: () => describe(worst),
      evidence: () =>
        refsOf(
          breaks.map((found) => found.statement),
          breaks.flatMap(({ sides }) => sides.flatMap(({ evidence }) => evidence)),
        ),
      lookAgainAt:
        breaks.length > 0 || sheet.accounts.custody.some((account) => findBreak(sheet, account, p, sheet.today + 1))
          ? sheet.nextMidnight
          : sidesCountAt(sheet, p.sidesWorkingDays),
    };
  },
});

function stepsOf(
  sheet: FactSheet,
  { deltaFen, statement, ageWorkingDays: age }: Break,
  p: Readonly<Record<(typeof STEPS)[number], number>>,
): [Step, ...Step[]] {
  const abs = absOf(deltaFen);
  const value = Number(abs);
  const whole = max(abs, BigInt(statement.bookedFen));
  const late = is(age >= p.shareAfterWorkingDays);
  const aged = (level: Step['level'], isOld: boolean): Step => {
    return { level, threshold: p.toleranceFen, value, tests: [is(isOld)] };
  };
  const large = (level: Step['level'], bp: number): Step => {
    const threshold = Number((whole * BigInt(bp)) / 10_000n);
    return { level, threshold, value, tests: [late, sheet.tests.overShare(abs, whole, bp)] };
  };
  return [
    aged('blue', true),
    aged('yellow', age >= p.yellowWorkingDays),
    aged('orange', age >= p.orangeWorkingDays),
    large('orange', p.orangeBp),
    aged('red', age >= p.redWorkingDays),
    large('red', p.redBp),
  ];
}
const STEPS = [
  ...(['toleranceFen', 'yellowWorkingDays', 'orangeWorkingDays', 'redWorkingDays'] as const),
  ...(['orangeBp', 'redBp', 'shareAfterWorkingDays'] as const),
] as const;

type Judged = Break & { readonly steps: readonly [Step, ...Step[]] };

/** The one that makes the level first: it is the one that is told. Of several the oldest, then the largest. */
function byGravity(a: Judged, b: Judged): number {
  const byLevel = rankOf(judge(b.steps).level) - rankOf(judge(a.steps).level);
  return byLevel || b.ageWorkingDays - a.ageWorkingDays || Number(absOf(b.deltaFen) - absOf(a.deltaFen));
}

/** The break at the newest statement that is at least one day old on `today`; null when it agrees or there is none. */
function findBreak(
  sheet: FactSheet,
  account: AccountFacts,
  p: { readonly toleranceFen: number; readonly toleranceBp: number; readonly sidesWorkingDays: number },
  today: Day = sheet.today,
): Break | null {
  const statements = sheet.statements.of(account.accountId);
  const differing = sidesOf(sheet, account, p.sidesWorkingDays);
  let expectedFen = accountBookedFen(sheet, account);
  let after = NEVER;
  let newest: Omit<Break, 'since' | 'ageWorkingDays'> | null = null;
  let since: Day = 0;
  for (let i = statements.length - 1; i >= 0; i -= 1) {
    const statement = statements[i]!;
    if (statement.asOf >= today) continue;
    expectedFen -= sheet.money.bankNet(account.accountId, statement.asOf + 1, after);
    after = statement.asOf;
    const sides = differing.filter(({ countsOn }) => countsOn <= statement.asOf);
    const ownFen = sides.reduce((sum, { missingFen }) => sum + missingFen, expectedFen);
    const deltaFen = ownFen - BigInt(statement.bookedFen);
    if (!isBroken(deltaFen, statement.bookedFen, p)) break;
    newest ??= { statement, expectedFen: ownFen, deltaFen, sides };
    since = statement.asOf;
  }
  return newest === null
    ? null
    : { ...newest, since, ageWorkingDays: sheet.calendar.workingDaysBetween(since + 1, today) };
}

interface Counted extends DifferingSides {
  /** The day at whose end nothing more is to be expected, neither the rest of the money nor a telling: the break begins. */
  readonly countsOn: Day;
}

function sidesOf(sheet: FactSheet, account: AccountFacts, workingDays: number): readonly Counted[] {
  return sheet.differingSides.flatMap((one) =>
    one.accountId === account.accountId
      ? { ...one, countsOn: sheet.calendar.addWorkingDays(one.newestOn, workingDays) }
      : [],
  );
}

/** When the next of them counts; null when none is waited for. */
function sidesCountAt(sheet: FactSheet, workingDays: number): Us | null {
  let at: Us | null = null;
  for (const { newestOn } of sheet.differingSides)
    at = earliest(at, ifLater(startOfDay(sheet.calendar.addWorkingDays(newestOn, workingDays) + 1), sheet.now));
  return at;
}

/** Beyond every booking day. */
const NEVER: Day = 1_000_000;

function isBroken(
  deltaFen: Fen,
  bookedFen: number,
  p: { readonly toleranceFen: number; readonly toleranceBp: number },
): boolean {
  const abs = absOf(deltaFen);
  return abs > BigInt(p.toleranceFen) && abs * 10_000n > BigInt(bookedFen) * BigInt(p.toleranceBp);
}

function absOf(fen: Fen): Fen {
  return fen < 0n ? -fen : fen;
}

function max(a: Fen, b: Fen): Fen {
  return a > b ? a : b;
}

function describe(worst: Break | null) {
  if (worst === null)
    return { zh: '银行日终余额与账簿一致', en: 'The bank’s end-of-day balances agree with the books' };
  const { statement, expectedFen, deltaFen, sides, since, ageWorkingDays } = worst;
  const count = sides.length;
  return {
    zh: `账户 ${statement.accountId} 在 ${formatDay(statement.asOf)} 日终账簿为 ${zhYuan(expectedFen)}，银行报 ${zhYuan(statement.bookedFen)}，差 ${zhYuan(deltaFen)}，自 ${formatDay(since)} 起已 ${ageWorkingDays} 个工作日${count === 0 ? '' : `；其中 ${count} 笔资金平台与银行金额不符`}`,
    en: `At the end of ${formatDay(statement.asOf)} the books have ${enYuan(expectedFen)} on account ${statement.accountId}, the bank ${enYuan(statement.bookedFen)}: a difference of ${enYuan(deltaFen)}, open since ${formatDay(since)}, ${plural(ageWorkingDays, 'working day')}${count === 0 ? '' : `; of ${plural(count, 'movement')} the platform and the bank tell different amounts`}`,
  };
}
