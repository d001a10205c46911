import type { Command } from 'commander';
import { DATA_OPTION, type DataOptions } from '../context.js';
import { runProcess, WORKER_NAMES } from '../processes.js';

interface StartOptions extends DataOptions {
  readonly port?: string;
}

export function startCommand(program: Command): void {
  program
    .command('start')
    .description('everything in one process: database, migrations, workers, schedule, API; prints the address')
    .option(...DATA_OPTION)
    .option('--port <port>', 'port of the API (0: any free one)')
    .addHelpText(
      'after',
      '\nWith KAFKA_BROKERS set, events are also read from Kafka and alerts written to it.\nCtrl-C finishes what is in hand and stops.',
    )
    .action((options: StartOptions) => runProcess(WORKER_NAMES, { ...options, firstKey: true }));
}
