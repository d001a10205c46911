import type { Calendar } from '../../core/calendar.js';
import { type Fen, maxFen } from '../../core/money.js';
import type { Day } from '../../core/time.js';
import { type AccountBalances, compareBalances, IN_TIME_WORKING_DAYS } from './balances.js';
import { type Candidate, candidatesOf, explanationsOf, owner, owners } from './explanations.js';
import { type EventRef, type Facts, type Item, RELATIONS, type Relation } from './facts.js';
import { interestTest } from './interest.js';
import { BREAK_EVENTS_MAX, type Break, LATE_WORKING_DAYS } from './kinds.js';
import { type Group, isNamed, type Matched, matchRelation } from './match.js';
import * as reasons from './reasons.js';
import { total } from './sums.js';

/** What one institution's reconciliation comes to. */
export interface Reconciliation {
  /** By day, then key. */
  readonly breaks: readonly Break[];
  readonly groups: Readonly<Record<Relation, readonly Group[]>>;
  /** Told by the platform and within the time that the bank has for it. */
  readonly inTransit: Readonly<Record<Relation, { readonly count: number; readonly amountFen: Fen }>>;
  /** The day of the oldest item or statement that has not found its other side; null when all have. */
  readonly openFrom: Day | null;
  /** The first day on which time alone changes something; null when nothing is on its way. */
  readonly changesOn: Day | null;
}

/**
 * Compares what the platform tells, what the banks book and what they report, as of the end of a day whose bank data is due.
 * Pure: the same facts give the same breaks, in whatever order they were told.
 */
export function reconcile(facts: Facts, asOf: Day, calendar: Calendar): Reconciliation {
  const run = new Run(facts, asOf, calendar);
  run.compare();
  return run.result();
}

class Run {
  private readonly breaks: Break[] = [];
  private readonly matched: Readonly<Record<Relation, Matched>>;
  private readonly inTransit: Record<Relation, { count: number; amountFen: Fen }>;
  private readonly banks: ReadonlyMap<string, string>;
  private readonly onlyCustody: string | null;
  /** Owners of what the banks' balances prove, and of what waits for a day that did not come. */
  private readonly proven = new Set<string>();
  private readonly provenTogether = new Set<string>();
  private readonly waiting = new Set<string>();
  private changesOn: Day | null = null;

  constructor(
    private readonly facts: Facts,
    private readonly asOf: Day,
    private readonly calendar: Calendar,
  ) {
    const { credit, release, refund } = facts.relations;
    this.matched = {
      credit: matchRelation(credit, calendar, { stockFen: facts.stockFen, isInterest: interestTest(facts) }),
      release: matchRelation(release, calendar),
      refund: matchRelation(refund, calendar),
    };
    const none = () => ({ count: 0, amountFen: 0n });
    this.inTransit = { credit: none(), release: none(), refund: none() };
    this.banks = new Map(facts.accounts.map((account) => [account.accountId, account.bankCode]));
    const custody = facts.accounts.filter((account) => account.purpose === 'custody');
    this.onlyCustody = custody.length === 1 ? custody[0]!.accountId : null;
  }

  compare(): void {
    const explanations = explanationsOf(this.matched, this.facts.contradictions, this.onlyCustody, this.calendar);
    for (const account of this.facts.accounts) {
      const statements = this.facts.balances.filter(
        (one) => one.accountId === account.accountId && one.day <= this.asOf && one.day >= account.validFrom,
      );
      const own = explanations.filter((one) => one.accountId === account.accountId);
      const nets = new Map<Day, Fen>();
      for (const net of this.facts.nets) if (net.accountId === account.accountId) nets.set(net.day, net.netFen);
      const compared = compareBalances(
        { account, statements, nets, explanations: own, asOf: this.asOf, closedThrough: this.facts.closedThrough },
        this.calendar,
      );
      this.takeBalances(account.accountId, compared);
      if (statements.length > 0 && !account.isClosed)
        this.changes(this.calendar.addWorkingDays(Math.max(statements.at(-1)!.day, this.asOf), 1));
    }
    for (const relation of RELATIONS) this.judge(relation);
    this.judgeRest();
  }

  result(): Reconciliation {
    const breaks = this.breaks.sort((a, b) => a.day - b.day || (a.key < b.key ? -1 : 1));
    const { credit, release, refund } = this.matched;
    return {
      breaks,
      groups: { credit: credit.groups, release: release.groups, refund: refund.groups },
      inTransit: this.inTransit,
      openFrom: this.openFrom(),
      changesOn: this.changesOn,
    };
  }

  private openFrom(): Day | null {
    // Payments into other accounts are always read, closed or not.
    const days = this.breaks.filter((one) => one.kind !== 'off_account').map((one) => one.day);
    for (const relation of RELATIONS) {
      const { openTold, openBooked, differing, duplicated } = this.matched[relation];
      for (const item of [...openTold, ...openBooked]) days.push(item.day);
      for (const one of differing) for (const item of [...one.told, ...one.booked]) days.push(item.day);
      for (const { item, of } of duplicated) days.push(item.day, of.day);
    }
    return days.length === 0 ? null : days.reduce((first, day) => Math.min(first, day));
  }

