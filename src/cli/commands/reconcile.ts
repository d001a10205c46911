import type { Command } from 'commander';
import { findInstitution, numberOf } from '../../api/sql/institutions.js';
import { withBanksLock } from '../../banks/lock.js';
import type { Break } from '../../banks/reconcile/kinds.js';
import type { Reconciliation } from '../../banks/reconcile/reconcile.js';
import { lastDueDay, reconcileAsOf } from '../../banks/reconcile/run.js';
import { reconcileNow } from '../../banks/reconcile-now.js';
import { refreshFeeds } from '../../banks/refresh.js';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { FeewardenError } from '../../core/errors.js';
import { formatYuan } from '../../core/money.js';
import { type Day, dayOf, formatDay } from '../../core/time.js';
import type { Database } from '../../db/database.js';
import { clock, DATA_OPTION, type DataOptions, dayOption, JSON_OPTION, withDatabase } from '../context.js';
import { tellGuessedYears } from '../guessed-years.js';
import { EXIT, printJson, printLine, printTable } from '../output.js';
import { startBar } from '../progress-bar.js';

interface ReconcileOptions extends DataOptions {
  readonly institution?: string;
  readonly account?: string;
  readonly asOf?: string;
}

/** How long a run of another process is waited for. */
const WAIT_MS_MAX = 60_000;

export function reconcileCommand(program: Command): void {
  program
    .command('reconcile')
    .description('compare what platforms tell, what the books hold and what the banks report; name every break')
    .option(...DATA_OPTION)
    .option('--institution <id>', 'only this institution, with every break that it has')
    .option('--account <id>', 'with --institution: only the breaks of this account')
    .option('--as-of <day>', 'with --institution: what would have been said at the end of this day; nothing is stored')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1: there are open breaks. `feewarden breaks` lists them all.')
    .action((options: ReconcileOptions) =>
      withDatabase(options, async ({ database }) => {
        const asOf = options.asOf === undefined ? null : dayOption(options.asOf, '--as-of');
        if (options.institution === undefined && (options.account ?? options.asOf) !== undefined)
          throw new FeewardenError('bad_usage', '--account and --as-of: name the institution with --institution.');
        if (options.institution === undefined) await reconcileAll(database, options);
        else await reconcileOne(database, options.institution, asOf, options);
      }),
    );
}

async function reconcileAll({ pool }: Database, options: ReconcileOptions): Promise<void> {
  const bar = startBar(null, 'institutions reconciled');
  const result = await reconcileNow({
    pool,
    calendar: CHINA_CALENDAR,
    clock,
    institutionId: null,
    waitMs: WAIT_MS_MAX,
    onPage: (so) => bar.update(so.institutions, ''),
  });
  bar.stop();
  const { rows } = await pool.query<{ open: number }>('select count(*) as open from breaks where cleared_at is null');
  const open = rows[0]!.open;
  const { asOf, ...counts } = result;
  const calendarMissing = counts.institutions === 0 ? [] : CHINA_CALENDAR.missingYears(asOf, asOf);
  if (options.json) printJson({ asOf: formatDay(asOf), ...counts, open, calendarMissing });
  else {
    printTable(
      ['as of', 'institutions', 'entries', 'opened', 'reopened', 'cleared', 'open now'],
      [
        [
          formatDay(asOf),
          ...[counts.institutions, counts.entries, counts.opened, counts.reopened, counts.cleared, open].map(String),
        ],
      ],
    );
    if (counts.institutions === 0) printLine('Nothing has moved since the last reconciliation.');
  }
  tellGuessedYears(calendarMissing);
  process.exitCode = open > 0 ? EXIT.foundWrong : EXIT.success;
}

async function reconcileOne(
  { pool }: Database,
  id: string,
  wanted: Day | null,
  options: ReconcileOptions,
): Promise<void> {
  await findInstitution(pool, id, '');
  const calendar = CHINA_CALENDAR;
  if (wanted === null) await reconcileNow({ pool, calendar, clock, institutionId: id, waitMs: WAIT_MS_MAX });
  else await withBanksLock(pool, WAIT_MS_MAX, () => refreshFeeds(pool));
  const asOf = wanted ?? lastDueDay(clock(), calendar);
  const through = wanted ?? Math.max(asOf, dayOf(clock()));
  const found = await reconcileAsOf(pool, { no: await numberOf(pool, id), id }, asOf, through, calendar);
  const breaks = found.breaks.filter((one) => options.account === undefined || one.accountId === options.account);
  if (options.json) printJson(documentOf(id, asOf, found, breaks));
  else printOne(asOf, found, breaks);
  tellGuessedYears(calendar.missingYears(asOf, asOf));
  process.exitCode = breaks.length > 0 ? EXIT.foundWrong : EXIT.success;
}

function documentOf(institutionId: string, asOf: Day, found: Reconciliation, breaks: readonly Break[]): object {
  const matches = Object.entries(found.groups).flatMap(([relation, groups]) =>
    groups.map(({ how, told, booked }) => ({
      comparison: relation,
      how,
      told: told.map(({ event }) => event),
      booked: booked.map(({ event }) => event),
      amountFen: (booked.length > 0 ? booked : told).reduce((sum, item) => sum + item.amountFen, 0n),
    })),
  );
  return {
    institutionId,
    asOf: formatDay(asOf),
    breaks: breaks.map(({ key: _, ...one }) => ({ ...one, day: formatDay(one.day) })),
    calendarMissing: CHINA_CALENDAR.missingYears(asOf, asOf),
    inTransit: found.inTransit,
    matches,
  };
}

function printOne(asOf: Day, found: Reconciliation, breaks: readonly Break[]): void {
  const counts = Object.entries(found.groups).map(([relation, groups]) => {
    const hows = new Map<string, number>();
    for (const { how } of groups) hows.set(how, (hows.get(how) ?? 0) + 1);
    const transit = found.inTransit[relation as keyof Reconciliation['inTransit']];
    return [
      relation,
      [...hows].map(([how, count]) => `${count} by ${how.replace('_', ' ')}`).join(', ') || '–',
      String(transit.count),
      formatYuan(transit.amountFen),
    ];
  });
  printLine(`As of the end of ${formatDay(asOf)}:`);
  printTable(['comparison', 'matched', 'in transit', 'yuan'], counts);
  if (breaks.length === 0) return printLine('Platform, books and bank agree.');
  printTable(
    ['break', 'account', 'day', 'yuan', 'why'],
    breaks.map((one) => [one.kind, one.accountId ?? '', formatDay(one.day), formatYuan(one.amountFen), one.reason.en]),
  );
}
