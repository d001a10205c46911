import type { Command } from 'commander';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { formatYuan } from '../../core/money.js';
import { readBooks } from '../../ledger/books.js';
import type { Quantities } from '../../ledger/quantities.js';
import { readRefundTerms } from '../../risk/refund-terms.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, timeOption, withDatabase } from '../context.js';
import { printJson, printLine, printTable } from '../output.js';

interface BooksOptions extends DataOptions {
  readonly institution?: string;
  readonly asOf?: string;
}

export function booksCommand(program: Command): void {
  program
    .command('books')
    .description('the quantities of the books, one line per institution (fen in JSON, yuan in the table)')
    .option(...DATA_OPTION)
    .option('--institution <id>', 'only this institution')
    .option('--as-of <time>', 'what was known then (recorded time), with that moment as the clock; default: now')
    .option(...JSON_OPTION)
    .action((options: BooksOptions) =>
      withDatabase(options, async ({ database }) => {
        const asOf = timeOption(options.asOf, '--as-of');
        const query = {
          ids: options.institution === undefined ? null : [options.institution],
          asOf,
          now: clock(),
          calendar: CHINA_CALENDAR,
          refundTerms: await readRefundTerms(database.pool, asOf, CHINA_CALENDAR),
        };
        const shown: Quantities[] = [];
        let count = 0;
        for await (const row of readBooks(database.pool, query)) {
          count += 1;
          if (options.json) printJson(row);
          else shown.push(row);
        }
        if (count === 0 && options.institution !== undefined)
          throw new FeewardenError(
            'not_found',
            `No event tells of institution ${options.institution}${asOf === null ? '' : ' by then'}.`,
          );
        if (options.json) return;
        if (count === 0) printLine('The books are empty; `feewarden ingest FILE` takes events in.');
        else if (options.institution !== undefined)
          printTable(
            ['quantity', 'value'],
            Object.entries(shown[0]!).map(([name, value]) => [name, amount(value)]),
          );
        else
          printTable(
            HEADINGS,
            shown.map((row) => COLUMNS.map((name) => amount(row[name]))),
          );
      }),
    );
}

const COLUMNS = [
  'institutionId',
  'unearnedFen',
  'activeLearners',
  'paidFen',
  'confirmedFen',
  'refundedFen',
  'custodyBookedFen',
  'custodyReportedFen',
  'depositFen',
  'refundOwedFen',
  'refundOverdueFen',
  'offAccountFen',
] as const satisfies readonly (keyof Quantities)[];
const HEADINGS = [
  'institution',
  'unearned',
  'learners',
  'paid',
  'confirmed',
  'refunded',
  'custody',
  'reported',
  'deposit',
  'owed',
  'overdue',
  'off account',
];

function amount(value: bigint | number | string | null): string {
  if (value === null) return '–';
  return typeof value === 'bigint' ? formatYuan(value) : String(value);
}
