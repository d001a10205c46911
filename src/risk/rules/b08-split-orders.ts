import type { Day } from '../../core/time.js';
import { type Collection, collectionOf, covered, learnerOf } from '../facts/collections.js';
import { largestFirst, refsOf } from '../facts/evidence.js';
import type { FactSheet } from '../facts/fact-sheet.js';
import type { PaymentFacts } from '../facts/payments.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

interface Split {
  /** Several collections within the week; else one on top of hours that are left. */
  readonly inParts: boolean;
  readonly parts: readonly Part[];
  readonly fen: bigint;
}

/**
 * Several collections from one learner within a week, each under the caps and together above them, instalments of one contract
 * among them; or a new one on top of hours of the course not yet taught. For orange only several of one course within a week count:
 * many families buy two courses when a term begins, and hours that were taught count as left until they are confirmed.
 */
export const rule = defineRule({
  id: 'B08',
  version: 7,
  group: 'B',
  name: { zh: '拆单规避', en: 'Split orders' },
  question: { zh: '有没有把超限收费拆成几单？', en: 'Were collections split to stay under the caps?' },
  basis: {
    zh: '教监管函〔2021〕2号：不得变相超限收费；窗口为本系统默认',
    en: 'Notice 2021 No. 2: no disguised collection; the window is our default',
  },
  params: {
    capFen: { value: 500_000, unit: 'fen', source: 'rule', note: '¥5,000 together.' },
    capHours: {
      value: 6_000,
      unit: 'hundredths',
      source: 'rule',
      note: '60 class-hours together, or with those still to be taught.',
    },
    splitDays: { value: 7, unit: 'days', min: 1, max: 60, source: 'ours', note: 'Within these days.' },
    windowDays: {
      value: 30,
      unit: 'days',
      min: 1,
      max: 60,
      source: 'ours',
      note: 'Collections of these days are looked at.',
    },
    orangeShareBp: {
      value: 500,
      unit: 'basis_points',
      max: 10_000,
      source: 'ours',
      note: '5% of the learners, each within one course; a ratio, so with the minimum sample …',
    },
    orangeMin: {
      value: 3,
      unit: 'count',
      min: 1,
      source: 'ours',
      note: '… and at least three: of thirty learners one would be 3%, two would be 6%.',
    },
  },
  remedies: ['days'],
  evaluate(sheet, p) {
    const from = sheet.today - p.windowDays + 1;
    const all = partsOf(sheet, from);
    const splits = splitsOf(all, byLearner, p, from);
    const ofOneCourse =
      splits.length === 0 ? 0 : splitsOf(all, byLearnerAndCourse, p, from).filter((split) => split.inParts).length;
    const judgement = judge([
      { level: 'yellow', threshold: 1, tests: [is(splits.length > 0)] },
      {
        level: 'orange',
        // Learners, as the figure it is told beside.
        threshold: Math.max(p.orangeMin, Math.ceil((sheet.activeLearners * p.orangeShareBp) / 10_000)),
        tests: [
          is(sheet.enoughForRatios),
          sheet.tests.from(ofOneCourse, p.orangeMin),
          sheet.tests.fromShare(BigInt(ofOneCourse), BigInt(sheet.activeLearners), p.orangeShareBp),
        ],
      },
    ]);
    const most = splits.reduce((fen, split) => (split.fen > fen ? split.fen : fen), 0n);
    return {
      state: 'answered',
      ...judgement,
      value: splits.length,
      unit: 'count',
      reason: () => ({
        zh: `近 ${p.windowDays} 天有 ${splits.length} 名学员在 ${p.splitDays} 天内分次付费合计超限，最高 ${zhYuan(most)}`,
        en: `In ${p.windowDays} days ${plural(splits.length, 'learner')} paid in parts above the caps within ${p.splitDays} days, at most ${enYuan(most)}`,
      }),
      evidence: () =>
        refsOf(
          largestFirst(splits, ({ fen }) => Number(fen)).flatMap(({ parts }) =>
            parts.map(({ payment }) => payment.told),
          ),
        ),
      lookAgainAt: splits.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

/** What was paid at once for one contract: all of it, unless it was paid in instalments. */
interface Part {
  readonly one: Collection;
  readonly payment: PaymentFacts;
  /** Of the contract, in hundredths. */
  readonly hours: number;
  /** Bought within the window: the later instalment of an older purchase comes on top of nothing but itself. */
  readonly isNew: boolean;
}

/** The collections of learners who have several, and every instalment of these days. */
function partsOf(sheet: FactSheet, from: Day): readonly Part[] {
  const { several, single } = paymentsSince(sheet.payments, from);
  const later = laterInstalments(sheet, single, from);
  const parts = sheet.repeatedCollections
    .filter(({ activeOn, contract }) => {
      const { contractId } = contract;
      return activeOn >= from && !several.has(contractId) && !later.some((part) => part.one.contract === contract);
    })
    .map((one): Part => ({ one, payment: one.payment, hours: hoursOf(one), isNew: true }));
  parts.push(...later);
  if (several.size === 0) return parts;
  for (const one of sheet.collections) {
    for (const payment of several.get(one.contract.contractId) ?? []) parts.push(instalment(one, payment, true));
  }
  return parts;
}

function instalment(one: Collection, payment: PaymentFacts, isNew: boolean): Part {
  return { one, payment, hours: covered(collectionOf(one.contract, payment), hoursOf(one)), isNew };
}

/** By contract the payments since `from`: of those that have several, and the only one. `payments` ascend by time: nearly all are older. */
function paymentsSince(payments: readonly PaymentFacts[], from: Day) {
  const several = new Map<string, readonly PaymentFacts[]>();
  const single = new Map<string, PaymentFacts>();
  let at = payments.length;
  while (at > 0 && payments[at - 1]!.paidOn >= from) at -= 1;
  for (; at < payments.length; at += 1) {
    const payment = payments[at]!;
    const { contractId } = payment.told;
    if (contractId === null || payment.netFen <= 0n) continue;
    const before = several.get(contractId);
    const first = single.get(contractId);
    if (before !== undefined) several.set(contractId, [...before, payment]);
    else if (first === undefined) single.set(contractId, payment);
    else {
      several.set(contractId, [first, payment]);
      single.delete(contractId);
    }
  }
  return { several, single };
}

/**
 * The only payment of these days on a contract that was paid in part before: beside another purchase it is as much a part as if both
 * instalments were new. Only where the learner has other collections, else there is nothing that it could be added to.
 */
function laterInstalments(sheet: FactSheet, single: ReadonlyMap<string, PaymentFacts>, from: Day): readonly Part[] {
  const asked = new Map<string, Collection>();
  for (const one of sheet.repeatedCollections) {
    const { contractId } = one.contract;
    if (single.has(contractId) && (!one.whole || one.paidOn < from)) asked.set(contractId, one);
  }
  if (asked.size === 0) return NO_PARTS;
  const found = new Map<string, Part>();
  for (const { told, paidOn, netFen } of sheet.payments) {
    if (paidOn >= from) break;
    const one = told.contractId === null || netFen <= 0n ? undefined : asked.get(told.contractId);
    if (one === undefined) continue;
    const { contractId } = one.contract;
    found.set(contractId, instalment(one, single.get(contractId)!, one.paidOn >= from));
  }
  return [...found.values()];
}

const NO_PARTS: readonly Part[] = [];

const byLearner = ({ one }: Part) => learnerOf(one);
const byLearnerAndCourse = ({ one }: Part) => `${learnerOf(one)}/${one.contract.data.courseId}`;

function splitsOf(
  parts: readonly Part[],
  keyOf: (part: Part) => string,
  p: Parameters<typeof splitOf>[1],
  from: Day,
): Split[] {
  if (parts.length === 0) return NONE;
  return [...grouped(parts, keyOf).values()].flatMap((group) => splitOf(group, p, from) ?? []);
}

const NONE: Split[] = [];

function grouped(parts: readonly Part[], keyOf: (part: Part) => string): Map<string, Part[]> {
  const groups = new Map<string, Part[]>();
  for (const part of parts) {
    const key = keyOf(part);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [part]);
    else group.push(part);
  }
  return groups;
}

function splitOf(
  parts: readonly Part[],
  p: { readonly capFen: number; readonly capHours: number; readonly splitDays: number },
  from: Day,
): Split | null {
  // Most learners have bought once lately: that is no split.
  if (parts.length === 1 && !isOnTop(parts[0]!, p.capHours)) return null;
  const sorted = [...parts]
    .filter((part) => part.payment.paidOn >= from)
    .sort((a, b) => a.payment.paidOn - b.payment.paidOn);
  // One above the caps by itself is no part of a split, and does not excuse those beside it.
  const small = sorted.filter((part) => part.payment.netFen <= BigInt(p.capFen) && part.hours <= p.capHours);
  for (let start = 0; start < small.length - 1; start += 1) {
    const until = small[start]!.payment.paidOn + p.splitDays;
    const window = small.filter((part, index) => index >= start && part.payment.paidOn < until);
    const fen = window.reduce((sum, part) => sum + part.payment.netFen, 0n);
    const hours = window.reduce((sum, part) => sum + part.hours, 0);
    if (window.length > 1 && (fen > BigInt(p.capFen) || hours > p.capHours))
      return { inParts: true, parts: window, fen };
  }
  const onTop = sorted.find((part) => isOnTop(part, p.capHours));
  return onTop === undefined ? null : { inParts: false, parts: [onTop], fen: onTop.payment.netFen };
}

function isOnTop({ one, isNew }: Part, capHours: number): boolean {
  if (!isNew) return false;
  const left = one.contract.hoursLeftHundredths ?? 0;
  return hoursOf(one) <= capHours && left > 0 && left + hoursOf(one) > capHours;
}

function hoursOf(one: Collection): number {
  return one.terms.hours + one.terms.gifted;
}
