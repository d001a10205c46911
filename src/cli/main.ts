import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../db/package-root.js';
import { EXIT, printError } from './output.js';

/** Every command, in the order of `--help`. Only the one that is asked for is loaded: all of them take half a second. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  start: async () => (await import('./commands/start.js')).startCommand,
  worker: async () => (await import('./commands/worker.js')).workerCommand,
  ingest: async () => (await import('./commands/ingest.js')).ingestCommand,
  bank: async () => (await import('./commands/bank.js')).bankCommand,
  reconcile: async () => (await import('./commands/reconcile.js')).reconcileCommand,
  breaks: async () => (await import('./commands/breaks.js')).breaksCommand,
  feeds: async () => (await import('./commands/feeds.js')).feedsCommand,
  report: async () => (await import('./commands/report.js')).reportCommand,
  rejected: async () => (await import('./commands/rejected.js')).rejectedCommand,
  redrive: async () => (await import('./commands/rejected.js')).redriveCommand,
  books: async () => (await import('./commands/books.js')).booksCommand,
  scores: async () => (await import('./commands/scores.js')).scoresCommand,
  alerts: async () => (await import('./commands/alerts.js')).alertsCommand,
  explain: async () => (await import('./commands/explain.js')).explainCommand,
  verify: async () => (await import('./commands/verify.js')).verifyCommand,
  policy: async () => (await import('./commands/policy.js')).policyCommand,
  backtest: async () => (await import('./commands/backtest.js')).backtestCommand,
  simulate: async () => (await import('./commands/simulate.js')).simulateCommand,
  tune: async () => (await import('./commands/tune.js')).tuneCommand,
  jobs: async () => (await import('./commands/jobs.js')).jobsCommand,
  key: async () => (await import('./commands/key.js')).keyCommand,
};

async function makeProgram(asked: string | undefined): Promise<Command> {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  const program = new Command('feewarden')
    .description(
      'Supervision of prepaid training fees: books to the fen, early findings with reasons, alerts for the regulator.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageSentence(text, 'feewarden')) });
  const isCommand = asked !== undefined && Object.hasOwn(COMMANDS, asked);
  const wanted = isCommand ? [COMMANDS[asked]!] : Object.values(COMMANDS);
  for (const load of wanted) (await load())(program);
  for (const command of program.commands) overrideExit(command, `feewarden ${command.name()}`);
  return program;
}

function overrideExit(command: Command, called: string): void {
  command.exitOverride().configureOutput({ outputError: (text, write) => write(usageSentence(text, called)) });
  for (const child of command.commands) overrideExit(child, `${called} ${child.name()}`);
}

/** What commander refuses, on the one line that every error has, and where help is. */
function usageSentence(text: string, called: string): string {
  const [what = '', meant] = text
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  const guess = meant === undefined ? '' : ` ${meant.replace('(Did', '(did')}`;
  return `feewarden: ${what.replace(/\.$/, '')}${guess}; \`${called} --help\` shows how.\n`;
}

/** A reader that has seen enough (`feewarden books | head`) ends the command, without a word. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await (await makeProgram(process.argv[2])).parseAsync(process.argv);
} catch (error) {
  // Commander has printed its own message already; everything it refuses is wrong usage.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.success : EXIT.usage;
  else process.exitCode = printError(error);
}
