import { describe, expect, it } from 'vitest';
import type { KnownLabel } from '../../src/calibrate/labels.js';
import { parseLabels } from '../../src/calibrate/labels.js';
import { pointOf } from '../../src/calibrate/measure.js';
import { Outcomes } from '../../src/calibrate/outcomes.js';
import { type BacktestReport, makeReport } from '../../src/calibrate/report.js';
import { reportHtml } from '../../src/calibrate/report-html.js';
import type { AlertStep } from '../../src/calibrate/standing.js';
import { parseDay, startOfDay } from '../../src/core/time.js';
import type { OpenLevel } from '../../src/risk/level.js';

function label(id: string, more: Partial<KnownLabel> = {}): KnownLabel {
  return { id, kind: 'healthy', archetype: null, stopDay: null, firstSignDay: null, must: [], ...more };
}

const failing = (id: string, more: Partial<KnownLabel> = {}): KnownLabel =>
  label(id, { kind: 'failing', archetype: 'run', stopDay: '2025-06-30', firstSignDay: '2025-05-01', ...more });

/** `day` is YYYY-MM-DD; `us` microseconds after its first moment. */
function step(
  day: string,
  institutionId: string,
  ruleId: string,
  level: OpenLevel,
  kind: AlertStep['kind'] = 'raised',
  us = 0,
): AlertStep {
  return { at: startOfDay(parseDay(day)!) + us, institutionId, ruleId, level, kind };
}

function report(labels: readonly KnownLabel[], steps: readonly AlertStep[], lastDay = '2025-07-31'): BacktestReport {
  const outcomes = new Outcomes(labels);
  for (const one of [...steps].sort((a, b) => a.at - b.at)) outcomes.take(one);
  outcomes.finish(parseDay(lastDay)!);
  return makeReport(outcomes, { policyVersion: 'p-1', inspectors: 2 });
}

const recallAt = (made: BacktestReport, days: number) => made.recall.find((one) => one.days === days)!;

describe('institutions that are not in the history', () => {
  it('count neither as sound nor as missed, and those without a label count as such', () => {
    const outcomes = new Outcomes([label('a'), label('gone'), failing('b'), failing('lost', { must: ['C01'] })]);
    expect(outcomes.keepOnly(['a', 'b', 'c', 'd'])).toEqual(['gone', 'lost']);
    outcomes.take(step('2025-06-01', 'a', 'C01', 'orange'));
    outcomes.take(step('2025-06-02', 'b', 'C01', 'orange'));
    outcomes.take(step('2025-06-03', 'c', 'C01', 'orange'));
    outcomes.finish(parseDay('2025-07-31')!);
    const made = makeReport(outcomes, { policyVersion: 'p-1', inspectors: 2 });
    expect(made.institutions).toEqual({ healthy: 1, failing: 1, violating: 0, unlabelled: 2 });
    expect(made.worstWeek).toMatchObject({ orange: 1, share: 1 });
    expect(recallAt(made, 14)).toMatchObject({ eligible: 1, found: 1 });
    expect(made.must).toMatchObject({ asked: 0, missing: [] });
  });
});

