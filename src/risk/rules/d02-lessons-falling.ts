import { refsOf } from '../facts/evidence.js';
import { newestFirst } from '../facts/payments.js';
import { tooFewForRatio } from '../facts/sample.js';
import { teachingDaysIn, teachingTally } from '../facts/teaching.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { percent } from '../text.js';

/** Lessons per teaching day of two weeks against the eight weeks before. Breaks and holidays are no teaching days. */
export const rule = defineRule({
  id: 'D02',
  version: 1,
  group: 'D',
  name: { zh: '消课下滑', en: 'Lessons falling' },
  question: { zh: '上课量是否明显下滑？', en: 'Have lessons fallen much?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    yellowBelowBp: { value: 6_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 60%.' },
    orangeBelowBp: { value: 3_500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 35%.' },
    recentDays: { value: 14, unit: 'days', min: 7, max: 60, source: 'ours', note: 'Lessons of these days …' },
    baseDays: { value: 56, unit: 'days', min: 14, max: 300, source: 'ours', note: '… against these before.' },
    afterBreakDays: {
      value: 14,
      unit: 'days',
      source: 'ours',
      note: 'Not asked within these days of a declared break.',
    },
    minTeachingDays: {
      value: 7,
      unit: 'days',
      min: 1,
      source: 'ours',
      note: 'Nor with fewer teaching days than this in the recent window.',
    },
    minLessons: {
      value: 10,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: 'Nor with fewer lessons than this in the base window.',
    },
  },
  order: [['orangeBelowBp', 'yellowBelowBp']],
  remedies: ['lessons_given'],
  evaluate(sheet, p) {
    const few = tooFewForRatio(
      sheet,
      Math.max(sheet.common.minHistoryDays, p.recentDays + sheet.common.minHistoryDays),
    );
    if (few !== null) return few;
    const from = sheet.today - p.recentDays;
    const lastBreak = sheet.breaks.lastEndBefore(sheet.today + 1);
    if (lastBreak !== null && sheet.today - lastBreak <= p.afterBreakDays)
      return notApplicable('处于报备停课后的恢复期', 'A declared break has just ended', sheet.nextMidnight);
    const baseDays = Math.min(p.baseDays, sheet.historyDays - p.recentDays);
    const tally = teachingTally(sheet);
    const lessons = sheet.tallies.count(tally, from, sheet.today - 1);
    const base = sheet.tallies.count(tally, from - baseDays, from - 1);
    const days = teachingDaysIn(sheet, from, sheet.today - 1);
    const daysBefore = teachingDaysIn(sheet, from - baseDays, from - 1);
    if (days < p.minTeachingDays || base < p.minLessons || daysBefore === 0)
      return notApplicable('可比的上课日不足', 'Too few comparable teaching days', sheet.nextMidnight);
    // Both sides per teaching day, cross-multiplied: lessons / days against base / daysBefore.
    const expected = BigInt(base) * BigInt(days);
    const given = BigInt(lessons) * BigInt(daysBefore);
    const missing = expected > given ? expected - given : 0n;
    const shareBp = Number((given * 10_000n) / expected);
    const below = (bp: number) => [sheet.tests.overShare(missing, expected, 10_000 - bp)];
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.yellowBelowBp, tests: below(p.yellowBelowBp) },
        { level: 'orange', threshold: p.orangeBelowBp, tests: below(p.orangeBelowBp) },
      ]),
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.recentDays} 天上课 ${lessons} 次（${days} 个上课日），按此前 ${baseDays} 天的 ${base} 次折算为 ${percent(shareBp)}`,
        en: `${lessons} lessons in ${p.recentDays} days (${days} teaching days), ${percent(shareBp)} of the pace of the ${baseDays} days before (${base})`,
      }),
      evidence: () => refsOf(newestFirst(sheet.rows.deliveries)),
      lookAgainAt: sheet.nextMidnight,
    };
  },
});
