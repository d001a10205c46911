import type { Command } from 'commander';
import { type BankMonth, readBankMonth } from '../../banks/feeds/month.js';
import { withBanksLock } from '../../banks/lock.js';
import { lastDueDay } from '../../banks/reconcile/run.js';
import { refreshFeeds } from '../../banks/refresh.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { type Day, formatDay } from '../../core/time.js';
import { reportCsv, reportHeadings, reportHtml, reportRows } from '../bank-month.js';
import { clock, DATA_OPTION, type DataOptions, dayOption, JSON_OPTION, withDatabase } from '../context.js';
import { tellGuessedYears } from '../guessed-years.js';
import { printJson, printLine, printTable, toJson } from '../output.js';
import { requireWritable, writeOutput } from '../output-file.js';

interface ReportOptions extends DataOptions {
  readonly bank: string;
  readonly month: string;
  readonly out?: string;
}

/** How long a run of another process is waited for. */
const WAIT_MS_MAX = 60_000;

export function reportCommand(program: Command): void {
  const report = program.command('report').description('reports to a file or the terminal');
  report
    .command('bank')
    .description('the month of one bank: completeness, breaks and their age, late credits, refusals')
    .option(...DATA_OPTION)
    .requiredOption('--bank <code>', 'code of the bank')
    .requiredOption('--month <month>', 'like 2026-06')
    .option('--out <file>', 'write it to this file: .csv, .html or .json')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nBreaks are those of the last reconciliation; `feewarden reconcile` brings them up to date.',
    )
    .action(async (options: ReportOptions) => {
      const day = monthOption(options.month);
      const write = options.out === undefined ? null : writerOf(options.out);
      await requireWritable('--out', options.out);
      await withDatabase(options, async ({ database: { pool } }) => {
        await withBanksLock(pool, WAIT_MS_MAX, () => refreshFeeds(pool));
        const asOf = lastDueDay(clock(), CHINA_CALENDAR);
        const month = await readBankMonth(pool, { bankCode: options.bank, day, asOf, calendar: CHINA_CALENDAR });
        if (month.accounts === 0 && month.events === 0 && month.breaks.length === 0)
          throw new FeewardenError('not_found', `Nothing is known of bank ${options.bank} in ${options.month}.`);
        if (write !== null) {
          await writeOutput('--out', options.out!, write(month));
          if (!options.json) printLine(`Written to ${options.out}.`);
        }
        if (options.json) printJson(documentOf(month));
        else if (write === null) printTable(reportHeadings(), reportRows(month));
        tellGuessedYears(month.calendarMissing);
      });
    });
}

function monthOption(text: string): Day {
  return dayOption(`${text}-01`, '--month', 'a month like 2026-06');
}

function writerOf(path: string): (month: BankMonth) => string {
  if (path.endsWith('.csv')) return reportCsv;
  if (path.endsWith('.html')) return reportHtml;
  if (path.endsWith('.json')) return (month) => `${toJson(documentOf(month))}\n`;
  throw new FeewardenError('bad_usage', '--out: give a file that ends in .csv, .html or .json.');
}

function documentOf(month: BankMonth): object {
  return { ...month, days: month.days.map((one) => ({ ...one, day: formatDay(one.day) })) };
}