describe('recall and lead', () => {
  it('counts an alert of exactly fourteen days before, and not one a microsecond later', () => {
    const made = (us: number) => report([failing('a')], [step('2025-06-16', 'a', 'C01', 'orange', 'raised', us)]);
    expect(recallAt(made(0), 14)).toEqual({ days: 14, eligible: 1, found: 1, foundByAlert: 1, openThen: 1 });
    expect(recallAt(made(1), 14)).toMatchObject({ eligible: 1, found: 0 });
    expect(recallAt(made(1), 7)).toMatchObject({ found: 1 });
    expect(made(0).medianLeadDays).toBe(14);
  });

  it('does not ask for what showed no sign by then', () => {
    const made = report([failing('a', { firstSignDay: '2025-06-20' })], [step('2025-06-21', 'a', 'F04', 'red')]);
    expect(made.recall.map((one) => one.eligible)).toEqual([1, 1, 0, 0]);
    expect(made.recall.map((one) => one.found)).toEqual([1, 1, 0, 0]);
    expect(made.medianLeadDays).toBeNull();
  });

  it('does not ask for what lies behind the end of the history', () => {
    const steps = [step('2025-06-10', 'a', 'F04', 'red')];
    const until = (lastDay: string) => report([failing('a')], steps, lastDay);
    expect(until('2025-06-14').recall.map((one) => one.eligible)).toEqual([0, 0, 0, 1]);
    expect(until('2025-06-14')).toMatchObject({ medianLeadDays: null, notFound: [] });
    expect(until('2025-06-15').recall.map((one) => one.eligible)).toEqual([0, 0, 1, 1]);
    expect(until('2025-06-29').recall.map((one) => one.found)).toEqual([1, 1, 1, 0]);
  });

  it('counts yellow as nothing, and the rise to orange from its moment on', () => {
    const made = report(
      [failing('a')],
      [step('2025-05-10', 'a', 'C01', 'yellow'), step('2025-06-10', 'a', 'C01', 'orange', 'level_changed')],
    );
    expect(made.medianLeadDays).toBe(20);
    expect(recallAt(made, 30)).toMatchObject({ eligible: 1, found: 0 });
  });

  it('credits no alarm from before the first sign, and one that goes on only from the sign', () => {
    const over = report(
      [failing('a')],
      [step('2025-03-01', 'a', 'D01', 'orange'), step('2025-03-09', 'a', 'D01', 'orange', 'cleared')],
    );
    expect(recallAt(over, 0)).toMatchObject({ eligible: 1, found: 0 });
    const goesOn = report([failing('a')], [step('2025-03-01', 'a', 'D01', 'orange')]);
    expect(goesOn.medianLeadDays).toBe(60);
    expect(goesOn.shapes[0]).toMatchObject({ shape: 'run', firstRules: { D01: 1 }, medianSignDays: 60 });
  });

  it('tells what was found from what was still open then', () => {
    const made = report(
      [failing('a')],
      [step('2025-05-10', 'a', 'D01', 'orange'), step('2025-05-20', 'a', 'D01', 'orange', 'cleared')],
    );
    expect(recallAt(made, 14)).toMatchObject({ found: 1, openThen: 0 });
    expect(recallAt(made, 30)).toMatchObject({ found: 1, openThen: 0 });
  });

  it('counts several findings together, and tells how many it is without', () => {
    const made = report(
      [failing('a')],
      [
        step('2025-05-10', 'a', 'C01', 'yellow'),
        step('2025-05-12', 'a', 'D02', 'yellow'),
        step('2025-05-20', 'a', 'E01', 'yellow'),
        step('2025-05-20', 'a', 'G02', 'orange', 'raised', 1),
      ],
    );
    expect(recallAt(made, 30)).toMatchObject({ found: 1, foundByAlert: 0 });
    expect(made.shapes[0]!.firstRules).toEqual({ G02: 1 });
    expect(made.shapes[0]!.contributingRules).toEqual({ C01: 1, D02: 1, E01: 1, G02: 1 });
  });

  it('names every rule that warned between the sign and the stop, also one that had warned before', () => {
    const made = report(
      [failing('a')],
      [
        step('2025-03-01', 'a', 'F01', 'yellow'),
        step('2025-03-01', 'a', 'C01', 'yellow'),
        step('2025-03-09', 'a', 'C01', 'yellow', 'cleared'),
        step('2025-06-01', 'a', 'C01', 'blue'),
        step('2025-06-02', 'a', 'C01', 'yellow', 'level_changed'),
        step('2025-03-02', 'a', 'D02', 'yellow'),
        step('2025-03-20', 'a', 'D02', 'yellow', 'cleared'),
        step('2025-07-02', 'a', 'D01', 'red'),
      ],
    );
    expect(made.shapes[0]!.contributingRules).toEqual({ C01: 1, F01: 1 });
    expect(made.notFound).toMatchObject([{ id: 'a', rules: ['C01', 'F01'] }]);
  });

  it('takes the lower one of two in the middle, and who was never found as last', () => {
    const labels = ['a', 'b', 'c', 'd'].map((id) => failing(id));
    const made = report(labels, [
      step('2025-05-31', 'a', 'C01', 'red'),
      step('2025-06-10', 'b', 'C01', 'red'),
      step('2025-06-20', 'c', 'C01', 'red'),
    ]);
    expect(made.medianLeadDays).toBe(10);
    expect(report([failing('a'), failing('b')], []).medianLeadDays).toBeNull();
  });
});

