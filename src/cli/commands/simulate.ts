import type { Command } from 'commander';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { type Day, parseDay } from '../../core/time.js';
import { CITY_INSTITUTIONS } from '../../simulate/city.js';
import { DISORDERS, type Disorder } from '../../simulate/disorder.js';
import { History } from '../../simulate/history.js';
import { writeHistory } from '../../simulate/write.js';
import { JSON_OPTION } from '../context.js';
import { printJson, printLine } from '../output.js';
import { cannotWrite } from '../output-file.js';
import { startBar } from '../progress-bar.js';

interface SimulateOptions {
  readonly seed: string;
  readonly institutions: string;
  readonly days: string;
  readonly out: string;
  readonly start: string;
  readonly learners: string;
  readonly failing: string;
  readonly violating: string;
  readonly disorder: string;
  readonly late?: string;
  readonly lateDays?: string;
  readonly duplicates?: string;
  readonly invalid?: string;
  readonly gzip?: boolean;
  readonly json?: boolean;
}

const INSTITUTIONS_MAX = 200_000;
const DAYS_MAX = 2_000;
const LEARNERS_MAX = 5_000;

export function simulateCommand(program: Command): void {
  program
    .command('simulate')
    .description(
      'write a labelled artificial history of a city: events, who fails when and how, and what must be raised',
    )
    .requiredOption('--seed <n>', 'the same seed and options give the same bytes')
    .option('--institutions <n>', 'how many', String(CITY_INSTITUTIONS))
    .option('--days <n>', 'how many', '365')
    .requiredOption('--out <dir>', 'writes events.ndjson, labels.json and meta.json there')
    .option('--start <date>', 'first day', '2025-01-06')
    .option('--learners <n>', 'half of the institutions have at most so many', '85')
    .option('--failing <share>', 'share of institutions that fail', '0.06')
    .option('--violating <share>', 'share of institutions that break one rule and go on', '0.06')
    .option('--disorder <none|usual|heavy>', 'late lines, duplicates and invalid lines', 'usual')
    .option('--late <share>', 'share of lines that are known late, instead of that of the disorder')
    .option('--late-days <n>', 'by how many days at most')
    .option('--duplicates <share>', 'share of lines that are told twice')
    .option('--invalid <share>', 'share of lines to which a broken copy is added')
    .option('--gzip', 'compress the events')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nThe histories know nothing of the thresholds of the rules. docs/simulate.md says what they hold.',
    )
    .action(simulate);
}

async function simulate(options: SimulateOptions): Promise<void> {
  const days = whole(options.days, '--days', 1, DAYS_MAX);
  const firstDay = startOption(options.start, days);
  const history = new History({
    seed: whole(options.seed, '--seed', 0, Number.MAX_SAFE_INTEGER),
    institutions: whole(options.institutions, '--institutions', 1, INSTITUTIONS_MAX),
    days,
    firstDay,
    medianLearners: whole(options.learners, '--learners', 1, LEARNERS_MAX),
    ...shares(options),
    disorder: disorderOption(options),
    calendar: CHINA_CALENDAR,
  });
  const bar = startBar(days, 'days');
  try {
    const path = await writeHistory(history, {
      folder: options.out,
      gzip: options.gzip ?? false,
      onDay: (done) => bar.update(done, `${history.counts.lines.toLocaleString('en')} lines`),
    });
    bar.stop();
    if (options.json) printJson(history.meta());
    else {
      const { lines, events, duplicates, invalid } = history.counts;
      const shown = (count: number): string => count.toLocaleString('en');
      printLine(
        `${path}: ${shown(lines)} lines, ${shown(events)} events, ${shown(duplicates)} told twice, ${shown(invalid)} invalid`,
      );
      printLine('labels.json says who is healthy, failing or violating; meta.json what was asked for');
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof FeewardenError || code === undefined) throw error;
    throw cannotWrite('--out', options.out, error);
  } finally {
    bar.stop();
  }
}

/** The public holidays of the history must be known. */
function startOption(text: string, days: number): Day {
  const day = parseDay(text);
  if (day === null) throw new FeewardenError('bad_usage', '--start: give a day like 2025-01-06.');
  const [missing] = CHINA_CALENDAR.missingYears(day, day + days);
  if (missing !== undefined)
    throw new FeewardenError(
      'bad_usage',
      `--start and --days: the holidays of ${missing} are not known; choose other days.`,
    );
  return day;
}

function shares(options: SimulateOptions): { failingShare: number; violatingShare: number } {
  const failingShare = share(options.failing, '--failing');
  const violatingShare = share(options.violating, '--violating');
  if (failingShare + violatingShare > 1)
    throw new FeewardenError('bad_usage', '--failing and --violating: together they are more than 1.');
  return { failingShare, violatingShare };
}

function disorderOption(options: SimulateOptions): Disorder {
  if (!Object.hasOwn(DISORDERS, options.disorder))
    throw new FeewardenError('bad_usage', '--disorder: give none, usual or heavy.');
  const preset = DISORDERS[options.disorder as keyof typeof DISORDERS];
  const lateShare = options.late === undefined ? preset.lateShare : share(options.late, '--late');
  return {
    lateShare,
    lateDaysMax:
      options.lateDays === undefined ? Math.max(preset.lateDaysMax, 1) : whole(options.lateDays, '--late-days', 1, 30),
    duplicateShare:
      options.duplicates === undefined ? preset.duplicateShare : share(options.duplicates, '--duplicates'),
    invalidShare: options.invalid === undefined ? preset.invalidShare : share(options.invalid, '--invalid'),
  };
}

function share(text: string, name: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new FeewardenError('bad_usage', `${name}: give a share from 0 to 1, like 0.06.`);
  return value;
}

function whole(text: string, name: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new FeewardenError('bad_usage', `${name}: give a whole number from ${min} to ${max}.`);
  return value;
}
