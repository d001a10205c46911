import type { Command } from 'commander';
import { ROLES } from '../../api/access.js';
import { createKey, listKeys, revokeKey } from '../../api/keys.js';
import { formatTime } from '../../core/time.js';
import { clock, DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { printJson, printLine, printTable } from '../output.js';

interface CreateOptions extends DataOptions {
  readonly role: string;
  readonly scope: string;
  readonly name?: string;
}

export function keyCommand(program: Command): void {
  const key = program.command('key').description('API keys');
  key
    .command('create')
    .description('make a key; its text is shown once')
    .requiredOption('--role <role>', `one of ${ROLES.join(', ')}`)
    .option('--scope <scope>', 'region prefix (3707) or bank code (B403); empty is everything the role allows', '')
    .option('--name <name>', 'whose key it is')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .action((options: CreateOptions) =>
      withDatabase(options, async ({ database }) => {
        const made = await createKey(
          database.pool,
          { name: options.name ?? `${options.role} ${options.scope}`.trim(), role: options.role, scope: options.scope },
          clock(),
        );
        if (options.json) printJson({ id: made.key.id, role: made.key.role, scope: made.key.scope, key: made.text });
        else printLine(made.text);
      }),
    );
  key
    .command('list')
    .description('all keys, without their secrets')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .action((options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const keys = (await listKeys(database.pool)).map((row) => ({
          ...row,
          createdAt: formatTime(row.createdAt),
          revokedAt: row.revokedAt === null ? null : formatTime(row.revokedAt),
        }));
        if (options.json) for (const row of keys) printJson(row);
        else if (keys.length === 0) printLine('There are no keys; `feewarden key create --role admin` makes one.');
        else
          printTable(
            ['id', 'role', 'scope', 'name', 'created', 'revoked'],
            keys.map((row) => [row.id, row.role, row.scope, row.name, row.createdAt, row.revokedAt ?? '']),
          );
      }),
    );
  key
    .command('revoke')
    .argument('<id>', 'as `feewarden key list` shows it')
    .description('end a key; takes effect within seconds')
    .option(...DATA_OPTION)
    .action((id: string, options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const row = await revokeKey(database.pool, id, clock());
        printLine(`Key ${row.id} (${row.name}) is revoked.`);
      }),
    );
}
