import { type Day, dayOf, weekday } from '../core/time.js';
import { rankOf } from '../risk/level.js';
import type { KnownLabel } from './labels.js';
import { type AlertStep, follow, type HotSpan, Standing } from './standing.js';

export type Kind = KnownLabel['kind'] | 'unlabelled';

/** One week: who stood where at its worst moment, and what was raised. Index = rank of the level (0 none … 4 red). */
export interface Week {
  readonly monday: Day;
  /** Healthy institutions by their worst alert, and by the worst level of their case. */
  readonly healthy: readonly number[];
  readonly healthyCases: readonly number[];
  /** Alerts raised, by their first level. */
  readonly raised: readonly number[];
}

/** What one rule did. */
export interface RuleCount {
  raised: number;
  /** Alerts that were at orange or above when raised or later. */
  reachedOrange: number;
  readonly raisedAt: Record<Kind, number>;
  readonly orangeAt: Record<Kind, number>;
}

/** What the alerts told of one labelled institution. */
export interface Told {
  readonly label: KnownLabel;
  readonly standing: Standing;
  /** Rules that were ever raised, and when they were at yellow or above. */
  readonly raised: Map<string, HotSpan[]>;
}

const NOBODY = (): number[] => [0, 0, 0, 0, 0];

/**
 * Follows a stream of alerts beside the labels of its history. Memory holds one standing per institution with alerts and a line
 * per week, never the alerts.
 */
export class Outcomes {
  readonly weeks: Week[] = [];
  readonly rules = new Map<string, RuleCount>();
  readonly told = new Map<string, Told>();
  readonly counts: Record<Kind, number> = { healthy: 0, failing: 0, violating: 0, unlabelled: 0 };
  private readonly others = new Map<string, Standing>();
  private readonly peaks = new Map<string, { alert: number; case: number }>();
  /** The last day of the history; null before `finish`. */
  lastDay: Day | null = null;
  private monday: Day | null = null;
  private raised = NOBODY();

  constructor(labels: readonly KnownLabel[]) {
    for (const label of labels) {
      this.told.set(label.id, { label, standing: new Standing(), raised: new Map() });
      this.counts[label.kind] += 1;
    }
  }

  /**
   * Who is in the history: of others it can tell nothing, and counted in they would be sound schools that never trouble anyone, or
   * failures that no rule could find. Answers the labelled ones that are left out.
   */
  keepOnly(ids: readonly string[]): readonly string[] {
    const known = new Set(ids);
    const absent = [...this.told.keys()].filter((id) => !known.has(id));
    for (const id of absent) {
      this.counts[this.told.get(id)!.label.kind] -= 1;
      this.told.delete(id);
    }
    for (const id of known) if (!this.told.has(id)) this.other(id);
    return absent;
  }

  /** Weeks count from that of the first day of the history on, also those before its first alert. */
  begin(firstDay: Day): void {
    this.monday = mondayOf(firstDay);
  }

  /** The records must come in the order of their time. */
  take(step: AlertStep): void {
    this.goTo(dayOf(step.at));
    const told = this.told.get(step.institutionId);
    const standing = told?.standing ?? this.other(step.institutionId);
    standing.take(step);
    if (step.kind === 'raised') this.raised[rankOf(step.level)]! += 1;
    this.countRule(step, told?.label.kind ?? 'unlabelled');
    if (told) {
      const warned = told.raised.get(step.ruleId) ?? [];
      follow(warned, step.kind !== 'cleared' && rankOf(step.level) >= rankOf('yellow'), step, step.ruleId);
      told.raised.set(step.ruleId, warned);
      if (told.label.kind === 'healthy') this.peak(step.institutionId, standing);
    }
  }

  /** Closes the weeks up to the day, the last of the history. */
  finish(lastDay: Day): void {
    this.lastDay = lastDay;
    if (this.monday === null) return;
    this.goTo(lastDay);
    this.closeWeek();
    this.monday = null;
  }

  private other(id: string): Standing {
    let standing = this.others.get(id);
    if (standing === undefined) {
      standing = new Standing();
      this.others.set(id, standing);
      this.counts.unlabelled += 1;
    }
    return standing;
  }

  private goTo(day: Day): void {
    this.monday ??= mondayOf(day);
    while (day >= this.monday + 7) {
      this.closeWeek();
      this.monday += 7;
    }
  }

  private closeWeek(): void {
    const healthy = NOBODY();
    const healthyCases = NOBODY();
    for (const peak of this.peaks.values()) {
      healthy[peak.alert]! += 1;
      healthyCases[peak.case]! += 1;
    }
    const quiet = this.counts.healthy - this.peaks.size;
    healthy[0]! += quiet;
    healthyCases[0]! += quiet;
    this.weeks.push({ monday: this.monday!, healthy, healthyCases, raised: this.raised });
    this.raised = NOBODY();
    for (const [id, peak] of this.peaks) {
      const { rank, caseRank } = this.told.get(id)!.standing;
      if (caseRank === 0) this.peaks.delete(id);
      else {
        peak.alert = rank;
        peak.case = caseRank;
      }
    }
  }

  private peak(id: string, { rank, caseRank }: Standing): void {
    const before = this.peaks.get(id);
    if (before === undefined) this.peaks.set(id, { alert: rank, case: caseRank });
    else {
      before.alert = Math.max(before.alert, rank);
      before.case = Math.max(before.case, caseRank);
    }
  }

  private countRule({ ruleId, kind, level, institutionId }: AlertStep, who: Kind): void {
    let count = this.rules.get(ruleId);
    if (count === undefined) {
      const nobody = (): Record<Kind, number> => ({ healthy: 0, failing: 0, violating: 0, unlabelled: 0 });
      count = { raised: 0, reachedOrange: 0, raisedAt: nobody(), orangeAt: nobody() };
      this.rules.set(ruleId, count);
    }
    if (kind === 'raised') {
      count.raised += 1;
      count.raisedAt[who] += 1;
    }
    const key = `${institutionId} ${ruleId}`;
    if (kind === 'cleared') this.orange.delete(key);
    else if (rankOf(level) >= rankOf('orange') && !this.orange.has(key)) {
      this.orange.add(key);
      count.reachedOrange += 1;
      count.orangeAt[who] += 1;
    }
  }
  /** Open alerts that have been at orange. */
  private readonly orange = new Set<string>();
}

function mondayOf(day: Day): Day {
  return day - weekday(day) + 1;
}
