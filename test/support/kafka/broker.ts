import { startDockerBroker, whyNoDocker } from './docker.js';
import { say, whyNoJars } from './jars.js';
import { startJavaBroker } from './java.js';

export interface TestBroker {
  /** host:port */
  readonly brokers: string[];
  stop(): Promise<void>;
  /** Ends the broker as a power cut would; nothing is flushed. */
  kill9(): void;
  /** Starts it again with the same data on the same port; ends a running one first. */
  restart(): Promise<void>;
}

/** Thrown when there is no broker to be had and nobody insists; `brokerOrSkip` turns it into a skipped test. */
export class NoBroker extends Error {}

export interface StartBrokerOptions {
  /** The test stops or kills the broker, so one that others use (KAFKA_BROKERS) will not do. */
  readonly own?: boolean;
}

/**
 * A real Kafka broker: KAFKA_BROKERS, else Docker when an engine answers, else Apache Kafka's own jars on Java 17 or newer.
 * Throws `NoBroker` when none of them is there.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<TestBroker> {
  const given = process.env.KAFKA_BROKERS;
  if (given && !options.own) {
    return givenBroker(given);
  }
  const noDocker = await whyNoDocker();
  if (noDocker === undefined) {
    return startDockerBroker();
  }
  const noJars = await whyNoJars();
  if (noJars === undefined) {
    return startJavaBroker();
  }
  throw new NoBroker(`no Kafka broker for the tests: set KAFKA_BROKERS, or: ${noDocker}; ${noJars}`);
}

/**
 * `startBroker`, but undefined with a loud line when there is none: the tests of the file then skip. Under CI=true
 * nothing skips, so there it throws.
 */
export async function brokerOrSkip(options: StartBrokerOptions = {}): Promise<TestBroker | undefined> {
  try {
    return await startBroker(options);
  } catch (error) {
    if (!(error instanceof NoBroker) || process.env.CI === 'true') {
      throw error;
    }
    say(`SKIPPED: ${error.message}`);
    return undefined;
  }
}

function givenBroker(list: string): TestBroker {
  const refuse = (): never => {
    throw new Error('the broker of KAFKA_BROKERS is not ours to end: start one with { own: true }');
  };
  return {
    brokers: list.split(',').map((broker) => broker.trim()),
    stop: async () => undefined,
    kill9: refuse,
    restart: async () => refuse(),
  };
}
