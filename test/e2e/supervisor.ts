import { type Running, startFeewarden, until } from '../support/processes.js';

/** Looks after one worker as an operator's supervisor does: whatever ends it, it is started again. */
export interface Supervised {
  readonly name: string;
  /** Waits until it has started, then ends it as a power cut would. */
  kill9(): Promise<void>;
  /** Ends the looking after, and the worker with SIGTERM. */
  stop(): Promise<void>;
  /** How often it was started. */
  starts(): number;
  /** Ends that nobody here caused: a database that was away, say. */
  readonly ownEnds: string[];
}

/** Before it says so it has not even opened the database: killing it then would prove nothing. */
const ALIVE = /"worker starts"/;

export function supervise(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Supervised {
  let running: Running;
  let starts = 0;
  let stopping = false;
  const killed = new Set<Running>();
  const ownEnds: string[] = [];
  const start = (): void => {
    starts += 1;
    const mine = startFeewarden(args, { env });
    running = mine;
    void mine.ended.then(({ code, signal }) => {
      if (!killed.has(mine) && !stopping)
        ownEnds.push(`${name}: ${code ?? signal}: ${mine.stderr().trimEnd().split('\n').at(-1)}`);
      if (!stopping) start();
    });
  };
  start();
  return {
    name,
    ownEnds,
    starts: () => starts,
    kill9: async () => {
      await until(`${name} runs`, () => ALIVE.test(running.stderr()) && !killed.has(running));
      const victim = running;
      killed.add(victim);
      await victim.end('SIGKILL');
    },
    stop: async () => {
      stopping = true;
      await running.end('SIGTERM');
    },
  };
}
