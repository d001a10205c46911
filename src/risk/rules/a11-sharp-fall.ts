import { type Fen, maxFen, minFen, shareBasisPoints } from '../../core/money.js';
import { type Day, dayOf, formatDay } from '../../core/time.js';
import type { AccountName } from '../../ledger/accounts.js';
import type { AccountFacts } from '../facts/accounts.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { ReportedBalance } from '../facts/rows.js';
import { tooFewForRatio } from '../facts/sample.js';
import { withdrawalsIn } from '../facts/withdrawals.js';
import { defineRule, notApplicable } from '../rule.js';
import { judge } from '../steps.js';
import { enYuan, percent, zhYuan } from '../text.js';

/** What all custody accounts together held at the end of a day, by their newest statements of then. */
interface Total {
  readonly day: Day;
  readonly fen: Fen;
  readonly statements: readonly ReportedBalance[];
}

/** The highest total of a month, and the newest one. */
interface Fall {
  readonly accounts: readonly Stated[];
  readonly peak: Total;
  readonly now: Total;
}

/** A custody account with a statement of these days. */
interface Stated {
  readonly account: AccountFacts;
  /** Ascending by day. */
  readonly statements: readonly ReportedBalance[];
  readonly newest: ReportedBalance;
}

/**
 * What has gone from the month's highest balance and neither releases nor refunds explain. Credits since then count against what
 * these explain: fees that came in and were released for lessons leave the balance as it was. More than the fall itself is never gone.
 * The balance is that of all custody accounts on one day: their highest ones, each of its own day, would count money twice that was
 * moved from one bank to another.
 */
export const rule = defineRule({
  id: 'A11',
  version: 4,
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
    const fall = fallOf(sheet, p.windowDays);
    const peakFen = fall?.peak.fen ?? 0n;
    const fallenFen = fall === null ? 0n : peakFen - fall.now.fen;
    const gone = () =>
      fall === null ? 0n : minFen(fallenFen, maxFen(0n, fallenFen - accountedFor(sheet, fall) - movedOn(sheet, fall)));
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
          zh: `近 ${p.windowDays} 天最高余额 ${zhYuan(peakFen)}${fall ? `（${formatDay(fall.peak.day)}）` : ''}，扣除课消划拨和退费后少了 ${zhYuan(goneFen)}，剩 ${percent(leftBp(goneFen))}`,
          en: `From the highest balance of ${p.windowDays} days, ${enYuan(peakFen)}${fall ? ` on ${formatDay(fall.peak.day)}` : ''}, ${enYuan(goneFen)} is gone that releases and refunds do not explain: ${percent(leftBp(goneFen))} is left`,
        };
      },
      evidence: () =>
        fall === null
          ? []
          : refsOf(fall.now.statements, fall.peak.statements, withdrawalsIn(sheet, fall.peak.day + 1, fall.now.day)),
      // With the window the highest balance changes, and with it what is explained since.
      lookAgainAt: sheet.nextMidnight,
    };
  },
});

/** A statement may come so many days after that of another bank (events come up to three days late): until then the others wait for it. */
const LATE_DAYS = 3;

function fallOf(sheet: FactSheet, windowDays: number): Fall | null {
  const from = sheet.today - windowDays;
  const accounts = sheet.accounts.custody.flatMap((account): Stated[] => {
    const statements = sheet.statements.of(account.accountId);
    const newest = statements.at(-1);
    return newest === undefined || newest.asOf <= from ? [] : [{ account, statements, newest }];
  });
  const until = toldByAll(sheet, accounts);
  const days = new Set<Day>();
  for (const { statements } of accounts)
    for (let at = statements.length - 1; at >= 0 && statements[at]!.asOf > from; at -= 1)
      if (statements[at]!.asOf <= until) days.add(statements[at]!.asOf);
  const totals = [...days].sort((a, b) => a - b).map((day) => totalOn(accounts, day));
  const now = totals.at(-1);
  if (now === undefined) return null;
  // Of equal ones the first counts.
  return { accounts, now, peak: totals.reduce((best, one) => (one.fen > best.fen ? one : best)) };
}

/** The last day of which no account is still to tell: what has left one bank may have come to another. */
function toldByAll(sheet: FactSheet, accounts: readonly Stated[]): Day {
  const latest = accounts.reduce((day, { newest }) => Math.max(day, newest.asOf), Number.NEGATIVE_INFINITY);
  return sheet.accounts.custody.reduce((until, { accountId, state, since }) => {
    const told = sheet.statements.newest(accountId)?.asOf ?? since - 1;
    return state === 'closed' || told < latest - LATE_DAYS ? until : Math.min(until, told);
  }, latest);
}

function totalOn(accounts: readonly Stated[], day: Day): Total {
  const statements = accounts.flatMap(({ account, statements: all }) => {
    const newest = all.findLast(({ asOf }) => asOf <= day);
    return newest === undefined || isEmptied(account, newest, day) ? [] : [newest];
  });
  return { day, statements, fen: statements.reduce((sum, { bookedFen }) => sum + BigInt(bookedFen), 0n) };
}

/** A bank tells no balance of an account that it has closed: what it told last is no longer there. */
function isEmptied({ state, change }: AccountFacts, { asOf }: ReportedBalance, day: Day): boolean {
  if (state !== 'closed' || change === null) return false;
  const closedOn = dayOf(change.at);
  return asOf <= closedOn && day >= closedOn && asOf < day;
}

/** What releases and refunds explain of a fall; credits since the peak hide as much of it. */
function accountedFor(sheet: FactSheet, { accounts, peak, now }: Fall): Fen {
  const ids = new Set(accounts.map(({ account }) => account.accountId));
  const moved = (name: AccountName, side: 'debitFen' | 'creditFen') =>
    sheet.money.moved(name, side, ids, peak.day + 1, now.day);
  return (
    moved('release_clearing', 'debitFen') + moved('refund_bank', 'debitFen') - moved('credit_clearing', 'creditFen')
  );
}

/** What accounts that are closed by now handed over to the others on the same day: among the credits, and no fees. */
function movedOn(sheet: FactSheet, { accounts, peak, now }: Fall): Fen {
  let sum = 0n;
  for (const { account } of accounts) {
    if (account.state !== 'closed') continue;
    const own = new Set([account.accountId]);
    const others = new Set([...sheet.accounts.custodyIds].filter((id) => id !== account.accountId));
    for (const { day, fen } of sheet.money.daysOf('other_debits', 'debitFen', own, peak.day + 1, now.day))
      sum += minFen(fen, sheet.money.moved('credit_clearing', 'creditFen', others, day, day));
  }
  return sum;
}
