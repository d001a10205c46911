import type { Calendar } from '../core/calendar.js';
import { type Day, dayOf, formatDay, formatTime, type Us } from '../core/time.js';
import { BANKS } from './city.js';
import { broken, type Disorder, lateness, untilToldAgain } from './disorder.js';
import { type Label, labelOf } from './labels.js';
import { healthyScript } from './lookalikes.js';
import { drawProfile } from './profile.js';
import { Random } from './random.js';
import { School } from './school.js';
import type { Script } from './script.js';
import { Season } from './season.js';
import { failingScript, SHAPES } from './shapes.js';
import type { Tell } from './tell.js';
import { violatingScript } from './violations.js';

export interface HistoryOptions {
  readonly seed: number;
  readonly institutions: number;
  readonly days: number;
  readonly firstDay: Day;
  /** Half of the institutions have at most that many learners. */
  readonly medianLearners: number;
  readonly failingShare: number;
  readonly violatingShare: number;
  readonly disorder: Disorder;
  readonly calendar: Calendar;
}

export interface HistoryCounts {
  lines: number;
  events: number;
  late: number;
  duplicates: number;
  invalid: number;
  readonly faults: Record<string, number>;
}

interface Arrival {
  readonly at: Us;
  readonly number: number;
  readonly line: string;
}

/** A story of failure needs some weeks of ordinary life before it, and some days after. */
const QUIET_DAYS = 35;
const DAYS_AFTER_STOP = 21;

/**
 * The history of a city, day by day: what every institution tells, in the order in which it arrives. Memory holds what goes on
 * (running packages, lines that are still to arrive), never the past. The same options give the same lines, byte for byte.
 */
export class History {
  readonly counts: HistoryCounts = { lines: 0, events: 0, late: 0, duplicates: 0, invalid: 0, faults: {} };
  private readonly random: Random;
  private readonly schools: School[];
  private readonly arrivals = new Map<Day, Arrival[]>();
  private readonly lastDay: Day;
  private told = 0;

  constructor(private readonly options: HistoryOptions) {
    const { seed, institutions, firstDay, days, calendar } = options;
    this.random = new Random(String(seed));
    this.lastDay = firstDay + days - 1;
    const season = new Season(calendar, { from: firstDay, to: this.lastDay });
    this.schools = Array.from({ length: institutions }, (_, serial) => this.found(serial + 1, season));
  }

  /** The lines of one day after the other, each without its line end. */
  *days(): Generator<{ readonly day: Day; readonly lines: readonly string[] }> {
    const { firstDay, seed, disorder } = this.options;
    for (let day = firstDay; day <= this.lastDay; day += 1) {
      const late = new Set(
        BANKS.filter(
          ({ code, lateShare }) =>
            disorder.lateShare > 0 && new Random(`${seed}/late/${code}/${day}`).chance(lateShare),
        ).map(({ code }) => code),
      );
      for (const school of this.schools) school.live(day, late.has(school.profile.bank.code));
      const today = (this.arrivals.get(day) ?? []).sort((a, b) => a.at - b.at || a.number - b.number);
      this.arrivals.delete(day);
      this.counts.lines += today.length;
      yield { day, lines: today.map(({ line }) => line) };
    }
  }

  /** Complete only after the last day. */
  labels(): Label[] {
    return this.schools.map(labelOf);
  }

  private found(serial: number, season: Season): School {
    const { firstDay, medianLearners } = this.options;
    const random = this.random.branch(`institution ${serial}`);
    const script = this.story(random.branch('story'));
    const profile = drawProfile(
      random.branch('profile'),
      { serial, medianLearners, firstDay, lastDay: this.lastDay },
      script,
    );
    const span = { from: firstDay, to: this.lastDay };
    return new School(
      profile,
      script,
      season,
      random.branch('life'),
      span,
      this.teller(profile.id, serial, random.branch('post')),
    );
  }

