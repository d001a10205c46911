import { startEmbedded } from '../../src/db/embedded.js';

/**
 * A program that uses the embedded database, for tests with several processes. Arguments: data folder, profile. Prints the URL, or
 * the error; then obeys one word on its input: `stop` leaves properly, `exit` ends at once.
 */
try {
  const profile = process.argv[3] === 'durable' ? 'durable' : 'test';
  const database = await startEmbedded({ dataDir: process.argv[2]!, profile });
  process.stdout.write(`${database.url}\n`);
  process.stdin.once('data', async (word) => {
    if (word.toString().trim() === 'stop') await database.stop();
    process.exit(0);
  });
} catch (error) {
  process.stdout.write(`error: ${(error as Error).message}\n`);
  process.exit(1);
}
