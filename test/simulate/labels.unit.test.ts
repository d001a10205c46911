import { describe, expect, it } from 'vitest';
import { parseDay, parseTime, startOfDay } from '../../src/core/time.js';
import { DISORDERS } from '../../src/simulate/disorder.js';
import { SHAPES } from '../../src/simulate/shapes.js';
import { VIOLATIONS } from '../../src/simulate/violations.js';
import { eventsOf, type Line, simulated } from './support.js';

const { lines, labels } = simulated({ seed: 11, institutions: 160, days: 170, disorder: DISORDERS.none });
const bySubject = new Map<string, Line[]>();
for (const event of eventsOf(lines)) {
  const list = bySubject.get(event.subject);
  if (list) list.push(event);
  else bySubject.set(event.subject, [event]);
}
const told = (id: string, name: string): Line[] =>
  (bySubject.get(id) ?? []).filter((event) => event.type === `prepaid.${name}.v1`);
const failing = labels.filter((label) => label.kind === 'failing');
const violating = labels.filter((label) => label.kind === 'violating');

describe('labels', () => {
  it('name every institution of the history once', () => {
    expect(new Set(labels.map((label) => label.id)).size).toBe(160);
    expect([...bySubject.keys()].sort()).toEqual(labels.map((label) => label.id).sort());
  });

  it('let nobody fail in a history that is too short for it, and no more violate than was asked for', () => {
    const short = simulated({ institutions: 40, days: 30, failingShare: 0.5, violatingShare: 0 });
    expect(new Set(short.labels.map(({ kind }) => kind))).toEqual(new Set(['healthy']));
  });

  it('show every shape of failure and most violations', () => {
    expect(new Set(failing.map((label) => label.archetype))).toEqual(new Set(SHAPES.map((shape) => shape.name)));
    expect(new Set(violating.map((label) => label.archetype)).size).toBeGreaterThan(VIOLATIONS.length / 2);
  });

  it('name the day on which lessons stop for good', () => {
    for (const { id, stopDay } of failing) {
      const stop = startOfDay(parseDay(stopDay!)!);
      const lessons = told(id, 'lesson.delivered').map((event) => parseTime(event.time)!);
      expect(lessons.length).toBeGreaterThan(0);
      expect(lessons.every((at) => at < stop)).toBe(true);
    }
  });

  it('name a first sign for whoever fails or violates, none for the healthy', () => {
    for (const { kind, firstSignDay, stopDay } of labels) {
      if (kind === 'healthy') expect([firstSignDay, stopDay]).toEqual([null, null]);
      if (kind === 'failing') expect(parseDay(firstSignDay!)!).toBeLessThanOrEqual(parseDay(stopDay!)! + 1);
    }
  });

  it('ask nothing of the healthy', () => {
    for (const label of labels)
      if (label.kind === 'healthy') expect([label.must, label.maxLevel, label.archetype]).toEqual([[], 'yellow', null]);
  });

  it.each([
    ['A10', 'payment.succeeded', (data: Line['data']) => String(data.payeeAccountId).startsWith('P')],
    ['B05', 'payment.succeeded', (data: Line['data']) => data.loan === true],
    ['B09', 'contract.signed', (data: Line['data']) => data.modelForm === false],
    [
      'F03',
      'external.signal',
      (data: Line['data']) => ['defaulter', 'abnormal_list', 'deregistering'].includes(String(data.kind)),
    ],
    ['F05', 'external.signal', (data: Line['data']) => String(data.kind).endsWith('_arrears')],
    [
      'F07',
      'inspection.recorded',
      (data: Line['data']) => ['shut', 'emptied', 'unreachable'].includes((data.findings as string[])[0]!),
    ],
    ['F08', 'contact.attempted', (data: Line['data']) => data.answered === false],
    ['A13', 'stock.declared', () => true],
    ['A12', 'guarantee.registered', () => true],
  ] as const)('ask for %s only where %s says so', (rule, name, says) => {
    const asked = labels.filter((label) => label.must.includes(rule));
    expect(asked.length).toBeGreaterThan(0);
    for (const { id } of asked) expect(told(id, name).some((event) => says(event.data))).toBe(true);
    const healthy = labels.filter((label) => label.kind === 'healthy');
    for (const { id } of healthy)
      if (rule !== 'A12') expect(told(id, name).some((event) => says(event.data))).toBe(false);
  });

  it('ask for D01 only where a week without lessons lies outside declared breaks', () => {
    const summer = simulated({
      seed: 4,
      institutions: 50,
      days: 240,
      medianLearners: 6,
      failingShare: 0.6,
      disorder: DISORDERS.none,
    });
    const breaks = new Map<string, [number, number][]>();
    for (const { subject, type, data } of eventsOf(summer.lines)) {
      if (type !== 'prepaid.break.declared.v1') continue;
      const span: [number, number] = [parseDay(String(data.from))!, parseDay(String(data.to))!];
      breaks.set(subject, [...(breaks.get(subject) ?? []), span]);
    }
    const last = parseDay('2025-01-06')! + 239;
    const open = summer.labels
      .filter(({ must }) => must.includes('D01'))
      .map(({ id, stopDay }) => {
        let days = 0;
        for (let day = parseDay(stopDay!)!; day <= last; day += 1)
          if (!(breaks.get(id) ?? []).some(([from, to]) => from <= day && day <= to)) days += 1;
        return days;
      });
    expect(open.length).toBeGreaterThan(10);
    expect(Math.min(...open)).toBeGreaterThanOrEqual(7);
  });
});
