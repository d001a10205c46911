import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BacktestReport } from '../../src/calibrate/report.js';
import type { Label } from '../../src/simulate/labels.js';
import { endAll, feewarden, temporaryFolder } from '../support/processes.js';

const folder = temporaryFolder('simulate');
const small = ['--institutions', '24', '--days', '150', '--learners', '10', '--failing', '0.4', '--violating', '0.3'];
const city = path.join(folder, 'city');
afterAll(endAll);

async function simulate(out: string, ...more: string[]) {
  return feewarden(['simulate', '--seed', '5', '--out', out, ...small, ...more]);
}

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

beforeAll(async () => {
  const { code, stdout, stderr } = await simulate(city);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('labels.json says who is healthy');
}, 180_000);

describe('feewarden simulate', () => {
  it('writes the same bytes for the same seed, compressed or not', async () => {
    const again = path.join(folder, 'again');
    const { code, stdout } = await simulate(again, '--gzip', '--json');
    expect(code).toBe(0);
    const meta = JSON.parse(readFileSync(path.join(city, 'meta.json'), 'utf8')) as { lines: number };
    expect(JSON.parse(stdout)).toEqual(meta);
    const plain = readFileSync(path.join(city, 'events.ndjson'));
    expect(gunzipSync(readFileSync(path.join(again, 'events.ndjson.gz'))).equals(plain)).toBe(true);
    expect(plain.toString().trimEnd().split('\n')).toHaveLength(meta.lines);
    expect(digest(path.join(again, 'labels.json'))).toBe(digest(path.join(city, 'labels.json')));
  });

  it('says in its help what it takes', async () => {
    const { code, stdout } = await feewarden(['simulate', '--help']);
    expect(code).toBe(0);
    for (const option of ['--seed', '--institutions', '--days', '--out', '--start', '--disorder'])
      expect(stdout).toContain(option);
  });

  it.each([
    ['no seed', ['--out', folder], '--seed'],
    ['a wrong number', ['--seed', '1', '--out', folder, '--institutions', '0'], '--institutions'],
    ['a day that is none', ['--seed', '1', '--out', folder, '--start', '2025-02-30'], '--start'],
    [
      'years whose holidays nobody knows',
      ['--seed', '1', '--out', folder, '--start', '2035-01-01'],
      'holidays of 2035',
    ],
    ['a wrong disorder', ['--seed', '1', '--out', folder, '--disorder', 'total'], '--disorder'],
    [
      'shares of more than all',
      ['--seed', '1', '--out', folder, '--failing', '0.7', '--violating', '0.7'],
      'more than 1',
    ],
    [
      'a folder that cannot be made',
      ['--seed', '1', '--institutions', '1', '--days', '1', '--out', '/dev/null/x'],
      '--out',
    ],
  ])('refuses %s', async (_, args, sentence) => {
    const { code, stderr } = await feewarden(['simulate', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

describe('feewarden backtest --report', () => {
  const labels = path.join(city, 'labels.json');
  const events = path.join(city, 'events.ndjson');

  it('writes what was found and how early, as JSON and as a page', async () => {
    const report = path.join(folder, 'report.json');
    const made = await feewarden([
      'backtest',
      events,
      '--labels',
      labels,
      '--report',
      report,
      '--inspectors',
      '4',
      '--json',
    ]);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const told = JSON.parse(readFileSync(report, 'utf8')) as BacktestReport;
    const known = JSON.parse(readFileSync(labels, 'utf8')) as Label[];
    const failing = known.filter((label) => label.kind === 'failing').length;
    expect(told.institutions).toEqual({
      healthy: known.filter((label) => label.kind === 'healthy').length,
      failing,
      violating: known.filter((label) => label.kind === 'violating').length,
      unlabelled: 0,
    });
    expect(told.shapes.reduce((sum, shape) => sum + shape.institutions, 0)).toBe(failing);
    expect(told.must.asked).toBe(known.reduce((sum, label) => sum + label.must.length, 0));
    expect(told.must.missing).toEqual([]);
    expect(told.workload.inspectors).toBe(4);
    const page = path.join(folder, 'report.html');
    expect((await feewarden(['backtest', events, '--labels', labels, '--report', page])).code).toBe(0);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>[\s\S]*Back-test report[\s\S]*<\/html>\n$/);
  });

  it.each([
    ['labels without a report', ['--labels', labels], '--report'],
    ['a report of another kind', ['--labels', labels, '--report', path.join(folder, 'r.pdf')], '.html or .json'],
    ['labels that are none', ['--labels', events, '--report', path.join(folder, 'r.json')], 'not valid JSON'],
    [
      'no inspectors',
      ['--labels', labels, '--report', path.join(folder, 'r.json'), '--inspectors', '0'],
      '--inspectors',
    ],
  ])('refuses %s', async (_, args, sentence) => {
    const { code, stderr } = await feewarden(['backtest', events, ...args]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(sentence);
  });
});

describe('feewarden tune', () => {
  it('tells what each setting wins and loses, and writes a draft that policy check accepts', async () => {
    const report = path.join(folder, 'tune.html');
    const draft = path.join(folder, 'draft.json');
    const made = await feewarden([
      ...['tune', city, '--rules', 'D01.orangeDays', '--factors', '0.8,1.25'],
      ...['--limit', '1', '--report', report, '--out', draft, '--json'],
    ]);
    expect([made.code, made.stderr]).toEqual([0, '']);
    const told = JSON.parse(made.stdout) as {
      base: { eligible: number };
      trials: { values: unknown }[];
      draft: unknown;
    };
    expect(told.base.eligible).toBeGreaterThan(0);
    expect(told.trials.map((trial) => trial.values)).toEqual([{ orangeDays: 6 }, { orangeDays: 9 }]);
    expect(readFileSync(report, 'utf8')).toContain('Threshold proposal');
    expect(existsSync(draft)).toBe(told.draft !== null);
    if (told.draft !== null) expect((await feewarden(['policy', 'check', draft])).code).toBe(0);
  });

  it.each([
    ['no rules', [city], '--rules'],
    ['a threshold that a law sets', [city, '--rules', 'B02.yellowHours'], 'B02'],
    ['a folder without a history', [folder, '--rules', 'C01'], 'holds no events'],
    ['a wrong factor', [city, '--rules', 'C01', '--factors', '0.8,x'], '--factors'],
  ])('refuses %s', async (_, args, sentence) => {
    const { code, stderr } = await feewarden(['tune', ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
