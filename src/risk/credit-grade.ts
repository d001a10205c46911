import type { ScoreParams } from './score-params.js';

/** One item of the credit score that cost points. */
export interface CreditItem {
  readonly item: 'refunds' | 'fees' | 'prepaid' | 'contracts' | 'licence';
  readonly points: number;
}

export interface Credit {
  /** Of 1 000; what is not counted here is taken as kept in full. */
  readonly points: number;
  readonly off: readonly CreditItem[];
}

/** Rules about charging in advance: span, hours, amount, time, split orders, fees past the account. */
const PREPAID_RULES = ['B01', 'B02', 'B03', 'B04', 'B08', 'A10'] as const;

/**
 * The credit score after the measures of Tianjin (2022): 28 indicators, 1 000 points. Five of them can be seen in the data: contracts
 * not refunded in time (what C10 counts), fees above the guide price (B07), rules of prepayment (ten points for each that has an open
 * finding), use of the model contract (B09), and the licence (F02). The other 23 (staff, safety, displayed terms, teaching) are
 * known to the office alone and count as kept, so that this is the best grade that is possible.
 */
export function creditOf(openRules: ReadonlySet<string>, refundPoints: number, params: ScoreParams): Credit {
  const prepaid = PREPAID_RULES.filter((rule) => openRules.has(rule)).length;
  const off: readonly CreditItem[] = [
    { item: 'refunds', points: refundPoints },
    { item: 'fees', points: openRules.has('B07') ? params.creditFees : 0 },
    { item: 'prepaid', points: Math.min(params.creditPrepaidMax, prepaid * params.creditPrepaidEach) },
    { item: 'contracts', points: openRules.has('B09') ? params.creditContracts : 0 },
    { item: 'licence', points: openRules.has('F02') ? params.creditLicence : 0 },
  ];
  const lost = off.reduce((sum, { points }) => sum + points, 0);
  return { points: Math.max(0, WHOLE - lost), off: off.filter(({ points }) => points > 0) };
}

const WHOLE = 1_000;

export function creditGrade({ points }: Credit, params: ScoreParams): 'A' | 'B' | 'C' | 'D' | 'E' {
  if (points >= params.creditA) return 'A';
  if (points >= params.creditB) return 'B';
  if (points >= params.creditC) return 'C';
  return points >= params.creditD ? 'D' : 'E';
}
