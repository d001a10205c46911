import type { Calendar } from '../core/calendar.js';
import type { ErrorCode } from '../core/errors.js';
import { type Day, startOfDay, type Us } from '../core/time.js';
import { type DecodeLimits, decodeText } from '../events/decode.js';
import type { AnyEvent } from '../events/event.js';
import type { Foresight } from '../ledger/book.js';
import type { Policy } from '../risk/policy/policy.js';
import { isProblem, openInputs } from '../sources/files/records.js';
import { type Hour, HourBuckets } from './buckets.js';
import type { CountyRanks } from './county-ranks.js';
import { type AlertLine, Replay } from './replay.js';
import { BLOCK_RECORDS, FLAG, SHARD_MASK, type Survey, tickDays } from './survey.js';

/** What a thread needs; plain values and shared memory, so that it can be sent. */
export interface ShardJob {
  readonly shard: number;
  readonly paths: readonly string[];
  readonly survey: Survey;
  readonly until: Us | null;
  readonly policy: Policy;
  readonly limits: Omit<DecodeLimits, 'receivedAt' | 'lazyContent'>;
}

export interface ShardCounts {
  read: number;
  accepted: number;
  duplicates: number;
  byCode: Partial<Record<ErrorCode, number>>;
  institutions: number;
}

/** What a thread tells while it runs. All alerts up to the end of `day` have been told. */
export interface DayReport {
  readonly day: Day;
  readonly lines: readonly AlertLine[];
  /** Records of this shard replayed so far. */
  readonly read: number;
}

export interface ShardLink {
  readonly calendar: Calendar;
  readonly ranks: CountyRanks;
  onDay(report: DayReport): void;
}

/** Replays the events of one shard, in order of the time at which they were known, and ends every day on the way. */
export async function replayShard(job: ShardJob, link: ShardLink): Promise<ShardCounts> {
  const replayer = new ShardReplayer(job, link);
  try {
    await replayer.run();
  } finally {
    replayer.buckets.close();
  }
  return replayer.finish();
}

class ShardReplayer {
  readonly buckets = new HourBuckets();
  private readonly replay: Replay;
  private readonly counts: ShardCounts = { read: 0, accepted: 0, duplicates: 0, byCode: {}, institutions: 0 };
  private readonly limits: DecodeLimits;
  private readonly lastTick: Day | null;
  /** Hours of the day that are not taken yet. */
  private part: Hour[] = [];
  private partRecords = 0;
  /** The day whose end is the next tick. */
  private day: Day;

  constructor(
    private readonly job: ShardJob,
    private readonly link: ShardLink,
  ) {
    this.replay = new Replay({ calendar: link.calendar, policy: job.policy });
    this.limits = { ...job.limits, receivedAt: null, lazyContent: true };
    const ticks = tickDays(job.survey, job.until);
    this.day = ticks?.from ?? 0;
    this.lastTick = ticks?.to ?? null;
  }

  async run(): Promise<void> {
    const { survey, shard, paths, limits } = this.job;
    const { flags, times, safeUpTo } = survey;
    let record = 0;
    for await (const input of openInputs(paths)) {
      if (isProblem(input)) throw input.error;
      for await (const records of input.records({ recordBytesMax: limits.bytesMax })) {
        for (const { bytes, tooLarge } of records) {
          if ((flags[record]! & SHARD_MASK) === shard) this.sort(times[record]!, bytes, record, tooLarge);
          record += 1;
          if (record % BLOCK_RECORDS === 0) this.take(safeUpTo[record / BLOCK_RECORDS - 1]!);
        }
      }
    }
    this.take(Number.POSITIVE_INFINITY);
  }

  finish(): ShardCounts {
    const { until } = this.job;
    if (this.lastTick !== null) {
      while (this.day <= this.lastTick) this.endDay();
      // What is left of the last day, which does not end before `until`.
      this.takePart(null);
      if (until !== null) this.replay.advanceAll(until);
      this.link.onDay({ day: this.day, lines: this.replay.drain(), read: this.counts.read });
    }
    return { ...this.counts, institutions: this.replay.institutions };
  }

