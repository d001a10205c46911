import type pg from 'pg';
import { FeewardenError } from '../core/errors.js';
import { formatDay, parseDay } from '../core/time.js';
import { decodeText } from '../events/decode.js';
import type { AnyEvent } from '../events/event.js';
import { businessKey, FACT_TYPES, factAmounts } from '../events/keys.js';
import { eventTypeNumber } from '../events/list.js';
import { index, sameTelling } from './book.js';
import { MATCH_DAYS_MAX } from './match.js';
import { isNewer, joinKey, type KeptOut, type StoredEvent } from './rows.js';
import {
  type EventKey,
  type FoundEvent,
  type FoundKeptOut,
  findEvents,
  findEventsByKey,
  findKeptOut,
  findKeptOutByKey,
} from './sql/find-events.js';
import {
  type AmountRange,
  loadContracts,
  loadPayments,
  loadPaymentsOfAmounts,
  loadRefunds,
  loadReleases,
  loadUnnamedCredits,
  type Pairs,
} from './sql/load-registers.js';
import { lockInstitutions } from './sql/lock-institutions.js';
import type { InstitutionBooks, WorkingSet } from './working-set.js';

const REVERSAL = eventTypeNumber('event.reversed');
const SIGNED = eventTypeNumber('contract.signed');
const FACTS: ReadonlySet<number> = new Set(FACT_TYPES.map(eventTypeNumber));

/**
 * Locks the events' institutions and loads into the working set everything that booking the events may look up, in a
 * bounded number of statements whatever the size of the batch. Reversals cost three more.
 */
export async function prefetch(client: pg.ClientBase, set: WorkingSet, events: readonly AnyEvent[]): Promise<void> {
  const loader = new Loader(client, set);
  await loader.institutions(events);
  await loader.identities(events);
  const waiting = await loader.reversals(events);
  const possible = [...events, ...waiting];
  await loader.keys(possible);
  const reversed = [...set.byIdentity.values()].flatMap((stored) => (stored.event ? [stored.event] : []));
  await loader.registers([...possible, ...reversed]);
}

/** Loads the payments and credits of the amounts that are marked for matching. */
export async function prefetchMatching(client: pg.ClientBase, set: WorkingSet): Promise<void> {
  const ranges: AmountRange[] = [];
  for (const books of set.institutions.values()) {
    for (const [amountFen, day] of books.rematch) {
      ranges.push({
        institutionNo: books.no,
        amountFen,
        bookedFrom: formatDay(day),
        paidFrom: formatDay(Math.max(day - MATCH_DAYS_MAX, FIRST_DAY)),
      });
    }
  }
  if (ranges.length === 0) return;
  const byNo = new Map([...set.institutions.values()].map((books) => [books.no, books]));
  for (const { institutionNo, ...credit } of await loadUnnamedCredits(client, ranges)) {
    const books = byNo.get(institutionNo)!;
    const key = joinKey(credit.accountId, credit.bankTxnId);
    if (!books.credits.changed.has(key)) books.credits.load(key, credit);
    books.ofAmount(credit.amountFen).credits.add(key);
  }
  // Most amounts have no unnamed credit: their payments have nothing to be matched with.
  const matchable = ranges.filter((range) => hasUnnamedCredit(byNo.get(range.institutionNo)!, range.amountFen));
  const unmatched = ranges.filter((range) => !matchable.includes(range));
  for (const range of unmatched) {
    const books = byNo.get(range.institutionNo)!;
    if (!books.creditsGone.has(range.amountFen)) books.rematch.delete(range.amountFen);
    else matchable.push(range);
  }
  if (matchable.length === 0) return;
  for (const { institutionNo, ...payment } of await loadPaymentsOfAmounts(client, matchable)) {
    const books = byNo.get(institutionNo)!;
    if (!books.payments.changed.has(payment.paymentId)) books.payments.load(payment.paymentId, payment);
    books.ofAmount(payment.told!.amountFen).payments.add(payment.paymentId);
  }
}

/** A bank may date a credit on any day that can be written, and the database knows no day before this one. */
const FIRST_DAY = parseDay('0001-01-01')!;

function hasUnnamedCredit(books: InstitutionBooks, amountFen: number): boolean {
  for (const key of books.ofAmount(amountFen).credits) {
    const credit = books.credits.get(key);
    if (credit && !credit.namesPayments) return true;
  }
  return false;
}

class Loader {
  private readonly byNo = new Map<number, InstitutionBooks>();

  constructor(
    private readonly client: pg.ClientBase,
    private readonly set: WorkingSet,
  ) {}

