import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseDay } from '../../src/core/time.js';
import { DISORDERS } from '../../src/simulate/disorder.js';
import { History } from '../../src/simulate/history.js';
import { writeHistory } from '../../src/simulate/write.js';
import type { Bench } from './context.js';
import { thousands } from './figures.js';

/** A file of `feewarden simulate`. */
export interface City {
  readonly path: string;
  readonly lines: number;
}

/**
 * What `feewarden simulate` writes: sound schools of usual size, failing and violating ones. How long rules take depends on how many
 * learners a school has and how many findings are open, so they are measured on a city as it should be, not on the lines of the
 * other measurements. `lines`: about so many; the real number is counted.
 */
export async function writeCity(
  { lab, seed, say }: Bench,
  name: string,
  lines: number,
  disorder: keyof typeof DISORDERS,
): Promise<City> {
  const institutions = Math.max(1, Math.round(lines / LINES_PER_INSTITUTION));
  say(`simulating a city of ${thousands(institutions)} institutions`);
  const history = new History({
    seed,
    institutions,
    days: CITY_DAYS,
    firstDay: parseDay('2025-01-06')!,
    medianLearners: 85,
    failingShare: 0.06,
    violatingShare: 0.06,
    disorder: DISORDERS[disorder],
    calendar: CHINA_CALENDAR,
  });
  const path = await writeHistory(history, { folder: lab.file(name), gzip: false, onDay: () => {} });
  return { path, lines: (history.meta() as { lines: number }).lines };
}

const CITY_DAYS = 180;
/** About so many of an institution in these days. */
const LINES_PER_INSTITUTION = 9_000;
