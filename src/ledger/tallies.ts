/** Counts per day of things that are no money. Numbers are stored and never reused (7 were complaints). */
export const TALLIES = {
  lessons_delivered: 1,
  confirmations_parent: 2,
  confirmations_silent: 3,
  confirmations_regulator: 4,
  disputes: 5,
  refunds_requested: 6,
} as const;

export type TallyName = keyof typeof TALLIES;

const NAMES = new Map<number, TallyName>(Object.entries(TALLIES).map(([name, number]) => [number, name as TallyName]));

/** The name of a stored metric. Throws RangeError for an unknown number. */
export function tallyName(metric: number): TallyName {
  const name = NAMES.get(metric);
  if (name === undefined) throw new RangeError(`metric ${metric} is unknown`);
  return name;
}
