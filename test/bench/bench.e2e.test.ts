import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/db/package-root.js';

const out = mkdtempSync(path.join(os.tmpdir(), 'feewarden-bench-test-'));
const results = path.join(out, 'results');
const temporary = path.join(out, 'temporary');
mkdirSync(temporary);
afterAll(() => rmSync(out, { recursive: true, force: true }));

function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const program = path.join(packageRoot(), 'dist', 'test', 'bench', 'run.js');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

/** Never the speed: that depends on the machine and on who else uses it. */
describe('the bench', () => {
  test('measures a file into the books beside the bare insert, and saves the table', async () => {
    const { code, stdout, stderr } = await bench('--quick', '--only', 'file', '--events', '4000', '--out', results);
    expect(stderr).toContain('file → books');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^file → books +[\d,]+ +4,000 .* \d+ %$/m);
    expect(stdout).toMatch(/^limit: bare COPY of the event rows +[\d,]+ /m);
    expect(stdout).toMatch(/^limit: bare insert of the rows of the books +[\d,]+ /m);
    expect(stdout).toMatch(/^score behind the books +\d+ looks/m);
    expect(stdout).toMatch(/(reached|MISSED): half of a bare batched insert of the same rows, .*; measured \d+ %/);
    expect(stdout).toMatch(/(reached|MISSED): a score at most 2 s behind the books .*; measured p99 [\d.]+ s/);
    const saved = readdirSync(results);
    expect(saved.map((name) => path.extname(name)).sort()).toEqual(['.json', '.md']);
    const report = JSON.parse(readFileSync(path.join(results, saved.find((name) => name.endsWith('.json'))!), 'utf8'));
    expect(report.measured.figures.map((one: { name: string }) => one.name)).toContain(
      'file → books, evaluating beside',
    );
    expect(readdirSync(temporary), 'what the run left behind').toEqual([]);
  });

  test('measures days of reconciliation, and says that its aim is extrapolated', async () => {
    const { code, stdout } = await bench('--quick', '--only', 'reconcile', '--events', '2000', '--out', results);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^reconciliation, day 3 +[\d,]+ entries +2,100 /m);
    expect(stdout).toMatch(/day 3: 50 accounts, .* breaks opened$/m);
    expect(stdout).toMatch(
      /(reached|MISSED): 120,000 accounts .* extrapolated by processor time from 2,100 entries, not run/,
    );
  });

  test('measures the evaluation of a city, and says that its aims are extrapolated', async () => {
    const { code, stdout } = await bench('--quick', '--only', 'evaluate', '--events', '2000', '--out', results);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^evaluation, first +[\d,]+ institutions +20 /m);
    expect(stdout).toMatch(/^evaluation, again +[\d,]+ institutions +200 /m);
    expect(stdout).toMatch(/^evaluation, again and written anew +[\d,]+ institutions +60 /m);
    expect(stdout).toMatch(
      /(reached|MISSED): 120,000 institutions of \d+ events re-evaluated .* extrapolated from 200 evaluations of 20 institutions, not run/,
    );
    expect(stdout).toMatch(/^evaluation of larger schools, again +[\d,]+ institutions +10 /m);
    expect(stdout).toMatch(
      /(reached|MISSED): 5,000 institutions of [\d,]{5,} events re-evaluated .* extrapolated from 10 evaluations of 1 institutions, not run/,
    );
  });

  test('measures the reader of camt files beside the bare parser', async () => {
    const { code, stdout } = await bench('--quick', '--only', 'camt', '--events', '2000', '--out', results);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^camt → entries +[\d,]+ entries +4,000 .* \d+ %$/m);
    expect(stdout).toMatch(/^camt → entries, one thread +[\d,]+ entries +4,000 .* \d+ %$/m);
    expect(stdout).toMatch(/^limit: bare saxes, no handlers +[\d,]+ entries/m);
    expect(stdout).toMatch(/^another reader: iso20022.js +[\d,]+ entries +4,000 /m);
    expect(stdout).toMatch(/^another reader: camt-parser +[\d,]+ entries +4,000 /m);
  });

  test('refuses a measurement that does not exist and names those that do', async () => {
    const { code, stderr } = await bench('--only', 'flie');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/there is no measurement "flie"; there are file, http, kafka/);
  });
});