describe('who is to be read by hand', () => {
  it('lists the healthy at orange or above with what brought them there, each time', () => {
    const made = report(
      [label('h'), label('quiet')],
      [
        step('2025-05-05', 'h', 'D01', 'orange'),
        step('2025-05-09', 'h', 'D01', 'orange', 'cleared'),
        step('2025-04-01', 'h', 'C01', 'yellow'),
        step('2025-06-02', 'h', 'E01', 'yellow'),
        step('2025-06-03', 'h', 'F01', 'yellow'),
        step('2025-06-21', 'h', 'G02', 'orange'),
        step('2025-06-20', 'h', 'C01', 'yellow', 'cleared'),
        step('2025-06-21', 'h', 'C04', 'yellow'),
        step('2025-05-05', 'quiet', 'C01', 'yellow'),
      ],
    );
    expect(made.troubled).toEqual([
      { id: 'h', from: '2025-05-05', to: '2025-05-09', rule: 'D01' },
      { id: 'h', from: '2025-06-21', to: null, rule: 'G02' },
    ]);
    expect(reportHtml({ ...made, sensitivity: null })).toContain('<td>2025-05-05</td><td>2025-05-09</td><td>D01</td>');
  });

  it('lists who failed with a sign two weeks before and was not found by then, with what was seen', () => {
    const made = report(
      [failing('late'), failing('found'), failing('no-sign', { firstSignDay: '2025-06-20' }), failing('never')],
      [
        step('2025-06-01', 'late', 'F01', 'yellow'),
        step('2025-06-17', 'late', 'C01', 'orange'),
        step('2025-06-16', 'found', 'C01', 'orange'),
      ],
    );
    expect(made.notFound).toEqual([
      { id: 'late', shape: 'run', firstSignDay: '2025-05-01', stopDay: '2025-06-30', rules: ['C01', 'F01'] },
      { id: 'never', shape: 'run', firstSignDay: '2025-05-01', stopDay: '2025-06-30', rules: [] },
    ]);
    expect(reportHtml({ ...made, sensitivity: null })).toContain('<td>C01, F01</td>');
  });
});

describe('the healthy', () => {
  const labels = [label('h1'), label('h2'), label('h3'), label('h4'), failing('a')];

  it('count once in every week in which they stood at a level, also for a moment', () => {
    const made = report(
      labels,
      [
        step('2025-05-05', 'a', 'C01', 'red'),
        step('2025-05-14', 'h1', 'A05', 'orange'),
        step('2025-05-15', 'h1', 'A05', 'orange', 'cleared'),
        step('2025-05-22', 'h2', 'D01', 'yellow'),
        step('2025-06-03', 'h2', 'D01', 'red', 'level_changed'),
        step('2025-06-04', 'h3', 'D01', 'orange'),
        step('2025-06-11', 'h2', 'D01', 'red', 'cleared'),
      ],
      '2025-06-20',
    );
    expect(made.weeks.map((week) => [week.monday, week.healthyYellow, week.healthyOrange, week.healthyRed])).toEqual([
      ['2025-05-05', 0, 0, 0],
      ['2025-05-12', 1, 1, 0],
      ['2025-05-19', 1, 0, 0],
      ['2025-05-26', 1, 0, 0],
      ['2025-06-02', 2, 2, 1],
      ['2025-06-09', 2, 2, 1],
      ['2025-06-16', 1, 1, 0],
    ]);
    expect(made.worstWeek).toEqual({ monday: '2025-06-02', orange: 2, share: 0.5 });
  });

  it('stand beside all weeks of the history, quiet ones before its first alert as well', () => {
    const outcomes = new Outcomes(labels);
    outcomes.begin(parseDay('2025-04-30')!);
    outcomes.take(step('2025-05-14', 'h1', 'A05', 'orange'));
    outcomes.finish(parseDay('2025-05-25')!);
    const made = makeReport(outcomes, { policyVersion: 'p-1', inspectors: 2 });
    expect(made).toMatchObject({ from: '2025-04-28', to: '2025-05-25', workload: { meanPerWeek: 0.25 } });
    expect(made.weeks.map(({ healthyOrange }) => healthyOrange)).toEqual([0, 0, 1, 1]);
  });

  it('are told apart from others in the counts of a rule', () => {
    const made = report(labels, [
      step('2025-05-14', 'h1', 'A05', 'orange'),
      step('2025-05-15', 'a', 'A05', 'blue'),
      step('2025-05-16', 'x', 'A05', 'red'),
    ]);
    expect(made.rules).toEqual([
      {
        rule: 'A05',
        raised: 3,
        reachedOrange: 2,
        raisedAt: { healthy: 1, failing: 1, violating: 0, unlabelled: 1 },
        orangeAt: { healthy: 1, failing: 0, violating: 0, unlabelled: 1 },
      },
    ]);
    expect(made.institutions).toEqual({ healthy: 4, failing: 1, violating: 0, unlabelled: 1 });
  });
});

