import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../db/package-root.js';
import { alertsCommand } from './commands/alerts.js';
import { backtestCommand } from './commands/backtest.js';
import { bankCommand } from './commands/bank.js';
import { booksCommand } from './commands/books.js';
import { breaksCommand } from './commands/breaks.js';
import { explainCommand } from './commands/explain.js';
import { feedsCommand } from './commands/feeds.js';
import { ingestCommand } from './commands/ingest.js';
import { jobsCommand } from './commands/jobs.js';
import { keyCommand } from './commands/key.js';
import { policyCommand } from './commands/policy.js';
import { reconcileCommand } from './commands/reconcile.js';
import { redriveCommand, rejectedCommand } from './commands/rejected.js';
import { reportCommand } from './commands/report.js';
import { scoresCommand } from './commands/scores.js';
import { simulateCommand } from './commands/simulate.js';
import { startCommand } from './commands/start.js';
import { tuneCommand } from './commands/tune.js';
import { verifyCommand } from './commands/verify.js';
import { workerCommand } from './commands/worker.js';
import { EXIT, printError } from './output.js';

/** Every command, in the order of `--help`. */
const COMMANDS = [
  startCommand,
  workerCommand,
  ingestCommand,
  bankCommand,
  reconcileCommand,
  breaksCommand,
  feedsCommand,
  reportCommand,
  rejectedCommand,
  redriveCommand,
  booksCommand,
  scoresCommand,
  alertsCommand,
  explainCommand,
  verifyCommand,
  policyCommand,
  backtestCommand,
  simulateCommand,
  tuneCommand,
  jobsCommand,
  keyCommand,
] as const;

function makeProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const program = new Command('feewarden')
    .description(
      'Supervision of prepaid training fees: books to the fen, early findings with reasons, alerts for the regulator.',
    )
    .version(version)
    .exitOverride()
    .showHelpAfterError('(`feewarden --help` lists the commands)');
  for (const add of COMMANDS) add(program);
  for (const command of program.commands) overrideExit(command);
  return program;
}

function overrideExit(command: Command): void {
  command.exitOverride().showHelpAfterError(`(\`feewarden ${command.name()} --help\` shows how)`);
  for (const child of command.commands) overrideExit(child);
}

/** A reader that has seen enough (`feewarden books | head`) ends the command, without a word. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await makeProgram().parseAsync(process.argv);
} catch (error) {
  // Commander has printed its own message already; everything it refuses is wrong usage.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.success : EXIT.usage;
  else process.exitCode = printError(error);
}
