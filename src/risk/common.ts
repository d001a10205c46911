import type { ParamSpecs, ParamValues } from './params.js';

/** Parameters that belong to no single rule; in a policy under the name `common`. */
export const COMMON_PARAMS = {
  minLearners: {
    value: 20,
    unit: 'count',
    source: 'ours',
    note: 'Ratio rules need at least this many active learners.',
  },
  minHistoryDays: {
    value: 28,
    unit: 'days',
    source: 'ours',
    note: 'Ratio rules need at least this many days of history.',
  },
  slowHistoryDays: {
    value: 60,
    unit: 'days',
    source: 'ours',
    note: 'Slow ratios (E02, D06) use at least this many days of history.',
  },
  clearMarginBp: {
    value: 1_000,
    unit: 'basis_points',
    max: 9_000,
    source: 'ours',
    note: 'An open finding is left only when the limit is kept by this share of it.',
  },
  clearWorkingDays: {
    value: 3,
    unit: 'working_days',
    source: 'ours',
    note: 'and for this many whole working days in a row.',
  },
  sameCaseDays: {
    value: 30,
    unit: 'days',
    source: 'ours',
    note: 'A new alert within this many days of the last clearing reopens the case.',
  },
  refundDaysBefore: {
    value: 5,
    unit: 'days',
    source: 'rule',
    note: 'Days to pay a refund asked for before the first lesson where the contract names none (Beijing 2021, Chengdu 2022).',
  },
  refundDaysAfter: { value: 15, unit: 'days', source: 'rule', note: 'The same after the first lesson (Beijing 2021).' },
  termBreakDays: {
    value: 5,
    unit: 'days',
    min: 1,
    source: 'ours',
    note: 'A term begins after a declared break of at least this many days.',
  },
} as const satisfies ParamSpecs;

export type CommonParams = ParamValues<typeof COMMON_PARAMS>;