  private story(random: Random): Script {
    const { failingShare, violatingShare, firstDay, days } = this.options;
    const draw = random.next();
    if (draw < failingShare) {
      // Too short for a failure: the share of the violating stays what was asked for.
      if (days <= QUIET_DAYS + DAYS_AFTER_STOP + 20) return healthyScript(firstDay, this.lastDay, random);
      const shape = random.weighted(SHAPES.map((one) => [one, one.weight] as const));
      const first = firstDay + QUIET_DAYS + Math.min(75, Math.floor((days - QUIET_DAYS - DAYS_AFTER_STOP) / 2));
      const stop = random.int(first, this.lastDay - DAYS_AFTER_STOP);
      return failingScript(shape, stop, stop - firstDay - QUIET_DAYS, random);
    }
    return draw < failingShare + violatingShare
      ? violatingScript(firstDay, this.lastDay, random)
      : healthyScript(firstDay, this.lastDay, random);
  }

  private teller(subject: string, serial: number, random: Random): Tell {
    const { disorder } = this.options;
    let number = 0;
    return (type, source, at, data, knownAt) => {
      number += 1;
      const id = `${String(serial).padStart(5, '0')}-${String(number).padStart(6, '0')}`;
      const late = Math.max(isPunctual(type, source) ? 0 : lateness(random, disorder), (knownAt ?? at) - at);
      const recorded = late > 0 ? `,"recordedtime":"${formatTime(at + late)}"` : '';
      const line = `{"specversion":"1.0","id":"${id}","source":"${source}","type":"prepaid.${type}.v1","subject":"${subject}","time":"${formatTime(at)}"${recorded},"data":${JSON.stringify(data)}}`;
      if (!this.arrive(at + late, line)) return;
      this.counts.events += 1;
      if (late > 0) this.counts.late += 1;
      if (random.chance(disorder.duplicateShare) && this.arrive(at + late + untilToldAgain(random), line))
        this.counts.duplicates += 1;
      if (random.chance(disorder.invalidShare)) this.spoil(line, at + late, `bad-${id}`, random);
    };
  }

  private spoil(line: string, at: Us, id: string, random: Random): void {
    const wrong = broken(line, id, random);
    if (!this.arrive(at + 1, wrong.line)) return;
    this.counts.invalid += 1;
    this.counts.faults[wrong.fault] = (this.counts.faults[wrong.fault] ?? 0) + 1;
  }

  /** False when the history ends before. */
  private arrive(at: Us, line: string): boolean {
    const day = dayOf(at);
    if (day > this.lastDay) return false;
    this.told += 1;
    const list = this.arrivals.get(day);
    const arrival = { at, number: this.told, line };
    if (list) list.push(arrival);
    else this.arrivals.set(day, [arrival]);
    return true;
  }

  /** What a reader wants to know of the history as a whole. */
  meta(): object {
    const { seed, institutions, days, firstDay, medianLearners, failingShare, violatingShare, disorder, calendar } =
      this.options;
    const labels = this.labels();
    const stories: Record<string, number> = {};
    const mustByRule: Record<string, number> = {};
    for (const { archetype, kind, notes, must } of labels) {
      const name = archetype ?? (notes === '' ? kind : `${kind}: ${notes}`);
      stories[name] = (stories[name] ?? 0) + 1;
      for (const rule of must) mustByRule[rule] = (mustByRule[rule] ?? 0) + 1;
    }
    return {
      generator: 'feewarden simulate',
      seed,
      institutions,
      days,
      start: formatDay(firstDay),
      lastDay: formatDay(this.lastDay),
      asOf: `${formatDay(this.lastDay)}T23:59:59+08:00`,
      calendar: calendar.version,
      medianLearners,
      failingShare,
      violatingShare,
      disorder,
      ...this.counts,
      kinds: sortedByName(stories),
      mustByRule: sortedByName(mustByRule),
    };
  }
}

/** What a registry holds was known long before; a bank is late with whole days, not with single lines. */
function isPunctual(type: string, source: string): boolean {
  return type === 'institution.upserted' || type === 'account.registered' || source.startsWith('/bank/');
}

function sortedByName(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
