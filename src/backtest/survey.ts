import { ABSENT, HashTable } from './hash-table.js';
import type { Scanned } from './scan.js';

/** Records in one block of the reading: the order of arrival is known block by block. */
export const BLOCK_RECORDS = 1_024;

/** What is known of every record, by its place in the reading. */
export const FLAG = {
  /** Another record has its identity or reverses it. */
  named: 1 << 7,
  /** Another record of its type has its business key. */
  toldAgain: 1 << 6,
} as const;
/** The other bits of a flag byte are the shard. */
export const SHARD_MASK = (1 << 6) - 1;

/** What one reading of a history tells, so that a second one can replay it in order and keep no more than it must. */
export interface Survey {
  readonly records: number;
  /** Per record, see `FLAG`. Shared between threads. */
  readonly flags: Uint8Array<SharedArrayBuffer>;
  /** Per record the group of institutions it belongs to: nearly always one institution. Shared between threads. */
  readonly groups: Int32Array<SharedArrayBuffer>;
  /** Per record when it was known; NaN when it does not say. Shared between threads. */
  readonly times: Float64Array<SharedArrayBuffer>;
  /** Per block: no record of a later block was known before this moment. */
  readonly safeUpTo: Float64Array<SharedArrayBuffer>;
}

/** Collects the survey, record by record. Memory: about 60 bytes a record while it runs, 13 after. */
export class Surveyor {
  private records = 0;
  private flags = new Uint8Array(RECORDS_START);
  private times = new Float64Array(RECORDS_START);
  private subjects = new Int32Array(RECORDS_START);
  private readonly subjectNos = new HashTable();
  private readonly identities = new HashTable();
  private readonly facts = new HashTable();
  private readonly links: (readonly [number, number])[] = [];
  /** Subject of the first reversal of an identity that no record had yet. */
  private readonly reversedBy = new Map<number, number>();

  add(scanned: Scanned): void {
    const record = this.records;
    if (record === this.flags.length) this.grow();
    this.records += 1;
    this.times[record] = scanned.recordedAt;
    const subject = this.subjectNo(scanned.subject);
    this.subjects[record] = subject;
    this.note(this.identities, scanned.identity, record, FLAG.named, subject);
    if (scanned.fact !== 0) this.note(this.facts, scanned.fact, record, FLAG.toldAgain, subject);
    if (scanned.reverses !== 0) this.noteReversal(scanned.reverses, subject);
  }

  /** Institutions that share an identity are one group: which of their events is accepted depends on the others. */
  finish(shards: number): Survey {
    const groupOf = this.groups();
    const shardOf = this.assign(groupOf, shards);
    const flags = new Uint8Array(new SharedArrayBuffer(this.records));
    const groups = new Int32Array(new SharedArrayBuffer(this.records * Int32Array.BYTES_PER_ELEMENT));
    const times = new Float64Array(new SharedArrayBuffer(this.records * Float64Array.BYTES_PER_ELEMENT));
    for (let record = 0; record < this.records; record += 1) {
      const group = groupOf[this.subjects[record]!]!;
      groups[record] = group;
      flags[record] = this.flags[record]! | shardOf[group]!;
      times[record] = this.times[record]!;
    }
    return {
      records: this.records,
      flags,
      groups,
      times,
      safeUpTo: safeMoments(times),
    };
  }

  private subjectNo(hash: number): number {
    const next = this.subjectNos.size;
    const known = this.subjectNos.putIfAbsent(hash, next);
    return known === ABSENT ? next : known;
  }

  /** The first record with the key is flagged when the second one comes. */
  private note(table: HashTable, key: number, record: number, flag: number, subject: number): void {
    const first = table.putIfAbsent(key, record);
    if (first === ABSENT) return;
    this.flags[record]! |= flag;
    if (first === ONLY_REVERSED) {
      table.replace(key, record);
      this.link(this.reversedBy.get(key)!, subject);
      return;
    }
    this.flags[first]! |= flag;
    this.link(this.subjects[first]!, subject);
  }

  private noteReversal(identity: number, subject: number): void {
    const target = this.identities.putIfAbsent(identity, ONLY_REVERSED);
    if (target >= 0) {
      this.flags[target]! |= FLAG.named;
      this.link(this.subjects[target]!, subject);
      return;
    }
    const other = this.reversedBy.get(identity);
    if (other === undefined) this.reversedBy.set(identity, subject);
    else this.link(other, subject);
  }

  private link(a: number, b: number): void {
    if (a !== b) this.links.push([a, b]);
  }

  /** Per subject the first one of its group. */
  private groups(): Int32Array {
    const parent = Int32Array.from({ length: this.subjectNos.size }, (_, at) => at);
    const rootOf = (at: number): number => {
      let root = at;
      while (parent[root] !== root) root = parent[root]!;
      for (let next = at; parent[next] !== root; ) [next, parent[next]] = [parent[next]!, root];
      return root;
    };
    for (const [a, b] of this.links) parent[rootOf(a)] = rootOf(b);
    for (let at = 0; at < parent.length; at += 1) parent[at] = rootOf(at);
    return parent;
  }

  /** The largest group first, each to the shard that has least. */
  private assign(groupOf: Int32Array, shards: number): Uint8Array {
    const sizes = new Int32Array(groupOf.length);
    for (let record = 0; record < this.records; record += 1) sizes[groupOf[this.subjects[record]!]!]! += 1;
    const groups = [...sizes.keys()].filter((at) => sizes[at]! > 0).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
    const load = new Array<number>(shards).fill(0);
    const shardOf = new Uint8Array(groupOf.length);
    for (const group of groups) {
      const least = load.indexOf(Math.min(...load));
      load[least]! += sizes[group]!;
      shardOf[group] = least;
    }
    return shardOf;
  }

  private grow(): void {
    const size = this.flags.length * 2;
    const { flags, times, subjects } = this;
    this.flags = new Uint8Array(size);
    this.flags.set(flags);
    this.times = new Float64Array(size);
    this.times.set(times);
    this.subjects = new Int32Array(size);
    this.subjects.set(subjects);
  }
}

const RECORDS_START = 1 << 16;
/** Value in the table of identities: a reversal names it, and no record has it yet. */
const ONLY_REVERSED = -1;

function safeMoments(times: Float64Array): Float64Array<SharedArrayBuffer> {
  const blocks = Math.ceil(times.length / BLOCK_RECORDS);
  const safe = new Float64Array(new SharedArrayBuffer(blocks * Float64Array.BYTES_PER_ELEMENT));
  let least = Number.POSITIVE_INFINITY;
  for (let block = blocks - 1; block >= 0; block -= 1) {
    safe[block] = least;
    for (let at = block * BLOCK_RECORDS; at < Math.min(times.length, (block + 1) * BLOCK_RECORDS); at += 1) {
      if (times[at]! < least) least = times[at]!;
    }
  }
  return safe;
}
