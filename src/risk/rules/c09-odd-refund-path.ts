import { dayOf } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** Refunds told as not by the original channel, or three and more to one payee. */
export const rule = defineRule({
  id: 'C09',
  version: 1,
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
    const from = sheet.today - p.windowDays + 1;
    if (sheet.refunds.every(({ row }) => row.paidTo === null))
      return notApplicable('没有退款去向数据', 'Nothing is told about where refunds went');
    const parts = sheet.refunds.flatMap(({ row }) =>
      row.refund.paid
        .map((part, index) => ({ part, to: row.paidTo?.[index] ?? null }))
        .filter(({ part }) => dayOf(part.at) >= from && part.at <= sheet.now),
    );
    const contracts = new Map<string, Set<string>>();
    for (const { part, to } of parts) {
      if (to?.payeeHash) contracts.set(to.payeeHash, (contracts.get(to.payeeHash) ?? new Set()).add(part.contractId));
    }
    const odd = parts.filter(
      ({ to }) =>
        to?.originalChannel === false || (to?.payeeHash != null && contracts.get(to.payeeHash)!.size >= p.samePayee),
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
      lookAgainAt: odd.length === 0 ? null : sheet.nextMidnight,
    };
  },
});
