import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestBroker } from './broker.js';
import { kafkaHome, serverProperties } from './jars.js';
import { accepts, freePorts } from './ports.js';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 50;

/** Apache Kafka itself on Java, one node, on random ports of 127.0.0.1, data and logs in a temp folder. */
export async function startJavaBroker(secure?: SecureListener): Promise<TestBroker> {
  const home = await kafkaHome();
  const folder = await mkdtemp(path.join(tmpdir(), 'feewarden-kafka-'));
  const [port = 0, controllerPort = 0] = await freePorts(2);
  const data = path.join(folder, 'data');
  await cp(home.formatted, data, { recursive: true });
  const properties = path.join(folder, 'server.properties');
  await writeFile(
    properties,
    serverProperties({ port, controllerPort, data }, secure?.properties(port, controllerPort)),
  );

  const launch = () => launchJava({ libs: home.libs, properties, logFile: path.join(folder, 'broker.log'), port });
  let java = await launch();
  return {
    brokers: [`127.0.0.1:${port}`],
    kill9: () => java.kill('SIGKILL'),
    async restart() {
      await java.end('SIGTERM');
      java = await launch();
    },
    async stop() {
      // The data go away too, so there is nothing to close cleanly.
      await java.end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** More properties of the broker, for a listener beside the plain one. */
export interface SecureListener {
  properties(port: number, controllerPort: number): Readonly<Record<string, string>>;
}

interface RunningJava {
  kill(signal: NodeJS.Signals): void;
  /** Sends the signal and waits; SIGKILL after a while. */
  end(signal: NodeJS.Signals): Promise<void>;
}

async function launchJava(at: {
  libs: string;
  properties: string;
  logFile: string;
  port: number;
}): Promise<RunningJava> {
  const log = openSync(at.logFile, 'a');
  // A small heap, the plainest collector and the quick compiler only: it starts in about 2 s on one core.
  const flags = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'];
  const logging = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];
  const child = spawn('java', [...flags, ...logging, '-cp', path.join(at.libs, '*'), 'kafka.Kafka', at.properties], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  guardBroker(child);
  const running: RunningJava = {
    kill: (signal) => void child.kill(signal),
    async end(signal) {
      child.kill(signal);
      await Promise.race([exited, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await exited;
    },
  };
  await untilReady(child, at.port).catch(async (error: unknown) => {
    await running.end('SIGKILL');
    const tail = (await readFile(at.logFile, 'utf8').catch(() => '')).slice(-3_000);
    throw new Error(`the test broker did not start: ${String(error)}\n${tail}`);
  });
  return running;
}

/** Ends the broker when this process dies, however it dies: the guard's input then closes. */
function guardBroker(child: ChildProcess): void {
  if (child.pid === undefined) {
    return;
  }
  const guard = spawn('sh', ['-c', `cat >/dev/null; kill -9 ${child.pid} 2>/dev/null`], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  child.once('exit', () => {
    // First the guard, then its input: otherwise it would shoot at a process id that may be somebody else's by now.
    guard.kill('SIGKILL');
    guard.stdin.destroy();
  });
}

async function untilReady(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error(`java ended with ${child.exitCode ?? child.signalCode ?? 'no start'}`);
    }
    if (await accepts(port)) {
      return;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`no answer on port ${port} within ${READY_TIMEOUT_MS / 1_000} s`);
}
