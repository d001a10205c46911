import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyLines } from '../support/history.js';
import { backtested, enrolled, fileOf, founded, lineOf, shuffled } from './support.js';

const COMMAND = fileURLToPath(new URL('../../scripts/feewarden.mjs', import.meta.url));
const HISTORY = fileURLToPath(new URL('../fixtures/history/events.ndjson.gz', import.meta.url));
const LABELS = JSON.parse(
  readFileSync(new URL('../fixtures/history/labels.json', import.meta.url), 'utf8'),
) as readonly { readonly id: string }[];
const folder = mkdtempSync(join(tmpdir(), 'feewarden-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function feewarden(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [COMMAND, 'backtest', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function alertsWith(input: string, ...args: string[]): Promise<string> {
  const out = join(folder, `${Math.random()}.ndjson`);
  const { code, stderr } = await feewarden(input, '--alerts', out, ...args);
  expect([code, stderr]).toEqual([0, '']);
  return readFileSync(out, 'utf8');
}

describe('feewarden backtest', () => {
  let expected: string;
  /** Of the whole history by three threads, with one JSON document as its output. */
  let whole: Run;
  const alertsOfWhole = join(folder, 'whole-alerts.ndjson');
  beforeAll(async () => {
    expected = `${(await backtested(fileOf(historyLines()))).text}\n`;
    whole = await feewarden(HISTORY, '--alerts', alertsOfWhole, '--threads', '3', '--json');
  }, 120_000);

  it('writes the same bytes with one thread', async () => {
    expect(await alertsWith(HISTORY, '--threads', '1')).toBe(expected);
  });

  it('writes the same bytes with three threads', () => {
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(readFileSync(alertsOfWhole, 'utf8')).toBe(expected);
  });

  it('writes them with two threads from a folder of files in any order as well', async () => {
    const parts = join(folder, 'parts');
    const lines = shuffled(historyLines(), 9);
    mkdirSync(parts);
    [lines.slice(0, 9_000), lines.slice(9_000, 9_001), lines.slice(9_001)].forEach((part, at) => {
      writeFileSync(join(parts, `${at}.ndjson`), `${part.join('\n')}\n`);
    });
    expect(await alertsWith(parts, '--threads', '2')).toBe(expected);
  });

  it('ranks the schools of a county over all threads', async () => {
    const schools = Array.from({ length: 21 }, (_, at) => `X-370702-${100 + at}`);
    const path = fileOf(
      schools.flatMap((school, at) => [
        ...founded(school, '2026-01-05'),
        ...enrolled(school, `C-${at}`, '2026-01-06', 100_000 + at * 1_000),
        ...(at % 2 === 0 ? enrolled(school, `D-${at}`, '2026-01-08', 200_000 - at * 3_000) : []),
        lineOf({
          subject: school,
          id: `refund-${at}`,
          type: 'refund.approved',
          time: '2026-01-07T11:00:00+08:00',
          data: { refundId: `R-${at}`, contractId: `C-${at}`, amountFen: 60_000, dueOn: '2026-01-07' },
        }),
      ]),
    );
    const [one, two, four] = await Promise.all(
      ['1', '2', '4'].map((threads) => alertsWith(path, '--threads', threads, '--until', '2026-01-20T12:00:00+08:00')),
    );
    expect(one).toContain('"level":"yellow"');
    expect(two).toBe(one);
    expect(four).toBe(one);
  });

  it('finds out over all threads who is tied to a red school', async () => {
    const schools = LABELS.slice(0, 5).map(({ id }) => id);
    const own = historyLines().filter((line) => schools.some((id) => line.includes(id)));
    const lines = own.map((line) =>
      line.includes('institution.upserted') ? line.replace(/("data":\s*\{)/, '$1"brand":"甲乙连锁",') : line,
    );
    const path = fileOf(lines);
    const [one, two, three] = await Promise.all(
      ['1', '2', '3'].map((threads) => alertsWith(path, '--threads', threads)),
    );
    expect(one).toContain('"ruleId":"E05"');
    expect(two).toBe(one);
    expect(three).toBe(one);
  });

  it('prints one JSON document that sums it up', () => {
    const summary = JSON.parse(whole.stdout) as {
      alerts: { raised: number; byRule: Record<string, number>; byLevel: Record<string, number> };
    };
    expect(summary).toMatchObject({ read: 34_082, accepted: 33_353, duplicates: 629, rejected: 100, institutions: 24 });
    const raised = expected.split('\n').filter((line) => line.includes('prepaid.alert.raised.v1')).length;
    expect(summary.alerts.raised).toBe(raised);
    for (const counts of [summary.alerts.byRule, summary.alerts.byLevel]) {
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(raised);
    }
  });

  it('says which years of the history have no holidays, and tells its result all the same', async () => {
    const path = fileOf(founded('X-370702-1', '2026-12-20'));
    const { code, stdout, stderr } = await feewarden(path, '--until', '2028-01-05T00:00:00+08:00', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      accepted: founded('X-370702-1', '2026-12-20').length,
      calendarMissing: [2027, 2028],
    });
    expect(stderr).toMatch(/^feewarden: the holidays of 2027, 2028 are not known: .*\n$/);
  });

  it.each([
    ['a file that is not there', ['/nowhere.ndjson'], 'There is no such file'],
    ['a wrong time', [HISTORY, '--until', 'yesterday'], '--until'],
    ['a wrong number of threads', [HISTORY, '--threads', '0'], '--threads'],
    ['a stream, which cannot be read twice', ['-'], 'give it a file'],
    ['a policy that is none', [HISTORY, '--policy', COMMAND], 'not valid JSON'],
    [
      'an output in no folder',
      [HISTORY, '--alerts', '/nowhere/a.ndjson'],
      'cannot be written: its folder does not exist',
    ],
    ['a report in no folder', [HISTORY, '--report', '/nowhere/r.html'], 'cannot be written: its folder does not exist'],
    ['labels that are not there', [HISTORY, '--report', 'r.html', '--labels', '/nowhere'], 'There is no such file'],
  ])('refuses %s in one sentence', async (_, args, sentence) => {
    const { code, stdout, stderr } = await feewarden(...args);
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toContain(sentence);
  });

  it('stops with what is wrong when a file is damaged, and leaves no half-written alerts behind as if they were all', async () => {
    const damaged = join(folder, 'damaged.ndjson.gz');
    writeFileSync(damaged, readFileSync(HISTORY).subarray(0, 500_000));
    const out = join(folder, 'damaged-alerts.ndjson');
    const { code, stderr } = await feewarden(damaged, '--alerts', out);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^feewarden: .*damaged\.ndjson\.gz.*\n$/);
    expect(existsSync(out) ? readFileSync(out, 'utf8') : '').toBe('');
  });
});
