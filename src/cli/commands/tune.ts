import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultThreads } from '../../backtest/run.js';
import { type LabelledHistory, measure, type Point } from '../../calibrate/measure.js';
import { draftOf, type Trial, type Tuning, tune } from '../../calibrate/tune.js';
import { tuneHtml } from '../../calibrate/tune-html.js';
import { FACTORS, parseSubjects } from '../../calibrate/vary.js';
import { loadConfig } from '../../config.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { DEFAULT_POLICY } from '../../risk/policy/default.js';
import { parsePolicy } from '../../risk/policy/policy.js';
import { readLabels } from '../backtest-report.js';
import { JSON_OPTION } from '../context.js';
import { printJson, printLine, printTable, toJson } from '../output.js';
import { requireWritable, writeOutput } from '../output-file.js';
import { readPolicyFile } from '../policy-file.js';
import { startBar } from '../progress-bar.js';

interface TuneCommandOptions {
  readonly rules: string;
  readonly factors?: string;
  readonly limit: string;
  readonly policy?: string;
  readonly out?: string;
  readonly report?: string;
  readonly json?: boolean;
}

const FACTOR_MIN = 0.1;
const FACTOR_MAX = 10;

export function tuneCommand(program: Command): void {
  program
    .command('tune')
    .argument('<histories...>', 'folders with events.ndjson or events.ndjson.gz, and labels.json')
    .description(
      'vary thresholds on labelled histories and propose others, with what is won and lost; a person decides',
    )
    .requiredOption('--rules <list>', 'what to vary: C01,D02 (all steps of a rule) or C01.orangeWorkingDays')
    .option('--factors <list>', `by what to multiply (default: ${FACTORS.join(',')})`)
    .option(
      '--limit <share>',
      'share of healthy institutions at orange or above in any week that is acceptable',
      '0.01',
    )
    .option('--policy <file>', 'the policy to begin with instead of the defaults')
    .option('--out <file>', 'write the proposal there as the draft of a policy')
    .option('--report <file>', 'write the trade-off curve there: .html or .json')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nThresholds that a cited rule sets are never moved. Every trial replays all histories.')
    .action(runTune);
}

async function runTune(folders: string[], options: TuneCommandOptions): Promise<void> {
  const subjects = parseSubjects(options.rules);
  const factors = factorsOption(options.factors);
  const limit = limitOption(options.limit);
  if (options.report !== undefined && !/\.(html|json)$/.test(options.report))
    throw new FeewardenError('bad_usage', '--report: give a file that ends in .html or .json.');
  await requireWritable('--out', options.out);
  await requireWritable('--report', options.report);
  const base = options.policy === undefined ? DEFAULT_POLICY : await readPolicyFile(options.policy);
  const histories = await Promise.all(folders.map(readHistory));
  const { eventBytesMax: bytesMax, eventDepthMax: depthMax } = loadConfig();
  const how = { calendar: CHINA_CALENDAR, until: null, threads: defaultThreads(), limits: { bytesMax, depthMax } };
  const bar = startBar(null, 'trials');
  try {
    const tuning = await tune({
      base,
      subjects,
      factors,
      limit,
      measure: (policy) => measure(histories, policy, how),
      onTrial: (done, total) => bar.update(done, `of ${total}`),
    });
    bar.stop();
    const draft = tuning.proposal ? draftOf(base, tuning.proposal.trials, noteFor(tuning, folders)) : null;
    if (options.out !== undefined && draft !== null)
      await writeOutput('--out', options.out, `${toJson(parsePolicy(draft))}\n`);
    if (options.report !== undefined)
      await writeOutput(
        '--report',
        options.report,
        options.report.endsWith('.html') ? tuneHtml(tuning, limit) : `${toJson({ limit, ...tuning, draft })}\n`,
      );
    if (options.json) printJson({ limit, ...tuning, draft });
    else print(tuning, options.out ?? null);
  } finally {
    bar.stop();
  }
}

async function readHistory(folder: string): Promise<LabelledHistory> {
  const candidates = [join(folder, 'events.ndjson'), join(folder, 'events.ndjson.gz')];
  for (const events of candidates) {
    const there = await access(events).then(
      () => true,
      () => false,
    );
    if (there) return { paths: [events], labels: await readLabels(join(folder, 'labels.json')) };
  }
  throw new FeewardenError('bad_usage', `${folder} holds no events.ndjson or events.ndjson.gz.`);
}

function factorsOption(text: string | undefined): readonly number[] {
  if (text === undefined) return FACTORS;
  const factors = text.split(',').map(Number);
  if (!factors.every((factor) => factor >= FACTOR_MIN && factor <= FACTOR_MAX && factor !== 1))
    throw new FeewardenError(
      'bad_usage',
      `--factors: give numbers from ${FACTOR_MIN} to ${FACTOR_MAX} other than 1, like 0.8,1.25.`,
    );
  return factors;
}

function limitOption(text: string): number {
  const limit = Number(text);
  if (text.trim() === '' || !(limit > 0 && limit <= 1))
    throw new FeewardenError('bad_usage', '--limit: give a share above 0 and up to 1, like 0.01.');
  return limit;
}

function noteFor({ base, proposal }: Tuning, folders: readonly string[]): string {
  const told = (point: Point): string =>
    `${point.found} of ${point.eligible} found 14 days before, worst week ${percent(point.worstWeekShare)}`;
  return `Proposed by feewarden tune on ${folders.length} histories: before ${told(base)}; then ${told(proposal!.point)}. To be decided by a person.`;
}

function print({ base, trials, proposal }: Tuning, out: string | null): void {
  printTable(HEADS, [['as it is', '1', ...cells(base)], ...trials.map(row)]);
  printLine('');
  if (proposal === null) {
    printLine('No trial is better than the policy as it is; nothing is proposed.');
    return;
  }
  printLine('Proposed; a person decides:');
  printTable(HEADS, [...proposal.trials.map(row), ['together', '', ...cells(proposal.point)]]);
  for (const trial of proposal.trials)
    printLine(
      `  ${trial.subject}: ${Object.entries(trial.values)
        .map(([name, value]) => `${name} = ${value}`)
        .join(', ')}`,
    );
  if (out !== null)
    printLine(`The draft of a policy is in ${out}; feewarden policy check and publish take it from there.`);
}

const HEADS = [
  'threshold',
  'factor',
  'found at 14 d',
  'median lead',
  'worst week',
  'healthy weeks',
  'must',
  'warnings',
];

function row(trial: Trial): string[] {
  return [trial.subject, String(trial.factor), ...cells(trial.point)];
}

function cells(point: Point): string[] {
  return [
    `${point.found}/${point.eligible}`,
    point.medianLeadDays === null ? '–' : `${point.medianLeadDays} d`,
    percent(point.worstWeekShare),
    String(point.healthyWeeks),
    `${point.mustRaised}/${point.mustAsked}`,
    String(point.warnings),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
