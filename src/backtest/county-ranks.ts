import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Day } from '../core/time.js';
import { type RankedInstitution, topOfCounty } from '../risk/ranks.js';

/** Where the largest institutions of the counties are found at the end of a day. */
export interface CountyRanks {
  /** `changed`: since the day before, of the institutions of this thread. Waits for the other threads. */
  endOfDay(day: Day, changed: readonly RankedInstitution[]): ReadonlySet<string>;
}

const NO_COUNTY = '';

/** All institutions in one thread. */
export class LocalRanks implements CountyRanks {
  private readonly known = new Map<string, RankedInstitution>();
  private top: ReadonlySet<string> = new Set();

  endOfDay(_day: Day, changed: readonly RankedInstitution[]): ReadonlySet<string> {
    if (changed.length === 0) return this.top;
    for (const one of changed) this.known.set(one.institutionId, one);
    this.top = topOfCounty([...this.known.values()].filter((one) => one.regionCode !== NO_COUNTY));
    return this.top;
  }
}

interface DayChanges {
  readonly day: Day;
  readonly changed: readonly RankedInstitution[];
}

/** One of several threads: each tells the others its changes, day by day, and goes on when it has heard all of them. */
export class SharedRanks implements CountyRanks {
  private readonly local = new LocalRanks();

  /** `peers`: a port to each other thread; `bell` (one integer, shared by all) counts what was sent, so that a thread can sleep. */
  constructor(
    private readonly peers: readonly MessagePort[],
    private readonly bell: Int32Array<SharedArrayBuffer>,
  ) {}

  endOfDay(day: Day, changed: readonly RankedInstitution[]): ReadonlySet<string> {
    for (const peer of this.peers) peer.postMessage({ day, changed } satisfies DayChanges);
    Atomics.add(this.bell, 0, 1);
    Atomics.notify(this.bell, 0);
    const all = [...changed];
    for (const peer of this.peers) all.push(...this.hear(peer, day));
    return this.local.endOfDay(day, all);
  }

  private hear(peer: MessagePort, day: Day): readonly RankedInstitution[] {
    for (;;) {
      const rung = Atomics.load(this.bell, 0);
      const heard = receiveMessageOnPort(peer) as { message: DayChanges } | undefined;
      if (heard) {
        if (heard.message.day !== day) throw new RangeError('the threads are not at the same day');
        return heard.message.changed;
      }
      Atomics.wait(this.bell, 0, rung);
    }
  }
}
