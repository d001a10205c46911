import type pg from 'pg';
import type { Calendar } from '../core/calendar.js';
import { dayOf, startOfDay, type Us } from '../core/time.js';
import type { AnyEvent } from '../events/event.js';
import { eventTypeNumber } from '../events/list.js';
import { dueAfter } from '../ledger/due.js';
import { eventOf } from '../ledger/prefetch.js';
import { readEvents } from '../ledger/sql/read-events.js';
import { InstitutionRowsReader } from '../model/institution-rows.js';
import { Model } from '../model/model.js';
import { evaluateInstitution } from './evaluate.js';
import type { Evaluation, InstitutionRiskState } from './evaluation.js';
import { type EvaluationStep, type Outside, readEvaluationSteps } from './evaluation-steps.js';
import type { Expiring, InstitutionRows } from './facts/rows.js';
import type { Policy } from './policy/policy.js';
import { findPolicy, listPolicies } from './policy-store.js';
import { rulebookOf } from './rulebook.js';

/** A past evaluation made again from the stored events. */
export interface Rebuilt {
  /** The moment of the evaluation: the last one at or before the moment asked for. */
  readonly at: Us;
  readonly rows: InstitutionRows;
  /** What time alone makes of them. */
  readonly expiring: readonly Expiring[];
  readonly evaluation: Evaluation;
  /** What it started from. */
  readonly before: InstitutionRiskState | null;
  readonly policy: Policy;
  /**
   * `evaluations`: the evaluations that were made by then, each with the events it knew: what was thought then. `recorded_time`: none
   * was made yet, so what would have been thought if every event had come when its source recorded it.
   */
  readonly basis: 'evaluations' | 'recorded_time';
  /** False: rules, facts, calendar or policy of then are not this program's any more; the result is by those of today. */
  readonly exact: boolean;
}

/** The score of an institution at a past moment, made again. Null when nothing was known of it by then. */
export async function rebuild(
  client: pg.ClientBase,
  institution: { readonly no: number; readonly id: string },
  asOf: Us,
  calendar: Calendar,
): Promise<Rebuilt | null> {
  const steps = await readEvaluationSteps(client, institution.no, asOf);
  const replay = new Rebuilding(institution.id, calendar);
  return steps.length > 0
    ? replaySteps(client, institution.no, steps, replay)
    : replayRecorded(client, institution.no, asOf, replay);
}

/** The books of one institution growing again, and its evaluations one after the other. */
class Rebuilding {
  private readonly model: Model;
  private readonly reader: InstitutionRowsReader;
  private state: InstitutionRiskState | null = null;
  private last: Omit<Rebuilt, 'basis' | 'exact' | 'expiring'> | null = null;

  constructor(
    id: string,
    readonly calendar: Calendar,
  ) {
    this.model = new Model(calendar);
    this.reader = new InstitutionRowsReader(this.model.set.institution(id), calendar);
  }

  book(event: AnyEvent): void {
    this.model.book(event);
  }

  startFrom(state: InstitutionRiskState): void {
    this.state = state;
  }

  evaluate(at: Us, policy: Policy, outside: Outside): Evaluation {
    const read = this.reader.read(dayOf(at), outside.countyTopShare);
    const rows = { ...read, links: outside.links };
    const evaluation = evaluateInstitution(rows, this.state, at, this.calendar, policy);
    this.last = { at, rows, evaluation, before: this.state, policy };
    this.state = evaluation.state;
    return evaluation;
  }

  /** Of the last evaluation, after which nothing was booked. */
  result(): Omit<Rebuilt, 'basis' | 'exact'> | null {
    return this.last === null ? null : { ...this.last, expiring: this.reader.expiring(dayOf(this.last.at)) };
  }
}

