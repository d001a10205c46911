import { readFile } from 'node:fs/promises';
import type { AlertLine } from '../backtest/replay.js';
import { type KnownLabel, parseLabels } from '../calibrate/labels.js';
import { type MeasureOptions, measure, type Point, pointOf } from '../calibrate/measure.js';
import { Outcomes } from '../calibrate/outcomes.js';
import { makeReport, type ReportWithSensitivity } from '../calibrate/report.js';
import { reportHtml } from '../calibrate/report-html.js';
import { tryAll } from '../calibrate/tune.js';
import { FACTORS, parseSubjects } from '../calibrate/vary.js';
import { FeewardenError } from '../core/errors.js';
import type { Day } from '../core/time.js';
import type { Policy } from '../risk/policy/policy.js';
import { fileSystemError } from '../sources/files/input-error.js';
import { printNote, toJson } from './output.js';
import { requireWritable, writeOutput } from './output-file.js';

export interface ReportOptions {
  readonly labels?: string;
  readonly report?: string;
  readonly inspectors?: string;
  readonly sensitivity?: string;
}

/** What is replayed, and again for every other threshold. */
export interface ReplayedHistory extends MeasureOptions {
  readonly paths: readonly string[];
  readonly policy: Policy;
}

/** Follows the alerts of a back-test and writes its report at the end. */
export interface Reporter {
  /** Who is in the history, before its days. */
  meet(institutionIds: readonly string[]): void;
  /** The days of the history, before its alerts. */
  begin(first: Day, last: Day): void;
  take(line: AlertLine): void;
  /** `onTrial`: replays with other thresholds that are done, of all. */
  write(institutions: number, onTrial: (done: number, total: number) => void): Promise<void>;
}

const INSTITUTIONS_PER_INSPECTOR = 3;
const INSPECTORS_MAX = 1_000_000;

/** Null when no report is asked for. @throws FeewardenError bad_usage, unreadable_input */
export async function startReport(options: ReportOptions, history: ReplayedHistory): Promise<Reporter | null> {
  const { report: path } = options;
  const { policy } = history;
  if (path === undefined) {
    if (options.labels !== undefined || options.inspectors !== undefined || options.sensitivity !== undefined)
      throw new FeewardenError(
        'bad_usage',
        '--labels, --inspectors and --sensitivity are for the report: give --report FILE as well.',
      );
    return null;
  }
  if (!/\.(html|json)$/.test(path))
    throw new FeewardenError('bad_usage', '--report: give a file that ends in .html or .json.');
  await requireWritable('--report', path);
  const inspectors = inspectorsOption(options.inspectors);
  const labels = options.labels === undefined ? [] : await readLabels(options.labels);
  const subjects = options.sensitivity === undefined ? null : parseSubjects(options.sensitivity, '--sensitivity');
  const outcomes = new Outcomes(labels);
  let lastDay: Day | null = null;
  let absent: readonly string[] = [];
  return {
    meet: (ids) => {
      absent = outcomes.keepOnly(ids);
    },
    begin: (first, last) => {
      outcomes.begin(first);
      lastDay = last;
    },
    take: (line) => outcomes.take(line),
    write: async (institutions, onTrial) => {
      if (absent.length > 0) printNote(strangers(absent, labels.length));
      if (lastDay !== null) outcomes.finish(lastDay);
      const shared = inspectors ?? Math.max(1, Math.ceil(institutions / INSTITUTIONS_PER_INSPECTOR));
      const report = makeReport(outcomes, { policyVersion: policy.version, inspectors: shared });
      const again = (other: Policy): Promise<Point> => measure([{ paths: history.paths, labels }], other, history);
      const trials = subjects && (await tryAll({ base: policy, subjects, factors: FACTORS, measure: again, onTrial }));
      await writeReport(path, { ...report, sensitivity: trials && { base: pointOf([report]), trials } });
    },
  };
}

function strangers(absent: readonly string[], labelled: number): string {
  return `${absent.length} of the ${labelled} labelled institutions have no event in this history and are left out of the report (${absent[0]} is one): are these its labels?`;
}

/** @throws FeewardenError unreadable_input */
export async function readLabels(path: string): Promise<KnownLabel[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileSystemError(path, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new FeewardenError('unreadable_input', `${path} is not valid JSON.`);
  }
  return parseLabels(json, path);
}

async function writeReport(path: string, report: ReportWithSensitivity): Promise<void> {
  const text = path.endsWith('.html') ? reportHtml(report) : `${toJson(report)}\n`;
  await writeOutput('--report', path, text);
}

function inspectorsOption(text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > INSPECTORS_MAX)
    throw new FeewardenError('bad_usage', `--inspectors: give a number from 1 to ${INSPECTORS_MAX}.`);
  return count;
}
