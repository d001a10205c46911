import { describe, expect, it } from 'vitest';
import { DISORDERS } from '../../src/simulate/disorder.js';
import { decodeLine } from '../support/history.js';
import { eventsOf, simulated } from './support.js';

const usual = simulated();

describe('a simulated history', () => {
  it('is the same for the same seed, byte for byte, and another for another', () => {
    const again = simulated();
    expect(again.lines).toEqual(usual.lines);
    expect(again.labels).toEqual(usual.labels);
    expect(again.history.meta()).toEqual(usual.history.meta());
    expect(simulated({ seed: 8 }).lines).not.toEqual(usual.lines);
  });

  it('leaves every institution as it was when one more is founded', () => {
    const more = simulated({ institutions: 25 });
    expect(more.labels.slice(0, 24)).toEqual(usual.labels);
    const first = usual.labels[0]!.id;
    const of = (lines: readonly string[]): string[] => lines.filter((line) => line.includes(first));
    expect(of(more.lines)).toEqual(of(usual.lines));
  });

  it('holds only valid events besides the broken copies, which are all refused', () => {
    const refused = usual.lines.filter((line) => !decodeLine(line).ok);
    const { counts } = usual.history;
    expect(refused.length).toBe(counts.invalid);
    expect(Object.values(counts.faults).reduce((sum, count) => sum + count, 0)).toBe(counts.invalid);
    expect(counts.invalid).toBeGreaterThan(20);
    expect(refused.every((line) => line.includes('bad-') || !line.startsWith('{'))).toBe(true);
  });

  it('counts what it wrote', () => {
    const { counts } = usual.history;
    expect(counts.lines).toBe(usual.lines.length);
    expect(counts.events + counts.duplicates + counts.invalid).toBe(counts.lines);
    expect(new Set(usual.lines).size).toBe(counts.events + counts.invalid);
    expect(counts.late / counts.events).toBeGreaterThan(0.02);
    expect(counts.late / counts.events).toBeLessThan(0.04);
  });

  it('has its lines in the order in which they became known, each second telling later', () => {
    const known = new Map<string, number>();
    let last = 0;
    for (const line of usual.lines) {
      const decoded = decodeLine(line);
      if (!decoded.ok) continue;
      const { recordedAt, id } = decoded.event;
      if (!known.has(id)) {
        expect(recordedAt).toBeGreaterThanOrEqual(last);
        last = recordedAt;
      }
      known.set(id, recordedAt);
    }
  });

  it('is clean when no disorder is asked for', () => {
    const clean = simulated({ disorder: DISORDERS.none, days: 60, institutions: 10 });
    expect(clean.history.counts).toMatchObject({ late: 0, duplicates: 0, invalid: 0 });
    expect(clean.lines.some((line) => line.includes('recordedtime'))).toBe(false);
  });

  it('keeps every sound school within the caps on hours, price and months', () => {
    const healthy = new Set(usual.labels.filter((label) => label.kind === 'healthy').map((label) => label.id));
    const contracts = eventsOf(usual.lines).filter(
      (event) => event.type === 'prepaid.contract.signed.v1' && healthy.has(event.subject),
    );
    expect(contracts.length).toBeGreaterThan(100);
    for (const { data } of contracts) {
      expect((data.hoursPaid as number) + ((data.hoursGifted as number) ?? 0)).toBeLessThanOrEqual(60);
      expect(data.priceFen).toBeLessThanOrEqual(500_000);
    }
  });
});
