import type { Calendar } from '../core/calendar.js';
import type { ErrorCode } from '../core/errors.js';
import { type Day, startOfDay, type Us } from '../core/time.js';
import { type DecodeLimits, decodeText } from '../events/decode.js';
import type { Foresight } from '../ledger/book.js';
import type { Policy } from '../risk/policy/policy.js';
import { isProblem, openInputs } from '../sources/files/records.js';
import { HourBuckets } from './buckets.js';
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
          if ((flags[record]! & SHARD_MASK) === shard) this.sort(times[record]!, bytes, flags[record]!, tooLarge);
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
      if (until !== null) this.replay.advanceAll(until);
      this.link.onDay({ day: this.day, lines: this.replay.drain(), read: this.counts.read });
    }
    return { ...this.counts, institutions: this.replay.institutions };
  }

  private sort(time: Us, bytes: Buffer, flags: number, tooLarge: boolean): void {
    if (tooLarge) return this.reject('too_large');
    if (!Number.isNaN(time)) {
      if (this.job.until === null || time <= this.job.until) this.buckets.add(time, bytes, flags);
      return;
    }
    const decoded = decodeText(bytes, this.limits);
    if (decoded.ok) throw new RangeError('an event without a time was accepted');
    this.reject(decoded.rejection.code);
  }

  private take(safe: Us): void {
    for (const hour of this.buckets.take(safe)) {
      for (let at = 0; at < hour.count; at += 1) {
        const time = hour.timeAt(at);
        while (this.lastTick !== null && this.day <= this.lastTick && time >= startOfDay(this.day + 1)) this.endDay();
        this.takeOne(hour.bytesAt(at), hour.flagsAt(at));
      }
    }
    // Every thread comes to every day's end, whether it has events or not.
    if (Number.isFinite(safe)) {
      while (this.lastTick !== null && this.day <= this.lastTick && safe >= startOfDay(this.day + 1)) this.endDay();
    }
  }

  private takeOne(bytes: Buffer, flags: number): void {
    const decoded = decodeText(bytes, this.limits);
    if (!decoded.ok) return this.reject(decoded.rejection.code);
    this.counts.read += 1;
    const outcome = this.replay.take(decoded.event, FORESIGHT[flags >> FORESIGHT_SHIFT]!);
    if (outcome.kind === 'accepted') this.counts.accepted += 1;
    else if (outcome.kind === 'duplicate') this.counts.duplicates += 1;
    else this.countCode(outcome.code);
  }

  private endDay(): void {
    const { day } = this;
    const changed = this.replay.closeDay(day);
    this.replay.endDay(day, this.link.ranks.endOfDay(day, changed));
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

const FORESIGHT_SHIFT = 6;
/** By the two upper bits of the flags. */
const FORESIGHT: readonly Foresight[] = [0, FLAG.toldAgain, FLAG.named, FLAG.named | FLAG.toldAgain].map((flags) => ({
  isNamed: (flags & FLAG.named) !== 0,
  isToldAgain: (flags & FLAG.toldAgain) !== 0,
}));
