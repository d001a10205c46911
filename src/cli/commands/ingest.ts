import type { Command } from 'commander';
import { readRulesFile } from '../../banks/rules-file.js';
import { FeewardenError } from '../../core/errors.js';
import { type IntakeCounts, noCounts } from '../../ledger/intake.js';
import { type FileIntake, takeFile } from '../../ledger/intake-file.js';
import { listInputs, STDIN } from '../../sources/files/list-inputs.js';
import { type InputDocument, type InputFile, isDocument, isProblem, openAny } from '../../sources/files/records.js';
import { type CliContext, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { evaluateAllDue } from '../evaluate-due.js';
import { EXIT, printError, printJson, printLine, printNote, printTable } from '../output.js';
import { startBar } from '../progress-bar.js';
import { errorOfFile, type HowToRead, readMapping, takeDocument } from '../statements.js';

interface IngestOptions extends DataOptions {
  readonly evaluate: boolean;
  readonly mapping?: string;
}

export function ingestCommand(program: Command): void {
  program
    .command('ingest')
    .argument('<path...>', "files or folders; '-' is standard input")
    .description(
      'take events and bank statements into the books: NDJSON, JSON arrays, ISO 20022 camt.052/053/054, CSV, and .gz or .zip of them, recognised by content',
    )
    .option(...DATA_OPTION)
    .option('--mapping <file>', "JSON file that says how to read a bank's CSV")
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
  /** Entries of statements that the bank has not booked yet. */
  pending: number;
  statements: number;
  /** Statements that do not add up, each with its place. */
  wrong: string[];
  seconds: number;
  failed: { path: string; error: string }[];
  resumed: { path: string; line: number }[];
}

async function ingest(context: CliContext, paths: readonly string[], options: IngestOptions): Promise<number> {
  const started = performance.now();
  const summary: Summary = { ...noCounts(), pending: 0, statements: 0, wrong: [], seconds: 0, failed: [], resumed: [] };
  // A wrong setting is told before the first file, and not with each of them.
  const how = { mapping: readMapping(options.mapping), rules: readRulesFile(context.config.bankRules) };
  const listed = await listInputs(paths);
  const total = listed.some((input) => input.size === null)
    ? null
    : listed.reduce((sum, input) => sum + input.size!, 0);
  const stop = stopSignal(listed.some((input) => input.path === STDIN));
  const bar = startBar(total, 'bytes');
  let before = 0;
  try {
    for await (const input of openAny(paths, { documents: ['xml', 'text'], signal: stop.signal })) {
      if (stop.signal.aborted) break;
      if (isProblem(input)) {
        printError(input.error);
        summary.failed.push({ path: input.path, error: input.error.message });
        continue;
      }
      const base = before;
      const onBytes = (bytes: number): void =>
        bar.update(base + bytes, `${summary.read.toLocaleString('en')} events before this file`);
      if (isDocument(input)) await takeStatementFile(context, input, how, summary, stop.signal, onBytes);
      else await takeOne(context, input, summary, stop.signal, onBytes);
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
  const isWrong = summary.failed.length > 0 || summary.rejected > 0 || summary.wrong.length > 0;
  return stop.signal.aborted || isWrong ? EXIT.foundWrong : EXIT.success;
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
  // A stream that was closed because the run is to stop is not damaged.
  if (taken.problem === null || signal.aborted) return;
  // A damaged file has given what it could; the other files go on.
  printError(taken.problem);
  // Only here is it so: of a bank's statement that breaks off nothing is booked.
  printNote(`${input.path}: what stands before that place was taken in, and counts as known the next time.`);
  summary.failed.push({ path: input.path, error: taken.problem.message });
}

/** A file of statements is taken whole or not at all. */
async function takeStatementFile(
  context: CliContext,
  input: InputDocument,
  how: HowToRead,
  summary: Summary,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<void> {
  try {
    const taken = await takeDocument(context, input, how, { signal, onBytes });
    add(summary, taken);
    summary.pending += taken.pending;
    summary.statements += taken.statements.length;
    for (const { survey } of taken.statements) {
      if (survey.arithmetic.state === 'wrong')
        summary.wrong.push(`${input.path}:${survey.head.line}: ${survey.arithmetic.remarks.join(' ')}`);
    }
  } catch (error) {
    if (!(error instanceof FeewardenError) || error.kind !== 'usage') throw error;
    if (signal.aborted) return;
    const told = errorOfFile(input.path, error);
    printError(told);
    summary.failed.push({ path: input.path, error: told.message });
  }
}

function add(summary: Summary, taken: Pick<FileIntake, keyof IntakeCounts>): void {
  summary.read += taken.read;
  summary.accepted += taken.accepted;
  summary.duplicates += taken.duplicates;
  summary.rejected += taken.rejected;
  for (const [code, count] of Object.entries(taken.byCode)) summary.byCode[code] = (summary.byCode[code] ?? 0) + count;
}

/** Fields that are empty in a calm run are left out. */
function shown(summary: Summary): object {
  const { failed, resumed, pending, statements, wrong, ...counts } = summary;
  const ofBanks = statements > 0 ? { pending, statements, ...(wrong.length > 0 ? { wrong } : {}) } : {};
  return {
    ...counts,
    ...ofBanks,
    ...(failed.length > 0 ? { failed } : {}),
    ...(resumed.length > 0 ? { resumed } : {}),
  };
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
  if (summary.statements > 0)
    printLine(
      `${summary.statements.toLocaleString('en')} bank statements; ${summary.pending.toLocaleString('en')} entries are pending at the bank.`,
    );
  for (const wrong of summary.wrong) printLine(`Does not add up: ${wrong}`);
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

/** The first Ctrl-C (or SIGTERM) ends the run after the batch in hand; a stream whose sender says nothing is not waited for. */
function stopSignal(readsStdin: boolean): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
    if (readsStdin) process.stdin.on('error', () => {}).destroy(new Error('stopped'));
  };
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
