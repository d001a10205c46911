import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedRejects, historyLines } from '../support/history.js';
import { endAll, type Finished, feewarden, jsonLines, temporaryFolder } from '../support/processes.js';

const data = temporaryFolder('policy');
const files = temporaryFolder('policy-files');
const run = (...args: string[]): Promise<Finished> => feewarden([...args, '--data', data]);

function file(name: string, content: unknown): string {
  const at = path.join(files, name);
  writeFileSync(at, typeof content === 'string' ? content : JSON.stringify(content));
  return at;
}

const value = (number: number) => ({ value: number, source: 'ours', note: 'decision of the city' });
const city = {
  version: 'city-1',
  author: 'Li Na',
  approver: 'Wang Wei',
  entries: [
    { rule: 'D01', region: '370700', validFrom: '2026-01-01', params: { redDays: value(30), orangeDays: value(20) } },
  ],
};
const refused = new Set(expectedRejects().map((reject) => reject.line));
const lines = historyLines().filter((_, at) => !refused.has(at + 1));

let good: string;
let bad: string;
beforeAll(async () => {
  good = file('good.json', city);
  bad = file('bad.json', { ...city, entries: [{ ...city.entries[0], params: { redDays: value(3) } }] });
  const events = file('events.ndjson', lines.slice(0, 3_000).join('\n'));
  expect(await run('ingest', events)).toMatchObject({ code: 0 });
});
afterAll(endAll);

describe('policy check', () => {
  it('ends with 0 for a policy that is right, and with 1 and the place of the fault for one that is wrong', async () => {
    expect(await feewarden(['policy', 'check', good])).toMatchObject({ code: 0, stderr: '' });
    const wrong = await feewarden(['policy', 'check', bad, '--json']);
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      ok: false,
      faults: [{ path: 'entries.0.params', message: expect.stringContaining('orangeDays is above redDays') }],
    });
    expect(await feewarden(['policy', 'check', file('text.json', '{"version":')])).toMatchObject({ code: 1 });
    const twice = file('twice.json', JSON.stringify(city).replace('"redDays":', '"redDays":0,$&'));
    const fault = `${twice}: entries.0.params.redDays: this key stands more than once in its object`;
    expect(await feewarden(['policy', 'check', twice])).toMatchObject({ code: 1, stdout: `${fault}\n` });
    expect(await run('policy', 'publish', twice)).toMatchObject({ code: 2, stderr: expect.stringContaining(fault) });
    expect(await feewarden(['policy', 'check', path.join(files, 'none.json')])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('a policy on its way', () => {
  it('is compared, run in the shadow, reported, published by two and shown', async () => {
    const diff = JSON.parse((await run('policy', 'diff', good, '--json')).stdout) as { differences: object[] };
    expect(diff.differences).toMatchObject([
      { rule: 'D01', param: 'orangeDays', region: '370700', before: 7, after: 20 },
      { rule: 'D01', param: 'redDays', region: '370700', before: 14, after: 30 },
    ]);
    expect(await run('policy', 'publish', good, '--shadow')).toMatchObject({ code: 0, stderr: '' });
    const report = JSON.parse((await run('policy', 'shadow', 'report', '--json')).stdout) as Record<string, unknown>;
    expect(report).toMatchObject({ version: 'city-1', waiting: 0, failures: 0, stoppedAt: null });
    expect(await run('policy', 'shadow', 'start', good)).toMatchObject({ code: 2 });
    expect(await run('policy', 'shadow', 'stop', '--by', 'Li Na')).toMatchObject({ code: 0 });
    const alone = await run('policy', 'publish', good, '--approver', 'li na');
    expect(alone).toMatchObject({ code: 2, stdout: '' });
    expect(alone.stderr).toContain('another person');
    const published = JSON.parse((await run('policy', 'publish', good, '--json')).stdout) as object;
    expect(published).toMatchObject({ version: 'city-1', author: 'Li Na', approver: 'Wang Wei', isNew: true });
    const edited = file('edited.json', { ...city, note: 'edited' });
    expect((await run('policy', 'publish', edited)).stderr).toContain('never edited');
    const shown = JSON.parse((await run('policy', 'show', '--rule', 'D01', '--region', '370702', '--json')).stdout) as {
      rules: { params: { name: string; value: number; from: object | null }[] }[];
    };
    expect(shown.rules[0]!.params.find(({ name }) => name === 'redDays')).toMatchObject({
      value: 30,
      source: 'ours',
      note: 'decision of the city',
      from: { tier: 'city', region: '370700' },
    });
    const before = JSON.parse((await run('policy', 'show', '--as-of', '2026-01-01', '--json')).stdout) as object;
    expect(before).toMatchObject({ publishedAt: null });
    const listed = jsonLines<{ version: string; state: string }>((await run('policy', 'list', '--json')).stdout);
    expect(listed.map(({ state }) => state)).toEqual(['in force', 'replaced']);
  });

  it('judges every institution that it concerns, and the scores of now are made again', async () => {
    const scores = jsonLines<{ policyVersion: string }>((await run('scores', '--json')).stdout);
    expect(new Set(scores.map(({ policyVersion }) => policyVersion))).toEqual(new Set(['city-1']));
    const again = await run('scores', '--as-of', '2099-01-01T00:00:00+08:00', '--json');
    expect(again.code).toBe(0);
    const rows = jsonLines<{ history: string; exact: boolean }>(again.stdout);
    expect(rows).toHaveLength(scores.length);
    expect(rows.every(({ history, exact }) => history === 'same' && exact)).toBe(true);
    expect(await run('verify')).toMatchObject({ code: 0 });
  });

  it('is explained with what would change each finding', async () => {
    const [worst] = jsonLines<{ institutionId: string }>((await run('scores', '--json')).stdout);
    const explained = JSON.parse((await run('explain', worst!.institutionId, '--json')).stdout) as {
      findings: { ruleId: string; level: string; alertId: string | null; remedies: object[]; remedyWords: object[] }[];
    };
    const open = explained.findings.filter(({ level }) => level !== 'none');
    expect(open.length).toBeGreaterThan(0);
    for (const one of open) expect(one.remedies.length + one.remedyWords.length).toBeGreaterThan(0);
    expect((await run('explain', worst!.institutionId)).stdout).toContain('what would change it:');
    expect((await run('explain', open[0]!.alertId!)).stdout).toContain('what would change it:');
    const then = await run('explain', open[0]!.alertId!, '--as-of', '2099-01-01T00:00:00+08:00', '--json');
    const past = JSON.parse(then.stdout) as typeof explained & { basis: string };
    expect(past.basis).toBe('evaluations');
    expect(past.findings.map(({ ruleId }) => ruleId)).toEqual([open[0]!.ruleId]);
  });
});

it.each([
  [['policy', 'show', '--rule', 'Z99'], /--rule: there is no rule Z99/],
  [['policy', 'show', '--region', '370'], /--region/],
  [['policy', 'show', '--as-of', 'soon'], /--as-of/],
  [['policy', 'show', '--category', 'x'], /--category: must be one of/],
  [['policy', 'show', '--mode', 'x'], /--mode: must be one of/],
  [['policy', 'shadow', 'stop'], /--by/],
  [['policy', 'diff', 'no-such-version'], /no-such-version/],
])('%j is told in one sentence, with exit code 2', async (args, says) => {
  const answer = await run(...args);
  expect(answer.stderr).toMatch(says);
  expect(answer).toMatchObject({ code: 2, stdout: '' });
});
