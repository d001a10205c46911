import fc from 'fast-check';
import { decodeText } from '../../src/events/decode.js';
import type { AnyEvent, EventData, EventType } from '../../src/events/event.js';
import { businessKey, factAmounts } from '../../src/events/keys.js';
import { DATA, type Numbers } from './random-data.js';

/**
 * Small but nasty histories. A history is a list of steps of small numbers, so that a failure shrinks to the few steps that
 * matter; `buildHistory` turns them into events in the order in which they were told, always the same ones.
 */
export interface Step extends Numbers {
  readonly kind: StepKind;
  readonly institution: number;
}

export interface HistoryOptions {
  /** Institution ids, at least one. */
  readonly institutions: readonly string[];
  /** Makes event ids unique across the histories of one database. */
  readonly salt: string;
}

const TOLD = Object.keys(DATA) as (keyof typeof DATA)[];
/**
 * What a step does besides telling something new: tell an earlier event again from elsewhere (as it was, at another time, or with
 * all but the amounts different), reverse one, correct a fact (all its tellings are reversed and another one is told), reverse an
 * event that never comes.
 */
const TWISTS = ['retell', 'retell_later', 'retell_otherwise', 'reverse', 'correct', 'reverse_unknown'] as const;
/** Events that contradict each other: for these only "never fails" and "the same in the same order" hold. */
const CONTRADICTIONS = ['conflict', 'reuse_id', 'reverse_reversal', 'reverse_elsewhere'] as const;

type StepKind = keyof typeof DATA | (typeof TWISTS)[number] | (typeof CONTRADICTIONS)[number];

/** Steps; `contradictions` adds those that break the promise of order independence. */
export function historySteps(
  options: { contradictions?: boolean; minLength?: number; maxLength?: number } = {},
): fc.Arbitrary<Step[]> {
  const twists: readonly StepKind[] = options.contradictions ? [...TWISTS, ...CONTRADICTIONS] : TWISTS;
  const lengths = { minLength: options.minLength ?? 1, maxLength: options.maxLength ?? 40, size: 'max' as const };
  return fc.oneof(...PROFILES.map((profile) => fc.array(stepOf(profile, twists), lengths)));
}

/** What a history is mostly about: few things of few amounts on few days, so that its events meet. */
interface Profile {
  readonly kinds: readonly StepKind[];
  readonly fenMax: number;
  readonly on: readonly [number, number];
  /** Variants that may occur, as bits of `how`. */
  readonly howMask?: number;
}
const PROFILES: readonly Profile[] = [
  { kinds: TOLD, fenMax: 7, on: [0, 15] },
  {
    kinds: [
      ...startingWith('payment', 'custody', 'stock', 'account.registered', 'contract.signed'),
      'lesson.confirmed',
    ],
    fenMax: 7,
    on: [0, 15],
  },
  {
    kinds: [
      'payment.succeeded',
      'payment.succeeded',
      'payment.reversed',
      'custody.credited',
      'custody.credited',
      'account.registered',
    ],
    fenMax: 1,
    on: [2, 8],
    howMask: 0b111011,
  },
  {
    kinds: ['payment.succeeded', 'payment.succeeded', 'custody.credited', 'custody.credited', 'custody.credited'],
    fenMax: 0,
    on: [3, 9],
    howMask: 0b110011,
  },
  { kinds: ['payment.succeeded', 'custody.credited'], fenMax: 0, on: [3, 6], howMask: 0b110001 },
  { kinds: ['payment.succeeded', 'custody.credited'], fenMax: 1, on: [2, 8] },
  {
    kinds: [...startingWith('refund'), 'contract.signed', 'payment.succeeded', 'custody.debited'],
    fenMax: 3,
    on: [0, 15],
  },
  { kinds: [...startingWith('lesson'), 'lesson.scheduled', 'lesson.confirmed'], fenMax: 3, on: [5, 15] },
  {
    kinds: [
      'contract.signed',
      'contract.signed',
      'payment.succeeded',
      'lesson.confirmed',
      'refund.paid',
      'refund.requested',
    ],
    fenMax: 3,
    on: [4, 15],
  },
  {
    kinds: [
      'release.instructed',
      'custody.debited',
      'custody.debited',
      'lesson.confirmed',
      'account.registered',
      'contract.signed',
    ],
    fenMax: 3,
    on: [0, 15],
  },
  {
    kinds: [
      'account.registered',
      'custody.balance_reported',
      'guarantee.registered',
      'payment.succeeded',
      'contract.signed',
      'institution.upserted',
      'break.declared',
    ],
    fenMax: 7,
    on: [0, 3],
  },
];

function startingWith(...parts: readonly string[]): StepKind[] {
  return TOLD.filter((kind) => parts.some((part) => kind.startsWith(part)));
}

