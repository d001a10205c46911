import type { Command } from 'commander';
import { type IntakeCounts, noCounts } from '../../ledger/intake.js';
import { type FileIntake, takeFile } from '../../ledger/intake-file.js';
import { listInputs } from '../../sources/files/list-inputs.js';
import { type InputFile, isProblem, openInputs } from '../../sources/files/records.js';
import { type CliContext, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { evaluateAllDue } from '../evaluate-due.js';
import { EXIT, printError, printJson, printLine, printTable } from '../output.js';
import { startBar } from '../progress-bar.js';

interface IngestOptions extends DataOptions {
  readonly evaluate: boolean;
}

export function ingestCommand(program: Command): void {
  program
    .command('ingest')
    .argument('<path...>', "files or folders; '-' is standard input")
    .description('take events into the books: NDJSON, JSON arrays, and .gz or .zip of them, recognised by content')
    .option(...DATA_OPTION)
    .option('--no-evaluate', 'leave the evaluation of the institutions to a running worker')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nThe same file again changes nothing; an interrupted run goes on where it stopped.\nExit code 1: an input could not be read, or events were rejected (see `feewarden rejected`).',
    )
    .action(async (paths: string[], options: IngestOptions) => {
      process.exitCode = await withDatabase(options, (context) => ingest(context, paths, options));
    });
}

interface Summary extends IntakeCounts {
  seconds: number;
  failed: { path: string; error: string }[];
  resumed: { path: string; line: number }[];
}

async function ingest(context: CliContext, paths: readonly string[], options: IngestOptions): Promise<number> {
  const started = performance.now();
  const summary: Summary = { ...noCounts(), seconds: 0, failed: [], resumed: [] };
  const stop = stopSignal();
  const listed = await listInputs(paths);
  const total = listed.some((input) => input.size === null)
    ? null
    : listed.reduce((sum, input) => sum + input.size!, 0);
  const bar = startBar(total, 'bytes');
  let before = 0;
  try {
    for await (const input of openInputs(paths)) {
      if (stop.signal.aborted) break;
      if (isProblem(input)) {
        printError(input.error);
        summary.failed.push({ path: input.path, error: input.error.message });
        continue;
      }
      const base = before;
      await takeOne(context, input, summary, stop.signal, (bytes) =>
        bar.update(base + bytes, `${summary.read.toLocaleString('en')} events before this file`),
      );
      before += input.compressedSize ?? 0;
    }
  } finally {
    bar.stop();
    stop.release();
  }
  if (options.evaluate && !stop.signal.aborted) await evaluateAllDue(context);
  summary.seconds = Math.round(performance.now() - started) / 1_000;
  if (options.json) printJson(shown(summary));
  else printSummary(summary);
  if (stop.signal.aborted) process.stderr.write('feewarden: stopped; run the same command again to go on.\n');
  return stop.signal.aborted || summary.failed.length > 0 || summary.rejected > 0 ? EXIT.foundWrong : EXIT.success;
}

async function takeOne(
  context: CliContext,
  input: InputFile,
  summary: Summary,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const taken = await takeFile(context.intake, input, {
    batchEventsMax: context.config.ingestBatchEventsMax,
    onBytes,
    signal,
  });
  add(summary, taken);
  if (taken.resumedAtLine !== null) summary.resumed.push({ path: input.path, line: taken.resumedAtLine });
  if (taken.problem === null) return;
  // A damaged file has given what it could; the other files go on.
  printError(taken.problem);
  summary.failed.push({ path: input.path, error: taken.problem.message });
}

function add(summary: Summary, taken: FileIntake): void {
  summary.read += taken.read;
  summary.accepted += taken.accepted;
  summary.duplicates += taken.duplicates;
  summary.rejected += taken.rejected;
  for (const [code, count] of Object.entries(taken.byCode)) summary.byCode[code] = (summary.byCode[code] ?? 0) + count;
}

/** Fields that are empty in a calm run are left out. */
function shown(summary: Summary): object {
  const { failed, resumed, ...counts } = summary;
  return { ...counts, ...(failed.length > 0 ? { failed } : {}), ...(resumed.length > 0 ? { resumed } : {}) };
}

function printSummary(summary: Summary): void {
  for (const { path, line } of summary.resumed)
    printLine(`${path}: went on after line ${line}; the counts are of the whole file`);
  printTable(
    ['read', 'accepted', 'duplicates', 'rejected', 'seconds'],
    [
      [summary.read, summary.accepted, summary.duplicates, summary.rejected]
        .map((count) => count.toLocaleString('en'))
        .concat(summary.seconds.toFixed(1)),
    ],
  );
  if (summary.rejected === 0) return;
  printLine('');
  printTable(
    ['rejected because', 'events'],
    Object.entries(summary.byCode)
      .sort()
      .map(([code, count]) => [code, count.toLocaleString('en')]),
  );
  printLine('`feewarden rejected` lists them with their place and reason.');
}

/** The first Ctrl-C (or SIGTERM) ends the run after the batch in hand. */
function stopSignal(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}
