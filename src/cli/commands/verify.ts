import type { Command } from 'commander';
import { CHINA_CALENDAR } from '../../core/calendar.js';
import { type Difference, verifyBooks } from '../../ledger/verify.js';
import { plural } from '../../risk/text.js';
import { verifyRisk } from '../../risk/verify.js';
import { DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { EXIT, printJson, printLine } from '../output.js';
import { startBar } from '../progress-bar.js';

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('re-derive books, audit chain, scores and alerts from the stored events and name every difference')
    .option(...DATA_OPTION)
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1: something differs.')
    .action((options: DataOptions) =>
      withDatabase(options, async ({ database }) => {
        const bar = startBar(null, 'institutions');
        const show = options.json ? printJson : (difference: Difference) => printLine(sentence(difference));
        let institutions = 0;
        let differences = 0;
        const onInstitution = (done: number): void => {
          institutions = done;
          bar.update(done, '');
        };
        for await (const difference of verifyBooks(database.pool, { calendar: CHINA_CALENDAR, onInstitution })) {
          differences += 1;
          show(difference);
        }
        const risk = await verifyRisk(database.pool, CHINA_CALENDAR);
        for (const difference of risk.differences) show(difference);
        differences += risk.differences.length;
        bar.stop();
        if (options.json) printJson({ institutions, differences, waiting: risk.waiting, ok: differences === 0 });
        else printLine(summary(institutions, differences, risk.waiting));
        process.exitCode = differences === 0 ? EXIT.success : EXIT.foundWrong;
      }),
    );
}

function sentence({ institutionId, table, key, problem, expected, found }: Difference): string {
  return `${institutionId ?? '?'} ${table} ${key}: ${problem}; events say ${expected ?? 'nothing'}, found ${found ?? 'nothing'}`;
}

function summary(institutions: number, differences: number, waiting: number): string {
  const note = waiting === 0 ? '' : ` ${waiting} wait to be evaluated: their scores could not be checked.`;
  if (differences > 0) return `${plural(differences, 'difference')} in ${plural(institutions, 'institution')}.${note}`;
  return `${plural(institutions, 'institution')}: books, scores and alerts agree with the events.${note}`;
}
