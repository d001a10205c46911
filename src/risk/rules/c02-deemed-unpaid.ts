import { dayOf, startOfDay, type Us } from '../../core/time.js';
import { answerDueOn } from '../../ledger/refunds.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** Silence on a request for five working days is a yes; then not paid. Counted in working days after the last day to answer. */
export const rule = defineRule({
  id: 'C02',
  version: 1,
  group: 'C',
  name: { zh: '默示同意未付', en: 'Deemed agreed, unpaid' },
  question: { zh: '机构不答复退费申请、视为同意后是否付款？', en: 'Are refunds paid that were agreed by silence?' },
  basis: {
    zh: '全国平台：机构 5 个工作日未处理视为同意；分级为本系统默认',
    en: 'National platform: silent for 5 working days is agreed; the steps are our default',
  },
  params: {
    yellowWorkingDays: {
      value: 3,
      unit: 'working_days',
      min: 1,
      source: 'ours',
      note: 'Unpaid for three working days.',
    },
    orangeWorkingDays: { value: 10, unit: 'working_days', min: 1, source: 'ours', note: 'Unpaid for ten.' },
  },
  order: [['yellowWorkingDays', 'orangeWorkingDays']],
  remedies: ['pay_refunds'],
  evaluate(sheet, p) {
    let oldest = 0;
    let owedFen = 0n;
    let at: Us | null = null;
    const silent = sheet.refunds.filter(
      (refund) => refund.row.refund.requested !== null && refund.row.refund.approved === null,
    );
    const unpaid = silent.filter((refund) => refund.state.deemed && refund.state.owedFen > 0n);
    for (const { row, state } of silent) {
      const answerBy = answerDueOn(row.refund.requested!.at, sheet.calendar);
      if (!state.deemed) {
        if (row.refund.rejected === null && row.refund.withdrawn === null && answerBy >= sheet.today)
          at = earliest(at, startOfDay(sheet.calendar.addWorkingDays(answerBy, p.yellowWorkingDays)));
        continue;
      }
      if (state.owedFen === 0n) continue;
      const days = sheet.calendar.workingDaysBetween(answerBy, dayOf(sheet.now));
      oldest = Math.max(oldest, days);
      owedFen += state.owedFen;
      const next = [p.yellowWorkingDays, p.orangeWorkingDays].find((step) => step > days);
      if (next !== undefined) at = earliest(at, startOfDay(sheet.calendar.addWorkingDays(answerBy, next)));
    }
    const judgement = judge([
      { level: 'yellow', threshold: p.yellowWorkingDays, tests: [is(oldest >= p.yellowWorkingDays)] },
      { level: 'orange', threshold: p.orangeWorkingDays, tests: [is(oldest >= p.orangeWorkingDays)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: oldest,
      unit: 'working_days',
      reason: () => ({
        zh: `${unpaid.length} 笔退费机构未答复、视为同意后未付，共 ${zhYuan(owedFen)}，最久 ${oldest} 个工作日`,
        en: `${plural(unpaid.length, 'refund')} agreed by silence and unpaid, ${enYuan(owedFen)} in all, the oldest for ${plural(oldest, 'working day')}`,
      }),
      evidence: () => refsOf(unpaid.map((refund) => refund.row.refund.requested!).sort((a, b) => a.at - b.at)),
      lookAgainAt: at,
    };
  },
});
