import type { Fen } from '../../core/money.js';
import { startOfDay, type Us } from '../../core/time.js';
import { openRefundFen } from '../../ledger/refunds.js';
import { largestFirst } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { nextOverdueAt, refundsEvidence } from '../facts/refunds.js';
import { tooFewForRatio } from '../facts/sample.js';
import { atLeast } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, zhYuan } from '../text.js';

/**
 * Receipts well above what is taught, while what parents are waiting for has risen week by week for three weeks, and some of it
 * is overdue. A week at whose end parents wait for no more than at the one before is no rise.
 */
export const rule = defineRule({
  id: 'E02',
  version: 9,
  group: 'E',
  name: { zh: '收新还旧', en: 'New money pays old' },
  question: { zh: '是不是在用新收的钱还旧账？', en: 'Is new money paying old debts?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: {
      value: 30,
      unit: 'days',
      min: 7,
      max: 100,
      source: 'ours',
      note: 'Receipts and confirmed value of these days.',
    },
    timesHundredths: {
      value: 150,
      unit: 'hundredths',
      source: 'ours',
      note: 'Receipts at least 1.5 times the confirmed value.',
    },
    risingWeeks: {
      value: 3,
      unit: 'count',
      min: 1,
      max: 8,
      source: 'ours',
      note: 'Backlog rising in each of three weeks.',
    },
    minOverdue: {
      value: 1,
      unit: 'count',
      source: 'ours',
      note: 'At least one of the refunds is overdue: what is not yet due is no old debt.',
    },
  },
  reads: ['A01'],
  remedies: ['pay_refunds', 'confirmed_lessons'],
  evaluate(sheet, p, context) {
    const few = tooFewForRatio(sheet, Math.max(sheet.common.minHistoryDays, sheet.common.slowHistoryDays));
    if (few !== null) return few;
    const overdue = sheet.refunds.filter(({ state }) => state.overdue);
    // Money is compared only while the backlog rises, for which something has to be overdue: nearly always nothing is.
    const rising = overdue.length >= p.minOverdue && risesEveryWeek(weeklyBacklog(sheet, p.risingWeeks));
    const grown = () => {
      const { receiptsFen, confirmedFen } = pastMoney(sheet, p.windowDays);
      return sheet.tests.from(receiptsFen * 100n, confirmedFen * BigInt(p.timesHundredths));
    };
    const tests = rising ? [grown()] : [is(false)];
    return {
      state: 'answered',
      ...judge([
        { level: 'orange', threshold: p.timesHundredths, tests },
        {
          level: 'red',
          threshold: p.timesHundredths,
          tests: rising ? [...tests, is(atLeast(context.levelOf('A01'), 'yellow'))] : tests,
        },
      ]),
      get value() {
        const { receiptsFen, confirmedFen } = pastMoney(sheet, p.windowDays);
        // Received and nothing taught is the most there can be, not nothing.
        if (confirmedFen <= 0n) return receiptsFen > 0n ? TIMES_MAX : 0;
        return Math.min(TIMES_MAX, Number((receiptsFen * 100n) / confirmedFen));
      },
      unit: 'hundredths',
      reason: () => {
        const { receiptsFen, confirmedFen } = pastMoney(sheet, p.windowDays);
        const backlog = weeklyBacklog(sheet, p.risingWeeks);
        return {
          zh: `近 ${p.windowDays} 天收费 ${zhYuan(receiptsFen)}，消课 ${zhYuan(confirmedFen)}；待退金额逐周为 ${backlog.map(zhYuan).join('、')}`,
          en: `In ${p.windowDays} days ${enYuan(receiptsFen)} was received and ${enYuan(confirmedFen)} confirmed; refunds waiting, week by week: ${backlog.map(enYuan).join(', ')}`,
        };
      },
      evidence: () => {
        // What nobody has decided on yet is waited for as well.
        const waiting = sheet.refunds.filter(({ row }) => openRefundFen(row.refund) > 0n);
        return refundsEvidence(largestFirst(waiting, ({ row }) => Number(openRefundFen(row.refund))));
      },
      lookAgainAt: overdue.length >= p.minOverdue ? sheet.nextMidnight : nextOverdueAt(sheet),
    };
  },
});

const TIMES_MAX = 1_000_000;

interface PastMoney {
  readonly receiptsFen: Fen;
  readonly confirmedFen: Fen;
}

function pastMoney(sheet: FactSheet, windowDays: number): PastMoney {
  const from = sheet.today - windowDays + 1;
  return {
    receiptsFen: sheet.money.receipts(from, sheet.today),
    confirmedFen: sheet.money.moved('earned', 'creditFen', null, from, sheet.today),
  };
}

/** What parents were waiting for at the ends of the last weeks, today's last. */
function weeklyBacklog(sheet: FactSheet, weeks: number): Fen[] {
  return Array.from({ length: weeks + 1 }, (_, at) =>
    waitingFen(sheet, startOfDay(sheet.today + 1 - (weeks - at) * 7)),
  );
}

function risesEveryWeek(backlog: readonly Fen[]): boolean {
  return backlog.every((fen, index) => index === 0 || fen > backlog[index - 1]!);
}

/** What parents had asked for before that midnight and did not have yet, by what was told of it until then. */
function waitingFen(sheet: FactSheet, at: Us): Fen {
  const until = <T extends { readonly at: Us }>(step: T | null): T | null =>
    step !== null && step.at < at ? step : null;
  let sum = 0n;
  for (const { row } of sheet.refunds) {
    const { requested, approved, rejected, withdrawn, paid } = row.refund;
    if (until(requested) === null) continue;
    sum += openRefundFen({
      ...row.refund,
      approved: until(approved),
      // One that was refused first and approved later is waited for.
      rejected: until(rejected),
      withdrawn: until(withdrawn),
      paid: paid.filter((part) => part.at < at),
    });
  }
  return sum;
}
