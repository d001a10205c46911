import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseDay } from '../../src/core/time.js';
import type { AnyEvent } from '../../src/events/event.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { DATA, type Numbers } from '../support/random-data.js';
import { SCHOOL, tell, undo } from './tell.js';

type Told = keyof typeof DATA;
const TYPES = Object.keys(DATA) as Told[];
const TODAY = parseDay('2025-10-03')!;
/** Custody that releases in stages, an instructed release of the bank, more paid than confirmed. */
const AS: { readonly [T in Told]?: Partial<Numbers> } = {
  'account.registered': { how: 16 },
  'custody.debited': { how: 6 },
  'payment.succeeded': { fen: 3 },
};

function told(type: Told, numbers: Partial<Numbers>): AnyEvent {
  const all = { a: 1, b: 1, fen: 0, on: 5, at: 1, how: 1, ...AS[type], ...numbers };
  return tell(type, DATA[type](all), { at: '2025-10-01' });
}

/** Where it stands already, another one of these changes nothing. */
const ENDS: readonly string[] = [
  'contract.ended',
  'lesson.cancelled',
  'lesson.confirm_requested',
  'refund.withdrawn',
  'refund.rejected',
];
/** A school about which everything else is told, mostly twice, and much of it of one contract; one lesson is not given. */
const SOUND = [
  ...TYPES.filter((type) => !ENDS.includes(type)).flatMap((type) => [told(type, { a: 1 }), told(type, { a: 0, b: 2 })]),
  told('lesson.scheduled', { a: 2 }),
];

/** What is read of the events; read after each of them, so that whatever follows changes follows these. */
function rowsAfter(events: readonly AnyEvent[], readsEach: boolean): object {
  const model = new Model(CHINA_CALENDAR);
  const reader = new InstitutionRowsReader(model.set.institution(SCHOOL), CHINA_CALENDAR);
  for (const event of events) {
    model.book(event);
    if (readsEach) reader.read(TODAY, false);
  }
  // How many events there are, and from when, is said of reversed ones and reversals too.
  const { eventCount, firstAt, newestAt, ...rows } = reader.read(TODAY, false);
  return Object.fromEntries(Object.entries(rows).map(([part, value]) => [part, withoutZeros(part, value)]));
}

const SERIES = ['balances', 'turnovers', 'tallies'];
type Sum = Partial<Record<'debitFen' | 'creditFen' | 'count', bigint | number>>;
/** Sums and days of nothing may be there or not, and neither they nor registers have an order. */
function withoutZeros(part: string, value: unknown): unknown {
  if (typeof value === 'function') return null;
  if (part === 'registers')
    return Object.fromEntries(
      Object.entries(value as Record<string, unknown[]>).flatMap(([type, rows]) =>
        rows.length > 0 ? [[type, rows.map(textOf).sort()]] : [],
      ),
    );
  if (!SERIES.includes(part)) return value;
  const isMoved = (sum: Sum) => Object.entries(sum).some(([name, of]) => /Fen$|^count$/.test(name) && Number(of) !== 0);
  return (value as (Sum & { days: Sum[] })[])
    .map((one) => ({ ...one, days: one.days.filter(isMoved) }))
    .filter((one) => isMoved(one) || one.days.length > 0)
    .map(textOf)
    .sort();
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, x) => (typeof x === 'bigint' ? String(x) : x));
}

describe('what was told in error and reversed', () => {
  const sound = rowsAfter(SOUND, false);

  it.each(TYPES)('leaves no trace in what the rules read: %s', (type) => {
    const read: string[] = [];
    for (const numbers of [{ a: 1 }, { a: 2, fen: 2 }, { a: 3, b: 3, how: 6 }, { a: 1, b: 0, on: 7, how: 18 }]) {
      const wrong = told(type, numbers);
      if (textOf(rowsAfter([...SOUND, wrong], false)) !== textOf(sound)) read.push(wrong.id);
      expect(rowsAfter([...SOUND, wrong, undo(wrong)], true)).toEqual(sound);
      expect(rowsAfter([...SOUND, undo(wrong), wrong], false)).toEqual(sound);
      expect(rowsAfter([wrong, ...SOUND, undo(wrong)], true)).toEqual(sound);
    }
    // Else nothing had to be taken back.
    expect(read.length).toBeGreaterThan(0);
  });
});
