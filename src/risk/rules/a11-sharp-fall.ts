import { type Fen, maxFen, minFen, shareBasisPoints } from '../../core/money.js';
import { formatDay } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { ReportedBalance } from '../facts/rows.js';
import { tooFewForRatio } from '../facts/sample.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { enYuan, percent, zhYuan } from '../text.js';

/** The highest statement of a month, the newest one, and what was booked on the account between the two. */
interface Fall {
  readonly peak: ReportedBalance;
  readonly now: ReportedBalance;
  readonly creditedFen: Fen;
  readonly explainedFen: Fen;
}

/**
 * What has gone from the month's highest balance and neither releases nor refunds explain. Credits since then count against what
 * these explain: fees that came in and were released for lessons leave the balance as it was. More than the fall itself is never gone.
 */
export const rule = defineRule({
  id: 'A11',
  version: 2,
  group: 'A',
  name: { zh: '余额骤降', en: 'Sharp fall' },
  question: {
    zh: '托管余额有没有课消和退费解释不了的骤降？',
    en: 'Has the balance fallen more than releases and refunds explain?',
  },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    windowDays: {
      value: 30,
      unit: 'days',
      min: 2,
      max: 40,
      source: 'ours',
      note: 'The highest balance of these days.',
    },
    yellowBelowBp: { value: 6_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 60% of it.' },
    orangeBelowBp: { value: 4_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Below 40% of it.' },
  },
  order: [['orangeBelowBp', 'yellowBelowBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const few = tooFewForRatio(sheet);
    if (few !== null) return few;
    const falls = sheet.accounts.custody.flatMap((account) => fallOf(sheet, account.accountId, p.windowDays) ?? []);
    const peakFen = falls.reduce((sum, fall) => sum + BigInt(fall.peak.bookedFen), 0n);
    const fallenFen = falls.reduce((sum, fall) => sum + BigInt(fall.peak.bookedFen - fall.now.bookedFen), 0n);
    const accountedFen = falls.reduce((sum, fall) => sum + fall.explainedFen - fall.creditedFen, 0n);
    const goneFen = minFen(fallenFen, maxFen(0n, fallenFen - accountedFen));
    const below = (bp: number) => [sheet.tests.overShare(goneFen, peakFen, 10_000 - bp)];
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowBelowBp, tests: below(p.yellowBelowBp) },
      { level: 'orange', threshold: p.orangeBelowBp, tests: below(p.orangeBelowBp) },
    ]);
    const shareBp = peakFen === 0n ? 10_000 : shareBasisPoints(peakFen - goneFen, peakFen);
    return {
      state: 'answered',
      ...judgement,
      value: shareBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天最高余额 ${zhYuan(peakFen)}${falls[0] ? `（${formatDay(falls[0].peak.asOf)}）` : ''}，扣除课消划拨和退费后少了 ${zhYuan(goneFen)}，剩 ${percent(shareBp)}`,
        en: `From the highest balance of ${p.windowDays} days, ${enYuan(peakFen)}${falls[0] ? ` on ${formatDay(falls[0].peak.asOf)}` : ''}, ${enYuan(goneFen)} is gone that releases and refunds do not explain: ${percent(shareBp)} is left`,
      }),
      evidence: () => refsOf(falls.flatMap((fall) => [fall.now, fall.peak])),
      // With the window the highest balance changes, and with it what is explained since.
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

function fallOf(sheet: FactSheet, accountId: string, windowDays: number): Fall | null {
  const statements = sheet.statements.of(accountId).filter((one) => one.asOf > sheet.today - windowDays);
  const now = statements.at(-1);
  if (now === undefined) return null;
  const peak = statements.reduce((best, one) => (one.bookedFen > best.bookedFen ? one : best));
  if (peak.asOf === now.asOf) return { peak, now, creditedFen: 0n, explainedFen: 0n };
  const ids = new Set([accountId]);
  const released = sheet.money.moved('release_clearing', 'debitFen', ids, peak.asOf + 1, now.asOf);
  const refunded = sheet.money.moved('refund_bank', 'debitFen', ids, peak.asOf + 1, now.asOf);
  const creditedFen = sheet.money.moved('credit_clearing', 'creditFen', ids, peak.asOf + 1, now.asOf);
  return { peak, now, creditedFen, explainedFen: released + refunded };
}
