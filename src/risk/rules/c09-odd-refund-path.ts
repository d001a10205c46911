import { startOfDay, type Us } from '../../core/time.js';
import type { RefundRow } from '../../ledger/rows.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest, ifLater } from '../facts/moments.js';
import type { RefundWithContract } from '../facts/rows.js';
import { leavesAt } from '../facts/windows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** Refunds not by the original channel, to somebody who had not paid for the contract, or three and more to one payee. */
export const rule = defineRule({
  id: 'C09',
  version: 2,
  group: 'C',
  name: { zh: '非原路退款', en: 'Odd refund path' },
  question: { zh: '退款是否原路返回付款人？', en: 'Do refunds go back to the payer by the original channel?' },
  basis: {
    zh: '全国平台：退费原路返回；分级为本系统默认',
    en: 'National platform: original channel; the steps are our default',
  },
  params: {
    windowDays: { value: 90, unit: 'days', min: 1, max: 180, source: 'ours', note: 'Refunds paid in these days.' },
    samePayee: {
      value: 3,
      unit: 'count',
      min: 2,
      source: 'ours',
      note: 'Refunds on different contracts to one payee.',
    },
    orangeFen: { value: 5_000_000, unit: 'fen', source: 'ours', note: '¥50,000 in all.' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = startOfDay(sheet.today - p.windowDays + 1);
    const parts: Part[] = [];
    for (const { row } of sheet.refunds) {
      row.refund.paid.forEach((part, index) => {
        if (part.at >= from && part.at <= sheet.now) parts.push({ part, to: row.paidTo[index]!, payers: row.payers });
      });
    }
    if (parts.every(({ to }) => to.payeeHash === null && to.originalChannel === null))
      return notApplicable('没有退款去向数据', 'Nothing is told about where refunds went', comesAt(sheet));
    const contracts = new Map<string, Set<string>>();
    for (const { part, to } of parts) {
      if (to.payeeHash) contracts.set(to.payeeHash, (contracts.get(to.payeeHash) ?? new Set()).add(part.contractId));
    }
    const odd = parts.filter(
      ({ to, payers }) =>
        to.originalChannel === false ||
        (to.payeeHash !== null && payers !== null && !payers.includes(to.payeeHash)) ||
        (to.payeeHash !== null && contracts.get(to.payeeHash)!.size >= p.samePayee),
    );
    const oddFen = odd.reduce((sum, { part }) => sum + BigInt(part.amountFen), 0n);
    return {
      state: 'answered',
      ...judge([
        { level: 'yellow', threshold: 0, tests: [is(odd.length > 0)] },
        { level: 'orange', threshold: p.orangeFen, tests: [sheet.tests.from(oddFen, p.orangeFen)] },
      ]),
      value: Number(oddFen),
      unit: 'fen',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${odd.length} 笔退款未原路返回，共 ${zhYuan(oddFen)}`,
        en: `In ${p.windowDays} days ${plural(odd.length, 'refund')} by an odd path, ${enYuan(oddFen)} in all`,
      }),
      evidence: () => refsOf(odd.sort((a, b) => b.part.amountFen - a.part.amountFen).map(({ part }) => part)),
      lookAgainAt: earliest(
        comesAt(sheet),
        odd.reduce<Us | null>((at, { part }) => earliest(at, leavesAt(part.at, p.windowDays)), null),
      ),
    };
  },
});

interface Part {
  readonly part: RefundRow['paid'][number];
  readonly to: RefundWithContract['paidTo'][number];
  readonly payers: RefundWithContract['payers'];
}

/** The first part that is told of the time to come. */
function comesAt(sheet: FactSheet): Us | null {
  let at: Us | null = null;
  for (const { row } of sheet.refunds)
    for (const part of row.refund.paid) at = earliest(at, ifLater(part.at, sheet.now));
  return at;
}
