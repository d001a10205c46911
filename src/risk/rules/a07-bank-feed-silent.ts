import { type Day, dayOf, formatDay, startOfDay, US_PER_HOUR, type Us } from '../../core/time.js';
import type { AccountFacts } from '../facts/accounts.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { rankOf } from '../level.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge, type Step } from '../steps.js';
import { plural } from '../text.js';

interface Silence {
  readonly account: AccountFacts;
  /** The day of the newest statement, or the day before the first one is expected. */
  readonly base: Day;
  readonly everReported: boolean;
  /** Working days whose statement should be here and is not. */
  readonly missing: number;
}

/**
 * The statement of a working day is due at noon of the next working day. An account from which no statement ever came is not
 * silent but not connected: that stays yellow at most.
 */
export const rule = defineRule({
  id: 'A07',
  version: 3,
  group: 'A',
  name: { zh: '银行数据断报', en: 'Bank feed silent' },
  question: { zh: '银行是否按时报送日终余额？', en: 'Does the bank report its end-of-day balances in time?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    dueHour: {
      value: 12,
      unit: 'count',
      max: 24,
      source: 'ours',
      note: 'Hour of the next working day by which a statement is due.',
    },
    blueWorkingDays: { value: 1, unit: 'working_days', min: 1, source: 'ours', note: 'One statement missing.' },
    yellowWorkingDays: { value: 2, unit: 'working_days', min: 1, source: 'ours', note: 'Two missing.' },
    orangeWorkingDays: { value: 5, unit: 'working_days', min: 1, source: 'ours', note: 'Five missing.' },
  },
  order: [['blueWorkingDays', 'yellowWorkingDays', 'orangeWorkingDays']],
  remedies: ['balance_report'],
  evaluate(sheet, p) {
    const silences = expected(sheet).map((account) => silenceOf(sheet, account, p.dueHour));
    if (silences.length === 0)
      return notApplicable('没有应报送余额的账户', 'No account whose balance should be reported');
    const byLevel = silences
      .map((one) => ({ ...one, judgement: judge(stepsOf(one, p)) }))
      .sort((a, b) => rankOf(b.judgement.level) - rankOf(a.judgement.level) || b.missing - a.missing);
    const [worst] = byLevel as [(typeof byLevel)[number]];
    const { judgement } = worst;
    const steps = [p.blueWorkingDays, p.yellowWorkingDays, p.orangeWorkingDays];
    return {
      state: 'answered',
      ...judgement,
      value: worst.missing,
      unit: 'working_days',
      reason: () => ({
        zh: worst.everReported
          ? `账户 ${worst.account.accountId} 最近一次日终余额是 ${formatDay(worst.base)}，缺 ${worst.missing} 个工作日`
          : `账户 ${worst.account.accountId} 从未报送日终余额，缺 ${worst.missing} 个工作日`,
        en: worst.everReported
          ? `The newest end-of-day balance of account ${worst.account.accountId} is of ${formatDay(worst.base)}; ${plural(worst.missing, 'working day')} missing`
          : `No end-of-day balance of account ${worst.account.accountId} ever came; ${plural(worst.missing, 'working day')} missing`,
      }),
      evidence: () => refsOf(sheet.statements.of(worst.account.accountId).slice(-1), [worst.account.told]),
      lookAgainAt: silences.reduce<Us | null>((at, one) => earliest(at, nextStep(sheet, one, steps, p.dueHour)), null),
    };
  },
});

/** An account that never reported is yellow at most. */
function stepsOf(
  { missing, everReported }: Silence,
  p: Readonly<Record<'blueWorkingDays' | 'yellowWorkingDays' | 'orangeWorkingDays', number>>,
): [Step, ...Step[]] {
  return [
    { level: 'blue', threshold: p.blueWorkingDays, tests: [is(missing >= p.blueWorkingDays)] },
    { level: 'yellow', threshold: p.yellowWorkingDays, tests: [is(missing >= p.yellowWorkingDays)] },
    { level: 'orange', threshold: p.orangeWorkingDays, tests: [is(everReported && missing >= p.orangeWorkingDays)] },
  ];
}

/** Open custody accounts, and deposit accounts whose bank has begun to report. */
function expected(sheet: FactSheet): AccountFacts[] {
  const open = (account: AccountFacts) => account.state !== 'closed' && account.validFrom <= sheet.today;
  return [
    ...sheet.accounts.custody.filter(open),
    ...sheet.accounts.deposit.filter(
      (account) => open(account) && sheet.statements.newest(account.accountId) !== undefined,
    ),
  ];
}

function silenceOf(sheet: FactSheet, account: AccountFacts, dueHour: number): Silence {
  const newest = sheet.statements.newest(account.accountId);
  const base = newest?.asOf ?? Math.max(account.validFrom, dayOf(account.told.at)) - 1;
  const days = sheet.calendar.workingDaysBetween(base, sheet.today);
  const worksToday = sheet.calendar.workingDaysBetween(sheet.today - 1, sheet.today) === 1;
  const beforeDue = worksToday && sheet.now < dueMoment(sheet.today, dueHour);
  return { account, base, everReported: newest !== undefined, missing: Math.max(0, days - 1 - (beforeDue ? 1 : 0)) };
}

/** When one more statement will be missing that reaches a step. */
function nextStep(sheet: FactSheet, silence: Silence, steps: readonly number[], dueHour: number): Us | null {
  for (const step of steps) {
    if (step > silence.missing) return dueMoment(sheet.calendar.addWorkingDays(silence.base, step + 1), dueHour);
  }
  return null;
}

function dueMoment(day: Day, hour: number): Us {
  return startOfDay(day) + hour * US_PER_HOUR;
}
