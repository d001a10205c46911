import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import type { BacktestReport } from '../../src/calibrate/report.js';
import { endAll, feewarden, temporaryFolder } from '../support/processes.js';

/** A labelled history of another generator: what the defaults must keep to. */
const FOLDER = fileURLToPath(new URL('../fixtures/history/', import.meta.url));
afterAll(endAll);

it('finds every failing school of the fixture two weeks ahead that shows a sign by then, and troubles no healthy one', async () => {
  const report = path.join(temporaryFolder('fixture'), 'report.json');
  const { code, stderr } = await feewarden([
    ...['backtest', path.join(FOLDER, 'events.ndjson.gz')],
    ...['--labels', path.join(FOLDER, 'labels.json'), '--report', report],
  ]);
  expect([code, stderr]).toEqual([0, '']);
  const told = JSON.parse(readFileSync(report, 'utf8')) as BacktestReport;
  const twoWeeks = told.recall.find((one) => one.days === 14)!;
  expect(twoWeeks.eligible).toBe(5);
  expect(twoWeeks.foundByAlert).toBe(5);
  expect(told.medianLeadDaysEarlyShapes).toBeGreaterThanOrEqual(30);
  expect(told.weeks.every((week) => week.healthyOrange === 0 && week.healthyOrangeCases === 0)).toBe(true);
  expect(told.must.missing).toEqual([]);
});
