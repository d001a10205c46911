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
import { type KeyTurns, type TieLog, tieLogOn } from './ties.js';

/** What a thread needs; plain values and shared memory, so that it can be sent. */
export interface ShardJob {
  readonly shard: number;
  readonly paths: readonly string[];
  readonly survey: Survey;
  /** Only what was known by then; null: all of it. */
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

/** What the first reading of a shard comes to. */
export interface ShardResult {
  readonly counts: ShardCounts;
  /** When the first and the last event that were not refused were known; null when there is none. */
  readonly firstAt: Us | null;
  readonly lastAt: Us | null;
  readonly institutionIds: readonly string[];
}

/** What institutions have to know of others. */
export interface Outside {
  readonly turns: ReadonlyMap<string, Turns>;
  readonly keyTurns: KeyTurns;
}

/**
 * The institutions of one shard. They are replayed as if none of them were one of the largest of its county or tied to a red one,
 * because that is known only when all shards are done; those for which it matters are then replayed again.
 */
export class Shard {
  /** The first replay, until it is known who is replayed again. */
  private replay: Replay | null;
  /** Of the groups of the survey, the institutions that were met. */
  private readonly groupOf = new Map<string, number>();
  private readonly logs = new Map<string, TieLog>();
  private readonly tiedBy = new Map<string, string>();
  private told: AlertLine[] = [];
  private end: ReplayEnd = { lastDay: null, until: null };

  constructor(
    private readonly job: ShardJob,
    private readonly calendar: Calendar,
    private readonly onProgress: (read: number) => void,
  ) {
    this.replay = new Replay({ calendar, policy: job.policy });
  }

  /** Up to the last event: where the history ends is known only when all shards have read theirs. */
  async replayAll(): Promise<ShardResult> {
    const pass = new Pass(this.job, this.replay!, null, this.onProgress);
    await pass.run();
    for (const [id, group] of pass.groupOf) this.groupOf.set(id, group);
    const { firstAt, lastAt } = pass;
    const institutionIds = [...this.replay!.institutions];
    return { counts: { ...pass.counts, institutions: institutionIds.length }, firstAt, lastAt, institutionIds };
  }

  /** Brings all clocks to the end. Answers how large the institutions were. */
  finish(end: ReplayEnd): readonly SizeChange[] {
    const replay = this.replay!;
    this.end = end;
    replay.finish(end);
    for (const id of replay.institutions) this.logs.set(id, replay.tieLog(id));
    this.told = replay.lines;
    return replay.sizes;
  }

  /** What the institutions leave for others: of those that were ever red all of it, or of all of them what concerns `keys`. */
  tieLogs(keys: ReadonlySet<string> | null): TieLog[] {
    const logs = [...this.logs.values()];
    return keys === null ? logs.filter(({ red }) => red.length > 0) : logs.flatMap((log) => tieLogOn(log, keys) ?? []);
  }

  /** Replays those again for which `outside` is news. True when they then leave something else for others than before. */
  async replayAgain(outside: Outside): Promise<boolean> {
    const groups = this.touchedBy(outside);
    if (groups.size === 0) return false;
    const replay = new Replay({ calendar: this.calendar, policy: this.job.policy, ...outside });
    await new Pass(this.job, replay, groups, () => {}).run();
    replay.finish(this.end);
    this.told = this.told.filter((line) => !groups.has(this.groupOf.get(line.institutionId)!));
    for (const line of replay.lines) this.told.push(line);
    let isOther = false;
    for (const id of replay.institutions) {
      const log = replay.tieLog(id);
      isOther ||= JSON.stringify(log) !== JSON.stringify(this.logs.get(id));
      this.logs.set(id, log);
    }
    return isOther;
  }

  /** All alerts in order. */
  lines(): AlertLine[] {
    return this.told.sort(inOrder);
  }