  private takeBalances(accountId: string, compared: AccountBalances): void {
    for (const one of compared.proven) {
      this.provenTogether.add(one.owners.join());
      for (const name of one.owners) this.proven.add(name);
    }
    for (const gap of compared.gaps) {
      for (const one of gap.waiting) for (const name of one.owners) this.waiting.add(name);
      const events = gap.waiting.flatMap((one) => this.eventsOf(one.owners));
      const amountFen = gap.deltaFen === 0n ? abs(sum(gap.waiting.map((one) => one.deltaFen))) : abs(gap.deltaFen);
      this.add({
        key: `feed:${accountId}:${gap.from}`,
        kind: 'feed_missing',
        comparison: 'feed',
        accountId,
        day: gap.from,
        amountFen,
        waitsFor: 'bank',
        events,
        reason: reasons.feedMissing(gap.from, gap.to, gap.waiting.length),
      });
    }
    for (const one of compared.breaks) {
      this.add({
        key: `balance:${accountId}:${one.from}`,
        kind: 'balance_differs',
        comparison: 'balance',
        accountId,
        day: one.from,
        amountFen: abs(one.deltaFen),
        waitsFor: null,
        events: one.events,
        reason: reasons.balanceDiffers(one.from, one.to, one.deltaFen, one.persists),
      });
    }
  }

  private judge(relation: Relation): void {
    const { duplicated, differing, openTold, openBooked } = this.matched[relation];
    for (const { item, of } of duplicated) {
      if (!isNamed(item) && !this.isProven(relation, 'booked', item) && this.isYoung(item.day)) continue;
      this.add({
        ...this.about(relation, item),
        key: `${relation}:booked:${item.key}`,
        kind: 'duplicated',
        events: [item.event, of.event],
        reason: reasons.repeats(relation, item, of),
      });
    }
    for (const one of differing) this.judgeDiffering(relation, one);
    const proofs = this.provenCandidates(relation);
    const paired = new Set(proofs.flatMap(({ told, booked }) => [...told, ...booked]));
    for (const { told, booked } of proofs) {
      const reason = reasons.differs(relation, total(told), total(booked), [...told, ...booked]);
      this.addDiffers(relation, told, booked, reason);
    }
    for (const item of openTold) if (!paired.has(item)) this.judgeTold(relation, item);
    let uncoveredFen = relation === 'release' ? this.facts.releasedBeyondConfirmedFen : 0n;
    for (const item of [...openBooked].reverse()) {
      if (paired.has(item)) continue;
      this.judgeBooked(relation, item, uncoveredFen > 0n);
      uncoveredFen = maxFen(0n, uncoveredFen - item.amountFen);
    }
  }

  private provenCandidates(relation: Relation): Candidate[] {
    const taken = new Set<Item>();
    return candidatesOf(this.matched[relation], this.calendar).filter((one) => {
      const items = [...one.told, ...one.booked];
      if (!this.provenTogether.has(owners(relation, one).join()) || items.some((item) => taken.has(item))) return false;
      for (const item of items) taken.add(item);
      return true;
    });
  }

  private judgeDiffering(relation: Relation, one: Matched['differing'][number]): void {
    const toldFen = total(one.told);
    const bookedFen = total(one.booked);
    const newest = one.booked.at(-1)!;
    const proven = this.isProven(relation, 'booked', one.booked[0]!);
    const reason = reasons.differs(relation, toldFen, bookedFen, [...one.told, ...one.booked]);
    if (one.namesUnknown && bookedFen > toldFen && !proven) {
      if (this.isYoung(newest.day)) return;
      this.add({
        ...this.about(relation, newest),
        key: `${relation}:booked:${newest.key}`,
        kind: 'missing',
        amountFen: bookedFen - toldFen,
        waitsFor: 'platform',
        events: events([...one.booked, ...one.told]),
        reason,
      });
      return;
    }
    // The rest of it may still be on its way.
    const lastTold = Math.max(...one.told.map((item) => item.day));
    if (bookedFen < toldFen && !proven && this.isYoung(lastTold)) return;
    this.addDiffers(relation, one.told, one.booked, reason);
  }

  private addDiffers(relation: Relation, told: readonly Item[], booked: readonly Item[], reason: reasons.Reason): void {
    const first = booked[0]!;
    this.add({
      ...this.about(relation, first),
      key: `${relation}:booked:${first.key}`,
      kind: 'amount_differs',
      amountFen: abs(total(booked) - total(told)),
      events: events([...booked, ...told]),
      reason,
    });
  }

