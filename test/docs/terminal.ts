import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../src/db/package-root.js';

const POLL_MS = 50;
const END_MS_MAX = 30_000;

/** A shell in the checkout, as a reader of the README has it open. */
export interface Terminal {
  /** Types a line or more without waiting for anything. */
  type(commands: string): void;
  /** Types it and waits until it is done; answers what was printed. Throws when the last command failed or it took too long. */
  run(commands: string, timeoutMs: number): Promise<string>;
  /** Waits until all that was printed so far satisfies the question. */
  until(isThere: (output: string) => boolean, timeoutMs: number): Promise<void>;
  /** Ends what runs in it as Ctrl-C would, then the shell. */
  close(): Promise<void>;
}

/** `cacheFolder` is where npm keeps what `npx` prepares: a test's own, so that it neither finds nor leaves anything. */
export function openTerminal(cacheFolder: string): Terminal {
  // A process group of its own, so that a signal reaches what the shell has started as well.
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    cwd: packageRoot(),
    env: { ...process.env, npm_config_cache: cacheFolder },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let printed = '';
  let done = 0;
  const keep = (chunk: Buffer): void => {
    printed += chunk.toString();
  };
  shell.stdout.on('data', keep);
  shell.stderr.on('data', keep);
  shell.stdin.write('exec 2>&1\n');
  const until = async (isThere: (output: string) => boolean, timeoutMs: number): Promise<void> => {
    const deadline = Date.now() + timeoutMs;
    while (!isThere(printed)) {
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs / 1_000} s; printed so far:\n${printed}`);
      if (shell.exitCode !== null)
        throw new Error(`the shell ended with ${shell.exitCode}; printed so far:\n${printed}`);
      await sleep(POLL_MS);
    }
  };
  return {
    type: (commands) => void shell.stdin.write(commands),
    until,
    async run(commands, timeoutMs) {
      const from = printed.length;
      done += 1;
      const mark = `--- step ${done} ended with `;
      shell.stdin.write(`${commands}\nprintf '\\n%s%s\\n' '${mark}' "$?"\n`);
      const ended = (output: string) => new RegExp(`${mark}\\d+\\n`).test(output.slice(from));
      await until(ended, timeoutMs);
      const [output = '', rest = ''] = printed.slice(from).split(mark);
      const code = Number.parseInt(rest, 10);
      if (code !== 0) throw new Error(`the last command of a step ended with ${code}:\n${output}`);
      return output;
    },
    close: () => endGroup(shell),
  };
}

async function endGroup(shell: ChildProcess): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    if (shell.exitCode !== null || shell.signalCode !== null) resolve();
    else shell.once('exit', () => resolve());
  });
  shell.stdin?.end();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    if (!signalGroup(shell, signal)) break;
    const deadline = Date.now() + END_MS_MAX / 3;
    while (Date.now() < deadline && signalGroup(shell, 0)) await sleep(POLL_MS);
  }
  await ended;
}

/** False when nobody is left in the group. */
function signalGroup(shell: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-shell.pid!, signal);
    return true;
  } catch {
    return false;
  }
}
