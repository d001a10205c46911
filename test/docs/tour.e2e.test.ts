import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { freePorts } from '../support/kafka/ports.js';
import { openTerminal, type Terminal } from './terminal.js';
import { firstMissing, readTour } from './tour.js';

/** The first `npx feewarden` of a checkout builds. */
const STEP_MS_MAX = 120_000;
const START_MS_MAX = 60_000;

const folder = mkdtempSync(path.join(os.tmpdir(), 'feewarden-tour-'));
const terminals: Terminal[] = [];

afterAll(async () => {
  for (const terminal of terminals.reverse()) await terminal.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the ten-minute tour of the README', () => {
  const steps = readTour('README.md');

  test('has commands, and shows what they print', () => {
    expect(steps.length).toBeGreaterThan(5);
    expect(steps.filter((step) => step.shown.length > 0).length).toBeGreaterThan(5);
  });

  test('works word for word', { timeout: 600_000 }, async () => {
    const [port = 0, receiver = 0] = await freePorts(2);
    // The one liberty taken: a folder and ports of the test's own, so that it disturbs nothing on the machine, nor a second try.
    const own = mkdtempSync(path.join(folder, 'try-'));
    const here = (text: string) =>
      text
        .replaceAll('data/tour', path.join(own, 'tour'))
        .replaceAll('8321', String(port))
        .replaceAll('9090', String(receiver));
    const main = openTerminal(path.join(folder, 'npm'));
    terminals.push(main);
    for (const step of steps) {
      const commands = here(step.commands);
      const shown = step.shown.map(here);
      if (step.background) {
        const other = openTerminal(path.join(folder, 'npm'));
        terminals.push(other);
        // It is meant to go on: if it ends, so does its terminal, and nobody waits for what will not come.
        other.type(`${commands}exit\n`);
        await other.until((output) => firstMissing(shown, output) === null, START_MS_MAX);
        continue;
      }
      const output = await main.run(commands, STEP_MS_MAX);
      const missing = firstMissing(shown, output);
      if (missing !== null) expect.fail(`README.md:${step.line}: the output lacks "${missing}":\n${output}`);
    }
  });
});

describe('the comparison of what is shown with what is printed', () => {
  test('wants every line, in order, and takes … for anything', () => {
    expect(firstMissing(['a … c', 'd'], 'a  b\nc\nd\n')).toBeNull();
    expect(firstMissing(['d', 'a'], 'a\nd\n')).toBe('a');
    expect(firstMissing(['a … e'], 'a b c')).toBe('a … e');
  });
});
