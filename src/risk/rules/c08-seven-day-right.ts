import { dayOf, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest } from '../facts/moments.js';
import { CONTRACT_DAYS } from '../facts/rows.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { plural } from '../text.js';

/**
 * Asked for within seven days of the payment and not paid five days later, whatever the institution answered. The exception of
 * art. 14, that the consumer already had the same service from it, is read from the books: an earlier contract of the learner for
 * the same course. A contract signed so long ago that nothing is read of what was before it is not judged.
 */
export const rule = defineRule({
  id: 'C08',
  version: 4,
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
    const paidOn = lastPaidOn(sheet);
    const signed = new Map(paidOn.size === 0 ? [] : sheet.rows.contracts.map((one) => [one.contractId, one]));
    let at: Us | null = null;
    const unpaid = sheet.refunds.filter(({ row: { refund, contract }, requestedOn, state }) => {
      const request = refund.requested;
      if (request === null || requestedOn === null || request.side !== 'seven_day' || refund.withdrawn !== null)
        return false;
      if (sheet.today - requestedOn > p.windowDays) return false;
      const bought = paidOn.get(request.contractId);
      if (!bought || requestedOn - bought > p.rightDays) return false;
      const terms = signed.get(request.contractId);
      // One that was never told as signed has no other before it that is known.
      if (contract !== null && (terms === undefined || terms.hoursLeftHundredths !== null)) return false;
      if (state.paidFen >= BigInt(request.amountFen) || (state.approvedAt !== null && state.owedFen === 0n))
        return false;
      const dueOn = sheet.calendar.nextWorkingDayOnOrAfter(requestedOn + p.payDays);
      const late = sheet.today > dueOn;
      const forgotten = terms === undefined ? null : startOfDay(dayOf(terms.at) + CONTRACT_DAYS + 1);
      at = earliest(at, startOfDay((late ? requestedOn + p.windowDays : dueOn) + 1), forgotten);
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
      evidence: () => refsOf(unpaid.map(({ row }) => row.refund.requested!)),
      lookAgainAt: at,
    };
  },
});

/** Per contract with a seven-day request the day of its last payment. */
function lastPaidOn(sheet: FactSheet): ReadonlyMap<string, number> {
  const paidOn = new Map<string, number>();
  for (const { row } of sheet.refunds) {
    const request = row.refund.requested;
    if (request?.side === 'seven_day') paidOn.set(request.contractId, 0);
  }
  if (paidOn.size === 0) return paidOn;
  for (const { told, paidOn: day } of sheet.payments) {
    const before = told.contractId === null ? undefined : paidOn.get(told.contractId);
    if (before !== undefined) paidOn.set(told.contractId!, Math.max(day, before));
  }
  return paidOn;
}
