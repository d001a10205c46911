import type { Day } from '../../core/time.js';
import { type Collection, learnerOf } from '../facts/collections.js';
import { refsOf } from '../facts/evidence.js';
import { defineRule } from '../rule.js';
import { is, judge } from '../steps.js';
import { enYuan, plural, zhYuan } from '../text.js';

interface Split {
  /** Several collections within the week; else one on top of hours that are left. */
  readonly inParts: boolean;
  readonly parts: readonly Collection[];
  readonly fen: bigint;
}

/**
 * Several collections from one learner within a week, each under the caps and together above them; or a new one on top of hours
 * of the course not yet taught. For orange only several of one course within a week count: many families buy two courses when a
 * term begins, and hours that were taught count as left until they are confirmed.
 */
export const rule = defineRule({
  id: 'B08',
  version: 4,
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
    const all = sheet.repeatedCollections.filter((one) => one.activeOn >= from);
    const splits = splitsOf(all, learnerOf, p, from);
    const ofOneCourse =
      splits.length === 0 ? 0 : splitsOf(all, byLearnerAndCourse, p, from).filter((split) => split.inParts).length;
    const some = is(splits.length > 0);
    const judgement = judge([
      { level: 'yellow', threshold: p.capFen, tests: [some] },
      {
        level: 'orange',
        threshold: p.capFen,
        tests: [
          some,
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
      evidence: () => refsOf(splits.flatMap((split) => split.parts.map((part) => part.payment.told))),
      lookAgainAt: splits.length === 0 ? null : sheet.nextMidnight,
    };
  },
});

const byLearnerAndCourse = ({ contract }: Collection) => `${contract.data.learnerHash}/${contract.data.courseId}`;

function splitsOf(
  collections: readonly Collection[],
  keyOf: (collection: Collection) => string,
  p: Parameters<typeof splitOf>[1],
  from: Day,
): Split[] {
  if (collections.length === 0) return NONE;
  return [...grouped(collections, keyOf).values()].flatMap((parts) => splitOf(parts, p, from) ?? []);
}

const NONE: Split[] = [];

function grouped(
  collections: readonly Collection[],
  keyOf: (collection: Collection) => string,
): Map<string, Collection[]> {
  const groups = new Map<string, Collection[]>();
  for (const one of collections) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

function splitOf(
  parts: readonly Collection[],
  p: { readonly capFen: number; readonly capHours: number; readonly splitDays: number },
  from: Day,
): Split | null {
  if (parts.length === 1) return onTopOf(parts.filter((part) => isOnTop(part, p.capHours) && part.paidOn >= from));
  const sorted = [...parts].filter((part) => part.paidOn >= from).sort((a, b) => a.paidOn - b.paidOn);
  // One above the caps by itself is no part of a split, and does not excuse those beside it.
  const small = sorted.filter((part) => part.payment.netFen <= BigInt(p.capFen) && hoursOf(part) <= p.capHours);
  for (let start = 0; start < small.length; start += 1) {
    const window = small.filter((part, index) => index >= start && part.paidOn < small[start]!.paidOn + p.splitDays);
    const fen = window.reduce((sum, part) => sum + part.payment.netFen, 0n);
    const hours = window.reduce((sum, part) => sum + hoursOf(part), 0);
    if (window.length > 1 && (fen > BigInt(p.capFen) || hours > p.capHours))
      return { inParts: true, parts: window, fen };
  }
  return onTopOf(sorted.filter((part) => isOnTop(part, p.capHours)));
}

function onTopOf([first]: readonly Collection[]): Split | null {
  return first === undefined ? null : { inParts: false, parts: [first], fen: first.payment.netFen };
}

function isOnTop(part: Collection, capHours: number): boolean {
  const left = part.contract.hoursLeftHundredths ?? 0;
  return hoursOf(part) <= capHours && left > 0 && left + hoursOf(part) > capHours;
}

function hoursOf(part: Collection): number {
  return part.terms.hours + part.terms.gifted;
}
