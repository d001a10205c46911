import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, parseTime, US_PER_DAY, US_PER_SECOND, type Us } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { Evaluation, InstitutionRiskState } from '../../src/risk/evaluation.js';
import type { LinkedInstitution } from '../../src/risk/facts/rows.js';
import { findingsJson } from '../../src/risk/findings-json.js';
import { type Before, KeptInstitution } from '../../src/risk/kept-institution.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { decodeLine, historyLines } from '../support/history.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';

/** One institution twice: kept, and judged each time by all rules on all its rows. Both start from the same state. */
class Twins {
  readonly kept: KeptInstitution;
  private readonly model = new Model(CHINA_CALENDAR);
  private readonly journal = new Model(CHINA_CALENDAR, true);
  private readonly reader: InstitutionRowsReader;
  private before: Before | null = null;
  links: readonly LinkedInstitution[] = [];

  constructor(readonly id: string) {
    this.kept = new KeptInstitution(id, CHINA_CALENDAR, 0);
    this.reader = new InstitutionRowsReader(this.books, CHINA_CALENDAR);
  }

  private get books() {
    return this.model.set.institution(this.id);
  }

  /** One telling may let in what was kept out before. */
  tell(event: AnyEvent): void {
    this.model.book(event);
    this.journal.book(event);
    const { accepted } = this.journal.set.institution(this.id);
    for (const { ordinal, recordedAt, event: one } of accepted.slice(this.kept.eventCount))
      this.kept.book({ ordinal, seq: ordinal, body: one!.body, recorded_at: recordedAt });
  }

  /** `elsewhere`: another process evaluates, and the one that is kept does not. */
  judge(now: Us, options: { readonly top?: boolean; readonly elsewhere?: boolean } = {}) {
    const top = options.top ?? false;
    const rows = { ...this.reader.read(dayOf(now), top), links: this.links };
    const state: InstitutionRiskState | null = this.before?.state ?? null;
    const whole = evaluateInstitution(rows, state, now, CHINA_CALENDAR, DEFAULT_POLICY);
    if (!options.elsewhere) {
      const { eventCount, newestAt, oldestAt } = this.books;
      const head = { no: 1, id: this.id, event_count: eventCount, newest_at: newestAt, oldest_at: oldestAt, top };
      const read = { ...this.kept.read(head, dayOf(now)), links: this.links };
      expect(told(this.kept.evaluate(read, this.before, now, DEFAULT_POLICY))).toEqual(told(whole));
    }
    this.before = { state: whole.state, evaluatedAt: now };
    return whole;
  }
}

/** All of an evaluation but the figures of findings that nobody is told of. */
function told(evaluation: Evaluation): object {
  return {
    ...evaluation,
    findings: evaluation.findings.map(({ rule, state, watched, finding }) => [rule.id, state, watched, finding]),
    told: findingsJson(evaluation),
  };
}

const ACCEPTED = historyLines().flatMap((line) => {
  const decoded = decodeLine(line);
  return decoded.ok ? [decoded.event] : [];
});

describe('an institution that is kept is judged as by all rules', () => {
  it('through a history, several times a day', () => {
    const subjects = [...new Set(ACCEPTED.map(({ subject }) => subject))].filter((_, at) => at % 6 === 0);
    let alerts = 0;
    for (const subject of subjects) {
      const twins = new Twins(subject);
      const own = ACCEPTED.filter((event) => event.subject === subject).sort((a, b) => a.recordedAt - b.recordedAt);
      let last = 0;
      own.forEach((event, at) => {
        twins.tell(event);
        if (at % 4 !== 0) return;
        last = Math.max(event.recordedAt, last + 1);
        alerts += twins.judge(last).changes.length;
      });
    }
    expect(alerts).toBeGreaterThan(10);
  }, 240_000);

  it('through random histories with reversals and late tellings, on one day and over days', () => {
    let alerts = 0;
    fc.assert(
      fc.property(
        historySteps({ maxLength: 40 }),
        arrivals(),
        fc.array(fc.nat(3), { minLength: 5 }),
        (steps, arrival, waits) => {
          const twins = new Twins(SCHOOL);
          let now = NOW;
          arrange(buildHistory(steps, { institutions: [SCHOOL], salt: 'k' }), arrival).forEach((event, at) => {
            twins.tell(event);
            now += WAITS[waits[at % waits.length]!]!;
            alerts += twins.judge(now).changes.length;
          });
        },
      ),
      { numRuns: 30 },
    );
    expect(alerts).toBeGreaterThan(30);
  }, 240_000);

  it('when others have judged it meanwhile, its rank or its ties change, or answers rest on a guess', () => {
    fc.assert(
      fc.property(
        historySteps({ maxLength: 25 }),
        fc.array(fc.record({ top: fc.boolean(), elsewhere: fc.boolean(), tied: fc.boolean() }), { minLength: 5 }),
        fc.constantFrom(NOW, GUESSED),
        (steps, moves, start) => {
          const twins = new Twins(SCHOOL);
          let now = start;
          for (const [at, event] of buildHistory(steps, { institutions: [SCHOOL], salt: 'k' }).entries()) {
            twins.tell(event);
            now += US_PER_SECOND;
            const { tied, ...others } = moves[at % moves.length]!;
            twins.links = tied ? [{ institutionId: 'X-370702-2', by: 'brand', level: 'red', shared: 1 }] : [];
            twins.judge(now, others);
          }
        },
      ),
      { numRuns: 20 },
    );
  }, 240_000);
});

const SCHOOL = 'X-370702-1';
const NOW = parseTime('2026-03-09T09:00:00+08:00')!;
/** No calendar tells the working days of this year. */
const GUESSED = parseTime('2031-03-10T09:00:00+08:00')!;
const WAITS: readonly Us[] = [1, US_PER_SECOND, 3_600 * US_PER_SECOND, US_PER_DAY];

it('takes only the next event: what comes after a gap changes nothing', () => {
  const one = new KeptInstitution(ACCEPTED[0]!.subject, CHINA_CALENDAR, 0);
  const event = { body: ACCEPTED[0]!.body, recorded_at: ACCEPTED[0]!.recordedAt };
  one.book({ ...event, ordinal: 2, seq: 9 });
  expect([one.eventCount, one.seq]).toEqual([0, 0]);
  one.book({ ...event, ordinal: 1, seq: 9 });
  expect([one.eventCount, one.seq]).toEqual([1, 9]);
});
