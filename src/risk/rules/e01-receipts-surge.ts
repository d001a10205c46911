import type { Fen } from '../../core/money.js';
import { type Day, dayOf } from '../../core/time.js';
import type { RiskContext } from '../context.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { tooFewForRatio } from '../facts/sample.js';
import { teachingTally } from '../facts/teaching.js';
import { atLeast, levelOf, lowered } from '../level.js';
import { defineRule } from '../rule.js';
import { is, judge, type Test } from '../steps.js';
import { decimal, enYuan, plural, zhYuan } from '../text.js';

/** Of groups A, B and D what tells a drive from a good season: a bank that is late and two courses in a week do not. */
const SIGNS = ['A01', 'A02', 'A04', 'A05', 'A06', 'A10', 'A11', 'B01', 'B02', 'B03', 'B05', 'B06', 'D02', 'D03', 'D06'];

/**
 * Receipts of two weeks against the mean two weeks of the eight before, while lessons do not grow; and against the same weeks
 * of last year where they are known. Before a term (after a declared break) it is one level lower. Orange also asks for more
 * than the school's own best weeks, and for another sign: selling by the quarter and a good week of enrolment are sound.
 */
export const rule = defineRule({
  id: 'E01',
  version: 5,
  group: 'E',
  name: { zh: '预收突增', en: 'Receipts surge' },
  question: { zh: '收费是否突增而上课没有增加？', en: 'Have receipts surged while lessons have not?' },
  basis: {
    zh: '本系统默认（多起案例倒闭前一至四周强销）',
    en: 'Our default (strong sales one to four weeks before many collapses)',
  },
  params: {
    recentDays: { value: 14, unit: 'days', min: 7, max: 60, source: 'ours', note: 'Receipts of these days …' },
    baseDays: {
      value: 56,
      unit: 'days',
      min: 28,
      max: 300,
      source: 'ours',
      note: '… against the mean of these before.',
    },
    yellowTimes: { value: 250, unit: 'hundredths', source: 'ours', note: '2.5 times.' },
    orangeTimes: { value: 400, unit: 'hundredths', source: 'ours', note: 'Four times.' },
    lessonsTimes: {
      value: 110,
      unit: 'hundredths',
      source: 'ours',
      note: 'With lessons at most 1.1 times, at both steps; days of declared breaks are left out.',
    },
    beforeTermDays: {
      value: 14,
      unit: 'days',
      source: 'ours',
      note: 'One level lower in these days before a term.',
    },
    peakTimes: {
      value: 150,
      unit: 'hundredths',
      source: 'ours',
      note: 'Orange needs 1.5 times the best weeks known as well: a school that sells by the term has such weeks every quarter.',
    },
    peakDays: {
      value: 150,
      unit: 'days',
      min: 14,
      max: 380,
      source: 'ours',
      note: 'The best weeks are looked for in these days before.',
    },
    signLevel: {
      value: 2,
      unit: 'level',
      min: 1,
      source: 'ours',
      note: 'And a finding of yellow or above on custody, caps, gifts, loans, refunds or lessons …',
    },
    signDays: { value: 14, unit: 'days', source: 'ours', note: '… open now or, of group C, in these days.' },
  },
  order: [['yellowTimes', 'orangeTimes']],
  reads: ['C', ...SIGNS],
  remedies: ['lessons_given', 'days'],
  evaluate(sheet, p, context) {
    const few = tooFewForRatio(sheet, Math.max(sheet.common.minHistoryDays, p.recentDays + p.baseDays));
    if (few !== null) return few;
    const from = sheet.today - p.recentDays + 1;
    const recentFen = sheet.money.receipts(from, sheet.today);
    const baseFen = sheet.money.receipts(from - p.baseDays, from - 1);
    const days = [BigInt(p.baseDays), BigInt(p.recentDays)] as const;
    const above = (hundredths: number): Test =>
      baseFen <= 0n ? 0 : sheet.tests.from(recentFen * 100n * days[0], baseFen * days[1] * BigInt(hundredths));
    const step = (hundredths: number): Test[] => {
      const first = above(hundredths);
      // The rest is looked at only when it decides: most days are far from a surge.
      if (first === 0) return [first];
      const { lastYearFen, recent, before } = season(sheet, p, from);
      return [
        first,
        is(
          before.days === 0
            ? recent.lessons === 0
            : recent.lessons * 100 * before.days <= before.lessons * recent.days * p.lessonsTimes,
        ),
        lastYearFen === null ? is(true) : sheet.tests.from(recentFen * 100n, lastYearFen * BigInt(hundredths)),
      ];
    };
    const fourfold = step(p.orangeTimes);
    if (fourfold.every((test) => test > 0)) fourfold.push(is(hasSign(p, context)));
    if (fourfold.every((test) => test > 0)) fourfold.push(aboveBest(sheet, p, from, recentFen));
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowTimes, tests: step(p.yellowTimes) },
      { level: 'orange', threshold: p.orangeTimes, tests: fourfold },
    ]);
    const termStart = sheet.breaks.nextTermStart(sheet.today, sheet.common.termBreakDays);
    const isBeforeTerm = termStart !== null && termStart - sheet.today <= p.beforeTermDays;
    const times = baseFen <= 0n ? 0 : Math.min(1_000_000, Number((recentFen * 100n * days[0]) / (baseFen * days[1])));
    return {
      state: 'answered',
      level: isBeforeTerm ? lowered(judgement.level) : judgement.level,
      holdLevel: isBeforeTerm ? lowered(judgement.holdLevel) : judgement.holdLevel,
      threshold: judgement.threshold,
      value: times,
      unit: 'hundredths',
      reason: () => {
        const { lastYearFen, recent, before } = season(sheet, p, from);
        return {
          zh: `近 ${p.recentDays} 天收费 ${zhYuan(recentFen)}，为此前 ${p.baseDays} 天同长度均值的 ${decimal(times)} 倍${lastYearFen === null ? '' : `，去年同期 ${zhYuan(lastYearFen)}`}；${recent.days} 天（不含停课放假）上课 ${recent.lessons} 次，此前 ${before.days} 天 ${before.lessons} 次`,
          en: `${enYuan(recentFen)} received in ${p.recentDays} days, ${decimal(times)} times the mean of the ${p.baseDays} days before${lastYearFen === null ? '' : ` (${enYuan(lastYearFen)} in the same weeks of last year)`}; ${plural(recent.lessons, 'lesson')} in ${plural(recent.days, 'day')} outside breaks against ${before.lessons} in ${before.days}`,
        };
      },
      evidence: () =>
        refsOf(
          sheet.payments
            .filter((payment) => payment.paidOn >= from)
            .sort((a, b) => b.amountFen - a.amountFen)
            .map((payment) => payment.told),
        ),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

/**
 * Receipts of the same weeks of last year, and the lessons of the recent days and of those before, each with its days outside declared
 * breaks: with the Spring Festival in the weeks before, as many lessons as ever would seem to be more.
 */
function season(sheet: FactSheet, p: { readonly baseDays: number }, from: Day) {
  const tally = teachingTally(sheet);
  const taught = (first: Day, last: Day) => ({
    lessons: sheet.tallies.count(tally, first, last),
    days: sheet.breaks.openDaysIn(first, last),
  });
  return {
    lastYearFen: receiptsOfLastYear(sheet, from),
    recent: taught(from, sheet.today),
    before: taught(from - p.baseDays, from - 1),
  };
}

function hasSign(p: { readonly signLevel: number; readonly signDays: number }, context: RiskContext): boolean {
  const level = levelOf(p.signLevel);
  return SIGNS.some((rule) => atLeast(context.levelOf(rule), level)) || context.hadFinding(['C'], level, p.signDays);
}

/** Whether the receipts are well above those of any span of as many days before; yes where none is known. */
function aboveBest(
  sheet: FactSheet,
  p: { readonly recentDays: number; readonly peakDays: number; readonly peakTimes: number },
  from: Day,
  recentFen: Fen,
): Test {
  let best = 0n;
  for (let last = from - 1; last >= from - p.peakDays + p.recentDays - 1; last -= 1) {
    const fen = sheet.money.receipts(last - p.recentDays + 1, last);
    if (fen > best) best = fen;
  }
  return sheet.tests.from(recentFen * 100n, best * BigInt(p.peakTimes));
}

/** 52 weeks earlier, so that weekdays agree; null when the history does not go back that far. */
function receiptsOfLastYear(sheet: FactSheet, from: Day) {
  const { firstAt } = sheet.rows;
  return firstAt === null || dayOf(firstAt) > from - 364 ? null : sheet.money.receipts(from - 364, sheet.today - 364);
}
