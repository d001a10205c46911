import type { Fen } from '../../core/money.js';
import { type Day, startOfDay } from '../../core/time.js';
import { refsInTurn } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { newestFirst } from '../facts/payments.js';
import { tooFewForRatio } from '../facts/sample.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { decimal, enYuan, zhYuan } from '../text.js';

/**
 * M: how many months the unearned fees last at the pace of the last 28 days outside breaks. Nothing confirmed in a full window
 * is no end in sight. A school that has not taken fees for sixty days has no pace yet, however long ago it was registered. Orange
 * and red ask the last eight weeks as well: parents confirm late, and not evenly.
 */
export const rule = defineRule({
  id: 'D06',
  version: 5,
  group: 'D',
  name: { zh: '消化周期过长', en: 'Months to consume' },
  question: { zh: '按现在的消课速度，预收要几个月消完？', en: 'How many months would the unearned fees last?' },
  basis: {
    zh: '由三个月上限推导；分级为本系统默认',
    en: 'Derived from the three-month cap; the steps are our default',
  },
  params: {
    yellowMonths: { value: 350, unit: 'hundredths', source: 'derived', note: 'More than 3.5 months.' },
    orangeMonths: { value: 500, unit: 'hundredths', source: 'ours', note: 'More than 5.' },
    redMonths: { value: 800, unit: 'hundredths', source: 'ours', note: 'More than 8.' },
    windowDays: { value: 28, unit: 'days', min: 7, max: 200, source: 'ours', note: 'Pace of these days.' },
    minOpenDays: {
      value: 20,
      unit: 'days',
      min: 1,
      source: 'ours',
      note: 'At least this many of them outside declared breaks.',
    },
    longDays: {
      value: 56,
      unit: 'days',
      min: 28,
      max: 200,
      source: 'ours',
      note: 'Orange and red only if it is as slow at the pace of these days.',
    },
  },
  order: [['yellowMonths', 'orangeMonths', 'redMonths']],
  remedies: ['confirmed_lessons'],
  evaluate(sheet, p) {
    const few = tooFewForRatio(sheet, Math.max(sheet.common.minHistoryDays, sheet.common.slowHistoryDays));
    if (few !== null) return few;
    const opened = openedOn(sheet);
    if (opened !== null && sheet.today - opened < sheet.common.slowHistoryDays)
      return notApplicable(
        '开始收费的时间不长，课消速度未知',
        'It has not taken fees for long: its pace is not known yet',
        startOfDay(opened + sheet.common.slowHistoryDays),
      );
    const from = sheet.today - p.windowDays + 1;
    const openDays = sheet.breaks.openDaysIn(from, sheet.today);
    if (openDays < p.minOpenDays)
      return notApplicable(
        '窗口内报备停课过多',
        'Too many days of the window are a declared break',
        sheet.nextMidnight,
      );
    const { unearnedFen } = sheet;
    const confirmedFen = confirmedSince(sheet, from);
    const short = { days: openDays, fen: confirmedFen };
    // M = U / (confirmed × 30 / openDays): compared as U × openDays × 100 > months × confirmed × 30.
    const over = (hundredths: number, pace: typeof short) =>
      pace.fen <= 0n
        ? is(unearnedFen > 0n)
        : sheet.tests.over(unearnedFen * BigInt(pace.days) * 100n, pace.fen * 30n * BigInt(hundredths));
    const slow = over(p.yellowMonths, short);
    // What is not slow by the short pace is not looked at further: nearly always.
    const both = (hundredths: number) =>
      slow === 0 ? [slow] : [over(hundredths, short), over(hundredths, paceSince(sheet, sheet.today - p.longDays + 1))];
    const months =
      confirmedFen <= 0n
        ? unearnedFen > 0n
          ? MONTHS_MAX
          : 0
        : Math.min(MONTHS_MAX, Number(ceilDiv(unearnedFen * BigInt(openDays) * 100n, confirmedFen * 30n)));
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.yellowMonths, tests: [slow] },
        { level: 'orange', threshold: p.orangeMonths, tests: both(p.orangeMonths) },
        { level: 'red', threshold: p.redMonths, tests: both(p.redMonths) },
      ]),
      value: months,
      unit: 'hundredths',
      reason: () => ({
        zh: `未消课预收 ${zhYuan(unearnedFen)}，近 ${p.windowDays} 天（${openDays} 天不停课）消课 ${zhYuan(confirmedFen)}，需 ${months >= MONTHS_MAX ? '很久' : `${decimal(months)} 个月`}`,
        en: `${enYuan(unearnedFen)} unearned, ${enYuan(confirmedFen)} confirmed in ${p.windowDays} days (${openDays} outside breaks): ${months >= MONTHS_MAX ? 'no end in sight' : `${decimal(months)} months to consume`}`,
      }),
      // In turn: what was taken makes U as much as the lessons that were confirmed make the pace, and only twenty are named.
      evidence: () =>
        refsInTurn([
          newestFirst(sheet.rows.confirmations),
          newestFirst(sheet.rows.contracts),
          sheet.payments
            .filter(({ netFen }) => netFen > 0n)
            .map(({ told }) => told)
            .reverse(),
        ]),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

/** What is just above a limit is not told as the limit. */
function ceilDiv(part: Fen, whole: Fen): Fen {
  return (part + whole - 1n) / whole;
}

/** The day of the first fees: what was registered or declared before them is no history of teaching. Null when none is told. */
function openedOn(sheet: FactSheet): Day | null {
  return sheet.money.firstDay('receipts', 'debitFen') ?? sheet.money.firstDay('stock', 'debitFen');
}

function paceSince(sheet: FactSheet, from: Day): { readonly days: number; readonly fen: Fen } {
  return { days: sheet.breaks.openDaysIn(from, sheet.today), fen: confirmedSince(sheet, from) };
}

function confirmedSince(sheet: FactSheet, from: Day): Fen {
  return sheet.money.moved('earned', 'creditFen', null, from, sheet.today);
}

/** Shown for "no end in sight": 999 months. */
const MONTHS_MAX = 99_900;
