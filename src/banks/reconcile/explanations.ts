import type { Calendar } from '../../core/calendar.js';
import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import type { Explanation } from './balances.js';
import { type Contradiction, type Item, RELATIONS, type Relation } from './facts.js';
import { LATE_WORKING_DAYS } from './kinds.js';
import type { Matched } from './match.js';
import { total } from './sums.js';

export type AccountExplanation = Explanation & { readonly accountId: string };

/** Which way a relation's entries move the account. */
const SIGN: Readonly<Record<Relation, bigint>> = { credit: 1n, release: -1n, refund: -1n };

/** Faults that matching has found, as what they would do to the difference between books and bank; the surest first. */
export function explanationsOf(
  matched: Readonly<Record<Relation, Matched>>,
  contradictions: readonly Contradiction[],
  onlyCustody: string | null,
  calendar: Calendar,
): AccountExplanation[] {
  const found: AccountExplanation[] = [];
  const add = (accountId: string | null, one: Explanation): void => {
    const account = accountId ?? onlyCustody;
    if (account !== null) found.push({ ...one, accountId: account });
  };
  for (const one of contradictions) add(one.accountId, fixed(one.day, one.differenceFen, [`contradiction:${one.key}`]));
  for (const relation of RELATIONS) {
    const { duplicated, differing } = matched[relation];
    const sign = SIGN[relation];
    for (const { item } of duplicated)
      add(item.accountId, fixed(item.day, sign * item.amountFen, [owner(relation, 'booked', item)]));
    for (const one of differing) {
      const day = Math.max(...one.booked.map((item) => item.day));
      const first = one.booked[0]!;
      add(
        first.accountId,
        fixed(day, sign * (total(one.booked) - total(one.told)), [owner(relation, 'booked', first)]),
      );
    }
  }
  for (const relation of RELATIONS) addOpen(relation, matched[relation], calendar, add);
  return found;
}

function addOpen(
  relation: Relation,
  matched: Matched,
  calendar: Calendar,
  add: (accountId: string | null, one: Explanation) => void,
): void {
  const sign = SIGN[relation];
  for (const item of matched.openTold) {
    const own = [owner(relation, 'told', item)];
    add(item.accountId, { day: null, since: item.day, deltaFen: -sign * item.amountFen, owners: own, isWaiting: true });
  }
  for (const one of candidatesOf(matched, calendar)) {
    const { accountId, day } = one.booked[0]!;
    add(accountId, fixed(day, sign * (total(one.booked) - total(one.told)), owners(relation, one)));
  }
  for (const item of matched.openBooked)
    add(item.accountId, fixed(item.day, sign * item.amountFen, [owner(relation, 'booked', item)]));
}

/** Open items near each other that may be one movement with a wrong amount: only the bank's balance can prove it. */
export interface Candidate {
  readonly told: readonly Item[];
  readonly booked: readonly Item[];
}

/** One to one first, then an entry with everything told of one day, then something told with everything booked on one day. */
export function candidatesOf({ openTold, openBooked }: Matched, calendar: Calendar): Candidate[] {
  const matched = { openTold: openTold.slice(0, OPEN_ITEMS_MAX), openBooked: openBooked.slice(0, OPEN_ITEMS_MAX) };
  const found: Candidate[] = [];
  const near = (told: Item, booked: Item): boolean =>
    (told.accountId === null || told.accountId === booked.accountId) &&
    told.day <= booked.day &&
    calendar.workingDaysBetween(told.day, booked.day) <= LATE_WORKING_DAYS;
  for (const booked of matched.openBooked)
    for (const told of matched.openTold) if (near(told, booked)) found.push({ told: [told], booked: [booked] });
  for (const booked of matched.openBooked)
    for (const told of byDay(matched.openTold.filter((item) => near(item, booked))))
      found.push({ told, booked: [booked] });
  for (const told of matched.openTold)
    for (const booked of byDay(matched.openBooked.filter((item) => near(told, item))))
      found.push({ told: [told], booked });
  return found.slice(0, CANDIDATES_MAX);
}

/** More would be no proof but chance. */
const CANDIDATES_MAX = 500;
/** Open items of each side that are looked at: 200 × 200 comparisons at most. */
const OPEN_ITEMS_MAX = 200;

/** Two or more of one day and account. */
function byDay(items: readonly Item[]): Item[][] {
  const days = new Map<string, Item[]>();
  for (const item of items) {
    const key = `${item.day}/${item.accountId}`;
    days.set(key, [...(days.get(key) ?? []), item]);
  }
  return [...days.values()].filter((same) => same.length > 1);
}

export function owners(relation: Relation, { told, booked }: Candidate): string[] {
  return [
    ...told.map((item) => owner(relation, 'told', item)),
    ...booked.map((item) => owner(relation, 'booked', item)),
  ];
}

export function owner(relation: Relation, side: 'told' | 'booked', item: Item): string {
  return `${relation}:${side}:${item.key}`;
}

function fixed(day: Day, deltaFen: Fen, owners: readonly string[]): Explanation {
  return { day, since: day, deltaFen, owners, isWaiting: false };
}
