/**
 * What a rule may be told by a policy: every threshold has a unit, a range, a default and where the default comes from.
 *   rule    – set by a cited rule
 *   ours    – a default of ours, uncalibrated until back-tested
 *   derived – arithmetic from a rule
 *   analog  – borrowed from a neighbouring scheme
 */
export type ThresholdSource = 'rule' | 'ours' | 'derived' | 'analog';

export type ParamUnit =
  | 'fen'
  | 'basis_points'
  | 'days'
  | 'working_days'
  | 'months'
  | 'count'
  | 'hundredths'
  | 'minutes'
  | 'level'
  | 'flag'
  | 'day';

export interface ParamSpec {
  /** The default: always an integer. */
  readonly value: number;
  readonly unit: ParamUnit;
  readonly source: ThresholdSource;
  /** Where the figure comes from, in one sentence. */
  readonly note: string;
  /** Smallest and largest value a policy may set; by default those of the unit. */
  readonly min?: number;
  readonly max?: number;
}

export type ParamSpecs = Readonly<Record<string, ParamSpec>>;
export type ParamValues<P extends ParamSpecs = ParamSpecs> = { readonly [K in keyof P]: number };

const UNIT_RANGE: Readonly<Record<ParamUnit, readonly [number, number]>> = {
  fen: [0, Number.MAX_SAFE_INTEGER],
  basis_points: [0, 1_000_000],
  days: [0, 3_660],
  working_days: [0, 1_000],
  months: [0, 120],
  count: [0, 1_000_000],
  hundredths: [0, 1_000_000],
  minutes: [0, 1_440],
  level: [0, 4],
  flag: [0, 1],
  day: [-25_567, 73_050],
};

/** Both ends are allowed. */
export function rangeOf(spec: ParamSpec): readonly [number, number] {
  const [min, max] = UNIT_RANGE[spec.unit];
  return [spec.min ?? min, spec.max ?? max];
}

export function defaultsOf<P extends ParamSpecs>(specs: P): ParamValues<P> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.value])) as ParamValues<P>;
}
