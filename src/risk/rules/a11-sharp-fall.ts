import { type Fen, maxFen, minFen, shareBasisPoints } from '../../core/money.js';
import { formatDay } from '../../core/time.js';
import type { AccountName } from '../../ledger/accounts.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { ReportedBalance } from '../facts/rows.js';
import { tooFewForRatio } from '../facts/sample.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { enYuan, percent, zhYuan } from '../text.js';

/** The highest statement of a month, and the newest one. */
interface Fall {
  readonly accountId: string;
  readonly peak: ReportedBalance;
  readonly now: ReportedBalance;
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
    const gone = () => {
      const accountedFen = falls.reduce((sum, fall) => sum + accountedFor(sheet, fall), 0n);
      return minFen(fallenFen, maxFen(0n, fallenFen - accountedFen));
    };
    // Not more can be gone than it fell by: what explains it is looked for only after a deep fall.
    const isDeep = sheet.tests.overShare(fallenFen, peakFen, 10_000 - p.yellowBelowBp) > 0;
    const deepFen = isDeep ? gone() : 0n;
    const below = (bp: number) => [sheet.tests.overShare(deepFen, peakFen, 10_000 - bp)];
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowBelowBp, tests: below(p.yellowBelowBp) },
      { level: 'orange', threshold: p.orangeBelowBp, tests: below(p.orangeBelowBp) },
    ]);
    const leftBp = (goneFen: Fen) => (peakFen === 0n ? 10_000 : shareBasisPoints(peakFen - goneFen, peakFen));
    return {
      state: 'answered',
      ...judgement,
      get value() {
        return leftBp(gone());
      },
      unit: 'basis_points',
      reason: () => {
        const goneFen = gone();
        return {
          zh: `近 ${p.windowDays} 天最高余额 ${zhYuan(peakFen)}${falls[0] ? `（${formatDay(falls[0].peak.asOf)}）` : ''}，扣除课消划拨和退费后少了 ${zhYuan(goneFen)}，剩 ${percent(leftBp(goneFen))}`,
          en: `From the highest balance of ${p.windowDays} days, ${enYuan(peakFen)}${falls[0] ? ` on ${formatDay(falls[0].peak.asOf)}` : ''}, ${enYuan(goneFen)} is gone that releases and refunds do not explain: ${percent(leftBp(goneFen))} is left`,
        };
      },
      evidence: () => refsOf(falls.flatMap((fall) => [fall.now, fall.peak])),
      // With the window the highest balance changes, and with it what is explained since.
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

function fallOf(sheet: FactSheet, accountId: string, windowDays: number): Fall | null {
  const statements = sheet.statements.of(accountId);
  const now = statements.at(-1);
  if (now === undefined || now.asOf <= sheet.today - windowDays) return null;
  let peak = now;
  // Of equal ones the first counts.
  for (let at = statements.length - 2; at >= 0 && statements[at]!.asOf > sheet.today - windowDays; at -= 1)
    if (statements[at]!.bookedFen >= peak.bookedFen) peak = statements[at]!;
  return { accountId, peak, now };
}

/** What releases and refunds explain of a fall; credits since the peak hide as much of it. */
function accountedFor(sheet: FactSheet, { accountId, peak, now }: Fall): Fen {
  const ids = new Set([accountId]);
  const moved = (name: AccountName, side: 'debitFen' | 'creditFen') =>
    sheet.money.moved(name, side, ids, peak.asOf + 1, now.asOf);
  return (
    moved('release_clearing', 'debitFen') + moved('refund_bank', 'debitFen') - moved('credit_clearing', 'creditFen')
  );
}
