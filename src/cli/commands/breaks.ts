import type { Command } from 'commander';
import {
  type BreakFilters,
  type BreakRow,
  explainBreak,
  findBreak,
  listBreakNotes,
  listBreaks,
  sumBreaks,
} from '../../api/sql/breaks.js';
import { BREAK_KINDS } from '../../banks/reconcile/kinds.js';
import { lastDueDay } from '../../banks/reconcile/run.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { formatYuan } from '../../core/money.js';
import { formatDay, formatTime } from '../../core/time.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { LIMIT_OPTION, limitOption, printLimitReached, REGION_OPTION, regionOption } from '../filters.js';
import { printJson, printLine, printTable } from '../output.js';

interface BreaksOptions extends DataOptions {
  readonly institution?: string;
  readonly account?: string;
  readonly bank?: string;
  readonly kind?: string;
  readonly region?: string;
  readonly state: string;
  readonly limit: string;
}

export function breaksCommand(program: Command): void {
  const breaks = program
    .command('breaks')
    .description('what does not agree between platforms, books and banks, the newest day first')
    .option(...DATA_OPTION)
    .option('--institution <id>', 'only this institution')
    .option('--account <id>', 'only this account')
    .option('--bank <code>', 'only accounts at this bank')
    .option('--kind <kind>', `only this kind: ${BREAK_KINDS.join(', ')}`)
    .option(...REGION_OPTION)
    .option('--state <state>', 'open, cleared or all', 'open')
    .option(...LIMIT_OPTION)
    .option(...JSON_OPTION)
    .action((options: BreaksOptions) =>
      withDatabase(options, async ({ database }) => {
        const filters = filtersOf(options);
        const limit = limitOption(options.limit);
        const rows = await listBreaks(database.pool, filters, { after: null, limit });
        if (options.json) for (const row of rows) printJson(jsonOf(row));
        else if (rows.length === 0) printLine('There are no such breaks; `feewarden reconcile` looks for new ones.');
        else {
          printTable(['no.', 'break', 'institution', 'account', 'day', 'age', 'yuan', 'owner', 'why'], rows.map(cells));
          printLimitReached(rows.length, limit);
          const sums = await sumBreaks(database.pool, filters);
          printLine('');
          printTable(
            ['in all', 'count', 'yuan', 'explained'],
            sums.map((sum) => [sum.kind, String(sum.count), formatYuan(sum.amountFen), String(sum.explained)]),
          );
        }
      }),
    );
  addExplain(breaks);
}

function addExplain(breaks: Command): void {
  breaks
    .command('explain')
    .description('record why a break is there and who takes it on; it stays open until its reason is gone')
    .argument('<id>', 'number of the break')
    .option(...DATA_OPTION)
    .requiredOption('--note <text>', 'why it is there')
    .requiredOption('--by <name>', 'who says so and takes it on')
    .option(...JSON_OPTION)
    // The command above has options of the same names, which commander would give the value to.
    .action((id: string, _: object, command: Command) => {
      const options = command.optsWithGlobals<DataOptions & { note: string; by: string }>();
      const breakId = idOf(id);
      if (options.note.trim() === '' || options.by.trim() === '')
        throw new FeewardenError('bad_usage', '--note and --by: say why, and who says so.');
      return withDatabase(options, async ({ database }) => {
        const { note, by } = options;
        await explainBreak(database.pool, breakId, EVERYTHING, { by, owner: by, note, at: clock() });
        const row = await findBreak(database.pool, breakId, EVERYTHING);
        const notes = await listBreakNotes(database.pool, breakId);
        if (options.json)
          printJson({ ...jsonOf(row), notes: notes.map((one) => ({ ...one, at: formatTime(one.at) })) });
        else printLine(`Break ${breakId} (${row.kind}) is explained by ${by}; it stays open until its reason is gone.`);
      });
    });
}

const EVERYTHING = { region: '', bankCode: null };

function idOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new FeewardenError('bad_usage', `${text}: give the number of a break.`);
  return Number(text);
}

function filtersOf(options: BreaksOptions): BreakFilters {
  const { kind, state } = options;
  if (kind !== undefined && !BREAK_KINDS.some((one) => one === kind))
    throw new FeewardenError('bad_usage', `--kind: must be one of ${BREAK_KINDS.join(', ')}.`);
  if (state !== 'open' && state !== 'cleared' && state !== 'all')
    throw new FeewardenError('bad_usage', '--state: must be open, cleared or all.');
  return {
    region: regionOption(options.region),
    bankCode: options.bank ?? null,
    institutionId: options.institution ?? null,
    accountId: options.account ?? null,
    kind: kind ?? null,
    state: state === 'all' ? null : state,
  };
}

function ageOf(row: BreakRow): number {
  const until = lastDueDay(row.clearedAt ?? clock(), CHINA_CALENDAR);
  return Math.max(0, CHINA_CALENDAR.workingDaysBetween(row.day, until));
}

function jsonOf(row: BreakRow): object {
  return {
    ...row,
    day: formatDay(row.day),
    ageWorkingDays: ageOf(row),
    state: row.clearedAt === null ? 'open' : 'cleared',
    openedAt: formatTime(row.openedAt),
    changedAt: formatTime(row.changedAt),
    clearedAt: row.clearedAt === null ? null : formatTime(row.clearedAt),
  };
}

function cells(row: BreakRow): string[] {
  return [
    String(row.breakId),
    row.clearedAt === null ? row.kind : `${row.kind} (cleared)`,
    row.institutionId,
    row.accountId ?? '',
    formatDay(row.day),
    String(ageOf(row)),
    formatYuan(row.amountFen),
    row.owner ?? '',
    row.reason.en,
  ];
}