  async institutions(events: readonly AnyEvent[]): Promise<void> {
    for (const row of await lockInstitutions(
      this.client,
      events.map((event) => event.subject),
    )) {
      const books = this.set.institution(row.id);
      books.no = row.no;
      books.eventCount = row.event_count;
      books.chain = row.chain.toString('hex');
      books.newestAt = row.newest_at;
      books.oldestAt = row.oldest_at;
      books.knownAt = row.known_at;
      this.byNo.set(row.no, books);
    }
  }

  async identities(events: readonly AnyEvent[]): Promise<void> {
    this.take(
      await findEvents(
        this.client,
        events.map((event) => event.source),
        events.map((event) => event.id),
        false,
      ),
    );
  }

  /** For reversals: their targets whole, the targets' siblings, and what was kept out because of them. */
  async reversals(events: readonly AnyEvent[]): Promise<AnyEvent[]> {
    const targets = events.flatMap((event) => (event.type === 'event.reversed' ? [event.data.reverses] : []));
    if (targets.length === 0) return [];
    const sources = targets.map((target) => target.source);
    const ids = targets.map((target) => target.id);
    const found = this.take(await findEvents(this.client, sources, ids, true));
    const wanted = new Set(targets.map((target) => joinKey(target.source, target.id)));
    const inBatch = events.filter((event) => wanted.has(joinKey(event.source, event.id)));
    const keys: EventKey[] = [
      ...found
        .filter((stored) => this.set.institutions.has(stored.institutionId))
        .map((stored) => ({ institutionNo: this.no(stored.institutionId), type: stored.type, key: stored.key })),
      ...inBatch.map((event) => this.keyOf(event)),
    ];
    const siblings = this.take(
      await findEventsByKey(
        this.client,
        keys.filter((key) => key.type === SIGNED || FACTS.has(key.type)),
        true,
      ),
    );
    await this.reversalsOf(siblings);
    const kept = [...(await findKeptOutByKey(this.client, keys)), ...(await findKeptOut(this.client, sources, ids))];
    return this.takeKeptOut(kept);
  }

  /** Reversals that came first, and the standing facts with their reversals. */
  async keys(events: readonly AnyEvent[]): Promise<void> {
    const keys: EventKey[] = [];
    for (const event of events) {
      const institutionNo = this.no(event.subject);
      keys.push({ institutionNo, type: REVERSAL, key: joinKey(event.source, event.id) });
      if (factAmounts(event) !== null) keys.push(this.keyOf(event));
      if (event.type === 'event.reversed') keys.push(this.keyOf(event));
    }
    const found = this.take(await findEventsByKey(this.client, keys, false));
    await this.reversalsOf(found.filter((stored) => stored.type !== REVERSAL));
    await this.displaceable(events, found);
  }

  /** Facts whose place one of the events may take, whole: they are then taken back. */
  private async displaceable(events: readonly AnyEvent[], found: readonly StoredEvent[]): Promise<void> {
    const tellings = new Map<string, AnyEvent[]>();
    for (const event of events) {
      if (factAmounts(event) === null) continue;
      const key = factKey(event.subject, eventTypeNumber(event.type), businessKey(event));
      tellings.set(key, [...(tellings.get(key) ?? []), event]);
    }
    const larger = found.filter(
      (stored) =>
        stored.event === null &&
        tellings.get(factKey(stored.institutionId, stored.type, stored.key))?.some((event) => isNewer(stored, event)),
    );
    this.take(
      await findEvents(
        this.client,
        larger.map((stored) => stored.source),
        larger.map((stored) => stored.id),
        true,
      ),
    );
  }

  async registers(events: readonly AnyEvent[]): Promise<void> {
    const wanted = { contracts: new Wanted(), payments: new Wanted(), refunds: new Wanted(), releases: new Wanted() };
    for (const event of events) {
      const books = this.set.institutions.get(event.subject);
      if (books) want(wanted, books.no, event);
    }
    const { contracts, payments, refunds, releases } = wanted;
    if (contracts.size)
      for (const { institutionNo, ...row } of await loadContracts(this.client, contracts.pairs()))
        this.byNo.get(institutionNo)!.contracts.load(row.contractId, row);
    if (payments.size) {
      for (const { institutionNo, ...row } of await loadPayments(this.client, payments.pairs())) {
        const books = this.byNo.get(institutionNo)!;
        books.payments.load(row.paymentId, row);
        if (row.told) books.ofAmount(row.told.amountFen).payments.add(row.paymentId);
      }
    }
    if (refunds.size)
      for (const { institutionNo, ...row } of await loadRefunds(this.client, refunds.pairs()))
        this.byNo.get(institutionNo)!.refunds.load(row.refundId, row);
    if (releases.size)
      for (const { institutionNo, ...row } of await loadReleases(this.client, releases.pairs()))
        this.byNo.get(institutionNo)!.releases.load(row.instructionId, row);
  }

