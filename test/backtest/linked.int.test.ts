import { readFileSync } from 'node:fs';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Triggers } from '../../src/backtest/triggers.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, startOfDay, type Us } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { CALM_DELAY_US } from '../../src/ledger/due.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { evaluateDue } from '../../src/risk/evaluate-due.js';
import { ingestAt } from '../risk/support.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { decodeLine, historyLines } from '../support/history.js';
import { backtested, fileOf } from './support.js';

/** Institutions that share a brand, through PostgreSQL and through the back-test, on the same clock: the same alerts, byte for byte. */
let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.drop());

const NEVER = Number.POSITIVE_INFINITY;

describe('what is told of institutions that share a brand with a red one', () => {
  const labels = JSON.parse(
    readFileSync(new URL('../fixtures/history/labels.json', import.meta.url), 'utf8'),
  ) as readonly { readonly id: string; readonly kind: string; readonly archetype: string | null }[];
  const idsOf = (kind: string, count: number): string[] =>
    labels
      .filter((label) => label.kind === kind)
      .slice(0, count)
      .map(({ id }) => id);
  const ids = [...idsOf('failing', 2), ...idsOf('healthy', 1)];
  const lines = branded(historyLines(), ids);

  it('is the same in the database and in the back-test', async () => {
    const { lines: told } = await backtested(fileOf(lines));
    const expected = told.map(({ json }) => json).sort();
    const linked = told.filter(({ ruleId }) => ruleId === 'E05');
    expect(new Set(linked.map(({ institutionId }) => institutionId)).size).toBe(ids.length);
    expect((await new Course(db.pool, eventsOf(lines)).run()).sort()).toEqual(expected);
  }, 240_000);
});

/** The lines of some institutions, whose profiles all name one brand. */
function branded(lines: readonly string[], ids: readonly string[]): string[] {
  const wanted = new Set(ids);
  return lines.flatMap((line) => {
    const decoded = decodeLine(line);
    if (!decoded.ok || !wanted.has(decoded.event.subject)) return [];
    if (decoded.event.type !== 'institution.upserted') return [line];
    const wire = JSON.parse(line) as { data: object };
    return [JSON.stringify({ ...wire, data: { ...wire.data, brand: '甲乙连锁' } })];
  });
}

interface Told {
  readonly event: AnyEvent;
  readonly line: string;
}

/** In the order in which they were known. */
function eventsOf(lines: readonly string[]): Told[] {
  const all = lines.map((line) => {
    const decoded = decodeLine(line);
    if (!decoded.ok) throw new Error(line);
    return { line, event: decoded.event };
  });
  return all.sort((a, b) => a.event.recordedAt - b.event.recordedAt);
}

interface Watched {
  readonly reader: InstitutionRowsReader;
  readonly triggers: Triggers;
  waiting: string[];
  pendingAt: Us;
  dayEndsAt: Us;
  nextAt: Us;
}

/** Ingests and evaluates at the moments at which the back-test does, and at those that the database asks for. */
class Course {
  private readonly model = new Model(CHINA_CALENDAR);
  private readonly watched = new Map<string, Watched>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly told: readonly Told[],
  ) {}

  async run(): Promise<string[]> {
    for (const { event, line } of this.told) {
      await this.advance(event.recordedAt);
      const one = this.of(event.subject);
      one.waiting.push(line);
      const outcome = this.model.book(event);
      if (outcome.kind === 'rejected' || (outcome.kind === 'duplicate' && !outcome.changes)) continue;
      one.dayEndsAt = startOfDay(dayOf(event.recordedAt) + 1);
      one.triggers.add(event);
    }
    await this.advance(startOfDay(dayOf(this.told.at(-1)!.event.recordedAt) + 1));
    const { rows } = await this.pool.query<{ body: string }>(
      `select body from messages where type like 'prepaid.alert.%' order by seq`,
    );
    return rows.map(({ body }) => body);
  }

  private of(id: string): Watched {
    const known = this.watched.get(id);
    if (known) return known;
    const books = this.model.set.institution(id);
    const reader = new InstitutionRowsReader(books, CHINA_CALENDAR);
    const one = {
      reader,
      triggers: new Triggers(books),
      waiting: [],
      pendingAt: NEVER,
      dayEndsAt: NEVER,
      nextAt: NEVER,
    };
    this.watched.set(id, one);
    return one;
  }

  private async advance(to: Us): Promise<void> {
    const isMidnight = to === startOfDay(dayOf(to));
    for (const one of this.watched.values())
      one.pendingAt = one.triggers.askedBefore(to, () => one.reader.accounts()) ?? one.pendingAt;
    for (;;) {
      const moments = [...this.watched].map(([id, { pendingAt, dayEndsAt, nextAt }]) => {
        const at = Math.min(pendingAt, dayEndsAt, nextAt);
        return { id, at: at > to || (at === to && !(isMidnight && pendingAt !== to)) ? NEVER : at };
      });
      const at = Math.min(...moments.map((one) => one.at));
      if (at === NEVER) return;
      await this.evaluate(
        moments.filter((one) => one.at === at).map(({ id }) => id),
        at,
      );
      // Those that are tied to somebody who has just become red, or ceased to be.
      for (let due = await this.due(); due.length > 0; due = await this.due()) await this.evaluate(due, at);
    }
  }

  private async evaluate(ids: readonly string[], at: Us): Promise<void> {
    for (const id of ids) {
      const one = this.of(id);
      if (one.waiting.length > 0) await ingestAt(this.pool, one.waiting, at, true);
      Object.assign(one, { waiting: [], pendingAt: NEVER, dayEndsAt: NEVER });
    }
    const options = { calendar: CHINA_CALENDAR, settleUs: -CALM_DELAY_US, institutionsMax: 100, kafkaEnabled: false };
    await evaluateDue(this.pool, { now: at, ...options });
    for (const id of ids) this.of(id).nextAt = await this.nextOf(id);
  }

  private async due(): Promise<string[]> {
    const { rows } = await this.pool.query<{ id: string }>(
      'select distinct i.id from due_institutions d join institutions i on i.no = d.institution_no',
    );
    return rows.map(({ id }) => id);
  }

  private async nextOf(id: string): Promise<Us> {
    const { rows } = await this.pool.query<{ next_at: Us | null }>(
      'select next_at from evaluations v join institutions i on i.no = v.institution_no where i.id = $1',
      [id],
    );
    return rows[0]?.next_at ?? NEVER;
  }
}