async function replaySteps(
  client: pg.ClientBase,
  no: number,
  all: readonly EvaluationStep[],
  replay: Rebuilding,
): Promise<Rebuilt | null> {
  // The newest step that knows what it started from needs none before it.
  const first = Math.max(
    0,
    all.findLastIndex((step) => step.stateBefore !== null),
  );
  const steps = all.slice(first);
  const { stateBefore } = steps[0]!;
  if (stateBefore !== null) replay.startFrom(JSON.parse(stateBefore) as InstitutionRiskState);
  const policies = await policiesOf(client, steps);
  const events = eventsOf(client, no, null);
  let booked = 0;
  for (const step of steps) {
    for (; booked < step.eventCount; booked += 1) {
      const next = await events.next();
      if (next.done) break;
      replay.book(next.value);
    }
    replay.evaluate(step.at, policies.get(step.policyVersion) ?? (await newestPolicy(client)), step.outside);
  }
  await events.return(undefined);
  const last = replay.result();
  if (last === null) return null;
  const rulebook = rulebookOf(replay.calendar.version);
  const exact = steps.every((step) => step.rulebook === rulebook && policies.get(step.policyVersion) != null);
  return { ...last, basis: 'evaluations', exact };
}

/** Everyday events wait for the end of their day, all others are looked at when they were recorded; and what the rules ask for. */
async function replayRecorded(
  client: pg.ClientBase,
  no: number,
  asOf: Us,
  replay: Rebuilding,
): Promise<Rebuilt | null> {
  const policyAt = await policyTimes(client);
  const events: AnyEvent[] = [];
  for await (const event of eventsOf(client, no, asOf)) events.push(event);
  if (events.length === 0) return null;
  // Stable: events of one moment stay in the order in which they were accepted.
  events.sort((a, b) => a.recordedAt - b.recordedAt);
  let next: Us | null = null;
  let pending: Us | null = null;
  const runTo = (to: Us, inclusive: boolean): void => {
    for (;;) {
      const at = Math.min(next ?? Number.POSITIVE_INFINITY, pending ?? Number.POSITIVE_INFINITY);
      if (at > to || (at === to && !inclusive)) return;
      if (at === pending) pending = null;
      next = replay.evaluate(at, policyAt(at), { countyTopShare: false, links: null }).lookAgainAt;
    }
  };
  for (const event of events) {
    runTo(event.recordedAt, false);
    replay.book(event);
    const isCalm = dueAfter([eventTypeNumber(event.type)], 0) > 0;
    const dueAt = isCalm ? startOfDay(dayOf(event.recordedAt) + 1) : event.recordedAt;
    pending = pending === null ? dueAt : Math.min(pending, dueAt);
  }
  runTo(asOf, true);
  replay.evaluate(asOf, policyAt(asOf), { countyTopShare: false, links: null });
  const last = replay.result();
  return last === null ? null : { ...last, basis: 'recorded_time', exact: true };
}

async function* eventsOf(client: pg.ClientBase, no: number, knownBy: Us | null): AsyncGenerator<AnyEvent> {
  for await (const rows of readEvents(client, no, knownBy))
    for (const row of rows) yield { ...eventOf(row.body), recordedAt: row.recorded_at };
}

async function policiesOf(
  client: pg.ClientBase,
  steps: readonly EvaluationStep[],
): Promise<ReadonlyMap<string, Policy | null>> {
  const policies = new Map<string, Policy | null>();
  for (const { policyVersion } of steps) {
    if (!policies.has(policyVersion))
      policies.set(policyVersion, (await findPolicy(client, policyVersion))?.policy ?? null);
  }
  return policies;
}

async function newestPolicy(client: pg.ClientBase): Promise<Policy> {
  return (await policyTimes(client))(Number.POSITIVE_INFINITY);
}

/** Which policy was in force when. */
async function policyTimes(client: pg.ClientBase): Promise<(at: Us) => Policy> {
  const times: { from: Us; policy: Policy }[] = [];
  for (const { version, publishedAt } of await listPolicies(client)) {
    const found = await findPolicy(client, version);
    if (found !== null) times.push({ from: publishedAt ?? Number.NEGATIVE_INFINITY, policy: found.policy });
  }
  return (at) => times.find(({ from }) => from <= at)!.policy;
}