  private async reversalsOf(events: readonly StoredEvent[]): Promise<void> {
    const keys = events.map((stored) => ({
      institutionNo: this.no(stored.institutionId),
      type: REVERSAL,
      key: joinKey(stored.source, stored.id),
    }));
    this.take(await findEventsByKey(this.client, keys, false));
  }

  /** Found rows → stored events of the set, each once; a row with a body replaces the same row without. */
  private take(rows: readonly FoundEvent[]): StoredEvent[] {
    return rows.map((row) => {
      const identity = joinKey(row.source, row.id);
      const known = this.set.byIdentity.get(identity);
      if (known && (known.event || row.body === null)) return known;
      const books = this.byNo.get(row.institution_no);
      const stored: StoredEvent = {
        seq: row.seq,
        ordinal: row.ordinal,
        institutionId: books?.id ?? `no. ${row.institution_no}`,
        source: row.source,
        id: row.id,
        type: row.type,
        key: row.key,
        amounts: row.amounts,
        at: row.at,
        recordedAt: row.recorded_at,
        contentHash: row.content_hash,
        event: row.body === null ? null : eventOf(row.body),
      };
      this.set.byIdentity.set(identity, stored);
      if (books) replaceInIndex(books, known, stored);
      return stored;
    });
  }

  private takeKeptOut(rows: readonly FoundKeptOut[]): AnyEvent[] {
    const events: AnyEvent[] = [];
    for (const row of rows) {
      const books = this.byNo.get(row.institution_no);
      if (!books) continue;
      const kept: KeptOut = { institutionId: books.id, event: eventOf(row.body), receivedAt: row.received_at };
      const identity = joinKey(kept.event.source, kept.event.id);
      const told = this.set.keptOutByIdentity.get(identity) ?? [];
      if (told.some((other) => sameTelling(other, kept))) continue;
      this.set.keptOutByIdentity.set(identity, [...told, kept]);
      const key = joinKey(eventTypeNumber(kept.event.type), businessKey(kept.event));
      books.keptOut.set(key, [...(books.keptOut.get(key) ?? []), kept]);
      events.push(kept.event);
    }
    return events;
  }

  private keyOf(event: AnyEvent): EventKey {
    return { institutionNo: this.no(event.subject), type: eventTypeNumber(event.type), key: businessKey(event) };
  }

  private no(institutionId: string): number {
    return this.set.institution(institutionId).no;
  }
}

/** Business ids of one register, per institution. */
class Wanted {
  private readonly seen = new Map<string, readonly [number, string]>();
  add(no: number, key: string): void {
    this.seen.set(joinKey(no, key), [no, key]);
  }
  get size(): number {
    return this.seen.size;
  }
  pairs(): Pairs {
    const pairs = [...this.seen.values()];
    return { nos: pairs.map(([no]) => no), keys: pairs.map(([, key]) => key) };
  }
}

function want(
  wanted: Record<'contracts' | 'payments' | 'refunds' | 'releases', Wanted>,
  no: number,
  event: AnyEvent,
): void {
  switch (event.type) {
    case 'contract.signed':
      return wanted.contracts.add(no, event.data.contractId);
    case 'payment.succeeded':
    case 'payment.reversed':
      return wanted.payments.add(no, event.data.paymentId);
    case 'custody.credited':
      for (const paymentId of event.data.paymentIds ?? []) wanted.payments.add(no, paymentId);
      return;
    case 'custody.debited':
      if (event.data.instructionId) wanted.releases.add(no, event.data.instructionId);
      return;
    case 'release.instructed':
      return wanted.releases.add(no, event.data.instructionId);
    case 'refund.requested':
    case 'refund.approved':
    case 'refund.rejected':
    case 'refund.withdrawn':
    case 'refund.paid':
      return wanted.refunds.add(no, event.data.refundId);
  }
}

function factKey(institutionId: string, type: number, key: string): string {
  return joinKey(institutionId, joinKey(type, key));
}

function replaceInIndex(books: InstitutionBooks, known: StoredEvent | undefined, stored: StoredEvent): void {
  const list = known && books.byKey.get(joinKey(known.type, known.key));
  const at = list ? list.indexOf(known) : -1;
  if (list && at >= 0) list[at] = stored;
  else index(books, stored);
}

/** A stored body → event. It was valid when it was accepted: if it no longer is, the books are broken. */
export function eventOf(body: string): AnyEvent {
  const decoded = decodeText(body, { bytesMax: Number.MAX_SAFE_INTEGER, depthMax: STORED_DEPTH_MAX, receivedAt: null });
  if (!decoded.ok)
    throw new FeewardenError('books_broken', `A stored event no longer decodes: ${decoded.rejection.message}`);
  return decoded.event;
}
const STORED_DEPTH_MAX = 1_000;
