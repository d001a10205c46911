import { dayOf } from '../../core/time.js';
import { termsOf } from '../facts/collections.js';
import { refsOf } from '../facts/evidence.js';
import type { SignedContract } from '../facts/rows.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { percent, plural } from '../text.js';

/** Gifted hours as a share of all hours, or the discount on the filed price, whichever is larger; contract by contract. */
export const rule = defineRule({
  id: 'B06',
  version: 1,
  group: 'B',
  name: { zh: '异常赠课促销', en: 'Excessive gifts' },
  question: { zh: '有没有过度赠课或低于公示价促销？', en: 'Are gifts or discounts excessive?' },
  basis: { zh: '本系统默认', en: 'Our default' },
  params: {
    yellowBp: { value: 3_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 30%.' },
    orangeBp: { value: 5_000, unit: 'basis_points', max: 10_000, source: 'ours', note: 'More than 50%.' },
    windowDays: { value: 30, unit: 'days', min: 1, max: 60, source: 'ours', note: 'Contracts signed in these days.' },
  },
  order: [['yellowBp', 'orangeBp']],
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    let most = 0;
    const found: { contract: SignedContract; bp: number }[] = [];
    for (const contract of sheet.rows.contracts) {
      if (dayOf(contract.at) < from || contract.at > sheet.now) continue;
      const bp = giftBp(contract);
      if (bp <= p.yellowBp) continue;
      found.push({ contract, bp });
      most = Math.max(most, bp);
    }
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowBp, tests: [is(most > p.yellowBp)] },
      { level: 'orange', threshold: p.orangeBp, tests: [is(most > p.orangeBp)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: most,
      unit: 'basis_points',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${found.length} 份合同赠课或折扣超过 ${percent(p.yellowBp)}，最高 ${percent(most)}`,
        en: `In ${p.windowDays} days ${plural(found.length, 'contract')} with gifts or discounts above ${percent(p.yellowBp)}, at most ${percent(most)}`,
      }),
      evidence: () => refsOf(found.sort((a, b) => b.bp - a.bp).map((one) => one.contract)),
      lookAgainAt: found.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

/** Rounded up, so that a share just above a step is not rounded onto it. */
function giftBp({ data }: SignedContract): number {
  const { hours, gifted } = termsOf(data);
  const gifts = gifted === 0 ? 0 : Math.ceil((gifted * 10_000) / (hours + gifted));
  const list = data.listPriceFen ?? 0;
  const discount =
    list > data.priceFen ? Number((BigInt(list - data.priceFen) * 10_000n + BigInt(list) - 1n) / BigInt(list)) : 0;
  return Math.max(gifts, discount);
}