  private sort(time: Us, bytes: Buffer, record: number, tooLarge: boolean): void {
    if (tooLarge) return this.reject('too_large');
    if (!Number.isNaN(time)) {
      if (this.job.until === null || time <= this.job.until) this.buckets.add(time, bytes, record);
      return;
    }
    const decoded = decodeText(bytes, this.limits);
    if (decoded.ok) throw new RangeError('an event without a time was accepted');
    this.reject(decoded.rejection.code);
  }

  private take(safe: Us): void {
    for (const hour of this.buckets.take(safe)) {
      if (hour.count > 0) while (this.isOver(hour.timeAt(0))) this.endDay();
      this.part.push(hour);
      this.partRecords += hour.count;
      if (this.partRecords >= PART_RECORDS_MAX) this.takePart(null);
    }
    // Every thread comes to every day's end, whether it has events or not.
    if (Number.isFinite(safe)) while (this.isOver(safe)) this.endDay();
  }

  /** The day that is next to end is over at this moment. */
  private isOver(at: Us): boolean {
    return this.lastTick !== null && this.day <= this.lastTick && at >= startOfDay(this.day + 1);
  }

  /**
   * What has come of the day, group by group; each in order of time. `ends`: the day, if this is the last of it. Everything is
   * decoded before anything is booked: the code of one kind of work stays in the processor's cache.
   */
  private takePart(ends: Day | null): void {
    const places = this.decodePart();
    // A stable sort: within a group the order of time stays.
    places.sort((a, b) => a.group - b.group);
    const subjects = new Set<string>();
    places.forEach(({ event, flags, group }, index) => {
      this.takeOne(event, flags);
      if (ends === null) return;
      subjects.add(event.subject);
      if (places[index + 1]?.group === group) return;
      for (const id of subjects) this.replay.endDayOf(id, ends);
      subjects.clear();
    });
  }

  private decodePart(): Place[] {
    const { flags, groups } = this.job.survey;
    const places: Place[] = [];
    for (const hour of this.part) {
      for (let at = 0; at < hour.count; at += 1) {
        const decoded = decodeText(hour.bytesAt(at), this.limits);
        const record = hour.recordAt(at);
        if (decoded.ok) places.push({ event: decoded.event, flags: flags[record]!, group: groups[record]! });
        else this.reject(decoded.rejection.code);
      }
    }
    this.part = [];
    this.partRecords = 0;
    return places;
  }

  private takeOne(event: AnyEvent, flags: number): void {
    this.counts.read += 1;
    const outcome = this.replay.take(event, FORESIGHT[flags >> FORESIGHT_SHIFT]!);
    if (outcome.kind === 'accepted') this.counts.accepted += 1;
    else if (outcome.kind === 'duplicate') this.counts.duplicates += 1;
    else this.countCode(outcome.code);
  }

  private endDay(): void {
    const { day } = this;
    this.takePart(day);
    const changed = this.replay.endDay(day);
    this.replay.rank(day, this.link.ranks.endOfDay(day, changed));
    this.day = day + 1;
    this.link.onDay({ day, lines: this.replay.drain(), read: this.counts.read });
  }

  private reject(code: ErrorCode): void {
    this.counts.read += 1;
    this.countCode(code);
  }

  private countCode(code: ErrorCode): void {
    this.counts.byCode[code] = (this.counts.byCode[code] ?? 0) + 1;
  }
}

interface Place {
  readonly event: AnyEvent;
  readonly flags: number;
  readonly group: number;
}

/** A day with more records is taken in several parts, to keep memory in bounds (our default). */
const PART_RECORDS_MAX = 100_000;

const FORESIGHT_SHIFT = 6;
/** By the two upper bits of the flags. */
const FORESIGHT: readonly Foresight[] = [0, FLAG.toldAgain, FLAG.named, FLAG.named | FLAG.toldAgain].map((flags) => ({
  isNamed: (flags & FLAG.named) !== 0,
  isToldAgain: (flags & FLAG.toldAgain) !== 0,
}));
