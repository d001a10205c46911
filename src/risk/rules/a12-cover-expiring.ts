import { maxFen } from '../../core/money.js';
import { type Day, formatDay, parseDay, startOfDay, type Us } from '../../core/time.js';
import { refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import { earliest, ifLater } from '../facts/moments.js';
import { transitEndsAt } from '../facts/payments.js';
import type { RegisterRow } from '../facts/rows.js';
import { defineRule, notApplicable } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

/** A guarantee that ends soon without another in its place, or has ended and leaves the unearned fees uncovered. */
export const rule = defineRule({
  id: 'A12',
  version: 2,
  group: 'A',
  name: { zh: '保函保险到期', en: 'Cover expiring' },
  question: { zh: '保函或保险是否将到期或已到期？', en: 'Is a guarantee or insurance about to end, or ended?' },
  basis: {
    zh: '参照上海、商务部单用途卡规定；分级为本系统默认',
    en: 'After the card rules of Shanghai and the commerce ministry; the steps are our default',
  },
  params: {
    noticeDays: { value: 30, unit: 'days', max: 365, source: 'ours', note: 'Thirty days before the end.' },
    lookBackDays: {
      value: 90,
      unit: 'days',
      min: 1,
      max: 365,
      source: 'ours',
      note: 'How long an ended guarantee is held against the coverage.',
    },
    toleranceFen: { value: 100_000, unit: 'fen', source: 'ours', note: 'Coverage as in A01: ¥1,000 …' },
    toleranceBp: { value: 100, unit: 'basis_points', max: 10_000, source: 'ours', note: '… and 1% may be missing.' },
    inTransitWorkingDays: { value: 5, unit: 'working_days', source: 'ours', note: 'As in A01.' },
  },
  remedies: ['cover', 'custody_credit'],
  evaluate(sheet, p) {
    const guarantees = sheet.rows.registers['guarantee.registered'] ?? [];
    if (guarantees.length === 0) return notApplicable('没有保函或保险', 'There is no guarantee or insurance');
    const ending = guarantees.filter(
      (row) => inForce(row, sheet.today) && endOf(row) <= sheet.today + p.noticeDays && !replaced(sheet, row),
    );
    const ended = guarantees.filter(
      (row) => endOf(row) < sheet.today && endOf(row) >= sheet.today - p.lookBackDays && !replaced(sheet, row),
    );
    const heldFen = sheet.custodyFen + sheet.inTransitFen(p.inTransitWorkingDays) + sheet.depositFen + sheet.coverFen;
    // Where nothing is unearned nothing is missing, as in A01.
    const shortFen = sheet.unearnedFen === 0n ? 0n : maxFen(0n, sheet.unearnedFen - heldFen);
    const judgement = judge([
      { level: 'blue', threshold: p.noticeDays, tests: [is(ending.length > 0)] },
      {
        level: 'orange',
        threshold: 0,
        tests: [
          is(ended.length > 0),
          sheet.tests.over(shortFen, p.toleranceFen),
          sheet.tests.overShare(shortFen, sheet.unearnedFen, p.toleranceBp),
        ],
      },
    ]);
    const first = [...ended, ...ending].sort((a, b) => endOf(a) - endOf(b))[0];
    return {
      state: 'answered',
      ...judgement,
      value: first === undefined ? p.noticeDays + 1 : endOf(first) - sheet.today,
      unit: 'days',
      reason: () => ({
        zh: `${ending.length} 份保函或保险将在 ${p.noticeDays} 天内到期，${ended.length} 份已到期${first ? `（${formatDay(endOf(first))}）` : ''}，未覆盖的预收 ${zhYuan(shortFen)}`,
        en: `${plural(ending.length, 'guarantee ends', 'guarantees end')} within ${p.noticeDays} days, ${plural(ended.length, 'has ended', 'have ended')}${first ? ` (${formatDay(endOf(first))})` : ''}; ${enYuan(shortFen)} of the unearned fees is not covered`,
      }),
      evidence: () => refsOf(ended, ending),
      lookAgainAt: guarantees.reduce<Us | null>(
        (at, row) =>
          earliest(
            at,
            ifLater(startOfDay(parseDay(row.data.validFrom)!), sheet.now),
            ifLater(startOfDay(endOf(row) - p.noticeDays), sheet.now),
            ifLater(startOfDay(endOf(row) + 1), sheet.now),
          ),
        judgement.holdLevel === 'none' ? transitEndsAt(sheet, p.inTransitWorkingDays) : sheet.nextMidnight,
      ),
    };
  },
});

type Guarantee = RegisterRow<'guarantee.registered'>;

function endOf(row: Guarantee): Day {
  return parseDay(row.data.validTo)!;
}

function inForce(row: Guarantee, day: Day): boolean {
  return parseDay(row.data.validFrom)! <= day && day <= endOf(row);
}

/** Others take over the day after its end and cover at least as much. */
function replaced(sheet: FactSheet, row: Guarantee): boolean {
  return (
    sheet.coverOn(Math.max(endOf(row) + 1, endOf(row) < sheet.today ? sheet.today : 0)) >= BigInt(row.data.coverFen)
  );
}
