import { type Fen, maxFen, minFen } from '../../core/money.js';
import { type Day, dayOf, parseDay, startOfDay, type Us } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import { termsOf } from '../facts/collections.js';
import { refsOf } from '../facts/evidence.js';
import { earliest } from '../facts/moments.js';
import type { RefundFacts } from '../facts/refunds.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

interface Short {
  readonly refund: RefundFacts;
  readonly shortFen: Fen;
}

/**
 * Refunds that were paid below the entitlement: principal less delivered lessons, at the discounted price and gifts spread when
 * the operator is the cause, before discount when the consumer is, nothing deducted but lessons in the seven-day case
 * (法释〔2025〕4号 art. 14, 15, 18, 19). Of a contract that nobody told to have ended no more is due than was asked for: a family
 * that keeps a part of the course asks for the other part, and gets it in full. Nobody is judged before silence has confirmed
 * the lessons that were given until the refund was asked for, because they may be deducted; where it was asked for before the first
 * lesson there are none, and it is judged as soon as it is paid. A refund may be paid in parts: one of which something is still owed
 * is judged once its due day is over, until then the rest may come.
 */
export const rule = defineRule({
  id: 'C06',
  version: 7,
  group: 'C',
  name: { zh: '退费少付', en: 'Short-paid refund' },
  question: { zh: '退费是否少于应退金额？', en: 'Were refunds paid below the entitlement?' },
  basis: { zh: '法释〔2025〕4号第 14、15、18、19 条', en: 'Judicial interpretation 2025 No. 4, art. 14, 15, 18, 19' },
  params: {
    toleranceFen: { value: 5_000, unit: 'fen', source: 'ours', note: '¥50 …' },
    toleranceBp: {
      value: 100,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '… or 1% of the entitlement, whichever is more.',
    },
    windowDays: { value: 30, unit: 'days', min: 1, max: 100, source: 'ours', note: 'Refunds judged in these days.' },
    settleWorkingDays: {
      value: 16,
      unit: 'working_days',
      max: 30,
      source: 'derived',
      note: 'Judged so many days after the request: silence confirms a lesson after 15 (national platform).',
    },
    yellowCount: { value: 5, unit: 'count', min: 1, source: 'ours', note: 'Five of them.' },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const ended = new Set((sheet.rows.registers['contract.ended'] ?? []).map((row) => row.data.contractId));
    // Of a contract that has ended the rest is short once, in however many refunds the others were paid.
    const byClaim = new Map<string, Short>();
    let at: Us | null = null;
    for (const refund of sheet.refunds) {
      const { line, contract, refund: row } = refund.row;
      const last = row.paid.reduce((at, part) => Math.max(at, part.at), 0);
      if (line === null || contract === null || row.paid.length === 0) continue;
      const isEnded = ended.has(contract.contractId);
      if (last > sheet.now || (!isEnded && row.requested === null)) continue;
      // What is still owed of it may come until its due day.
      const allIn =
        refund.state.owedFen > 0n ? Math.max(dayOf(last), (refund.state.dueOn ?? sheet.today) + 1) : dayOf(last);
      const askedOn = dayOf(Math.min(row.requested?.at ?? last, last));
      const judgedOn = isBeforeFirstLesson(contract, askedOn)
        ? allIn
        : Math.max(allIn, sheet.calendar.addWorkingDays(dayOf(row.requested?.at ?? last), p.settleWorkingDays));
      if (judgedOn > sheet.today) at = earliest(at, startOfDay(judgedOn));
      if (judgedOn < from || judgedOn > sheet.today) continue;
      const dueFen = isEnded ? entitlement(refund) : minFen(entitlement(refund), askedFen(refund));
      const shortFen = dueFen - line.refundedFen;
      if (shortFen > BigInt(p.toleranceFen) && shortFen * 10_000n > dueFen * BigInt(p.toleranceBp))
        byClaim.set(isEnded ? `contract ${contract.contractId}` : `refund ${row.refundId}`, { refund, shortFen });
    }
    const found = [...byClaim.values()];
    const shortFen = found.reduce((sum, one) => sum + one.shortFen, 0n);
    const judgement = judge([
      { level: 'blue', threshold: 1, tests: [is(found.length > 0)] },
      { level: 'yellow', threshold: p.yellowCount, tests: [sheet.tests.from(found.length, p.yellowCount)] },
    ]);
    return {
      state: 'answered',
      ...judgement,
      value: found.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${found.length} 笔退费少付，共少 ${zhYuan(shortFen)}`,
        en: `In ${p.windowDays} days ${plural(found.length, 'refund')} paid short, by ${enYuan(shortFen)} in all`,
      }),
      evidence: () =>
        refsOf([...found].sort((a, b) => bySize(b.shortFen, a.shortFen)).flatMap((one) => one.refund.row.refund.paid)),
      lookAgainAt: found.length === 0 ? at : sheet.nextMidnight,
    };
  },
});

function bySize(a: Fen, b: Fen): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Nothing had been taught when it was asked for: there is nothing to deduct. */
function isBeforeFirstLesson({ firstLessonOn, periodFrom }: EventData['contract.signed'], askedOn: Day): boolean {
  return askedOn < parseDay(firstLessonOn ?? periodFrom)!;
}

/** What would be refunded of the contract in all, had the family got all that it asked for. */
function askedFen({ row, state }: RefundFacts): Fen {
  return row.line!.refundedFen - state.paidFen + BigInt(row.refund.requested!.amountFen);
}

/** What the learner could claim of the contract in all. Refunds paid on it count against it. */
function entitlement({ row }: RefundFacts): Fen {
  const line = row.line!;
  const contract = row.contract!;
  const { hours, gifted } = termsOf(contract);
  const taught = BigInt(line.confirmedHoursHundredths);
  const plain = maxFen(0n, line.paidFen - line.confirmedFen);
  const side = row.refund.requested?.side;
  if (side === 'operator' && hours + gifted > 0)
    return maxFen(plain, line.paidFen - (line.paidFen * taught) / BigInt(hours + gifted));
  const list = BigInt(contract.listPriceFen ?? 0);
  if (side === 'consumer' && hours > 0 && list > BigInt(contract.priceFen))
    return maxFen(0n, line.paidFen - (list * taught) / BigInt(hours));
  return plain;
}
