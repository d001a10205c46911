import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLevel } from '../config.js';

/** What never belongs in a log, wherever it stands. */
const SECRETS = ['secret', 'password', 'authorization', 'key', 'adminKey', 'databaseUrl', 'url'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/** The process's log: one JSON object per line. Secrets are cut out by name; people occur only as hashes anyway. */
export function createLog(level: LogLevel, name: string, destination?: DestinationStream): Logger {
  const options = { level, name, redact: { paths: [...SECRETS, 'req.headers.authorization'], censor: '[secret]' } };
  return destination ? pino(options, destination) : pino(options, pino.destination(2));
}
