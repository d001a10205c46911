import type { Us } from '../core/time.js';
import { compareLinks, LINKED_INSTITUTIONS_MAX, linkKindOf } from '../risk/facts/links.js';
import type { LinkedInstitution } from '../risk/facts/rows.js';

/** What an institution leaves for those who are tied to it (E05), as its evaluations found it. Moments ascend. */
export interface TieLog {
  readonly institutionId: string;
  /** When it became red by its own findings, ceased to be, became it again … */
  readonly red: readonly Us[];
  readonly keys: readonly KeyChange[];
}

export interface KeyChange {
  readonly at: Us;
  /** As `linkName` writes it. */
  readonly key: string;
  readonly has: boolean;
}

/** From a moment on these are the red ones among all that have the key. */
export interface KeyTurn {
  readonly at: Us;
  readonly reds: readonly string[];
  /** Whoever has the key is evaluated then. */
  readonly isTold: boolean;
}

/** By key; keys that no red institution ever had are left out. */
export type KeyTurns = ReadonlyMap<string, readonly KeyTurn[]>;

/** The keys of those that were ever red. */
export function keysOfRed(logs: readonly TieLog[]): Set<string> {
  return new Set(logs.flatMap(({ red, keys }) => (red.length === 0 ? [] : keys.map(({ key }) => key))));
}

/** The part of a log that concerns some keys; null when there is none. */
export function tieLogOn(log: TieLog, keys: ReadonlySet<string>): TieLog | null {
  const own = log.keys.filter(({ key }) => keys.has(key));
  return own.length === 0 ? null : { ...log, keys: own };
}

/** `logs` of all institutions, in any order: what the live registers of links and of red institutions say, moment by moment. */
export function keyTurns(logs: readonly TieLog[]): Map<string, readonly KeyTurn[]> {
  const steps = new Map<string, Step[]>();
  for (const log of logs) for (const [key, step] of stepsOf(log)) push(steps, key, step);
  const turns = new Map<string, readonly KeyTurn[]>();
  for (const [key, all] of steps) {
    const ofKey = turnsOf(all.sort((a, b) => a.at - b.at));
    if (ofKey.length > 0) turns.set(key, ofKey);
  }
  return turns;
}

/** From a moment on an institution has the key or not, and is red or not. */
interface Step {
  readonly at: Us;
  readonly id: string;
  readonly has: boolean;
  readonly isRed: boolean;
  /** Its colour has just changed. */
  readonly isNews: boolean;
}

function* stepsOf({ institutionId: id, red, keys }: TieLog): Generator<[string, Step]> {
  const held = new Set<string>();
  let nextKey = 0;
  let nextRed = 0;
  while (nextKey < keys.length || nextRed < red.length) {
    const at = Math.min(keys[nextKey]?.at ?? NEVER, red[nextRed] ?? NEVER);
    const isNews = red[nextRed] === at;
    if (isNews) nextRed += 1;
    const touched = new Set(isNews ? held : []);
    for (; keys[nextKey]?.at === at; nextKey += 1) {
      const { key, has } = keys[nextKey]!;
      touched.add(key);
      if (has) held.add(key);
      else held.delete(key);
    }
    for (const key of touched) yield [key, { at, id, has: held.has(key), isRed: nextRed % 2 === 1, isNews }];
  }
}

function turnsOf(steps: readonly Step[]): KeyTurn[] {
  const turns: KeyTurn[] = [];
  const holders = new Set<string>();
  const reds = new Set<string>();
  let before = '';
  let wasTied = true;
  let isTold = false;
  steps.forEach((step, at) => {
    if (step.has) holders.add(step.id);
    else holders.delete(step.id);
    if (step.has && step.isRed) reds.add(step.id);
    else reds.delete(step.id);
    if (step.isRed || step.isNews) isTold = true;
    if (steps[at + 1]?.at === step.at) return;
    const isTied = holders.size <= LINKED_INSTITUTIONS_MAX;
    const tied = isTied ? [...reds].sort() : [];
    const now = tied.join(' ');
    // With one holder more or less the key may tie nobody any more, or everybody again.
    if (isTied === wasTied) isTold &&= isTied;
    else isTold = reds.size > 0;
    if (now !== before || isTold) turns.push({ at: step.at, reds: tied, isTold });
    before = now;
    wasTied = isTied;
    isTold = false;
  });
  return turns;
}

/** One institution's ties on its own clock: what it reads of others, and what it leaves for them. */
export class OwnTies {
  private readonly red: Us[] = [];
  private readonly keys: KeyChange[] = [];
  private names: readonly string[] = NO_NAMES;
  private held: ReadonlySet<string> = new Set();
  /** Of the held keys those that a red institution ever had. */
  private shared: readonly string[] = NO_NAMES;
  /** Turns up to this moment count. */
  private seen: Us = Number.NEGATIVE_INFINITY;
  private links: readonly LinkedInstitution[] = NO_LINKS;

  constructor(
    private readonly id: string,
    private readonly turns: KeyTurns | null,
  ) {}

  get log(): TieLog {
    return { institutionId: this.id, red: this.red, keys: this.keys };
  }

  /** The next moment at which something is told of one of its keys; infinity when there is none. */
  get nextAt(): Us {
    let first = NEVER;
    for (const name of this.shared) {
      const next = this.turns!.get(name)!.find(({ at, isTold }) => isTold && at > this.seen);
      if (next !== undefined && next.at < first) first = next.at;
    }
    return first;
  }

  /** An evaluation knows what was told before its moment, and that of the moment itself when it is asked for by that. */
  see(at: Us, isAskedFor: boolean): void {
    this.seen = Math.max(this.seen, isAskedFor ? at : at - 1);
  }

  /** The red institutions behind some keys; the same list as long as it says the same. */
  readonly linksOf = (names: readonly string[]): readonly LinkedInstitution[] => {
    const { turns } = this;
    if (turns === null || turns.size === 0) return NO_LINKS;
    const found = new Map<string, LinkedInstitution>();
    for (const name of names) {
      const turn = turns.get(name)?.findLast(({ at }) => at <= this.seen);
      for (const other of turn?.reds ?? NO_NAMES) if (other !== this.id) addLink(found, other, name);
    }
    const links = [...found.values()].sort(compareLinks);
    if (!isSame(links, this.links)) this.links = links;
    return this.links;
  };

  /** What the evaluation at `at` found. `names` is another list only when the keys are others. */
  note(at: Us, names: readonly string[], isRed: boolean): void {
    if (isRed !== (this.red.length % 2 === 1)) this.red.push(at);
    if (names === this.names) return;
    const held = new Set(names);
    for (const key of this.names) if (!held.has(key)) this.keys.push({ at, key, has: false });
    for (const key of names) if (!this.held.has(key)) this.keys.push({ at, key, has: true });
    this.names = names;
    this.held = held;
    const { turns } = this;
    if (turns !== null) this.shared = names.filter((name) => turns.has(name));
  }
}

const NEVER = Number.POSITIVE_INFINITY;
const NO_NAMES: readonly string[] = [];
const NO_LINKS: readonly LinkedInstitution[] = [];

function addLink(found: Map<string, LinkedInstitution>, institutionId: string, name: string): void {
  const by = linkKindOf(name);
  const place = `${institutionId}/${by}`;
  found.set(place, { institutionId, by, level: 'red', shared: (found.get(place)?.shared ?? 0) + 1 });
}

function isSame(a: readonly LinkedInstitution[], b: readonly LinkedInstitution[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, at) => {
      const other = b[at]!;
      return one.institutionId === other.institutionId && one.by === other.by && one.shared === other.shared;
    })
  );
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
