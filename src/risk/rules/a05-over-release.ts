import { type Fen, maxFen, minFen } from '../../core/money.js';
import { type Day, dayOf, parseDay, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { CONFIRMATION_DAYS, type ReleasedLine } from '../facts/rows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/**
 * Released beyond what was taught. Per lesson, the confirmed value is the limit; staged, a share of the price at one and two
 * thirds. Money whose release was instructed in the last days is left out: the confirmations it rests on may be told up to that much
 * later. Per lesson, what was confirmed in these days is left out with it: it was no ground for releases before, and at a school
 * that teaches every other day it would hide for good what was released too much.
 */
export const rule = defineRule({
  id: 'A05',
  version: 4,
  group: 'A',
  name: { zh: '超进度划拨', en: 'Over-release' },
  question: { zh: '划拨给机构的钱是否超过已确认的课消？', en: 'Was more released than lessons were confirmed?' },
  basis: {
    zh: '教监管函〔2021〕2号：划拨与授课进度同步、同比例；天津滨海分段比例',
    en: 'Notice 2021 No. 2: release in step with teaching; staged shares of Tianjin Binhai',
  },
  params: {
    lineFen: { value: 100, unit: 'fen', source: 'ours', note: 'An excess up to ¥1 on a contract is rounding.' },
    redFen: { value: 1_000_000, unit: 'fen', source: 'ours', note: '¥10,000 over all contracts.' },
    redShareBp: {
      value: 200,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '2% of U over all contracts; a ratio, so with the minimum sample.',
    },
    firstStageBp: {
      value: 3_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'rule',
      note: 'Staged: 30% once a third is taught (Tianjin Binhai 2021).',
    },
    secondStageBp: {
      value: 6_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'rule',
      note: 'Staged: 60% once two thirds are taught.',
    },
    lateDays: {
      value: 3,
      unit: 'days',
      max: 30,
      source: 'ours',
      note: 'Confirmations may be told this many days late; releases instructed today or in these days before are not judged yet.',
    },
  },
  order: [['firstStageBp', 'secondStageBp']],
  remedies: ['released_lessons'],
  evaluate(sheet, p) {
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const staged = sheet.accounts.mode === 'staged';
    const since = sheet.today - p.lateDays;
    const taughtDays = Math.min(p.lateDays, CONFIRMATION_DAYS - 1);
    const over: Over[] = [];
    const lineFen = BigInt(p.lineFen);
    let totalFen = 0n;
    let at: Us | null = null;
    for (const line of sheet.rows.releasedLines) {
      const allowedFen = staged ? stagedAllowance(sheet, line, p.firstStageBp, p.secondStageBp) : line.confirmedFen;
      // Most lines keep pace even with what was released a moment ago.
      if (line.releasedFen - allowedFen <= lineFen) continue;
      const nowFen = line.releasedFen - allowedFen;
      const coming = staged ? NONE : confirmedSince(sheet, line.contractId, sheet.today - taughtDays);
      const thenFen = nowFen - recentFen(line, since) + coming.fen;
      if (coming.oldest !== null) at = earliest(at, startOfDay(coming.oldest + taughtDays + 1));
      const excessFen = minFen(nowFen, thenFen);
      if (excessFen <= lineFen) continue;
      over.push({ line, excessFen });
      totalFen += excessFen;
    }
    const judgement = judge([
      { level: 'orange', threshold: p.lineFen, tests: [sheet.tests.over(totalFen, p.lineFen)] },
      { level: 'red', threshold: p.redFen, tests: [sheet.tests.over(totalFen, p.redFen)] },
      {
        level: 'red',
        threshold: Number((sheet.unearnedFen * BigInt(p.redShareBp)) / 10_000n),
        tests: [
          is(sheet.enoughForRatios),
          sheet.tests.over(totalFen, p.lineFen),
          sheet.tests.overShare(totalFen, sheet.unearnedFen, p.redShareBp),
        ],
      },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: Number(totalFen),
      unit: 'fen',
      reason: () => ({
        zh: `${over.length} 份合同的划拨超过课消进度，合计超出 ${zhYuan(totalFen)}`,
        en: `On ${plural(over.length, 'contract')} more was released than taught, ${enYuan(totalFen)} in all`,
      }),
      evidence: () =>
        refsOf(
          [...over].sort(byExcess).flatMap(({ line }) => line.signed ?? []),
          sheet.accounts.custody.map((account) => account.told),
        ),
      // A staged contract may be released in full once its period is over.
      lookAgainAt: earliest(
        at,
        judgedAt(sheet, since, p.lateDays),
        staged && over.length > 0 ? sheet.nextMidnight : null,
      ),
    };
  },
});

interface Over {
  readonly line: ReleasedLine;
  readonly excessFen: Fen;
}

/** The largest first. */
function byExcess(a: Over, b: Over): number {
  return b.excessFen > a.excessFen ? 1 : b.excessFen < a.excessFen ? -1 : 0;
}

/** When the first release of the last days is judged. */
function judgedAt(sheet: FactSheet, since: Day, lateDays: number): Us | null {
  let at: Us | null = null;
  for (const { recentReleases } of sheet.rows.releasedLines)
    for (const { on } of recentReleases) if (on >= since) at = earliest(at, startOfDay(on + lateDays + 1));
  return at;
}

interface Coming {
  readonly fen: Fen;
  /** The day of the first of them. */
  readonly oldest: Day | null;
}

const NONE: Coming = { fen: 0n, oldest: null };

/** What was confirmed of the contract from the day on. */
function confirmedSince(sheet: FactSheet, contractId: string, since: Day): Coming {
  let fen = 0n;
  let oldest: Day | null = null;
  for (const one of sheet.rows.confirmations) {
    if (one.contractId !== contractId || one.at < startOfDay(since)) continue;
    fen += BigInt(one.amountFen);
    oldest ??= dayOf(one.at);
  }
  return { fen, oldest };
}

function recentFen(line: ReleasedLine, since: Day): Fen {
  let sum = 0n;
  for (const release of line.recentReleases) if (release.on >= since) sum += BigInt(release.amountFen);
  return sum;
}

/**
 * What may have been released of a staged contract: a share of its price by the lessons taught, measured by hours or by value,
 * whichever says more; all that was confirmed once it is over, or is being refunded.
 */
function stagedAllowance(sheet: FactSheet, line: ReleasedLine, firstBp: number, secondBp: number): Fen {
  const hours = Math.round((line.contract?.hoursPaid ?? 0) * 100);
  const whole = maxFen(line.paidFen, BigInt(line.contract?.priceFen ?? 0));
  const taught = (part: bigint) =>
    line.confirmedFen * 3n >= whole * part ||
    (hours > 0 && BigInt(line.confirmedHoursHundredths) * 3n >= BigInt(hours) * part);
  if (taught(3n)) return maxFen(whole, line.confirmedFen);
  const capBp = taught(2n) ? secondBp : taught(1n) ? firstBp : 0;
  const cap = (whole * BigInt(capBp)) / 10_000n;
  return isOver(sheet, line) ? maxFen(cap, line.confirmedFen) : cap;
}

function isOver(sheet: FactSheet, line: ReleasedLine): boolean {
  if (
    line.ended ||
    line.refundedFen > 0n ||
    (line.contract !== null && parseDay(line.contract.periodTo)! < sheet.today)
  )
    return true;
  return sheet.refunds.some(
    ({ row, state }) => state.approvedAt !== null && row.contract?.contractId === line.contractId,
  );
}
