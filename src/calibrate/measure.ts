import { runBacktest } from '../backtest/run.js';
import type { Calendar } from '../core/calendar.js';
import type { Day, Us } from '../core/time.js';
import type { Policy } from '../risk/policy/policy.js';
import type { KnownLabel } from './labels.js';
import { Outcomes } from './outcomes.js';
import { type BacktestReport, makeReport, medianLead } from './report.js';

/** A labelled history in files, or folders of them. */
export interface LabelledHistory {
  readonly paths: readonly string[];
  readonly labels: readonly KnownLabel[];
}

export interface MeasureOptions {
  readonly calendar: Calendar;
  /** As of a back-test. */
  readonly until: Us | null;
  readonly threads: number;
  readonly limits: { readonly bytesMax: number; readonly depthMax: number };
}

/** What a policy comes to, over all histories together. */
export interface Point {
  /** Failing institutions at orange or above two weeks before, of those that showed a sign by then. */
  readonly found: number;
  readonly eligible: number;
  /** Of the failing institutions of all histories that showed a sign two weeks before; who was never found counts as found last. */
  readonly medianLeadDays: number | null;
  /** Largest share of healthy institutions at orange or above in any week of any history. */
  readonly worstWeekShare: number;
  /** Healthy institutions at orange or above, summed over all weeks. */
  readonly healthyWeeks: number;
  readonly mustRaised: number;
  readonly mustAsked: number;
  /** Alerts raised at yellow or above, of all institutions. */
  readonly warnings: number;
}

export const RECALL_DAYS = 14;

/** Replays every history under the policy. */
export async function measure(
  histories: readonly LabelledHistory[],
  policy: Policy,
  options: MeasureOptions,
): Promise<Point> {
  const reports: BacktestReport[] = [];
  for (const history of histories) reports.push(await replay(history, policy, options));
  return pointOf(reports);
}

export function pointOf(reports: readonly BacktestReport[]): Point {
  const recall = reports.map((report) => report.recall.find((one) => one.days === RECALL_DAYS)!);
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  return {
    found: sum(recall.map((one) => one.found)),
    eligible: sum(recall.map((one) => one.eligible)),
    medianLeadDays: medianLead(reports.flatMap((report) => report.leadDays)),
    worstWeekShare: Math.max(0, ...reports.map((report) => report.worstWeek?.share ?? 0)),
    healthyWeeks: sum(reports.flatMap((report) => report.weeks.map((week) => week.healthyOrange))),
    mustRaised: sum(reports.map((report) => report.must.raised)),
    mustAsked: sum(reports.map((report) => report.must.asked)),
    warnings: sum(
      reports.flatMap(({ weeks }) => weeks.map(({ raised }) => raised.yellow + raised.orange + raised.red)),
    ),
  };
}

async function replay(history: LabelledHistory, policy: Policy, options: MeasureOptions): Promise<BacktestReport> {
  const { until } = options;
  const outcomes = new Outcomes(history.labels);
  let lastDay: Day | null = null;
  await runBacktest({
    paths: history.paths,
    policy,
    calendar: options.calendar,
    until,
    threads: options.threads,
    limits: options.limits,
    onInstitutions: (ids) => outcomes.keepOnly(ids),
    onDays: (first, last) => {
      outcomes.begin(first);
      lastDay = last;
    },
    onLines: (lines) => {
      for (const line of lines) outcomes.take(line);
    },
    onProgress: () => {},
  });
  if (lastDay !== null) outcomes.finish(lastDay);
  return makeReport(outcomes, { policyVersion: policy.version, inspectors: 1 });
}