  private touchedBy({ turns, keyTurns }: Outside): Set<number> {
    const groups = new Set<number>();
    const { replay } = this;
    // Ranks do not depend on what is replayed again: they are news only once, and then the books are no longer needed.
    if (replay !== null)
      for (const [id, days] of turns) if (replay.isTouchedBy(id, days)) groups.add(this.groupOf.get(id)!);
    this.replay = null;
    for (const log of this.logs.values()) {
      const { institutionId: id } = log;
      const tiedBy = tiesOf(log, keyTurns);
      if (tiedBy === (this.tiedBy.get(id) ?? '')) continue;
      this.tiedBy.set(id, tiedBy);
      groups.add(this.groupOf.get(id)!);
    }
    return groups;
  }
}

/** What is told of red institutions by the keys that this one ever had; empty when nothing is. */
function tiesOf({ institutionId, keys }: TieLog, keyTurns: KeyTurns): string {
  if (keyTurns.size === 0) return '';
  const names = [...new Set(keys.map(({ key }) => key))].sort();
  const others = names.flatMap((name) => {
    const turns = keyTurns.get(name) ?? [];
    return turns.some(({ reds }) => reds.some((id) => id !== institutionId)) ? [[name, turns]] : [];
  });
  return others.length === 0 ? '' : JSON.stringify(others);
}

/** One reading of the inputs: the records of the shard, brought into order and replayed group by group. */
class Pass {
  readonly counts: ShardCounts = { read: 0, accepted: 0, duplicates: 0, byCode: {}, institutions: 0 };
  readonly groupOf = new Map<string, number>();
  firstAt: Us | null = null;
  lastAt: Us | null = null;
  private readonly buckets = new HourBuckets();
  private readonly limits: DecodeLimits;
  private hours: Hour[] = [];
  private waiting = 0;
  /** Of the last event. */
  private subject = '';

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
    const { until } = this.job;
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
    const { groups } = this.job.survey;
    const { hours } = this;
    // Group before place in one number, so that sorting numbers sorts both: within a group the order of time stays.
    const order = new Float64Array(this.waiting);
    const hourOf = new Uint32Array(this.waiting);
    const firstOf = new Uint32Array(hours.length);
    let place = 0;
    hours.forEach((hour, index) => {
      firstOf[index] = place;
      for (let at = 0; at < hour.count; at += 1, place += 1) {
        hourOf[place] = index;
        order[place] = groups[hour.recordAt(at)]! * PLACES_MAX + place;
      }
    });
    this.hours = [];
    this.waiting = 0;
    for (const key of order.sort()) {
      const at = key % PLACES_MAX;
      const index = hourOf[at]!;
      this.takeOne(hours[index]!, at - firstOf[index]!);
    }
    this.onProgress(this.counts.read);
  }

  private takeOne(hour: Hour, at: number): void {
    const { groups, flags } = this.job.survey;
    const record = hour.recordAt(at);
    const decoded = decodeText(hour.bytesAt(at), this.limits);
    if (!decoded.ok) return this.reject(decoded.rejection.code);
    const { event } = decoded;
    this.counts.read += 1;
    // One institution after the other.
    if (event.subject !== this.subject) {
      this.subject = event.subject;
      this.groupOf.set(event.subject, groups[record]!);
    }
    const outcome = this.replay.take(event, FORESIGHT[flags[record]! >> FORESIGHT_SHIFT]!);
    if (outcome.kind === 'rejected') return this.countCode(outcome.code);
    if (outcome.kind === 'accepted') this.counts.accepted += 1;
    else this.counts.duplicates += 1;
    const { recordedAt } = event;
    if (this.firstAt === null || recordedAt < this.firstAt) this.firstAt = recordedAt;
    if (this.lastAt === null || recordedAt > this.lastAt) this.lastAt = recordedAt;
  }

  private reject(code: ErrorCode): void {
    this.counts.read += 1;
    this.countCode(code);
  }

  private countCode(code: ErrorCode): void {
    this.counts.byCode[code] = (this.counts.byCode[code] ?? 0) + 1;
  }
}

/** Records that are gathered before they are replayed, about 350 bytes each (our default). */
const PART_RECORDS_MAX = 250_000;

/** More records than one part can ever hold, and few enough for groups times places to be exact numbers. */
const PLACES_MAX = 2 ** 31;

const FORESIGHT_SHIFT = 6;
/** By the two upper bits of the flags. */
const FORESIGHT: readonly Foresight[] = [0, FLAG.toldAgain, FLAG.named, FLAG.named | FLAG.toldAgain].map((flags) => ({
  isNamed: (flags & FLAG.named) !== 0,
  isToldAgain: (flags & FLAG.toldAgain) !== 0,
}));
