import { type Fen, maxFen, minFen, shareBasisPoints } from '../../core/money.js';
import { parseDay, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { transitEndsAt } from '../facts/payments.js';
import { WITHDRAWAL_DAYS } from '../facts/rows.js';
import { withdrawalsIn } from '../facts/withdrawals.js';
import { defineRule, type EvidenceRef, noData, notApplicable } from '../rule.js';
import { judge, type Test } from '../steps.js';
import { enYuan, percent, zhYuan } from '../text.js';

/**
 * Coverage CR = (B + in transit + D + K) / U. Steps are told as coverage and compared as shortfall, so that an account that
 * holds all it must hold is inside by any margin. Payments count as in transit until they are late.
 */
export const rule = defineRule({
  id: 'A01',
  version: 4,
  group: 'A',
  name: { zh: '托管余额不足', en: 'Custody shortfall' },
  question: { zh: '托管账户里的钱够不够覆盖未消课预收？', en: 'Does the money in custody cover the unearned fees?' },
  basis: {
    zh: '教监管函〔2021〕2号：预收费全额进入专用账户；分级为本系统默认',
    en: 'Notice 2021 No. 2: all prepaid fees are held in the dedicated account; the steps are our default',
  },
  params: {
    toleranceFen: {
      value: 100_000,
      unit: 'fen',
      source: 'ours',
      note: 'A shortfall up to ¥1,000 is inside at every step.',
    },
    blueBelowBp: {
      value: 9_900,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Coverage below 100% by more than 1%.',
    },
    yellowBelowBp: { value: 9_500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Coverage below 95%.' },
    orangeBelowBp: { value: 8_500, unit: 'basis_points', max: 10_000, source: 'ours', note: 'Coverage below 85%.' },
    redBelowBp: {
      value: 7_000,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: 'Coverage below 70%; gifted hours spread over the price where known (art. 18 of the 2025 interpretation).',
    },
    inTransitWorkingDays: {
      value: 5,
      unit: 'working_days',
      source: 'ours',
      note: 'A payment not credited after this many working days is no longer in transit.',
    },
  },
  order: [['redBelowBp', 'orangeBelowBp', 'yellowBelowBp', 'blueBelowBp']],
  remedies: ['custody_credit', 'confirmed_lessons', 'cover'],
  evaluate(sheet, p) {
    const { unearnedFen } = sheet;
    if (sheet.accounts.mode === null && unearnedFen > 0n)
      return noData('没有登记任何账户，无法计算覆盖率', 'No account is registered, so coverage cannot be computed');
    if (!sheet.inCustodyMode) return notApplicable('不是银行托管模式', 'Not in bank custody mode');
    const aheadFen = refundsAheadFen(sheet, p.inTransitWorkingDays);
    const transitFen = sheet.inTransitFen(p.inTransitWorkingDays) + aheadFen;
    const heldFen = sheet.custodyFen + transitFen + sheet.depositFen + sheet.coverFen;
    const shortFen = shortOf(unearnedFen, heldFen);
    const redWhole = maxFen(unearnedFen, sheet.rows.unearnedOperatorFen ?? 0n);
    const below = (short: Fen, whole: Fen, coverageBp: number): readonly Test[] => [
      sheet.tests.over(short, p.toleranceFen),
      sheet.tests.overShare(short, whole, 10_000 - coverageBp),
    ];
    const judgement = judge([
      { level: 'blue', threshold: p.blueBelowBp, tests: below(shortFen, unearnedFen, p.blueBelowBp) },
      { level: 'yellow', threshold: p.yellowBelowBp, tests: below(shortFen, unearnedFen, p.yellowBelowBp) },
      { level: 'orange', threshold: p.orangeBelowBp, tests: below(shortFen, unearnedFen, p.orangeBelowBp) },
      { level: 'red', threshold: p.redBelowBp, tests: below(shortOf(redWhole, heldFen), redWhole, p.redBelowBp) },
    ]);
    const coverageBp = coverageOf(unearnedFen, heldFen);
    // Red is by the larger sum: the figure that is told must be the one that was compared.
    const spread = judgement.level === 'red' && redWhole > unearnedFen;
    const spreadBp = coverageOf(redWhole, heldFen);
    return {
      state: 'answered',
      ...judgement,
      value: spread ? spreadBp : coverageBp,
      unit: 'basis_points',
      reason: () => ({
        zh: `未消课预收 ${zhYuan(unearnedFen)}，托管余额、在途、保证金和保函合计 ${zhYuan(heldFen)}（其中在途 ${zhYuan(transitFen)}），缺口 ${zhYuan(shortFen)}，覆盖率 ${percent(coverageBp)}${spread ? `；赠课分摊计价后未消课预收 ${zhYuan(redWhole)}，覆盖率 ${percent(spreadBp)}` : ''}`,
        en: `Unearned fees are ${enYuan(unearnedFen)}; custody, in transit, deposit and cover hold ${enYuan(heldFen)} (${enYuan(transitFen)} in transit): short by ${enYuan(shortFen)}, coverage ${percent(coverageBp)}${spread ? `; with gifted hours spread over the price ${enYuan(redWhole)} are unearned, coverage ${percent(spreadBp)}` : ''}`,
      }),
      evidence: () => evidence(sheet, p.inTransitWorkingDays),
      lookAgainAt: lookAgain(sheet, p.inTransitWorkingDays, aheadFen > 0n),
    };
  },
});

/** Where nothing is unearned nothing is missing, even of an account that is booked below zero: CR is 1. */
function shortOf(unearnedFen: Fen, heldFen: Fen): Fen {
  return unearnedFen === 0n ? 0n : maxFen(0n, unearnedFen - heldFen);
}

function coverageOf(unearnedFen: Fen, heldFen: Fen): number {
  return unearnedFen === 0n ? 10_000 : shareBasisPoints(maxFen(0n, heldFen), unearnedFen);
}

/** Refunds the bank has debited in the last working days and the platform has not told yet: the liability is still in U. */
function refundsAheadFen(sheet: FactSheet, workingDays: number): Fen {
  const { custodyIds } = sheet.accounts;
  const from = sheet.calendar.addWorkingDays(sheet.today, -workingDays);
  const recent = sheet.money.moved('refund_bank', 'debitFen', custodyIds, from, sheet.today);
  if (recent === 0n) return 0n;
  const ahead = sheet.money.balance('refund_bank', null).debitFen - sheet.money.balance('refund_books', null).creditFen;
  return maxFen(0n, minFen(recent, ahead));
}

/** What is missing first, the largest sums before others; then what is there. */
function evidence(sheet: FactSheet, grace: number): readonly EvidenceRef[] {
  const missing = [...neverThere(sheet, grace), ...withdrawalsIn(sheet, sheet.today - WITHDRAWAL_DAYS, sheet.today)];
  const statements = sheet.accounts.custody.flatMap((account) => sheet.statements.newest(account.accountId) ?? []);
  return refsOf(
    missing.sort((a, b) => b.amountFen - a.amountFen),
    statements,
    sheet.accounts.custody.map((account) => account.told),
  );
}

/** Payments that are late, or went into another account. */
function neverThere(sheet: FactSheet, grace: number): readonly (EvidenceRef & { readonly amountFen: number })[] {
  const { custodyIds, custodyFrom } = sheet.accounts;
  const late = sheet.uncredited.filter(({ ageWorkingDays }) => ageWorkingDays > grace);
  const elsewhere = sheet.payments.filter(
    ({ told: { payee }, netFen, paidOn }) =>
      netFen > 0n && payee !== null && !custodyIds.has(payee) && custodyFrom !== null && paidOn >= custodyFrom,
  );
  return [...late, ...elsewhere].map(({ told, netFen }) => ({ ...told, amountFen: Number(netFen) }));
}

function lookAgain(sheet: FactSheet, grace: number, refundsAhead: boolean): Us | null {
  let at = earliest(transitEndsAt(sheet, grace), refundsAhead ? sheet.nextMidnight : null);
  for (const { data } of sheet.rows.registers['guarantee.registered'] ?? []) {
    const from = startOfDay(parseDay(data.validFrom)!);
    const end = startOfDay(parseDay(data.validTo)! + 1);
    at = earliest(at, from > sheet.now ? from : end > sheet.now ? end : null);
  }
  return at;
}
