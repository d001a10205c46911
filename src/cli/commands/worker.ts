import { Argument, type Command } from 'commander';
import { DATA_OPTION, type DataOptions } from '../context.js';
import { runProcess, WORKER_NAMES, type WorkerName } from '../processes.js';

interface WorkerOptions extends DataOptions {
  readonly port?: string;
}

export function workerCommand(program: Command): void {
  program
    .command('worker')
    .addArgument(new Argument('<name>', 'which one').choices(WORKER_NAMES))
    .description('one worker as its own process, for Kafka and several machines')
    .option(...DATA_OPTION)
    .option('--port <port>', 'for the api worker')
    .action((name: WorkerName, options: WorkerOptions) => runProcess([name], options));
}
