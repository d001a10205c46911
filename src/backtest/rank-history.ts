import type { Day } from '../core/time.js';
import { type RankedInstitution, topOfCounty } from '../risk/ranks.js';

/** The size of an institution from the end of a day on. */
export interface SizeChange extends RankedInstitution {
  readonly day: Day;
}

/** Days at whose end an institution became one of the largest of its county, ceased to be, became it again …; ascending. */
export type Turns = readonly Day[];

/**
 * Ranks the institutions of every county at the end of every day, as the live job does. `changes` of all institutions, in any
 * order. Answers who was among the largest, and when; nobody else.
 */
export function rankHistory(changes: readonly SizeChange[]): Map<string, Turns> {
  const turns = new Map<string, Day[]>();
  const sizes = new Map<string, RankedInstitution>();
  const inCounties = changes.filter(({ regionCode }) => regionCode !== '');
  if (!someCountyRanks(inCounties)) return turns;
  let top: ReadonlySet<string> = new Set();
  const sorted = [...changes].sort((a, b) => a.day - b.day);
  sorted.forEach((change, at) => {
    if (change.regionCode === '') sizes.delete(change.institutionId);
    else sizes.set(change.institutionId, change);
    if (sorted[at + 1]?.day === change.day) return;
    const next = topOfCounty(sizes.values());
    for (const id of next) if (!top.has(id)) turnOf(turns, id, change.day);
    for (const id of top) if (!next.has(id)) turnOf(turns, id, change.day);
    top = next;
  });
  return turns;
}

function turnOf(turns: Map<string, Day[]>, id: string, day: Day): void {
  const days = turns.get(id);
  if (days) days.push(day);
  else turns.set(id, [day]);
}

/** Whether any county ever has institutions enough to be ranked. */
function someCountyRanks(changes: readonly SizeChange[]): boolean {
  const counties = new Map<string, Map<string, RankedInstitution>>();
  for (const change of changes) {
    let county = counties.get(change.regionCode);
    if (county === undefined) {
      county = new Map();
      counties.set(change.regionCode, county);
    }
    const known = county.get(change.institutionId);
    if (known === undefined || change.unearnedFen > known.unearnedFen) county.set(change.institutionId, change);
  }
  for (const county of counties.values()) if (topOfCounty(county.values()).size > 0) return true;
  return false;
}
