import type { Calendar } from '../../core/calendar.js';
import type { Fen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import { MATCH_WORKING_DAYS } from '../../ledger/match.js';
import { byAge, type Item, type RelationFacts } from './facts.js';
import { enoughFor, findPositions, findSum, total } from './sums.js';

/**
 * Why two sides belong together. `reference`: they share a name, and the amounts agree. `amount`: equal amount within 5 working
 * days. `late_amount`: equal amount within 20. `sum`: several on one side make one on the other within 5. `interest`: paid by the bank
 * itself. `stock`: money from before custody that was declared.
 */
export type How = 'reference' | 'amount' | 'late_amount' | 'sum' | 'interest' | 'stock';

export interface Group {
  readonly how: How;
  readonly told: readonly Item[];
  readonly booked: readonly Item[];
}

/** Items that name each other and whose amounts differ. */
export interface Differing {
  readonly told: readonly Item[];
  readonly booked: readonly Item[];
  /** The bank names something that nobody has told of. */
  readonly namesUnknown: boolean;
}

export interface Matched {
  readonly groups: readonly Group[];
  readonly differing: readonly Differing[];
  /** Bank entries that repeat another one in account, day, amount and names. */
  readonly duplicated: readonly { readonly item: Item; readonly of: Item }[];
  readonly openTold: readonly Item[];
  readonly openBooked: readonly Item[];
}

/** Our default: how long after a payment an entry of the same amount without a name is still taken for it. */
export const LATE_MATCH_WORKING_DAYS = 20;
/** Reversals of one group that may each have come before or after the bank's entry. */
const REVERSALS_MAX = 10;

/** Matches the two sides of a relation: by reference, by amount and day, by sums. A function of the sets, never of their order. */
export function matchRelation(facts: RelationFacts, calendar: Calendar, other: OtherMoney = NO_OTHER_MONEY): Matched {
  const state = new Matching(facts, calendar);
  state.byReference();
  state.byBooks();
  state.byAmount(MATCH_WORKING_DAYS, 'amount');
  state.bySums();
  state.byAmount(LATE_MATCH_WORKING_DAYS, 'late_amount');
  state.twins();
  state.byInterest(other.isInterest);
  state.byStock(other.stockFen);
  return state.result();
}

/** Credits that no payment stands behind, and that are in order. */
export interface OtherMoney {
  readonly stockFen: Fen;
  isInterest(item: Item): boolean;
}
const NO_OTHER_MONEY: OtherMoney = { stockFen: 0n, isInterest: () => false };

class Matching {
  private readonly groups: Group[] = [];
  private readonly differing: Differing[] = [];
  private readonly duplicated: { item: Item; of: Item }[] = [];
  private readonly told: Set<Item>;
  private readonly booked: Set<Item>;

  constructor(
    private readonly facts: RelationFacts,
    private readonly calendar: Calendar,
  ) {
    this.told = new Set([...facts.told].sort(byAge));
    this.booked = new Set([...facts.booked].sort(byAge));
  }

  byReference(): void {
    for (const component of componentsOf([...this.told], [...this.booked])) {
      if (component.booked.length > 0 && component.booked.some((item) => item.refs.length > 0)) this.resolve(component);
    }
  }

  /** What the books themselves have matched stands here too: one payment is never settled in one place and open in the other. */
  byBooks(): void {
    const toldOf = new Map([...this.told].map((item) => [item.key, item]));
    for (const item of this.booked) {
      const told = toldOf.get(this.facts.matchedByBooks.get(item.key) ?? '');
      if (told && this.told.has(told)) this.take('amount', [told], [item]);
    }
  }

  byAmount(workingDays: number, how: How): void {
    const ofAmount = new Map(
      [...groupedBy(this.told, (told) => told.amountFen)].map(([amountFen, told]) => [amountFen, byDay(told)] as const),
    );
    for (const item of this.booked) {
      const toldOn = isNamed(item) ? undefined : ofAmount.get(item.amountFen);
      if (toldOn === undefined) continue;
      const told = this.firstTold(toldOn, item, workingDays);
      if (told) this.take(how, [told], [item]);
    }
  }

  private firstTold(toldOn: ByDay, item: Item, workingDays: number): Item | null {
    for (const day of this.daysBefore(item, workingDays)) {
      for (const told of stillIn(this.told, toldOn, day)) if (isOfAccount(told, item)) return told;
    }
    return null;
  }

  /** Several for one within a day first: across days more sums fit by chance. */
  bySums(): void {
    this.severalToldFor(firstSum);
    this.severalBooked();
    this.severalToldFor((days, targetFen) => findSum(days.flat(), targetFen));
  }

  /** `find` gets what may belong to an entry day by day. */
  private severalToldFor(find: (days: readonly Item[][], targetFen: Fen) => readonly Item[] | null): void {
    const toldOn = byDay(this.told);
    for (const item of this.booked) {
      if (isNamed(item)) continue;
      const isNear = (told: Item) => told.amountFen > 0n && isOfAccount(told, item);
      const days = this.daysBefore(item, MATCH_WORKING_DAYS).map((day) =>
        enoughFor(stillIn(this.told, toldOn, day), isNear, item.amountFen),
      );
      const sum = find(days, item.amountFen);
      if (sum) this.take('sum', sum, [item]);
    }
  }

  private severalBooked(): void {
    const unnamed = byDay([...this.booked].filter((item) => !isNamed(item)));
    if (unnamed.size === 0) return;
    for (const told of this.told) {
      const isNear = (item: Item) => isOfAccount(told, item);
      const days = this.daysAfter(told, MATCH_WORKING_DAYS).map((day) =>
        enoughFor(stillIn(this.booked, unnamed, day), isNear, told.amountFen),
      );
      const sum = findSum(days.flat(), told.amountFen);
      if (sum) this.take('sum', [told], sum);
    }
  }

  /** Entries without names that repeat a matched one, or an earlier open one. */
  twins(): void {
    if (![...this.booked].some((item) => !isNamed(item))) return;
    const known = new Map(this.groups.flatMap((group) => group.booked).map((item) => [twinOf(item), item] as const));
    for (const item of this.booked) {
      if (isNamed(item)) continue;
      const other = known.get(twinOf(item));
      if (!other) known.set(twinOf(item), item);
      else {
        this.duplicated.push({ item, of: other });
        this.booked.delete(item);
      }
    }
  }

  byInterest(isInterest: (item: Item) => boolean): void {
    const paid = new Set<string>();
    for (const item of this.booked) {
      const once = `${item.accountId}/${item.day}`;
      if (isNamed(item) || paid.has(once) || !isInterest(item)) continue;
      paid.add(once);
      this.take('interest', [], [item]);
    }
  }

  byStock(stockFen: Fen): void {
    let left = stockFen;
    for (const item of this.booked) {
      if (isNamed(item) || item.amountFen > left) continue;
      left -= item.amountFen;
      this.take('stock', [], [item]);
    }
  }

  result(): Matched {
    return {
      groups: this.groups,
      differing: this.differing,
      duplicated: this.duplicated,
      // Nothing is left to wait for of what was reversed in full.
      openTold: [...this.told].filter((item) => item.amountFen > 0n),
      openBooked: [...this.booked].filter((item) => item.amountFen > 0n),
    };
  }

  /** Items that name each other: together if they balance, else pair by pair, and what is left differs. */
  private resolve(component: Component): void {
    if (isBalanced(component.told, component.booked)) return this.take('reference', component.told, component.booked);
    const paired = this.pairEqual(component);
    const told = component.told.filter((item) => this.told.has(item));
    const rest = this.withoutTwins(
      component.booked.filter((item) => this.booked.has(item)),
      paired,
    );
    if (rest.length === 0) return;
    if (isBalanced(told, rest)) return this.take('reference', told, rest);
    const whole = told.length > 0 ? told : component.told;
    if (whole.length === 0) return;
    for (const item of told) this.told.delete(item);
    for (const item of rest) this.booked.delete(item);
    // Beside told items that are matched already, the amount is wholly too much.
    this.differing.push({
      told: told.length > 0 ? told : whole.map((item) => ({ ...item, amountFen: 0n, reversedFen: 0n })),
      booked: rest,
      namesUnknown: component.namesUnknown,
    });
  }

  /** One to one, the narrowest shared name first; then several for one. Answers the entries that found theirs. */
  private pairEqual(component: Component): Item[] {
    const paired: Item[] = [];
    const free = (item: Item): boolean => this.told.has(item);
    for (const narrow of [true, false]) {
      for (const item of component.booked) {
        if (!this.booked.has(item)) continue;
        const names = new Set(narrow ? item.refs.slice(0, 1) : item.refs);
        const other = component.told.find(
          (told) => free(told) && told.refs.some((ref) => names.has(ref)) && isBalanced([told], [item]),
        );
        if (!other) continue;
        this.take('reference', [other], [item]);
        paired.push(item);
      }
    }
    for (const item of component.booked) {
      if (!this.booked.has(item)) continue;
      const names = new Set(item.refs);
      const own = component.told.filter((told) => free(told) && told.refs.some((ref) => names.has(ref)));
      if (own.length < 2 || !isBalanced(own, [item])) continue;
      this.take('reference', own, [item]);
      paired.push(item);
    }
    return paired;
  }

  /** Entries that repeat a paired one, or each other, are duplicates; the rest is returned. */
  private withoutTwins(items: readonly Item[], paired: readonly Item[]): Item[] {
    const known = new Map(paired.map((item) => [twinOf(item), item]));
    const rest: Item[] = [];
    for (const item of items) {
      const other = known.get(twinOf(item));
      if (other) {
        this.duplicated.push({ item, of: other });
        this.booked.delete(item);
      } else {
        known.set(twinOf(item), item);
        rest.push(item);
      }
    }
    return rest;
  }

  /** The days, ascending, on which something may have been told that the bank booked on the day of `booked`. */
  private daysBefore(booked: Item, workingDays: number): Day[] {
    const days: Day[] = [];
    for (let day = booked.day; this.calendar.workingDaysBetween(day, booked.day) <= workingDays; day -= 1)
      days.unshift(day);
    return days;
  }

  /** The days, ascending, on which the bank may book what was told on the day of `told`. */
  private daysAfter(told: Item, workingDays: number): Day[] {
    const days: Day[] = [];
    for (let day = told.day; this.calendar.workingDaysBetween(told.day, day) <= workingDays; day += 1) days.push(day);
    return days;
  }

  private take(how: How, told: readonly Item[], booked: readonly Item[]): void {
    for (const item of told) this.told.delete(item);
    for (const item of booked) this.booked.delete(item);
    this.groups.push({ how, told, booked });
  }
}

/** Items by something of theirs, each list in the order of the items. */
function groupedBy<K>(items: Iterable<Item>, keyOf: (item: Item) => K): Map<K, Item[]> {
  const groups = new Map<K, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** Items by day, each day's in their order. */
type ByDay = ReadonlyMap<Day, Set<Item>>;

function byDay(items: Iterable<Item>): ByDay {
  return new Map([...groupedBy(items, (item) => item.day)].map(([day, ofDay]) => [day, new Set(ofDay)]));
}

/** The day's items that are still open; the others are forgotten, so that no look passes them again. */
function* stillIn(open: ReadonlySet<Item>, items: ByDay, day: Day): Generator<Item> {
  const ofDay = items.get(day);
  for (const item of ofDay ?? []) {
    if (open.has(item)) yield item;
    else ofDay!.delete(item);
  }
}

/** The usual batch: what was paid on one day, all of it or some. */
function firstSum(days: readonly Item[][], targetFen: Fen): readonly Item[] | null {
  for (const same of days) {
    const sum = findSum(same, targetFen);
    if (sum) return sum;
  }
  return null;
}

function isOfAccount(told: Item, booked: Item): boolean {
  return told.accountId === null || told.accountId === booked.accountId;
}

/** Names of the bank's own transactions; they tell nothing of who paid. */
export const TRANSACTION_REF = 't:';

/** The bank says what the entry belongs to: it is not guessed by amount. */
export function isNamed(item: Item): boolean {
  return item.refs.some((ref) => !ref.startsWith(TRANSACTION_REF));
}

/** Account, day, amount and names: what a second telling of one entry under another id has in common with the first. */
function twinOf(item: Item): string {
  return JSON.stringify([
    item.accountId,
    item.day,
    item.amountFen.toString(),
    item.refs.filter((ref) => !ref.startsWith(TRANSACTION_REF)).sort(),
  ]);
}

/** Equal sums, where each reversal may have come before the bank's entry or after it. */
function isBalanced(told: readonly Item[], booked: readonly Item[]): boolean {
  const missing = total(booked) - total(told);
  if (missing === 0n) return true;
  const reversals = told.filter((item) => item.reversedFen > 0n).map((item) => item.reversedFen);
  return missing > 0n && reversals.length > 0 && findPositions(reversals.slice(0, REVERSALS_MAX), missing) !== null;
}

interface Component {
  readonly told: Item[];
  readonly booked: Item[];
  readonly namesUnknown: boolean;
}

/** Items that hang together by shared names; each in the order of its age. */
function componentsOf(told: readonly Item[], booked: readonly Item[]): Component[] {
  const parent = new Map<string, string>();
  const root = (name: string): string => {
    let at = name;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  const join = (refs: readonly string[]): void => {
    for (const ref of refs) {
      if (!parent.has(ref)) parent.set(ref, ref);
      parent.set(root(ref), root(refs[0]!));
    }
  };
  for (const item of booked) join(item.refs);
  for (const item of told) if (item.refs.some((ref) => parent.has(ref))) join(item.refs);
  const components = new Map<string, { told: Item[]; booked: Item[] }>();
  const of = (item: Item): { told: Item[]; booked: Item[] } | null => {
    const known = item.refs.find((ref) => parent.has(ref));
    if (known === undefined) return null;
    const name = root(known);
    const component = components.get(name) ?? { told: [], booked: [] };
    components.set(name, component);
    return component;
  };
  for (const item of booked) of(item)?.booked.push(item);
  for (const item of told) of(item)?.told.push(item);
  return [...components.values()].map((component) => {
    const names = new Set(component.told.flatMap((item) => item.refs));
    const namesUnknown = component.booked.some((item) =>
      item.refs.some((ref) => !ref.startsWith(TRANSACTION_REF) && !names.has(ref)),
    );
    return { ...component, namesUnknown };
  });
}
