import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { US_PER_HOUR, type Us } from '../core/time.js';

/** Records of one hour, in order of time and, at equal times, of arrival. */
export interface Hour {
  readonly count: number;
  /** Of the record in place `at`. */
  timeAt(at: number): Us;
  bytesAt(at: number): Buffer;
  /** Its place in the reading. */
  recordAt(at: number): number;
}

/** Bytes of waiting records that are kept in memory; beyond it the latest hours wait in a file (our default). */
export const WAITING_BYTES_MAX = 268_435_456;
const SLAB_BYTES_START = 16_384;

/**
 * Holds records back until all of their hour have arrived. A history that is nearly in order keeps little here; one in any
 * order is sorted through a temporary file.
 */
export class HourBuckets {
  private readonly hours = new Map<number, Bucket>();
  private bytesInMemory = 0;
  private spill: SpillFile | null = null;

  constructor(private readonly waitingBytesMax = WAITING_BYTES_MAX) {}

  add(time: Us, bytes: Buffer, record: number): void {
    const hour = Math.floor(time / US_PER_HOUR);
    let bucket = this.hours.get(hour);
    if (bucket === undefined) {
      bucket = new Bucket();
      this.hours.set(hour, bucket);
    }
    bucket.add(time, bytes, record);
    this.bytesInMemory += bytes.length;
    if (this.bytesInMemory > this.waitingBytesMax) this.spillLatest();
  }

  /** The hours that are over before `safe`, earliest first; they are forgotten here. */
  *take(safe: Us): Generator<Hour> {
    const ready = [...this.hours.keys()].filter((hour) => (hour + 1) * US_PER_HOUR <= safe).sort((a, b) => a - b);
    for (const hour of ready) {
      const bucket = this.hours.get(hour)!;
      this.hours.delete(hour);
      this.bytesInMemory -= bucket.bytesInMemory;
      yield bucket.sorted(this.spill);
    }
  }

  close(): void {
    this.spill?.close();
    this.spill = null;
  }

  /** Hours far from now wait longest: half of what is in memory goes to the file. */
  private spillLatest(): void {
    this.spill ??= new SpillFile();
    for (const hour of [...this.hours.keys()].sort((a, b) => b - a)) {
      if (this.bytesInMemory <= this.waitingBytesMax / 2) return;
      this.bytesInMemory -= this.hours.get(hour)!.spillTo(this.spill);
    }
  }
}

class Bucket {
  private slab: Buffer = Buffer.allocUnsafeSlow(SLAB_BYTES_START);
  private used = 0;
  /** Bytes that lie in the file, before those in the slab. */
  private spilled = 0;
  private readonly segments: { readonly at: number; readonly bytes: number }[] = [];
  private readonly times: number[] = [];
  private readonly starts: number[] = [];
  private readonly records: number[] = [];

  get bytesInMemory(): number {
    return this.used;
  }

  add(time: Us, bytes: Buffer, record: number): void {
    if (this.used + bytes.length > this.slab.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(this.slab.length * 2, this.used + bytes.length));
      this.slab.copy(grown, 0, 0, this.used);
      this.slab = grown;
    }
    bytes.copy(this.slab, this.used);
    this.times.push(time);
    this.starts.push(this.spilled + this.used);
    this.records.push(record);
    this.used += bytes.length;
  }

  /** Answers how many bytes left memory. */
  spillTo(file: SpillFile): number {
    const bytes = this.used;
    if (bytes === 0) return 0;
    this.segments.push({ at: file.append(this.slab, bytes), bytes });
    this.spilled += bytes;
    this.used = 0;
    this.slab = Buffer.allocUnsafeSlow(SLAB_BYTES_START);
    return bytes;
  }

  sorted(file: SpillFile | null): Hour {
    const slab = this.segments.length === 0 ? this.slab : this.whole(file!);
    const { times, starts, records } = this;
    const end = this.spilled + this.used;
    const order = Array.from(times, (_, at) => at);
    if (!isAscending(times)) order.sort((a, b) => times[a]! - times[b]! || a - b);
    return {
      count: order.length,
      timeAt: (at) => times[order[at]!]!,
      bytesAt: (at) => slab.subarray(starts[order[at]!]!, starts[order[at]! + 1] ?? end),
      recordAt: (at) => records[order[at]!]!,
    };
  }

  private whole(file: SpillFile): Buffer {
    const whole = Buffer.allocUnsafeSlow(this.spilled + this.used);
    let at = 0;
    for (const segment of this.segments) {
      file.read(segment.at, whole, at, segment.bytes);
      at += segment.bytes;
    }
    this.slab.copy(whole, at, 0, this.used);
    return whole;
  }
}

/** A temporary file that goes with the process that made it. */
class SpillFile {
  private readonly folder = mkdtempSync(join(tmpdir(), 'feewarden-backtest-'));
  private readonly handle = openSync(join(this.folder, 'waiting'), 'w+');
  private length = 0;

  append(bytes: Buffer, count: number): number {
    const at = this.length;
    for (let done = 0; done < count; ) done += writeSync(this.handle, bytes, done, count - done, at + done);
    this.length += count;
    return at;
  }

  read(at: number, into: Buffer, offset: number, count: number): void {
    for (let done = 0; done < count; ) {
      const read = readSync(this.handle, into, offset + done, count - done, at + done);
      if (read === 0) throw new RangeError('the temporary file is shorter than what was written');
      done += read;
    }
  }

  close(): void {
    closeSync(this.handle);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function isAscending(times: readonly number[]): boolean {
  for (let at = 1; at < times.length; at += 1) if (times[at]! < times[at - 1]!) return false;
  return true;
}
