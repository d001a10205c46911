import type { Command } from 'commander';
import { type Caller, maySpeakFor, sourceAuthority } from '../../api/access.js';
import { findForeign } from '../../api/foreign.js';
import { findKey } from '../../api/keys.js';
import { isStoredEntry, type MaySpeakForBank, redriveEntries } from '../../banks/redrive.js';
import { readRulesFile } from '../../banks/rules-file.js';
import { ERRORS, FeewardenError } from '../../core/errors.js';
import { formatTime } from '../../core/time.js';
import {
  type FindNotTheirs,
  listRejected,
  type RedriveDeps,
  type RejectedEvent,
  redriveRejected,
} from '../../ledger/rejected.js';
import { type CliContext, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { evaluateAllDue } from '../evaluate-due.js';
import { EXIT, printJson, printLine, printTable } from '../output.js';
import { placeOf } from '../place-of.js';
import { startBar } from '../progress-bar.js';

interface CodeOptions extends DataOptions {
  readonly code?: string;
}
const CODE_OPTION = ['--code <code>', 'only those with this reason'] as const;
const ROWS_PER_READ = 1_000;

export function rejectedCommand(program: Command): void {
  program
    .command('rejected')
    .description('list what was refused, where it came from and why')
    .option(...DATA_OPTION)
    .option(...CODE_OPTION)
    .option(...JSON_OPTION)
    .action((options: CodeOptions) =>
      withDatabase(options, async ({ database }) => {
        checkCode(options.code);
        let after = 0;
        let count = 0;
        for (;;) {
          const rows = await listRejected(database.pool, { code: options.code ?? null, after, limit: ROWS_PER_READ });
          if (options.json) for (const row of rows) printJson({ ...row, receivedAt: formatTime(row.receivedAt) });
          else if (rows.length > 0) printTable(['no.', 'code', 'place', 'institution', 'id', 'why'], rows.map(cells));
          count += rows.length;
          if (rows.length < ROWS_PER_READ) break;
          after = rows.at(-1)!.seq;
        }
        if (!options.json)
          printLine(
            count === 0
              ? 'Nothing is rejected.'
              : `${count.toLocaleString('en')} rejected; after a fix, \`feewarden redrive\` tries them again.`,
          );
      }),
    );
}

export function redriveCommand(program: Command): void {
  program
    .command('redrive')
    .description('try rejected events again, after a fix')
    .option(...DATA_OPTION)
    .option(...CODE_OPTION)
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1: some were refused again.')
    .action((options: CodeOptions) =>
      withDatabase(options, async (context) => {
        checkCode(options.code);
        const bar = startBar(null, 'events');
        const counts = await redriveRejected(
          { ...context.intake, findNotTheirs: findNotTheirs(context), others: bankEntries(context) },
          options.code ?? null,
          (so) => bar.update(so.read, ''),
        );
        bar.stop();
        await evaluateAllDue(context);
        if (options.json) printJson(counts);
        else
          printTable(
            ['tried', 'accepted', 'duplicates', 'refused again'],
            [[counts.read, counts.accepted, counts.duplicates, counts.rejected].map(String)],
          );
        process.exitCode = counts.rejected > 0 ? EXIT.foundWrong : EXIT.success;
      }),
    );
}

function checkCode(code: string | undefined): void {
  if (code === undefined || (code in ERRORS && ERRORS[code as keyof typeof ERRORS].kind === 'rejected')) return;
  throw new FeewardenError('bad_usage', `--code: there is no rejection code "${code}".`);
}

function cells(row: RejectedEvent): string[] {
  return [
    String(row.seq),
    row.code,
    placeOf(row.origin),
    row.subject ?? '',
    (row.id ?? '').slice(0, ID_SHOWN_MAX),
    row.path && !row.message.startsWith(row.path) ? `${row.path}: ${row.message}` : row.message,
  ];
}

/** A table stays readable: longer ids are cut, `--json` has them whole. */
const ID_SHOWN_MAX = 40;

function bankEntries(context: CliContext): NonNullable<RedriveDeps['others']> {
  const deps = { ...context.intake, rules: readRulesFile(context.config.bankRules), maySpeak: maySpeak(context) };
  return { isOther: isStoredEntry, redrive: (client, inputs) => redriveEntries(deps, client, inputs) };
}

/** Every key must still be there, and speak for the source. */
function maySpeak(context: CliContext): MaySpeakForBank {
  return async (keyId, source) => {
    const caller = await callerOf(context, keyId);
    return caller !== null && maySpeakFor(sourceAuthority(caller), source);
  };
}

function findNotTheirs(context: CliContext): FindNotTheirs {
  return async (keyId, event) => {
    const caller = await callerOf(context, keyId);
    if (caller === null || !maySpeakFor(sourceAuthority(caller), event.source))
      return { path: 'source', message: ERRORS.source_not_allowed.message };
    const [foreign] = await findForeign(context.database.pool, caller, [event]);
    return foreign ?? null;
  };
}

/** The bootstrap key of the settings is an administrator's. */
async function callerOf({ database, config }: CliContext, keyId: string): Promise<Caller | null> {
  if (keyId === SETTINGS_KEY) return config.adminKey === null ? null : { keyId, role: 'admin', scope: '' };
  const key = await findKey(database.pool, keyId);
  return key && { keyId, role: key.role, scope: key.scope };
}
const SETTINGS_KEY = 'settings';
