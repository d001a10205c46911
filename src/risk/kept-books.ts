import { setImmediate as others } from 'node:timers/promises';
import { getHeapStatistics } from 'node:v8';
import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import { dayOf, US_PER_SECOND, type Us } from '../core/time.js';
import { EVENTS_PER_BLOCK } from '../ledger/sql/insert-events.js';
import { type EventToBook, newestEventNumber, readEvents, readEventsAfter } from '../ledger/sql/read-events.js';
import { KeptInstitution, type KeptRows } from './kept-institution.js';
import { type InstitutionHead, readHeads } from './read-heads.js';
import { readLinks } from './read-links.js';

/** Who was evaluated so short a time ago is kept, and let go when it was not for so long (our default). */
const KEEP_US = 10 * US_PER_SECOND;
/** What one event takes in memory, with the rows that come of it, rounded up from measuring. */
const BYTES_PER_EVENT = 1_500;
/** Of the memory that the process may use (our default). */
const MEMORY_SHARE = 0.1;
/** Numbers are given before a transaction commits: so far below the newest one others may still come (our default). */
const UNDER_WAY_MAX = 32 * EVENTS_PER_BLOCK;
/**
 * Building books takes time, in which all others of the transaction wait: no more than so many events in one of them, but for a single
 * institution that has more (our default).
 */
const BUILT_EVENTS_MAX = 600;
/** Whoever has more events than this is not kept: by itself it would make others wait for too long (our default). */
const KEPT_EVENTS_MAX = 10_000;
/** After so many events others in this process have their turn. */
const EVENTS_PER_TURN = 250;

/** An institution that is kept, and its rows of now. */
export interface Reading {
  readonly one: KeptInstitution;
  readonly rows: KeptRows;
}

/**
 * Institutions of which much comes, in memory: each evaluation of them reads the events that are new, not all rows of their windows once
 * more, and asks the rules to which those say something. Whoever is not kept is read from the tables; the result is the same. Nothing
 * rests on what is kept: where it does not go on without a gap to what the tables count, it is let go.
 */
export class KeptBooks {
  private readonly kept = new Map<number, KeptInstitution>();
  private events = 0;

  constructor(
    private readonly calendar: Calendar,
    /** Most events of all institutions together. */
    private readonly eventsMax = Math.floor((getHeapStatistics().heap_size_limit * MEMORY_SHARE) / BYTES_PER_EVENT),
  ) {}

  /** Institutions that are kept now. */
  get size(): number {
    return this.kept.size;
  }

  /**
   * The rows of those institutions that are kept, or that are from now on because `evaluatedAt` was a short time ago. `client` must be
   * in a transaction that sees one state, in which nobody else evaluates these institutions.
   */
  async read(
    client: pg.ClientBase,
    nos: readonly number[],
    now: Us,
    evaluatedAt: (no: number) => Us | null,
  ): Promise<Map<number, Reading>> {
    this.letGo(now);
    const known = nos.filter((no) => this.kept.has(no));
    const hot = nos.filter((no) => !this.kept.has(no) && isRecent(evaluatedAt(no), now));
    const readings = new Map<number, Reading>();
    if (known.length + hot.length === 0) return readings;
    const heads = await readHeads(client, [...known, ...hot]);
    const newest = await newestEventNumber(client);
    await this.follow(client, known, heads);
    for (const no of this.chosen(hot, heads)) await this.take(client, no, heads.get(no)!, now);
    for (const [no, head] of heads) {
      const one = this.kept.get(no);
      if (one === undefined) continue;
      one.seq = Math.max(one.seq, newest - UNDER_WAY_MAX);
      one.readAt = now;
      readings.set(no, { one, rows: one.read(head, dayOf(now)) });
    }
    await readLinks(client, [...readings.keys()], (no) => readings.get(no)!.rows);
    return readings;
  }

  /** Who was not read for a while; and where the clock was set back, for days only move forward here. */
  private letGo(now: Us): void {
    for (const [no, { readAt }] of this.kept) if (!isRecent(readAt, now) || dayOf(readAt) > dayOf(now)) this.drop(no);
  }

  private drop(no: number): void {
    this.events -= this.kept.get(no)?.eventCount ?? 0;
    this.kept.delete(no);
  }

  /** Books what is new of those that are kept. */
  private async follow(
    client: pg.ClientBase,
    nos: readonly number[],
    heads: ReadonlyMap<number, InstitutionHead>,
  ): Promise<void> {
    if (nos.length === 0) return;
    const since = nos.reduce((seq, no) => Math.min(seq, this.kept.get(no)!.seq), Number.MAX_SAFE_INTEGER);
    const added = new Map<number, EventToBook[]>(nos.map((no) => [no, []]));
    for (const event of await readEventsAfter(client, nos, since)) added.get(event.institution_no)!.push(event);
    for (const no of nos) {
      const one = this.kept.get(no)!;
      // What fails half-way is not kept.
      this.drop(no);
      for (const event of added.get(no)!) one.book(event);
      this.keep(no, one, heads.get(no)!);
    }
  }

  /** For whom there is room, and time in this transaction; the others may have their turn in a later one. */
  private chosen(nos: readonly number[], heads: ReadonlyMap<number, InstitutionHead>): number[] {
    let built = 0;
    return nos.filter((no) => {
      const count = heads.get(no)!.event_count;
      if (count > KEPT_EVENTS_MAX || this.events + built + count > this.eventsMax) return false;
      if (built > 0 && built + count > BUILT_EVENTS_MAX) return false;
      built += count;
      return true;
    });
  }

  /** Builds the books of one that is not kept yet. */
  private async take(client: pg.ClientBase, no: number, head: InstitutionHead, now: Us): Promise<void> {
    const one = new KeptInstitution(head.id, this.calendar, now);
    for await (const events of readEvents(client, no, null))
      for (const event of events) {
        one.book(event);
        if (one.eventCount % EVENTS_PER_TURN === 0) await others();
      }
    this.keep(no, one, head);
  }

  /** Only who knows exactly the events that the tables count. */
  private keep(no: number, one: KeptInstitution, head: InstitutionHead): void {
    if (one.eventCount !== head.event_count) return;
    this.kept.set(no, one);
    this.events += head.event_count;
  }
}

/** Several batches are evaluated at once, each at its own moment. */
function isRecent(at: Us | null, now: Us): boolean {
  return at !== null && Math.abs(now - at) < KEEP_US;
}
