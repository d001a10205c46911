/** How bad a finding is. `none` is no finding. The order is the order of the rulebook: blue < yellow < orange < red. */
export type Level = 'none' | 'blue' | 'yellow' | 'orange' | 'red';
export type OpenLevel = Exclude<Level, 'none'>;

export const LEVELS: readonly Level[] = ['none', 'blue', 'yellow', 'orange', 'red'];
export const OPEN_LEVELS: readonly OpenLevel[] = ['blue', 'yellow', 'orange', 'red'];

const RANK: Readonly<Record<Level, number>> = { none: 0, blue: 1, yellow: 2, orange: 3, red: 4 };

/** 0 (none) … 4 (red). */
export function rankOf(level: Level): number {
  return RANK[level];
}

/** The level of a rank; ranks outside 0 … 4 are cut to the nearest. */
export function levelOf(rank: number): Level {
  return LEVELS[Math.max(0, Math.min(4, rank))]!;
}

export function atLeast(level: Level, floor: Level): boolean {
  return RANK[level] >= RANK[floor];
}

export function higher(a: Level, b: Level): Level {
  return RANK[a] >= RANK[b] ? a : b;
}

export function lower(a: Level, b: Level): Level {
  return RANK[a] <= RANK[b] ? a : b;
}

/** One level up; `none` stays `none` and red stays red. */
export function raised(level: Level): Level {
  return level === 'none' ? 'none' : levelOf(RANK[level] + 1);
}

/** One level down; blue becomes none. */
export function lowered(level: Level): Level {
  return levelOf(RANK[level] - 1);
}
