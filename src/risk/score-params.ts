import type { ParamSpecs, ParamValues } from './params.js';

/** Parameters of the score and of what is derived from it (G01, G02, G03, G05); in a policy under the name `score`. */
export const SCORE_PARAMS = {
  weightA: {
    value: 30,
    unit: 'count',
    max: 100,
    source: 'ours',
    note: 'Weight of group A in percent (G01); the weights of a policy sum to 100.',
  },
  weightB: { value: 10, unit: 'count', max: 100, source: 'ours', note: 'Weight of group B.' },
  weightC: { value: 25, unit: 'count', max: 100, source: 'ours', note: 'Weight of group C.' },
  weightD: { value: 15, unit: 'count', max: 100, source: 'ours', note: 'Weight of group D.' },
  weightE: { value: 10, unit: 'count', max: 100, source: 'ours', note: 'Weight of group E.' },
  weightF: { value: 10, unit: 'count', max: 100, source: 'ours', note: 'Weight of group F.' },
  valueBlue: { value: 25, unit: 'count', max: 100, source: 'ours', note: 'Value of a blue finding.' },
  valueYellow: { value: 50, unit: 'count', max: 100, source: 'ours', note: 'Value of a yellow one.' },
  valueOrange: { value: 75, unit: 'count', max: 100, source: 'ours', note: 'Value of an orange one.' },
  valueRed: { value: 100, unit: 'count', max: 100, source: 'ours', note: 'Value of a red one.' },
  halfLifeDays: {
    value: 14,
    unit: 'days',
    min: 1,
    max: 365,
    source: 'ours',
    note: 'A cleared finding counts half after this many days.',
  },
  floorYellow: { value: 40, unit: 'count', max: 100, source: 'ours', note: 'Any yellow finding: at least 40.' },
  floorOrange: { value: 60, unit: 'count', max: 100, source: 'ours', note: 'Any orange finding: at least 60.' },
  floorRed: { value: 80, unit: 'count', max: 100, source: 'ours', note: 'Any red finding: at least 80.' },
  blueFrom: {
    value: 20,
    unit: 'count',
    max: 100,
    source: 'ours',
    note: 'A score from here on is blue without any open finding; the other levels begin at their floors.',
  },
  gradeDays: {
    value: 90,
    unit: 'days',
    min: 1,
    max: 400,
    source: 'ours',
    note: 'The grade is that of the mean daily score of these days (G03).',
  },
  gradeA: { value: 10, unit: 'count', max: 100, source: 'analog', note: 'A mean below 10 is A.' },
  gradeB: { value: 25, unit: 'count', max: 100, source: 'analog', note: 'Below 25 is B.' },
  gradeC: { value: 45, unit: 'count', max: 100, source: 'analog', note: 'Below 45 is C.' },
  gradeD: { value: 65, unit: 'count', max: 100, source: 'analog', note: 'Below 65 is D, else E.' },
  confidenceBp: {
    value: 9_000,
    unit: 'basis_points',
    max: 10_000,
    source: 'ours',
    note: 'Data shares below 90% make the score one of low confidence (G05).',
  },
  confidenceDays: {
    value: 28,
    unit: 'days',
    min: 7,
    max: 40,
    source: 'ours',
    note: 'Statements of these days are counted.',
  },
  matchAfterWorkingDays: {
    value: 5,
    unit: 'working_days',
    source: 'ours',
    note: 'Payments older than this should be matched to a credit.',
  },
  twoOrangeDays: {
    value: 14,
    unit: 'days',
    min: 1,
    max: 365,
    source: 'ours',
    note: 'Two orange findings of different groups opened within 14 days make the case red (G02).',
  },
  threeYellowDays: {
    value: 30,
    unit: 'days',
    min: 1,
    max: 365,
    source: 'ours',
    note: 'Three yellow ones of three groups within 30 days make it orange (G02).',
  },
} as const satisfies ParamSpecs;

export type ScoreParams = ParamValues<typeof SCORE_PARAMS>;

/** Lists that must not fall from left to right. */
export const SCORE_ORDER: readonly (readonly (keyof ScoreParams)[])[] = [
  ['valueBlue', 'valueYellow', 'valueOrange', 'valueRed'],
  ['blueFrom', 'floorYellow', 'floorOrange', 'floorRed'],
  ['gradeA', 'gradeB', 'gradeC', 'gradeD'],
];
