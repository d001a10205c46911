import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { Command } from 'commander';
import type { AlertLine } from '../../backtest/replay.js';
import {
  type BacktestCounts,
  type BacktestProgress,
  defaultThreads,
  runBacktest,
  THREADS_MAX,
} from '../../backtest/run.js';
import { loadConfig } from '../../config.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { DEFAULT_POLICY } from '../../risk/policy/default.js';
import { listInputs } from '../../sources/files/list-inputs.js';
import { startReport } from '../backtest-report.js';
import { JSON_OPTION, timeOption } from '../context.js';
import { tellGuessedYears } from '../guessed-years.js';
import { EXIT, printError, printJson, printLine, printTable } from '../output.js';
import { cannotWrite } from '../output-file.js';
import { readPolicyFile } from '../policy-file.js';
import { startBar } from '../progress-bar.js';

interface BacktestCommandOptions {
  readonly alerts?: string;
  readonly policy?: string;
  readonly until?: string;
  readonly threads?: string;
  readonly labels?: string;
  readonly report?: string;
  readonly inspectors?: string;
  readonly sensitivity?: string;
  readonly json?: boolean;
}

interface Summary extends BacktestCounts {
  readonly alerts: AlertCounts;
  /** Years of the history whose holidays are not known. */
  readonly calendarMissing: readonly number[];
  readonly policyVersion: string;
  readonly seconds: number;
  readonly eventsPerSecond: number;
}

interface AlertCounts {
  raised: number;
  level_changed: number;
  cleared: number;
  /** Raised, by rule, and by the level at which they were raised. */
  byRule: Record<string, number>;
  byLevel: Record<string, number>;
}

export function backtestCommand(program: Command): void {
  program
    .command('backtest')
    .argument('<events...>', 'files or folders of events, in any order: NDJSON, JSON arrays, and .gz or .zip of them')
    .description(
      'replay a history on a virtual clock, without a database, and write every alert with the time at which it fires',
    )
    .option('--alerts <file>', 'write the alerts there, one CloudEvent per line')
    .option('--policy <file>', 'thresholds to use instead of the defaults')
    .option('--until <time>', 'what was known then (recorded time), with that moment as the end')
    .option(
      '--threads <n>',
      `threads to use, 1 to ${THREADS_MAX} (default: one per processor, at most 4); the alerts are the same`,
    )
    .option('--labels <file>', 'labels.json of the history: who fails when, and what must be raised')
    .option('--report <file>', 'write recall, lead times, false alarms and workload there: .html or .json')
    .option('--inspectors <n>', 'how many share the alerts (default: one per three institutions)')
    .option(
      '--sensitivity <list>',
      'report: what other thresholds of these rules would come to, like C01,D02.orangeBelowBp; each is replayed up to four times',
    )
    .option(...JSON_OPTION)
    .addHelpText('after', '\nInvalid lines are counted by code and left out, as at ingest. Nobody is notified.')
    .action(backtest);
}

async function backtest(paths: string[], options: BacktestCommandOptions): Promise<void> {
  const started = performance.now();
  const { eventBytesMax: bytesMax, eventDepthMax: depthMax } = loadConfig();
  const until = timeOption(options.until, '--until');
  const policy = options.policy === undefined ? DEFAULT_POLICY : await readPolicyFile(options.policy);
  const threads = threadsOption(options.threads);
  const limits = { bytesMax, depthMax };
  const reporter = await startReport(options, { paths, policy, until, calendar: CHINA_CALENDAR, threads, limits });
  const listed = await listInputs(paths);
  const bytes = listed.reduce((sum, { size }) => sum + (size ?? 0), 0);
  const output = await openOutput(options.alerts);
  const alerts: AlertCounts = { raised: 0, level_changed: 0, cleared: 0, byRule: {}, byLevel: {} };
  const bars = progressBars(bytes);
  let calendarMissing: readonly number[] = [];
  try {
    const counts = await runBacktest({
      paths,
      policy,
      calendar: CHINA_CALENDAR,
      until,
      threads,
      limits,
      onInstitutions: (ids) => reporter?.meet(ids),
      onDays: (first, last) => {
        calendarMissing = CHINA_CALENDAR.missingYears(first, last);
        reporter?.begin(first, last);
      },
      onLines: (lines) => {
        for (const line of lines) {
          count(alerts, line);
          reporter?.take(line);
        }
        if (lines.length > 0) output?.write(`${lines.map(({ json }) => json).join('\n')}\n`);
      },
      onProgress: bars.update,
    });
    await closeOutput(output);
    const seconds = Math.round(performance.now() - started) / 1_000;
    const summary = {
      ...counts,
      alerts,
      calendarMissing,
      policyVersion: policy.version,
      seconds,
      eventsPerSecond: Math.round(counts.read / Math.max(seconds, 0.001)),
    };
    bars.stop();
    await reporter?.write(counts.institutions, bars.trial);
    bars.stop();
    if (options.json) printJson(summary);
    else printSummary(summary);
    tellGuessedYears(calendarMissing);
  } catch (error) {
    // Where all are files that are there, one is damaged: that is found by the work, as at ingest, and no wrong usage.
    const isDamage = error instanceof FeewardenError && error.code === 'unreadable_input';
    if (!isDamage || listed.some(({ size }) => size === null)) throw error;
    bars.stop();
    printError(error);
    process.exitCode = EXIT.foundWrong;
  } finally {
    bars.stop();
    output?.destroy();
  }
}

