import { type Day, dayOf, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/**
 * Asked for within seven days of the payment and not paid five days later, whatever the institution answered. The exception of
 * art. 14, that the consumer already had the same service from it, is read from the books: an earlier contract of the learner for
 * the same course. The right runs from the payment, so an instalment has its own seven days however long ago the contract was signed.
 */
export const rule = defineRule({
  id: 'C08',
  version: 6,
  group: 'C',
  name: { zh: '七日退款未退', en: 'Seven-day right' },
  question: { zh: '付款七日内的退款申请是否及时退还？', en: 'Are refunds within seven days of payment paid back?' },
  basis: {
    zh: '法释〔2025〕4号第 14 条；期限参照北京',
    en: 'Judicial interpretation 2025 No. 4, art. 14; the days after Beijing',
  },
  params: {
    rightDays: { value: 7, unit: 'days', source: 'rule', note: 'Seven days from the payment.' },
    windowDays: {
      value: 60,
      unit: 'days',
      max: 90,
      source: 'ours',
      note: 'Requests of these days; an older one has long been overdue, and C01 and C02 speak of it.',
    },
    payDays: {
      value: 5,
      unit: 'days',
      source: 'analog',
      note: 'Paid back within five days (Beijing); a last day of rest moves on (Civil Code, art. 203).',
    },
  },
  remedies: ['pay_refunds'],
  evaluate(sheet, p) {
    const paidOn = daysOfPayment(sheet);
    let at: Us | null = null;
    const unpaid = sheet.refunds.filter(({ row: { refund, signedBefore }, requestedOn, state }) => {
      const request = refund.requested;
      if (request === null || requestedOn === null || request.side !== 'seven_day' || refund.withdrawn !== null)
        return false;
      if (sheet.today - requestedOn > p.windowDays) return false;
      if (signedBefore) return false;
      const inTime = (day: Day) => day <= requestedOn && requestedOn - day <= p.rightDays;
      if (!paidOn.get(request.contractId)?.some(inTime)) return false;
      if (state.paidFen >= BigInt(request.amountFen) || (state.approvedAt !== null && state.owedFen === 0n))
        return false;
      const dueOn = sheet.calendar.nextWorkingDayOnOrAfter(requestedOn + p.payDays);
      const late = sheet.today > dueOn;
      at = earliest(at, startOfDay((late ? requestedOn + p.windowDays : dueOn) + 1));
      return late;
    });
    const oldest = unpaid.reduce((days, { row }) => Math.max(days, sheet.today - dayOf(row.refund.requested!.at)), 0);
    return {
      state: 'answered',
      ...judge([{ level: 'yellow', threshold: p.payDays, tests: [is(unpaid.length > 0)] }]),
      value: oldest,
      unit: 'days',
      reason: () => ({
        zh: `${unpaid.length} 笔七日内退款申请未退，最久 ${oldest} 天`,
        en: `${plural(unpaid.length, 'seven-day refund')} unpaid, the oldest for ${plural(oldest, 'day')}`,
      }),
      evidence: () => refsOf(unpaid.map(({ row }) => row.refund.requested!).sort((a, b) => a.at - b.at)),
      lookAgainAt: at,
    };
  },
});

/** Per contract with a seven-day request the days on which it was paid for, where the money was not taken back since. */
function daysOfPayment(sheet: FactSheet): ReadonlyMap<string, readonly Day[]> {
  const paidOn = new Map<string, Day[]>();
  for (const { row } of sheet.refunds) {
    const request = row.refund.requested;
    if (request?.side === 'seven_day') paidOn.set(request.contractId, []);
  }
  if (paidOn.size === 0) return paidOn;
  for (const { told, netFen, paidOn: day } of sheet.payments)
    if (told.contractId !== null && netFen > 0n) paidOn.get(told.contractId)?.push(day);
  return paidOn;
}
