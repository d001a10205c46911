import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, parseTime, type Us } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { Evaluation, InstitutionRiskState } from '../../src/risk/evaluation.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { arrange, arrivals, buildHistory, historySteps } from '../support/random-history.js';

const SCHOOL = 'X-370702-1';
/** After every event of the histories, so that only knowledge changes from one evaluation to the next. */
const CLOCKS = ['2026-03-09T09:00:00+08:00', '2026-04-30T00:00:00+08:00'].map((text) => parseTime(text)!);

class Judge {
  private readonly model = new Model(CHINA_CALENDAR);
  private reader: InstitutionRowsReader | null = null;
  private state: InstitutionRiskState | null = null;

  tell(event: AnyEvent): void {
    this.model.book(event);
  }

  evaluate(now: Us): Evaluation {
    this.reader ??= new InstitutionRowsReader(this.model.set.institution(SCHOOL), CHINA_CALENDAR);
    const evaluation = evaluateInstitution(
      this.reader.read(dayOf(now), false),
      this.state,
      now,
      CHINA_CALENDAR,
      DEFAULT_POLICY,
    );
    this.state = evaluation.state;
    return evaluation;
  }
}

/**
 * What a regulator sees of an evaluation. Names of alerts count how often something was raised and are left aside; so is which
 * of two tellings of one fact is shown as evidence: the one that came first stands.
 */
function seen(evaluation: Evaluation): object {
  return evaluation.findings.map((one) => [
    one.rule.id,
    one.state,
    one.level,
    one.answerLevel,
    one.value,
    one.threshold,
    one.reason(),
    one.evidence().length,
  ]);
}

function judged(events: readonly AnyEvent[], now: Us): Evaluation {
  const judge = new Judge();
  for (const event of events) judge.tell(event);
  return judge.evaluate(now);
}

it('finds the same, to the word, whatever the order and the repetitions of arrival', () => {
  fc.assert(
    fc.property(historySteps(), arrivals(), (steps, arrival) => {
      const events = buildHistory(steps, { institutions: [SCHOOL], salt: 'r' });
      for (const now of CLOCKS) expect(seen(judged(arrange(events, arrival), now))).toEqual(seen(judged(events, now)));
    }),
    { numRuns: 200 },
  );
});

it('leaves nothing open of what half-known facts looked like: evaluating after every event ends like evaluating once', () => {
  fc.assert(
    fc.property(historySteps(), arrivals(), fc.constantFrom(...CLOCKS), (steps, arrival, now) => {
      const events = buildHistory(steps, { institutions: [SCHOOL], salt: 'r' });
      const often = new Judge();
      let last: Evaluation | null = null;
      arrange(events, arrival).forEach((event, at) => {
        often.tell(event);
        last = often.evaluate(now + at);
      });
      fc.pre(last !== null);
      expect(seen(last as unknown as Evaluation)).toEqual(
        seen(judged(events, now + arrange(events, arrival).length - 1)),
      );
    }),
    { numRuns: 150 },
  );
});
