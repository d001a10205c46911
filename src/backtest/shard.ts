import type { Calendar } from '../core/calendar.js';
import type { ErrorCode } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { type DecodeLimits, decodeText } from '../events/decode.js';
import type { Foresight } from '../ledger/book.js';
import type { Policy } from '../risk/policy/policy.js';
import { isProblem, openInputs } from '../sources/files/records.js';
import { type Hour, HourBuckets } from './buckets.js';
import type { SizeChange, Turns } from './rank-history.js';
import { type AlertLine, inOrder, Replay, type ReplayEnd } from './replay.js';
import { BLOCK_RECORDS, FLAG, SHARD_MASK, type Survey } from './survey.js';

/** What a thread needs; plain values and shared memory, so that it can be sent. */
export interface ShardJob {
  readonly shard: number;
  readonly paths: readonly string[];
  readonly survey: Survey;
  readonly end: ReplayEnd;
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

/** What the first replay of a shard comes to. */
export interface ShardResult {
  readonly counts: ShardCounts;
  readonly sizes: readonly SizeChange[];
}

/**
 * The institutions of one shard. They are replayed as if none of them were one of the largest of its county, because that is
 * known only when all shards are done; those for which it matters are then replayed again.
 */
export class Shard {
  private replay: Replay;
  /** Of the groups of the survey, the institutions that were met. */
  private readonly groupOf = new Map<string, number>();

  constructor(
    private readonly job: ShardJob,
    private readonly calendar: Calendar,
    private readonly onProgress: (read: number) => void,
  ) {
    this.replay = new Replay({ calendar, policy: job.policy });
  }

  async replayAll(): Promise<ShardResult> {
    const pass = new Pass(this.job, this.replay, null, this.onProgress);
    await pass.run();
    for (const [id, group] of pass.groupOf) this.groupOf.set(id, group);
    const institutions = [...this.replay.institutions].length;
    return { counts: { ...pass.counts, institutions }, sizes: this.replay.sizes };
  }

  /** All alerts in order, now that the ranks are known. */
  async withRanks(turns: ReadonlyMap<string, Turns>): Promise<AlertLine[]> {
    const touched = [...turns].filter(([id, days]) => this.replay.isTouchedBy(id, days));
    const groups = new Set(touched.map(([id]) => this.groupOf.get(id)!));
    const lines = this.replay.lines.filter((line) => !groups.has(this.groupOf.get(line.institutionId)!));
    if (groups.size > 0) {
      // The books of the first replay are no longer needed.
      this.replay = new Replay({ calendar: this.calendar, policy: this.job.policy, turns });
      await new Pass(this.job, this.replay, groups, () => {}).run();
      for (const line of this.replay.lines) lines.push(line);
    }
    return lines.sort(inOrder);
  }
}

/** One reading of the inputs: the records of the shard, brought into order and replayed group by group. */
class Pass {
  readonly counts: ShardCounts = { read: 0, accepted: 0, duplicates: 0, byCode: {}, institutions: 0 };
  readonly groupOf = new Map<string, number>();
  private readonly buckets = new HourBuckets();
  private readonly limits: DecodeLimits;
  private hours: Hour[] = [];
  private waiting = 0;

  /** `groups`: only these; null for all of the shard. */
  constructor(
    private readonly job: ShardJob,
    private readonly replay: Replay,
    private readonly groups: ReadonlySet<number> | null,
    private readonly onProgress: (read: number) => void,
  ) {
    this.limits = { ...job.limits, receivedAt: null, lazyContent: true };
  }

  async run(): Promise<void> {
    try {
      await this.read();
    } finally {
      this.buckets.close();
    }
    this.takePart();
    this.replay.finish(this.job.end);
  }

  private async read(): Promise<void> {
    const { survey, shard, paths, limits } = this.job;
    const { flags, groups, times, safeUpTo } = survey;
    let record = 0;
    for await (const input of openInputs(paths)) {
      if (isProblem(input)) throw input.error;
      for await (const records of input.records({ recordBytesMax: limits.bytesMax })) {
        for (const { bytes, tooLarge } of records) {
          const isOurs = (flags[record]! & SHARD_MASK) === shard && (this.groups?.has(groups[record]!) ?? true);
          if (isOurs) this.sort(times[record]!, bytes, record, tooLarge);
          record += 1;
          if (record % BLOCK_RECORDS === 0) this.gather(safeUpTo[record / BLOCK_RECORDS - 1]!);
        }
      }
    }
    this.gather(Number.POSITIVE_INFINITY);
  }

  private sort(time: Us, bytes: Buffer, record: number, tooLarge: boolean): void {
    const { until } = this.job.end;
    if (tooLarge) return this.reject('too_large');
    if (!Number.isNaN(time)) {
      if (until === null || time <= until) this.buckets.add(time, bytes, record);
      return;
    }
    const decoded = decodeText(bytes, this.limits);
    if (decoded.ok) throw new RangeError('an event without a time was accepted');
    this.reject(decoded.rejection.code);
  }

  private gather(safe: Us): void {
    for (const hour of this.buckets.take(safe)) {
      this.hours.push(hour);
      this.waiting += hour.count;
      if (this.waiting >= PART_RECORDS_MAX) this.takePart();
    }
  }

  /**
   * Group by group, each in order of time: the more events of an institution are taken together, the more of its books is in the
   * processor's cache, which makes it three times as quick.
   */
  private takePart(): void {
    const { groups, flags } = this.job.survey;
    const places: Place[] = [];
    for (const hour of this.hours) {
      for (let at = 0; at < hour.count; at += 1) {
        const record = hour.recordAt(at);
        places.push({ hour, at, group: groups[record]!, flags: flags[record]! });
      }
    }
    this.hours = [];
    this.waiting = 0;
    // A stable sort: within a group the order of time stays.
    places.sort((a, b) => a.group - b.group);
    for (const place of places) this.takeOne(place);
    this.onProgress(this.counts.read);
  }

  private takeOne({ hour, at, group, flags }: Place): void {
    const decoded = decodeText(hour.bytesAt(at), this.limits);
    if (!decoded.ok) return this.reject(decoded.rejection.code);
    const { event } = decoded;
    this.counts.read += 1;
    this.groupOf.set(event.subject, group);
    const outcome = this.replay.take(event, FORESIGHT[flags >> FORESIGHT_SHIFT]!);
    if (outcome.kind === 'accepted') this.counts.accepted += 1;
    else if (outcome.kind === 'duplicate') this.counts.duplicates += 1;
    else this.countCode(outcome.code);
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
  readonly hour: Hour;
  readonly at: number;
  readonly group: number;
  readonly flags: number;
}

/** Records that are gathered before they are replayed, about 350 bytes each (our default). */
const PART_RECORDS_MAX = 250_000;

const FORESIGHT_SHIFT = 6;
/** By the two upper bits of the flags. */
const FORESIGHT: readonly Foresight[] = [0, FLAG.toldAgain, FLAG.named, FLAG.named | FLAG.toldAgain].map((flags) => ({
  isNamed: (flags & FLAG.named) !== 0,
  isToldAgain: (flags & FLAG.toldAgain) !== 0,
}));
