import { type Fen, shareBasisPointsUp } from '../../core/money.js';
import { parseDay, startOfDay, type Us, yearOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { profileEvidence } from '../facts/profile.js';
import { tooFewForRatio } from '../facts/sample.js';
import { defineRule, type EvidenceRef, notApplicable, type Sentence } from '../rule.js';
import { judge } from '../steps.js';
import { enYuan, SHARE_MAX_BP, shareOf, zhYuan } from '../text.js';

/**
 * U against last year's main revenue: from the newest statement filed, else from the registration. For orange against what the
 * school teaches now as well: one that has grown since last year is large against an old figure.
 */
export const rule = defineRule({
  id: 'E03',
  version: 3,
  group: 'E',
  name: { zh: '预收规模超收入', en: 'Unearned against revenue' },
  question: { zh: '未消课预收相对上年收入是否过大？', en: 'Are the unearned fees large against last year’s revenue?' },
  basis: {
    zh: '参照上海单用途卡 20% 和商务部 40%',
    en: 'After the card rules of Shanghai (20%) and the commerce ministry (40%)',
  },
  params: {
    yellowBp: { value: 2_000, unit: 'basis_points', source: 'analog', note: 'More than 20% (Shanghai).' },
    orangeBp: { value: 4_000, unit: 'basis_points', source: 'analog', note: 'More than 40% (commerce ministry).' },
    paceDays: {
      value: 90,
      unit: 'days',
      min: 28,
      max: 365,
      source: 'ours',
      note: 'Orange only above the same share of the value confirmed in these days outside breaks, taken for a year.',
    },
  },
  order: [['yellowBp', 'orangeBp']],
  remedies: ['confirmed_lessons'],
  evaluate(sheet, p) {
    const revenue = lastRevenue(sheet);
    if (revenue === null || revenue.fen === 0n)
      return notApplicable('没有上年收入数据', 'Last year’s revenue is not reported', nextYear(sheet));
    const few = tooFewForRatio(sheet);
    if (few !== null) return few;
    const over = (bp: number) => [sheet.tests.overShare(sheet.unearnedFen, revenue.fen, bp)];
    const overOrange = over(p.orangeBp);
    // Asked only where it decides.
    if (overOrange[0]! > 0) {
      const pace = paceOf(sheet, p.paceDays);
      overOrange.push(sheet.tests.overShare(sheet.unearnedFen * BigInt(pace.days), pace.fen * YEAR_DAYS, p.orangeBp));
    }
    const shareBp = Math.min(SHARE_MAX_BP, shareBasisPointsUp(sheet.unearnedFen, revenue.fen));
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: p.yellowBp, tests: over(p.yellowBp) },
        { level: 'orange', threshold: p.orangeBp, tests: overOrange },
      ]),
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `未消课预收 ${zhYuan(sheet.unearnedFen)}，${revenue.of.zh}主营收入 ${zhYuan(revenue.fen)}，占 ${shareOf(shareBp).zh}`,
        en: `${enYuan(sheet.unearnedFen)} unearned against ${revenue.of.en} revenue of ${enYuan(revenue.fen)}: ${shareOf(shareBp).en}`,
      }),
      evidence: () => revenue.refs(),
      // The pace changes from day to day, and is asked only above the share of the revenue.
      lookAgainAt: overOrange[0]! > 0 ? earliest(nextYear(sheet), sheet.nextMidnight) : nextYear(sheet),
    };
  },
});

const YEAR_DAYS = 365n;

/** What was confirmed, and in how many days outside declared breaks. */
function paceOf(sheet: FactSheet, paceDays: number): { readonly fen: Fen; readonly days: number } {
  const from = sheet.today - Math.min(paceDays, Math.max(1, sheet.historyDays)) + 1;
  return {
    fen: sheet.money.moved('earned', 'creditFen', null, from, sheet.today),
    days: sheet.breaks.openDaysIn(from, sheet.today),
  };
}

/** When the year that is now running becomes the last one. */
function nextYear(sheet: FactSheet): Us {
  return startOfDay(parseDay(`${yearOf(sheet.today) + 1}-01-01`)!);
}

interface Revenue {
  readonly fen: Fen;
  /** The year: a statement may be of the one before the last. */
  readonly of: Sentence;
  readonly refs: () => readonly EvidenceRef[];
}

function lastRevenue(sheet: FactSheet): Revenue | null {
  const thisYear = yearOf(sheet.today);
  const filed = (sheet.rows.registers['statement.filed'] ?? []).filter((row) => Number(row.data.period) < thisYear);
  const newest = filed.reduce<(typeof filed)[number] | null>(
    (best, row) => (best === null || row.data.period > best.data.period ? row : best),
    null,
  );
  if (newest !== null && Number(newest.data.period) >= thisYear - 2)
    return {
      fen: BigInt(newest.data.revenueFen),
      of: { zh: `${newest.data.period} 年`, en: `the ${newest.data.period}` },
      refs: () => refsOf([newest]),
    };
  const told = sheet.rows.profile?.lastYearRevenueFen;
  if (told === undefined) return null;
  return { fen: BigInt(told), of: LAST_YEAR, refs: () => profileEvidence(sheet, 'lastYearRevenueFen') };
}

const LAST_YEAR: Sentence = { zh: '上年', en: 'last year’s' };
