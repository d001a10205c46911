import type { Day } from '../../core/time.js';
import { TALLIES, type TallyName } from '../../ledger/tallies.js';
import { firstIndex } from './money.js';
import type { InstitutionRows, TallySeries } from './rows.js';

/** Counts per day: lessons, confirmations, disputes, requests. */
export class TallyFacts {
  constructor(private readonly rows: InstitutionRows) {}

  /** How many in [from, to]. */
  count(name: TallyName, from: Day, to: Day): number {
    const days = this.series(name)?.days ?? [];
    let sum = 0;
    for (let i = firstIndex(days, from); i < days.length && days[i]!.day <= to; i += 1) sum += days[i]!.count;
    return sum;
  }

  /** The last day on or before `to` with at least one; null when there is none. */
  lastDay(name: TallyName, to: Day): Day | null {
    const days = this.series(name)?.days ?? [];
    for (let i = firstIndex(days, to + 1) - 1; i >= 0; i -= 1) if (days[i]!.count > 0) return days[i]!.day;
    return null;
  }

  /** The days in [from, to] with at least one, ascending. */
  daysWith(name: TallyName, from: Day, to: Day): readonly Day[] {
    const days = this.series(name)?.days ?? [];
    const found: Day[] = [];
    for (let i = firstIndex(days, from); i < days.length && days[i]!.day <= to; i += 1) {
      if (days[i]!.count > 0) found.push(days[i]!.day);
    }
    return found;
  }

  private series(name: TallyName): TallySeries | undefined {
    return this.rows.tallies.find((series) => series.metric === TALLIES[name]);
  }
}
