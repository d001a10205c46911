import { type Level, rankOf } from './level.js';

/**
 * Whether a limit is passed, and whether it is still within the margin that an open finding needs to be left (hysteresis):
 * 2 = passed, 1 = kept, but not by the margin, 0 = kept by the margin.
 */
export type Test = 0 | 1 | 2;

export interface Step {
  readonly level: Level;
  /** Shown as the threshold when this step is the one reached. */
  readonly threshold: number;
  /** The figure that it compares, where another step of the rule compares another one. */
  readonly value?: number;
  /** All must hold. */
  readonly tests: readonly Test[];
}

export interface Judgement {
  readonly level: Level;
  readonly holdLevel: Level;
  /** Of the step reached, else of the first. */
  readonly threshold: number;
  readonly value: number | undefined;
}

/** The highest step whose tests all hold. `steps` may name a level twice (either way is enough); the first is the lowest. */
export function judge(steps: readonly [Step, ...Step[]]): Judgement {
  let level: Level = 'none';
  let holdLevel: Level = 'none';
  let reached: Step = steps[0];
  for (const step of steps) {
    let weakest: Test = 2;
    for (const test of step.tests) if (test < weakest) weakest = test;
    if (weakest >= 1 && rankOf(step.level) > rankOf(holdLevel)) holdLevel = step.level;
    if (weakest === 2 && rankOf(step.level) > rankOf(level)) {
      level = step.level;
      reached = step;
    }
  }
  return { level, holdLevel, threshold: reached.threshold, value: reached.value };
}

/** A yes or no without a margin. */
export function is(condition: boolean): Test {
  return condition ? 2 : 0;
}

/** Largest number that may be multiplied by 10 000 without leaving the safe integers. */
const SMALL = 900_000_000_000;

/** Comparisons with a margin in basis points of the limit (limits are ≥ 0): `over` is value > limit, `from` is value ≥ limit. */
export class Tests {
  constructor(private readonly marginBp: number) {}

  over(value: number | bigint, limit: number | bigint): Test {
    if (value > limit) return 2;
    return value > 0 && this.nearly(value, limit, false) ? 1 : 0;
  }

  from(value: number | bigint, limit: number | bigint): Test {
    if (value >= limit) return 2;
    return value > 0 && this.nearly(value, limit, true) ? 1 : 0;
  }

  /** value < limit; by the margin it is kept from so much above the limit on. */
  under(value: bigint, limit: bigint): Test {
    if (value < limit) return 2;
    return value * 10_000n < limit * BigInt(10_000 + this.marginBp) ? 1 : 0;
  }

  /** part > whole × basisPoints / 10 000, exactly. */
  overShare(part: bigint, whole: bigint, basisPoints: number): Test {
    if (part <= 0n) return 0;
    return this.over(part * 10_000n, whole * BigInt(basisPoints));
  }

  /** part ≥ whole × basisPoints / 10 000, exactly; a part of nothing is never enough. */
  fromShare(part: bigint, whole: bigint, basisPoints: number): Test {
    if (part <= 0n) return 0;
    return this.from(part * 10_000n, whole * BigInt(basisPoints));
  }

  private nearly(value: number | bigint, limit: number | bigint, orEqual: boolean): boolean {
    const kept = 10_000 - this.marginBp;
    if (typeof value === 'number' && typeof limit === 'number' && value < SMALL && limit < SMALL) {
      return orEqual ? value * 10_000 >= limit * kept : value * 10_000 > limit * kept;
    }
    const scaled = BigInt(value) * 10_000n;
    const cut = BigInt(limit) * BigInt(kept);
    return orEqual ? scaled >= cut : scaled > cut;
  }
}