  private judgeTold(relation: Relation, item: Item): void {
    if (this.waiting.has(owner(relation, 'told', item))) return;
    if (item.day > this.asOf) return this.changes(item.day);
    const age = this.age(item.day);
    const proven = this.isProven(relation, 'told', item);
    if (!proven && this.isYoung(item.day)) {
      this.inTransit[relation].count += 1;
      this.inTransit[relation].amountFen += item.amountFen;
      return;
    }
    const isLate = !proven && age <= LATE_WORKING_DAYS;
    if (isLate) this.changes(this.calendar.addWorkingDays(item.day, LATE_WORKING_DAYS + 1));
    this.add({
      ...this.about(relation, item),
      key: `${relation}:told:${item.key}`,
      kind: isLate ? 'late' : 'missing',
      waitsFor: 'bank',
      events: [item.event],
      reason: reasons.notBooked(relation, item, proven),
    });
  }

  private judgeBooked(relation: Relation, item: Item, isUncovered: boolean): void {
    if (!this.isProven(relation, 'booked', item) && this.isYoung(item.day)) return;
    const about = { ...this.about(relation, item), key: `${relation}:booked:${item.key}`, events: [item.event] };
    if (relation === 'credit' && !isNamed(item)) {
      this.add({ ...about, kind: 'unknown_payer', reason: reasons.notTold(relation, item) });
    } else if (relation === 'release' && isUncovered) {
      this.add({ ...about, kind: 'over_release', reason: reasons.releasedUncovered(item) });
    } else if (relation !== 'release' || this.facts.relations.release.told.length > 0) {
      // Where the platform sends no instructions, releases are judged by the confirmed lessons alone.
      this.add({ ...about, kind: 'missing', waitsFor: 'platform', reason: reasons.notTold(relation, item) });
    }
  }

  private judgeRest(): void {
    for (const one of this.facts.contradictions) {
      // A later statement that agrees has shown which of the two is right.
      const isSettled = this.facts.balances.some(
        (balance) => balance.accountId === one.accountId && balance.day >= one.day && balance.day <= this.asOf,
      );
      if (isSettled && !this.proven.has(`contradiction:${one.key}`)) continue;
      this.add({
        key: `contradiction:${one.key}`,
        kind: 'amount_differs',
        comparison: one.relation === 'other' ? 'balance' : one.relation,
        accountId: one.accountId,
        day: one.day,
        amountFen: abs(one.differenceFen),
        waitsFor: null,
        events: one.events,
        reason: reasons.toldTwice(one.key.slice(one.key.lastIndexOf('\x1f') + 1), one.differenceFen),
      });
    }
    for (const one of this.facts.overReleased) {
      // The confirmation that it rests on may still be told.
      if (this.isYoung(one.day)) continue;
      this.add({
        key: `over_release:${one.contractId}`,
        kind: 'over_release',
        comparison: 'release',
        accountId: one.accountId,
        day: one.day,
        amountFen: one.excessFen,
        waitsFor: null,
        events: one.events,
        reason: reasons.overReleased(one.contractId, one.excessFen),
      });
    }
    for (const one of this.facts.offAccount) {
      this.add({
        key: `off_account:${one.payee}`,
        kind: 'off_account',
        comparison: 'account',
        accountId: one.payee,
        day: one.firstDay,
        amountFen: one.amountFen,
        waitsFor: null,
        events: one.events,
        reason: reasons.offAccount(one.payee, one.amountFen),
      });
    }
  }

  private about(relation: Relation, item: Item) {
    return {
      comparison: relation,
      accountId: item.accountId ?? this.onlyCustody,
      day: item.day,
      amountFen: item.amountFen,
      waitsFor: null,
    } as const;
  }

  private add(found: Omit<Break, 'bankCode'>): void {
    if (found.day > this.asOf) return this.changes(found.day);
    const bankCode = found.accountId === null ? null : (this.banks.get(found.accountId) ?? null);
    this.breaks.push({ ...found, bankCode, events: found.events.slice(0, BREAK_EVENTS_MAX) });
  }

  /** In transit: notes when it no longer will be. */
  private isYoung(day: Day): boolean {
    if (this.age(day) > IN_TIME_WORKING_DAYS) return false;
    this.changes(this.calendar.addWorkingDays(day, IN_TIME_WORKING_DAYS + 1));
    return true;
  }

  private age(day: Day): number {
    return this.calendar.workingDaysBetween(day, this.asOf);
  }

  private changes(on: Day): void {
    if (this.changesOn === null || on < this.changesOn) this.changesOn = on;
  }

  private isProven(relation: Relation, side: 'told' | 'booked', item: Item): boolean {
    return this.proven.has(owner(relation, side, item));
  }

  private eventsOf(owners: readonly string[]): EventRef[] {
    const names = new Set(owners);
    return RELATIONS.flatMap((relation) =>
      this.matched[relation].openTold
        .filter((item) => names.has(owner(relation, 'told', item)))
        .map((item) => item.event),
    );
  }
}

function events(items: readonly Item[]): EventRef[] {
  return items.map((item) => item.event);
}

function sum(values: readonly Fen[]): Fen {
  return values.reduce((a, b) => a + b, 0n);
}

function abs(fen: Fen): Fen {
  return fen < 0n ? -fen : fen;
}
