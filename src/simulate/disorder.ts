import { US_PER_DAY, US_PER_HOUR, US_PER_SECOND, type Us } from '../core/time.js';
import type { Random } from './random.js';

/** How far the lines of a history are from a clean ledger. Shares lie between 0 and 1. */
export interface Disorder {
  /** Known later than they happened. */
  readonly lateShare: number;
  readonly lateDaysMax: number;
  /** Told twice. */
  readonly duplicateShare: number;
  /** Copies with one fault each. */
  readonly invalidShare: number;
}

export const DISORDERS: Readonly<Record<'none' | 'usual' | 'heavy', Disorder>> = {
  none: { lateShare: 0, lateDaysMax: 0, duplicateShare: 0, invalidShare: 0 },
  usual: { lateShare: 0.03, lateDaysMax: 3, duplicateShare: 0.02, invalidShare: 0.003 },
  heavy: { lateShare: 0.1, lateDaysMax: 5, duplicateShare: 0.06, invalidShare: 0.01 },
};

/** By how long an event is known later than it happened; 0 for most. */
export function lateness(random: Random, { lateShare, lateDaysMax }: Disorder): Us {
  return random.chance(lateShare)
    ? random.int(US_PER_HOUR / US_PER_SECOND, (lateDaysMax * US_PER_DAY) / US_PER_SECOND) * US_PER_SECOND
    : 0;
}

/** By how long the second telling comes after the first. */
export function untilToldAgain(random: Random): Us {
  return random.int(30, (2 * US_PER_DAY) / US_PER_SECOND) * US_PER_SECOND;
}

interface Fault {
  readonly name: string;
  readonly apply: (line: string) => string | null;
}

/** Each makes a good line wrong in one way; null where the line has nothing of the kind. */
const FAULTS: readonly Fault[] = [
  { name: 'broken_json', apply: (line) => line.slice(0, -Math.ceil(line.length / 4)) },
  { name: 'not_an_object', apply: (line) => `[${line}]` },
  { name: 'bad_specversion', apply: (line) => line.replace('"specversion":"1.0"', '"specversion":"0.3"') },
  {
    name: 'unknown_type',
    apply: (line) => line.replace(/"type":"prepaid\.[a-z_.]+\.v1"/, '"type":"prepaid.wish.made.v1"'),
  },
  { name: 'no_subject', apply: (line) => line.replace(/"subject":"[^"]*",/, '') },
  {
    name: 'bad_uscc',
    apply: (line) =>
      line.replace(
        /("subject":"[^"]{17})(.)"/,
        (_, body: string, check: string) => `${body}${check === '0' ? '1' : '0'}"`,
      ),
  },
  { name: 'time_without_offset', apply: (line) => line.replace(/("time":"[^"+]*)\+08:00"/, '$1"') },
  {
    name: 'bad_date',
    apply: (line) =>
      replaced(line, /"(bookedOn|asOf|periodFrom|silentOn|dueOn|from)":"\d{4}-\d\d-\d\d"/, '"$1":"2025-02-30"'),
  },
  { name: 'string_money', apply: (line) => replaced(line, /"(amountFen|bookedFen|priceFen)":(\d+)/, '"$1":"$2"') },
  { name: 'float_money', apply: (line) => replaced(line, /"(amountFen|bookedFen|priceFen)":(\d+)/, '"$1":$2.5') },
  { name: 'negative_money', apply: (line) => replaced(line, /"(amountFen|bookedFen|priceFen)":(\d+)/, '"$1":-1') },
  { name: 'data_not_object', apply: (line) => line.replace(/"data":\{.*$/, '"data":"none"}') },
];

function replaced(line: string, pattern: RegExp, by: string): string | null {
  return pattern.test(line) ? line.replace(pattern, by) : null;
}

/** A copy of a good line under another id, with one fault; and the name of the fault. */
export function broken(line: string, id: string, random: Random): { line: string; fault: string } {
  const copy = line.replace(/"id":"[^"]*"/, `"id":"${id}"`);
  const fitting = FAULTS.flatMap(({ name, apply }) => {
    const wrong = apply(copy);
    return wrong === null ? [] : [{ line: wrong, fault: name }];
  });
  return random.pick(fitting);
}