function stepOf(profile: Profile, twists: readonly StepKind[]): fc.Arbitrary<Step> {
  return fc.record({
    kind: fc.oneof(
      { arbitrary: fc.constantFrom(...profile.kinds), weight: 3 },
      { arbitrary: fc.constantFrom(...twists), weight: 1 },
    ),
    institution: fc.nat(3),
    a: fc.nat(5),
    b: fc.nat(5),
    fen: fc.nat(profile.fenMax),
    on: fc.integer({ min: profile.on[0], max: profile.on[1] }),
    at: fc.nat(15),
    how: fc.nat(63).map((how) => how & (profile.howMask ?? 63)),
  });
}

/** An order of arrival with repetitions: the smaller the numbers, the closer to the order in which the events were told. */
export interface Arrival {
  readonly ranks: readonly number[];
  readonly repeats: readonly number[];
}

export function arrivals(): fc.Arbitrary<Arrival> {
  return fc.record({
    ranks: fc.array(fc.nat(999), { minLength: 1, maxLength: 97, size: 'max' }),
    repeats: fc.array(fc.nat(999), { maxLength: 12 }),
  });
}

/** The events in the order of the arrival, some of them twice. */
export function arrange<T>(events: readonly T[], arrival: Arrival): T[] {
  if (events.length === 0) return [];
  const told = [...events, ...arrival.repeats.map((at) => events[at % events.length]!)];
  return told
    .map((event, at) => ({ event, at, rank: arrival.ranks[at % arrival.ranks.length]! * ((at % 7) + 1) }))
    .sort((x, y) => x.rank - y.rank || x.at - y.at)
    .map(({ event }) => event);
}

/** The events of the steps. Deterministic. */
export function buildHistory(steps: readonly Step[], options: HistoryOptions): AnyEvent[] {
  const history = new History(options);
  for (const step of steps) history.take(step);
  return history.events;
}

const SOURCES = ['/platform/370700', '/bank/B003', '/institution/self'] as const;
const OWN_SOURCE: Readonly<Record<string, string>> = { custody: '/bank/B003' };

interface Wire {
  readonly id: string;
  readonly source: string;
  readonly type: EventType;
  readonly subject: string;
  readonly time: string;
  readonly data: EventData[EventType];
}

class History {
  readonly events: AnyEvent[] = [];
  private readonly wires: Wire[] = [];
  /** Per fact of money the telling whose content all others repeat. */
  private readonly facts = new Map<string, Wire>();
  private next = 0;

  constructor(private readonly options: HistoryOptions) {}

  take(step: Step): void {
    const subject = this.options.institutions[step.institution % this.options.institutions.length]!;
    const target = this.wires[(step.how * 16 + step.on) % Math.max(1, this.wires.length)];
    if (step.kind in DATA) {
      const type = step.kind as keyof typeof DATA;
      const source = OWN_SOURCE[type.split('.')[0]!] ?? SOURCES[0];
      this.tell({ id: this.newId(), source, type, subject, time: momentOf(step), data: DATA[type](step) });
    } else if (step.kind === 'reverse_unknown') {
      this.reverse({ subject, source: SOURCES[step.a % 3]!, id: `${this.options.salt}-never-${step.b}` }, step);
    } else if (target?.type === 'event.reversed') {
      this.twistReversal(step, target);
    } else if (target) {
      this.twist(step, target, subject);
    }
  }

  private twist(step: Step, target: Wire, subject: string): void {
    const elsewhere = { ...target, id: this.newId(), source: SOURCES[step.a % 3]! };
    switch (step.kind) {
      case 'retell':
        this.tell(elsewhere);
        break;
      case 'reverse':
        this.reverse(target, step);
        break;
      case 'correct':
        this.correct(target, step);
        break;
      case 'conflict':
        this.add({ ...elsewhere, data: otherAmount(target.data, step.fen) });
        break;
      case 'retell_later':
        this.tellAlike({ ...elsewhere, time: momentOf(step) });
        break;
      case 'retell_otherwise':
        this.tellAlike({
          ...elsewhere,
          time: step.at & 1 ? target.time : momentOf(step),
          data: otherwise(target, step),
        });
        break;
      case 'reuse_id':
        this.add({ ...target, time: momentOf(step), data: otherAmount(target.data, step.fen) });
        break;
      case 'reverse_elsewhere':
        this.reverse({ ...target, subject }, step);
        break;
    }
  }

  private twistReversal(step: Step, target: Wire): void {
    if (step.kind === 'retell') this.add({ ...target, id: this.newId() });
    if (step.kind === 'reverse_reversal') this.reverse(target, step);
    if (step.kind === 'reuse_id') this.add({ ...target, time: momentOf(step) });
  }

