import { DEFAULT_PREFIX, type Policy } from '../risk/policy/policy.js';
import type { Point } from './measure.js';
import { multiplied, parseSubjects, type Subject, type Variant, variantOf } from './vary.js';

/** One point of the trade-off curve. */
export interface Trial {
  readonly subject: string;
  readonly factor: number;
  readonly values: Readonly<Record<string, number>>;
  readonly point: Point;
}

export interface Tuning {
  readonly base: Point;
  readonly trials: readonly Trial[];
  /** Per subject the best trial, where one is better than the policy as it is. */
  readonly better: readonly Trial[];
  /** All of these together; null when nothing is better, or they are not better together. */
  readonly proposal: { readonly trials: readonly Trial[]; readonly point: Point; readonly policy: Policy } | null;
}

export interface TuneOptions {
  readonly base: Policy;
  readonly subjects: readonly Subject[];
  readonly factors: readonly number[];
  /** Largest share of healthy institutions at orange or above in a week that is acceptable. */
  readonly limit: number;
  readonly measure: (policy: Policy) => Promise<Point>;
  readonly onTrial: (done: number, total: number) => void;
}

/**
 * Varies each subject by itself, takes the best setting of each, and measures them together. What is proposed never finds less
 * than the policy as it is, and never raises fewer of the rules that must be raised.
 */
export async function tune(options: TuneOptions): Promise<Tuning> {
  const { base, subjects, limit, measure, onTrial } = options;
  const start = await measure(base);
  let total = 0;
  const trials = await tryAll({
    ...options,
    onTrial: (done, variants) => {
      total = variants + 2;
      onTrial(done + 1, total);
    },
  });
  const better = subjects.flatMap((subject) => bestOf(trials, nameOf(subject), start, limit) ?? []);
  const proposal = await together(better, start, options);
  onTrial(total, total);
  return { base: start, trials, better, proposal };
}

/** Every subject with every factor, one at a time: how sensitive the outcome is to each. */
export async function tryAll(options: Omit<TuneOptions, 'limit'>): Promise<Trial[]> {
  const { base, subjects, factors, measure, onTrial } = options;
  const variants = subjects.flatMap((subject) => factors.flatMap((factor) => variantOf(base, subject, factor) ?? []));
  onTrial(0, variants.length);
  const trials: Trial[] = [];
  for (const variant of variants) {
    trials.push(trialOf(variant, await measure(variant.policy)));
    onTrial(trials.length, variants.length);
  }
  return trials;
}

/** Whether `a` is better than `b`: within the limit, then more found, then fewer healthy ones troubled, then earlier. */
export function isBetter(a: Point, b: Point, limit: number): boolean {
  if (a.mustRaised < b.mustRaised) return false;
  const within = [a, b].map((point) => (point.worstWeekShare <= limit ? 1 : 0)) as [number, number];
  if (within[0] !== within[1]) return within[0] > within[1] && a.found >= b.found;
  if (a.found !== b.found) return a.found > b.found && (within[0] === 1 || a.worstWeekShare <= b.worstWeekShare);
  if (a.healthyWeeks !== b.healthyWeeks) return a.healthyWeeks < b.healthyWeeks;
  return (a.medianLeadDays ?? -1) > (b.medianLeadDays ?? -1);
}

/**
 * The draft of a policy with what was measured: the entries of the policy that it began with, and what is changed. The defaults need
 * no entries, every policy has them beneath. The name is one that can be published. A person names author and approver.
 */
export function draftOf(base: Policy, trials: readonly Trial[], note: string): Policy {
  const entries = base.version.startsWith(DEFAULT_PREFIX) ? [] : base.entries;
  const bare: Policy = { version: `tuned-${base.version}`.slice(0, 64), note, entries };
  return trials.reduce(withTrial, bare);
}

async function together(
  better: readonly Trial[],
  start: Point,
  { base, limit, measure }: TuneOptions,
): Promise<Tuning['proposal']> {
  if (better.length === 0) return null;
  const policy = better.reduce(withTrial, base);
  const point = better.length === 1 ? better[0]!.point : await measure(policy);
  if (isBetter(point, start, limit)) return { trials: better, point, policy };
  // Together they are worse than each alone: the best one by itself.
  const best = better.reduce((one, other) => (isBetter(other.point, one.point, limit) ? other : one));
  return { trials: [best], point: best.point, policy: withTrial(base, best) };
}

function bestOf(trials: readonly Trial[], subject: string, start: Point, limit: number): Trial | null {
  return trials
    .filter((trial) => trial.subject === subject)
    .reduce<Trial | null>((best, trial) => (isBetter(trial.point, best?.point ?? start, limit) ? trial : best), null);
}

function trialOf({ subject, factor, values }: Variant, point: Point): Trial {
  return { subject: nameOf(subject), factor, values, point };
}

function nameOf({ rule, params }: Subject): string {
  return params.length === 1 ? `${rule}.${params[0]}` : rule;
}

function withTrial(policy: Policy, trial: Trial): Policy {
  return multiplied(policy, parseSubjects(trial.subject)[0]!, trial.factor, noteOf(trial));
}

function noteOf({ subject, factor, point }: Trial): string {
  return `feewarden tune: ${subject} × ${factor}; ${point.found} of ${point.eligible} found 14 days before, worst week ${(point.worstWeekShare * 100).toFixed(2)}%.`;
}
