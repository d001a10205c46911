import type { Command } from 'commander';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { verifyBooks } from '../../ledger/verify.js';
import { DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { EXIT, printJson, printLine } from '../output.js';
import { startBar } from '../progress-bar.js';

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('re-derive the books and the audit chain from the stored events and name every difference')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1: something differs.')
    .action((options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const bar = startBar(null, 'institutions');
        let institutions = 0;
        let differences = 0;
        const onInstitution = (done: number): void => {
          institutions = done;
          bar.update(done, '');
        };
        for await (const difference of verifyBooks(database.pool, { calendar: CHINA_CALENDAR, onInstitution })) {
          differences += 1;
          if (options.json) printJson(difference);
          else
            printLine(
              `${difference.institutionId ?? '?'} ${difference.table} ${difference.key}: ${difference.problem}; events say ${difference.expected ?? 'nothing'}, found ${difference.found ?? 'nothing'}`,
            );
        }
        bar.stop();
        if (options.json) printJson({ institutions, differences, ok: differences === 0 });
        else
          printLine(
            differences === 0
              ? `${institutions} institutions: books and events agree.`
              : `${differences} differences in ${institutions} institutions.`,
          );
        process.exitCode = differences === 0 ? EXIT.success : EXIT.foundWrong;
      }),
    );
}