  /** Everything but the amounts of a fact may differ from telling to telling. */
  private tellAlike(wire: Wire): void {
    const event = decoded(wire);
    const amounts = factAmounts(event);
    const key = factKey(event);
    const known = amounts === null ? undefined : this.facts.get(key);
    if (known && factAmounts(decoded(known)) !== amounts) return;
    if (amounts !== null && !known) this.facts.set(key, wire);
    this.add(wire);
  }

  /** A fact of money has one content here, whoever tells it: contradictions are made by `add` alone. */
  private tell(wire: Wire): void {
    const event = decoded(wire);
    const key = factKey(event);
    const known = factAmounts(event) === null ? undefined : this.facts.get(key);
    if (!known) this.facts.set(key, wire);
    this.add(known ? { ...wire, time: known.time, data: known.data } : wire);
  }

  private correct(target: Wire, step: Step): void {
    const event = decoded(target);
    if (factAmounts(event) === null) return;
    const key = factKey(event);
    const reversed = new Set(this.wires.flatMap((wire) => (wire.type === 'event.reversed' ? [reversedBy(wire)] : [])));
    const standing = this.wires.filter(
      (wire) => wire.type === target.type && factKey(decoded(wire)) === key && !reversed.has(identityOf(wire)),
    );
    for (const wire of standing) this.reverse(wire, step);
    this.facts.delete(key);
    this.tell({
      ...target,
      id: this.newId(),
      source: SOURCES[step.a % 3]!,
      time: momentOf(step),
      data: otherAmount(target.data, step.fen),
    });
  }

  private reverse(target: Pick<Wire, 'subject' | 'source' | 'id'>, step: Step): void {
    const data = { reverses: { source: target.source, id: target.id }, reason: 'told in error' };
    this.add({
      id: this.newId(),
      source: target.source,
      type: 'event.reversed',
      subject: target.subject,
      time: momentOf(step),
      data,
    });
  }

  private add(wire: Wire): void {
    this.wires.push(wire);
    this.events.push(decoded(wire));
  }

  private newId(): string {
    this.next += 1;
    return `${this.options.salt}-${this.next}`;
  }
}

function factKey(event: AnyEvent): string {
  return JSON.stringify([event.subject, event.type, businessKey(event)]);
}

function identityOf(wire: Wire): string {
  return JSON.stringify([wire.source, wire.id]);
}

function reversedBy(wire: Wire): string {
  const { source, id } = (wire.data as EventData['event.reversed']).reverses;
  return JSON.stringify([source, id]);
}

function otherAmount(data: EventData[EventType], fen: number): EventData[EventType] {
  if ('amountFen' in data && data.amountFen !== undefined)
    return { ...data, amountFen: data.amountFen === fen ? fen + 10 : fen };
  if ('lines' in data) return { ...data, lines: [...data.lines, { contractId: 'C-0', amountFen: fen }] };
  return data;
}

/** The same thing and the same amounts, and everything else different. */
function otherwise(target: Wire, step: Step): EventData[EventType] {
  const data: object = DATA[target.type as keyof typeof DATA](step);
  const kept = Object.entries(target.data).filter(([name]) => SAME_FACT.has(name));
  return { ...data, ...Object.fromEntries(kept) } as EventData[EventType];
}
const SAME_FACT: ReadonlySet<string> = new Set([
  'paymentId',
  'accountId',
  'bankTxnId',
  'confirmId',
  'instructionId',
  'refundId',
  'amountFen',
  'lines',
]);

const CLOCKS = ['00:00:00+08:00', '12:00:00+08:00', '12:00:00+08:00', '23:59:59.999999+08:00'] as const;
/** Days around the National Day of 2025 and the Spring Festival of 2026, with their working Saturdays and Sundays. */
export const DAYS = [
  '2025-09-25',
  '2025-09-26',
  '2025-09-28',
  '2025-09-30',
  '2025-10-01',
  '2025-10-08',
  '2025-10-09',
  '2025-10-11',
  '2025-10-13',
  '2025-10-16',
  '2026-02-11',
  '2026-02-14',
  '2026-02-16',
  '2026-02-23',
  '2026-02-28',
  '2026-03-06',
] as const;

function momentOf(step: Step): string {
  return `${DAYS[step.on % DAYS.length]!}T${CLOCKS[step.at % CLOCKS.length]!}`;
}

const seen = new Map<string, AnyEvent>();
function decoded(wire: Wire): AnyEvent {
  const text = JSON.stringify({ specversion: '1.0', ...wire, type: `prepaid.${wire.type}.v1` });
  const known = seen.get(text);
  if (known) return known;
  const result = decodeText(text, { bytesMax: 262_144, depthMax: 32, receivedAt: null });
  if (!result.ok) throw new Error(`the generator made a wrong event: ${result.rejection.message}`);
  if (seen.size > 50_000) seen.clear();
  seen.set(text, result.event);
  return result.event;
}
