import type { Fen } from '../../core/money.js';

/** Runs of neighbours are looked for among this many items. */
export const RUN_ITEMS_MAX = 64;
/** Any subset is looked for among this many items: 2^12 = 4,096 sums. */
export const SUBSET_ITEMS_MAX = 12;

interface Amount {
  readonly amountFen: Fen;
}

/**
 * Two or more of the items that together make exactly `targetFen`: all of them, else a run of neighbours (the longest-standing
 * first), else the smallest subset. Null when there is none within the bounds. The items must come in an order of their own, so
 * that the answer does not depend on how they arrived.
 */
export function findSum<T extends Amount>(items: readonly T[], targetFen: Fen): readonly T[] | null {
  if (items.length < 2 || targetFen <= 0n) return null;
  if (makes(items, targetFen)) return items;
  return findRun(items.slice(0, RUN_ITEMS_MAX), targetFen) ?? findSubset(items.slice(0, SUBSET_ITEMS_MAX), targetFen);
}

/** Some of the values that together make exactly `target`, by position; values may be negative. One is enough. */
export function findPositions(values: readonly Fen[], target: Fen): readonly number[] | null {
  const bounded = values.slice(0, SUBSET_ITEMS_MAX);
  // The sum of a subset is that of the subset without its first value, and that value.
  const sums: Fen[] = [0n];
  let best = 0;
  for (let mask = 1; mask < 1 << bounded.length; mask += 1) {
    const first = mask & -mask;
    const sum = sums[mask ^ first]! + bounded[31 - Math.clz32(first)]!;
    sums.push(sum);
    if (sum === target && (best === 0 || bitsOf(mask).length < bitsOf(best).length)) best = mask;
  }
  return best === 0 ? null : bitsOf(best);
}

function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let at = 0; at < SUBSET_ITEMS_MAX; at += 1) if ((mask & (1 << at)) !== 0) bits.push(at);
  return bits;
}

/** Of the items that fit as many as `findSum` looks at: beyond them neither a run nor a subset is tried, and all are too much already. */
export function enoughFor<T extends Amount>(items: Iterable<T>, fits: (item: T) => boolean, targetFen: Fen): T[] {
  const found: T[] = [];
  let sum = 0n;
  for (const item of items) {
    if (!fits(item)) continue;
    found.push(item);
    sum += item.amountFen;
    if (found.length >= RUN_ITEMS_MAX && sum > targetFen) break;
  }
  return found;
}

/** Of very many items nearly always a few are too much already: no amount is below zero. */
function makes(items: readonly Amount[], targetFen: Fen): boolean {
  let sum = 0n;
  for (const { amountFen } of items) {
    sum += amountFen;
    if (sum > targetFen) return false;
  }
  return sum === targetFen;
}

export function total(items: readonly Amount[]): Fen {
  return items.reduce((sum, item) => sum + item.amountFen, 0n);
}

function findRun<T extends Amount>(items: readonly T[], targetFen: Fen): readonly T[] | null {
  for (let from = 0; from < items.length - 1; from += 1) {
    let sum = items[from]!.amountFen;
    for (let to = from + 1; to < items.length && sum < targetFen; to += 1) {
      sum += items[to]!.amountFen;
      if (sum === targetFen) return items.slice(from, to + 1);
    }
  }
  return null;
}

function findSubset<T extends Amount>(items: readonly T[], targetFen: Fen): readonly T[] | null {
  const amounts = items.map((item) => item.amountFen);
  const [least, next] = [...amounts].sort((a, b) => (a < b ? -1 : 1));
  // Two of the usual price are too much already: nothing has to be tried.
  if (least! + next! > targetFen) return null;
  const positions = findPositions(amounts, targetFen);
  return positions === null || positions.length < 2 ? null : positions.map((at) => items[at]!);
}
