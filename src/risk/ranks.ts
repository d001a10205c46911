import type { Fen } from '../core/money.js';

export interface RankedInstitution {
  readonly institutionId: string;
  readonly regionCode: string;
  readonly unearnedFen: Fen;
}

/** A county of fewer institutions with an unearned amount has no "top 5%" (our default). */
const COUNTY_INSTITUTIONS_MIN = 20;
const TOP_SHARE_DIVISOR = 20;

/** The institutions among the largest 5% of their county by unearned amount (E04). Equal amounts: smaller id first. */
export function topOfCounty(institutions: Iterable<RankedInstitution>): Set<string> {
  const counties = new Map<string, RankedInstitution[]>();
  for (const institution of institutions) {
    if (institution.unearnedFen <= 0n) continue;
    const county = counties.get(institution.regionCode);
    if (county) county.push(institution);
    else counties.set(institution.regionCode, [institution]);
  }
  const top = new Set<string>();
  for (const county of counties.values()) {
    if (county.length < COUNTY_INSTITUTIONS_MIN) continue;
    county.sort(bySize);
    for (const institution of county.slice(0, Math.floor(county.length / TOP_SHARE_DIVISOR)))
      top.add(institution.institutionId);
  }
  return top;
}

function bySize(a: RankedInstitution, b: RankedInstitution): number {
  if (a.unearnedFen !== b.unearnedFen) return a.unearnedFen > b.unearnedFen ? -1 : 1;
  return a.institutionId < b.institutionId ? -1 : 1;
}
