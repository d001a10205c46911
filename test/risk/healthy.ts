import { PROFILE, type School, school, TODAY, yuan } from './builders.js';

/** A school that teaches, is in order, and reports. */
export const healthy = (): School => {
  const one = school()
    .profile(PROFILE)
    .tallies('lessons_delivered', TODAY - 80, TODAY, 4)
    .receipt(TODAY - 60, yuan(60_000))
    .confirmed(TODAY - 10, yuan(40_000));
  for (let day = TODAY - 39; day < TODAY; day += 1) one.statement(day, yuan(100_000));
  return one;
};
/** … whose account holds only so many yuan of the 100,000 that it owes. */
export const short = (left: number): School => healthy().otherDebit(TODAY - 40, yuan(100_000 - left));