function threadsOption(text: string | undefined): number {
  if (text === undefined) return defaultThreads();
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > THREADS_MAX) {
    throw new FeewardenError('bad_usage', `--threads: give a number from 1 to ${THREADS_MAX}.`);
  }
  return threads;
}

async function openOutput(path: string | undefined): Promise<WriteStream | null> {
  if (path === undefined) return null;
  const output = createWriteStream(path);
  try {
    await once(output, 'open');
  } catch (error) {
    throw cannotWrite('--alerts', path, error);
  }
  return output;
}

async function closeOutput(output: WriteStream | null): Promise<void> {
  if (output === null) return;
  output.end();
  await once(output, 'close');
  if (output.errored) throw output.errored;
}

function count(alerts: AlertCounts, { kind, ruleId, level }: AlertLine): void {
  alerts[kind] += 1;
  if (kind !== 'raised') return;
  alerts.byRule[ruleId] = (alerts.byRule[ruleId] ?? 0) + 1;
  alerts.byLevel[level] = (alerts.byLevel[level] ?? 0) + 1;
}

/** One bar for each of the two readings, and one for the replays with other thresholds. */
function progressBars(bytes: number): {
  update(progress: BacktestProgress): void;
  trial(done: number, total: number): void;
  stop(): void;
} {
  let bar = startBar(bytes, 'bytes');
  let phase: BacktestProgress['phase'] = 'survey';
  return {
    update: (progress) => {
      if (progress.phase !== phase) {
        bar.stop();
        bar = startBar(progress.total, 'events');
        phase = progress.phase;
      }
      bar.update(progress.done, phase === 'survey' ? 'reading' : 'replaying');
    },
    trial: (done, total) => {
      if (done === 0) bar = startBar(total, 'replays');
      bar.update(done, 'with other thresholds');
    },
    stop: () => bar.stop(),
  };
}

function printSummary(summary: Summary): void {
  const { alerts } = summary;
  const shown = (value: number): string => value.toLocaleString('en');
  printTable(
    ['read', 'accepted', 'duplicates', 'rejected', 'institutions', 'seconds', 'events/s'],
    [
      [summary.read, summary.accepted, summary.duplicates, summary.rejected, summary.institutions]
        .map(shown)
        .concat(summary.seconds.toFixed(1), shown(summary.eventsPerSecond)),
    ],
  );
  if (summary.rejected > 0) {
    printLine('');
    printTable(
      ['rejected because', 'events'],
      Object.entries(summary.byCode).map(([code, events]) => [code, shown(events)]),
    );
  }
  printLine('');
  printLine(
    `alerts: ${shown(alerts.raised)} raised, ${shown(alerts.level_changed)} changes of level, ${shown(alerts.cleared)} cleared (policy ${summary.policyVersion})`,
  );
  if (alerts.raised === 0) return;
  printTable(
    ['rule', 'raised'],
    sorted(alerts.byRule).map(([rule, raised]) => [rule, shown(raised)]),
  );
  printLine('');
  printTable(
    ['raised at level', 'alerts'],
    sorted(alerts.byLevel).map(([level, raised]) => [level, shown(raised)]),
  );
}

function sorted(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
}
