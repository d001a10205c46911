import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime, US_PER_SECOND, type Us } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { applyBatch } from '../../src/ledger/apply.js';
import { KeptBooks } from '../../src/risk/kept-books.js';
import { asInput } from '../model/same-rows.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { decodeLine, historyLines } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';
import { evaluateAt } from './support.js';

/** The same events into both: one is evaluated with books that are kept, the other from its tables alone. */
let with_: TestDatabase;
let without: TestDatabase;
beforeAll(async () => {
  with_ = await testDatabase();
  without = await testDatabase();
});
afterAll(async () => {
  await with_.drop();
  await without.drop();
});

const NOW = parseTime('2026-04-05T09:30:00+08:00')!;

class Pair {
  readonly kept: KeptBooks;
  private told = 0;
  /** Institutions that were kept, over all evaluations. */
  used = 0;

  constructor(eventsMax?: number) {
    this.kept = new KeptBooks(CHINA_CALENDAR, eventsMax);
  }

  async tell(events: readonly AnyEvent[], receivedAt: Us): Promise<void> {
    const inputs = events.map((event, at) => asInput(event, this.told + at));
    this.told += events.length;
    for (const { pool } of [with_, without]) await applyBatch(pool, inputs, { receivedAt, calendar: CHINA_CALENDAR });
  }

  /** `elsewhere`: a process that keeps nothing has its turn. */
  async evaluate(now: Us, elsewhere = false): Promise<void> {
    const [one, other] = [
      await evaluateAt(with_.pool, now, elsewhere ? undefined : this.kept),
      await evaluateAt(without.pool, now),
    ];
    expect(one).toBe(other);
    if (!elsewhere) this.used += this.kept.size;
  }
}

/** Everything that evaluations write, of all institutions. */
async function written(pool: pg.Pool): Promise<object> {
  const all = async (text: string) => (await pool.query(text)).rows;
  return {
    evaluations: await all(
      'select i.id, v.* from evaluations v join institutions i on i.no = v.institution_no order by i.id',
    ),
    scores: await all(
      'select i.id, s.* from scores s join institutions i on i.no = s.institution_no order by i.id, s.at',
    ),
    records: await all('select * from alert_records order by alert_id, step'),
    alerts: await all('select * from alerts order by alert_id'),
    steps: await all(
      'select i.id, s.at, s.event_count, s.policy_version, s.outside, s.state_before from evaluation_steps s join institutions i on i.no = s.institution_no order by i.id, s.at',
    ),
    messages: await all('select message_id, type, at, body from messages order by message_id'),
  };
}

async function expectSame(): Promise<void> {
  expect(await written(with_.pool)).toEqual(await written(without.pool));
}

describe('what is written is the same with books that are kept', () => {
  it('of random histories that come in parts within seconds, with others who evaluate as well', async () => {
    let run = 0;
    let used = 0;
    await fc.assert(
      fc.asyncProperty(
        historySteps({ contradictions: true, maxLength: 60 }),
        arrivals(),
        fc.array(fc.tuple(fc.nat(59), fc.boolean()), { minLength: 3, maxLength: 6 }),
        async (steps, arrival, parts) => {
          run += 1;
          const institutions = [0, 1].map((at) => `X-370702-8${String(run).padStart(6, '0')}${at}`);
          const events = arrange(buildHistory(steps, { institutions, salt: `kept${run}` }), arrival);
          const pair = new Pair();
          const cuts = [...parts.map(([cut]) => Math.min(cut, events.length)), events.length].sort((a, b) => a - b);
          let now = NOW;
          for (const [at, cut] of cuts.entries()) {
            now += US_PER_SECOND;
            await pair.tell(events.slice(cuts[at - 1] ?? 0, cut), now);
            await pair.evaluate(now, parts[at]?.[1] && at > 1);
          }
          used += pair.used;
        },
      ),
      { numRuns: 40 },
    );
    await expectSame();
    expect(used).toBeGreaterThan(run);
  }, 240_000);

  it('of a history, over midnight and after a pause in which it was let go', async () => {
    const lines = historyLines().slice(0, 6_000).map(decodeLine);
    const events = lines.flatMap((one) => (one.ok ? [one.event] : []));
    const pair = new Pair();
    const start = parseTime('2026-04-30T23:59:55+08:00')!;
    const moments = [0, 2, 4, 6, 8, 30, 31, 33].map((seconds) => start + seconds * US_PER_SECOND);
    const sizes: number[] = [];
    for (const [at, now] of moments.entries()) {
      const from = at === 0 ? 0 : 5_000 + at * 100;
      await pair.tell(events.slice(from, 5_000 + (at + 1) * 100), now);
      await pair.evaluate(now);
      sizes.push(pair.kept.size);
    }
    await expectSame();
    expect(sizes[0]).toBe(0);
    expect(sizes[4]).toBeGreaterThan(5);
    expect(sizes[5]).toBe(0);
    expect(sizes[7]).toBeGreaterThan(1);
  }, 240_000);
});

describe('who is kept', () => {
  const event = (no: number, subject: string): AnyEvent => {
    const decoded = decodeLine(
      JSON.stringify({
        specversion: '1.0',
        id: `${subject}-${no}`,
        source: '/hotline/12345',
        type: 'prepaid.complaint.received.v1',
        subject,
        time: '2026-04-01T08:00:00+08:00',
        data: { ticketId: `${subject}-${no}`, kind: 'fee' },
      }),
    );
    if (!decoded.ok) throw new Error(decoded.rejection.message);
    return decoded.event;
  };

  it('is no more than there is room for', async () => {
    const pair = new Pair(5);
    const subjects = [1, 2, 3].map((at) => `X-370702-77000${at}`);
    for (let no = 0; no < 3; no += 1) {
      const now = NOW + no * US_PER_SECOND;
      await pair.tell(
        subjects.map((subject) => event(no, subject)),
        now,
      );
      await pair.evaluate(now);
    }
    // Two of two events each, which have three now.
    expect(pair.kept.size).toBe(2);
    await expectSame();
  });

  it('is whoever has been waiting for it, in small parts: building many books at once would keep others waiting', async () => {
    const pair = new Pair();
    const subjects = [1, 2, 3, 4].map((at) => `X-370702-77002${at}`);
    const sizes: number[] = [];
    for (let no = 0; no < 4; no += 1) {
      const now = NOW + 60 * US_PER_SECOND + no * US_PER_SECOND;
      const count = no === 0 ? 250 : 1;
      await pair.tell(
        subjects.flatMap((subject) => Array.from({ length: count }, (_, at) => event(no * 1_000 + at, subject))),
        now,
      );
      await pair.evaluate(now);
      sizes.push(pair.kept.size);
    }
    expect(sizes).toEqual([0, 2, 4, 4]);
    await expectSame();
  });

  it('is let go when the clock is set back to the day before', async () => {
    const pair = new Pair();
    const midnight = parseTime('2026-04-07T00:00:00+08:00')!;
    for (const [no, seconds] of [0, 1, 2, -1].entries()) {
      await pair.tell([event(no, 'X-370702-770010')], midnight + no);
      await pair.evaluate(midnight + seconds * US_PER_SECOND + no);
    }
    expect(pair.kept.size).toBe(1);
    await expectSame();
  });
});
