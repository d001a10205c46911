import type { Command } from 'commander';
import { type AlertRow, listAlerts } from '../../api/sql/alerts.js';
import { FeewardenError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import { DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import {
  LEVEL_OPTION,
  LIMIT_OPTION,
  levelOption,
  limitOption,
  printLimitReached,
  REGION_OPTION,
  regionOption,
} from '../filters.js';
import { printJson, printLine, printTable } from '../output.js';

interface AlertsOptions extends DataOptions {
  readonly institution?: string;
  readonly region?: string;
  readonly level?: string;
  readonly rule?: string;
  readonly state?: string;
  readonly limit: string;
}

export function alertsCommand(program: Command): void {
  program
    .command('alerts')
    .description('alerts with their reasons and evidence, the newest first')
    .option(...DATA_OPTION)
    .option('--institution <id>', 'only this institution')
    .option(...REGION_OPTION)
    .option(...LEVEL_OPTION)
    .option('--rule <id>', 'only this rule, like A10')
    .option('--state <state>', 'open or cleared; both if not given')
    .option(...LIMIT_OPTION)
    .option(...JSON_OPTION)
    .action((options: AlertsOptions) =>
      withDatabase(options, async ({ database }) => {
        const filters = {
          region: regionOption(options.region),
          institutionId: options.institution ?? null,
          state: stateOption(options.state),
          level: levelOption(options.level),
          rule: options.rule ?? null,
          from: null,
          to: null,
          asOf: null,
        };
        const limit = limitOption(options.limit);
        const rows = await listAlerts(database.pool, filters, { before: null, limit });
        if (rows.length === 0 && options.rule !== undefined) await requireKnownRule(options.rule);
        if (options.json) for (const row of rows) printJson(jsonOf(row));
        else if (rows.length === 0) printLine('There are no such alerts.');
        else {
          printTable(['alert', 'level', 'opened', 'cleared', 'why'], rows.map(cells));
          printLimitReached(rows.length, limit);
        }
      }),
    );
}

/** Asked when nothing was found: alerts of a rule that an older version had can still be listed. */
async function requireKnownRule(id: string): Promise<void> {
  // Loaded here, because a list that is not empty needs no rule.
  const { ruleById } = await import('../../risk/rules/list.js');
  if (ruleById(id) === undefined)
    throw new FeewardenError('bad_usage', `--rule: there is no rule ${id}; docs/rules.md names them all.`);
}

function stateOption(text: string | undefined): 'open' | 'cleared' | null {
  if (text === undefined || text === 'open' || text === 'cleared') return text ?? null;
  throw new FeewardenError('bad_usage', '--state: must be open or cleared.');
}

function jsonOf(row: AlertRow): object {
  const { data, institutionNo: _, openedAt, changedAt, clearedAt, ...named } = row;
  return {
    ...data,
    ...named,
    state: clearedAt === null ? 'open' : 'cleared',
    openedAt: formatTime(openedAt),
    changedAt: formatTime(changedAt),
    clearedAt: clearedAt === null ? null : formatTime(clearedAt),
  };
}

function cells(row: AlertRow): string[] {
  const reason = row.data['reason'] as { en: string } | undefined;
  return [
    row.alertId,
    row.level,
    formatTime(row.openedAt).slice(0, 19),
    row.clearedAt === null ? '' : formatTime(row.clearedAt).slice(0, 19),
    reason?.en ?? '',
  ];
}