it('names every rule that must be raised and was not', () => {
  const labels = [label('v', { kind: 'violating', archetype: 'loan', must: ['B05', 'A10'] })];
  const made = report(labels, [step('2025-05-14', 'v', 'B05', 'orange')]);
  expect(made.must).toEqual({
    asked: 2,
    raised: 1,
    byRule: { A10: { asked: 1, raised: 0 }, B05: { asked: 1, raised: 1 } },
    missing: [{ id: 'v', rule: 'A10', archetype: 'loan' }],
  });
});

it('shares alerts of yellow and above among the inspectors', () => {
  const made = report(
    [],
    [
      step('2025-05-05', 'a', 'A07', 'blue'),
      step('2025-05-06', 'a', 'A08', 'yellow'),
      step('2025-05-07', 'b', 'D01', 'red'),
      step('2025-05-13', 'c', 'D01', 'orange'),
    ],
    '2025-05-18',
  );
  expect(made.workload).toEqual({
    inspectors: 2,
    meanPerWeek: 1.5,
    worstWeek: 2,
    meanPerInspectorAndWeek: 0.75,
    worstPerInspectorAndWeek: 1,
  });
});

it('makes a page that needs nothing from outside and keeps names from being markup', () => {
  const made = report([failing('a', { archetype: '<script>' })], [step('2025-05-14', 'a', 'C01', 'orange')]);
  const html = reportHtml({ ...made, sensitivity: null });
  expect(html).toContain('&lt;script&gt;');
  expect(html).not.toMatch(/<script|src=|href=|url\(|@import|https?:/);
  expect(html).toContain('回测报告');
  expect(html).toContain('Recall and lead time');
});

it('is made of nothing as well', () => {
  const made = report([], []);
  expect(made).toMatchObject({ from: null, worstWeek: null, recall: [{ eligible: 0 }, {}, {}, {}] });
  expect(reportHtml({ ...made, sensitivity: null })).toContain('–');
});

it('takes the median lead over the institutions of all histories together, those never found as well', () => {
  const found = (id: string, day: string) => report([failing(id)], [step(day, id, 'C01', 'orange')]);
  const never = report([failing('d')], []);
  const [ten, twenty, sixty] = [found('a', '2025-06-20'), found('b', '2025-06-10'), found('c', '2025-05-01')];
  expect(pointOf([ten, twenty, sixty]).medianLeadDays).toBe(20);
  expect(pointOf([twenty, sixty, never]).medianLeadDays).toBe(20);
  expect(pointOf([twenty, never]).medianLeadDays).toBeNull();
  expect(pointOf([twenty]).medianLeadDays).toBe(twenty.medianLeadDays);
});

it('shows what other thresholds came to below the policy as it is', () => {
  const made = report(
    [failing('a')],
    [step('2025-05-14', 'a', 'C01', 'orange'), step('2025-05-15', 'a', 'D01', 'blue')],
  );
  const base = pointOf([made]);
  expect(base).toMatchObject({ found: 1, eligible: 1, warnings: 1 });
  const trial = { subject: 'C01', factor: 1.25, values: { orangeWorkingDays: 14 }, point: { ...base, found: 0 } };
  const html = reportHtml({ ...made, sensitivity: { base, trials: [trial] } });
  expect(html).toContain('orangeWorkingDays 14');
  expect(html).toContain('0/1 = 0.00%');
  expect(html).toContain('1/1 = 100.00%');
});

describe('labels', () => {
  it('are read as the simulation writes them, more fields included', () => {
    expect(parseLabels([{ ...failing('a'), mode: 'deposit', notes: '' }], 'labels.json')).toHaveLength(1);
  });

  it('may leave out what is null', () => {
    expect(parseLabels([{ id: 'a', kind: 'healthy' }], 'labels.json')).toEqual([label('a')]);
    expect(() => parseLabels([{ id: 'a', kind: 'failing' }], 'labels.json')).toThrow('no stopDay');
  });

  it.each([
    ['no list', {}, 'labels.json: give a list of labels'],
    ['an unknown kind', [label('a', { kind: 'odd' as 'healthy' })], '0.kind'],
    ['a day that is none', [failing('a', { stopDay: '2025-02-30' })], '0.stopDay'],
    ['a failing one without a stop', [failing('a', { stopDay: null })], 'no stopDay'],
    ['an institution twice', [label('a'), label('a')], 'labelled twice'],
    ['a rule that there is not', [label('a', { must: ['C01', 'C99'] })], '0.must.1: there is no such rule.'],
  ])('are refused for %s', (_, labels, sentence) => {
    expect(() => parseLabels(labels, 'labels.json')).toThrow(sentence);
  });
});
