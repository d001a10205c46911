import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReportWithSensitivity } from '../../src/calibrate/report.js';
import { historyLines } from '../support/history.js';
import { endAll, feewarden, jsonLines, temporaryFolder } from '../support/processes.js';

/** The back-test by the built program on a labelled history: what must be found, and who must be left in peace. */
const FOLDER = fileURLToPath(new URL('../fixtures/history/', import.meta.url));
const FILE = path.join(FOLDER, 'events.ndjson.gz');

interface Label {
  readonly id: string;
  readonly kind: 'healthy' | 'failing' | 'violating';
  readonly must: readonly string[];
}
interface AlertEvent {
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: { readonly ruleId: string; readonly level: string };
}

const folder = temporaryFolder('backtest');
const labels = JSON.parse(readFileSync(path.join(FOLDER, 'labels.json'), 'utf8')) as Label[];

async function backtest(file: string, name: string, ...more: string[]): Promise<string> {
  const out = path.join(folder, name);
  const ended = await feewarden(['backtest', file, '--alerts', out, '--json', ...more]);
  expect(ended.stderr).toBe('');
  expect(ended.code).toBe(0);
  return readFileSync(out, 'utf8');
}

let text: string;
let alerts: AlertEvent[];
beforeAll(async () => {
  text = await backtest(FILE, 'alerts.ndjson');
  alerts = jsonLines<AlertEvent>(text);
});
afterAll(endAll);

function write(name: string, content: readonly string[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, `${content.join('\n')}\n`);
  return file;
}

it('raises every rule that the labels ask for, at its institution', () => {
  const missing = labels.flatMap(({ id, must }) =>
    must
      .filter((rule) => !alerts.some((alert) => alert.subject === id && alert.data.ruleId === rule))
      .map((rule) => `${id} ${rule}`),
  );
  expect(missing).toEqual([]);
});

it('never tells of a healthy institution at orange or above', () => {
  const healthy = new Set(labels.filter((label) => label.kind === 'healthy').map((label) => label.id));
  const wronged = alerts.filter((alert) => healthy.has(alert.subject) && ['orange', 'red'].includes(alert.data.level));
  expect(wronged.map((alert) => `${alert.time} ${alert.subject} ${alert.data.ruleId}`)).toEqual([]);
});

it('tells of every failing institution at orange or above', () => {
  const quiet = labels.filter(
    ({ id, kind }) =>
      kind === 'failing' &&
      !alerts.some((alert) => alert.subject === id && ['orange', 'red'].includes(alert.data.level)),
  );
  expect(quiet.map((label) => label.id)).toEqual([]);
});

it('writes its alerts in the order of the virtual clock', () => {
  const times = alerts.map((alert) => Date.parse(alert.time));
  expect(times.length).toBeGreaterThan(0);
  expect(times.every((time, at) => at === 0 || time >= times[at - 1]!)).toBe(true);
});

it('writes the same bytes when the lines that nobody contradicts arrive backwards', async () => {
  // Of lines that contradict each other the first one counts, so those that are refused for it are left out.
  const rejects = JSON.parse(readFileSync(path.join(FOLDER, 'rejects.json'), 'utf8')) as {
    line: number;
    kind: string;
  }[];
  const refused = new Set(rejects.map((reject) => reject.line));
  const lines = historyLines().filter((_, at) => !refused.has(at + 1));
  expect(await backtest(write('backward.ndjson', lines.reverse()), 'backward-alerts.ndjson')).toBe(text);
});

it('reports what other thresholds would have come to, each from a replay of its own', async () => {
  const report = path.join(folder, 'sensitivity.json');
  // Each trial is a replay: of some schools it takes a fraction of the time.
  const some = [
    ...labels.filter(({ kind }) => kind === 'failing'),
    ...labels.filter(({ kind }) => kind === 'healthy').slice(0, 3),
  ];
  const events = write(
    'some.ndjson',
    historyLines().filter((line) => some.some(({ id }) => line.includes(id))),
  );
  const args = ['backtest', events, '--labels', write('some.json', [JSON.stringify(some)]), '--report', report];
  const ended = await feewarden([...args, '--sensitivity', 'D01.orangeDays', '--json']);
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  const { sensitivity } = JSON.parse(readFileSync(report, 'utf8')) as ReportWithSensitivity;
  expect(sensitivity!.base.found).toBe(5);
  expect(sensitivity!.trials.map(({ factor, values }) => [factor, values['orangeDays']])).toEqual([
    [0.8, 6],
    [0.9, 6],
    [1.1, 8],
    [1.25, 9],
  ]);
  // With a lower step more is told.
  expect(sensitivity!.trials[0]!.point.warnings).toBeGreaterThan(sensitivity!.base.warnings);
});

it('says that labels are not those of the history instead of calling it free of false alarms', async () => {
  const own = labels[0]!.id;
  const events = path.join(folder, 'one-school.ndjson');
  const report = path.join(folder, 'one-school.json');
  writeFileSync(
    events,
    `${historyLines()
      .filter((line) => line.includes(own))
      .slice(0, 50)
      .join('\n')}\n`,
  );
  const ended = await feewarden(['backtest', events, '--labels', path.join(FOLDER, 'labels.json'), '--report', report]);
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain('23 of the 24 labelled institutions have no event in this history and are left out');
  const { institutions } = JSON.parse(readFileSync(report, 'utf8')) as ReportWithSensitivity;
  expect(institutions).toEqual({ healthy: 0, failing: 1, violating: 0, unlabelled: 0 });
});

it.each([
  ['without a report', ['--sensitivity', 'C01'], '--report'],
  [
    'of a rule that is not there',
    ['--sensitivity', 'Z99', '--report', 'r.json'],
    '--sensitivity: there is no rule "Z99"',
  ],
])('refuses sensitivity %s', async (_, args, sentence) => {
  const ended = await feewarden(['backtest', FILE, ...args]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(sentence);
});
