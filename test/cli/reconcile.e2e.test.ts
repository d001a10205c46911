import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endAll, type Finished, feewarden, jsonLines, temporaryFolder } from '../support/processes.js';

const data = temporaryFolder('reconcile');
const files = temporaryFolder('reconcile-files');
const run = (...args: string[]): Promise<Finished> => feewarden([...args, '--data', data]);
const SCHOOL = 'X-370702-0001';

let told = 0;
function line(source: string, type: string, time: string, body: object, more: object = {}): string {
  told += 1;
  const event = {
    specversion: '1.0',
    id: `e${told}`,
    source,
    type: `prepaid.${type}.v1`,
    subject: SCHOOL,
    time,
    data: body,
  };
  return JSON.stringify({ ...event, ...more });
}
const ingest = async (name: string, ...lines: string[]): Promise<void> => {
  const file = path.join(files, name);
  await writeFile(file, `${lines.join('\n')}\n`);
  expect((await run('ingest', file)).code).toBe(0);
};
const credit = (bankTxnId: string) =>
  line('/bank/B1', 'custody.credited', '2026-03-02T21:00:00+08:00', {
    accountId: 'A-1',
    bankTxnId,
    amountFen: 70_000,
    bookedOn: '2026-03-02',
    paymentIds: ['P-1'],
  });
const missing = credit('T-1');

afterAll(endAll);

describe('before anything came', () => {
  it.each([
    [['reconcile'], /Nothing has moved since the last reconciliation/],
    [['breaks'], /There are no such breaks; `feewarden reconcile` looks for new ones/],
    [['feeds'], /Nothing came from anybody yet/],
    [['feeds', '--region', '3707'], /Nothing came from a platform of this region/],
    [['jobs'], /reconcile-banks +12:30 on working days +waiting +never/],
  ] as const)('%s says so, with exit code 0', async (args, says) => {
    const answer = await run(...args);
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout).toMatch(says);
  });
});

describe('help', () => {
  it.each(['reconcile', 'breaks', 'breaks explain', 'feeds', 'report bank', 'jobs'])(
    'of %s is on stdout',
    async (command) => {
      const help = await feewarden([...command.split(' '), '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: feewarden ${command}`);
    },
  );
});

describe('wrong usage', () => {
  it.each([
    [['reconcile', '--as-of', '2026-03-05'], /name the institution/],
    [['reconcile', '--institution', SCHOOL, '--as-of', 'yesterday'], /--as-of: give a day like/],
    [['reconcile', '--institution', SCHOOL, '--as-of', '9999-12-31'], /--as-of: give a day like .* 1685 to 2255\.$/m],
    [['reconcile', '--institution', 'X-999999-1'], /There is no such institution/],
    [['breaks', '--kind', 'odd'], /--kind: must be one of late, missing/],
    [['breaks', '--state', 'shut'], /--state: must be open, cleared or all/],
    [['breaks', 'explain', 'seven', '--note', 'x', '--by', 'y'], /give the number of a break/],
    [['breaks', 'explain', '7', '--note', 'x', '--by', 'y'], /There is no such break/],
    [['breaks', 'explain', '7', '--by', 'y'], /--note/],
    [['report', 'bank', '--bank', 'B1', '--month', 'June'], /--month: give a month like/],
    [['report', 'bank', '--bank', 'B1', '--month', '2026-06-01'], /--month: give a month like/],
    [['report', 'bank', '--bank', 'B1', '--month', '0001-01'], /--month: give a month like .* 1685 to 2255\.$/m],
    [['report', 'bank', '--bank', 'B1', '--month', '2026-06', '--out', 'r.pdf'], /--out: give a file that ends in/],
    [['report', 'bank', '--bank', 'B9', '--month', '2026-06'], /Nothing is known of bank B9/],
  ] as const)('%s is told, with exit code 2', async (args, says) => {
    const answer = await run(...args);
    expect(answer.stderr).toMatch(says);
    expect(answer).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('a payment that the bank never booked', () => {
  beforeAll(async () => {
    const numbered = (sequence: number) => ({ sequence: String(sequence) });
    const platform = '/platform/370702';
    await ingest(
      'platform.ndjson',
      line(
        platform,
        'account.registered',
        '2026-03-01T08:00:00+08:00',
        {
          accountId: 'A-1',
          bankCode: 'B1',
          purpose: 'custody',
          mode: 'per_lesson',
          validFrom: '2026-03-01',
        },
        numbered(1),
      ),
      line(
        platform,
        'payment.succeeded',
        '2026-03-02T09:00:00+08:00',
        {
          paymentId: 'P-1',
          amountFen: 70_000,
          channel: 'card',
        },
        numbered(4),
      ),
    );
  });

  it('was in transit, then late, then missing: as of any day, without storing anything', async () => {
    const kinds = async (day: string) => {
      const answer = await run('reconcile', '--institution', SCHOOL, '--as-of', day, '--json');
      const { breaks, inTransit } = JSON.parse(answer.stdout) as {
        breaks: { kind: string }[];
        inTransit: { credit: { count: number } };
      };
      return [answer.code, inTransit.credit.count, breaks.map((one) => one.kind)];
    };
    expect(await kinds('2026-03-04')).toEqual([0, 1, []]);
    expect(await kinds('2026-03-05')).toEqual([1, 0, ['late']]);
    expect(await kinds('2026-03-10')).toEqual([1, 0, ['missing']]);
    expect((await run('breaks')).stdout).toMatch(/There are no such breaks/);
  });

  it('is found by the run over all, listed, explained, and still counts', async () => {
    const found = await run('reconcile', '--json');
    expect(found.code).toBe(1);
    expect(JSON.parse(found.stdout)).toMatchObject({ institutions: 1, opened: 1, open: 1 });
    const [row] = jsonLines<{ breakId: number; kind: string; owner: string | null }>(
      (await run('breaks', '--json')).stdout,
    );
    expect(row).toMatchObject({ kind: 'missing', accountId: 'A-1', bankCode: 'B1', amountFen: 70_000, owner: null });
    const explained = await run(
      'breaks',
      'explain',
      String(row!.breakId),
      '--note',
      'the bank looks for it',
      '--by',
      'Li Wei',
    );
    expect(explained).toMatchObject({ code: 0 });
    const table = await run('breaks', '--bank', 'B1');
    expect(table.stdout).toMatch(/missing +X-370702-0001 +A-1 +2026-03-02 .* 700\.00 +Li Wei +Payment P-1 /);
    expect(table.stdout).toMatch(/missing +1 +700\.00 +1\n/);
    expect((await run('reconcile')).code).toBe(1);
  });

  it('clears by itself when the credit comes, and a second credit is a duplicate', async () => {
    await ingest('bank.ndjson', missing);
    const answer = await run('reconcile', '--json');
    expect(answer.code).toBe(0);
    expect(JSON.parse(answer.stdout)).toMatchObject({ cleared: 1, open: 0 });
    await ingest('again.ndjson', credit('T-2'));
    expect((await run('reconcile', '--institution', SCHOOL)).stdout).toMatch(/duplicated +A-1 +2026-03-02 +700\.00/);
    const cleared = jsonLines<{ owner: string }>((await run('breaks', '--state', 'cleared', '--json')).stdout);
    expect(cleared).toMatchObject([{ kind: 'missing', state: 'cleared', owner: 'Li Wei' }]);
  });

  it('leaves its traces in the register of feeds', async () => {
    const feeds = jsonLines<{ source: string }>((await run('feeds', '--json')).stdout);
    expect(feeds).toMatchObject([
      { source: '/bank/B1', kind: 'bank', events: 2, sequence: null },
      { source: '/platform/370702', sequence: { first: 1, last: 4, missing: 2, gaps: [{ from: 2, to: 3 }] } },
    ]);
    expect((await run('feeds')).stdout).toMatch(/\/platform\/370702 .* 2 \(2–3\)/);
  });

  it('says so where the holidays of the year are not known', async () => {
    const known = await run('reconcile', '--institution', SCHOOL, '--as-of', '2026-03-10');
    expect(known.stderr).toBe('');
    const guessed = await run('reconcile', '--institution', SCHOOL, '--as-of', '2040-02-10', '--json');
    expect(guessed.stderr).toMatch(/the holidays of 2040 are not known: Monday to Friday were taken for working days/);
    expect(JSON.parse(guessed.stdout)).toMatchObject({ calendarMissing: [2040] });
    const month = await run('report', 'bank', '--bank', 'B1', '--month', '2040-02', '--json');
    expect(JSON.parse(month.stdout)).toMatchObject({ calendarMissing: [2040] });
  });

  it('is in the report on the bank', async () => {
    const file = path.join(files, 'report.csv');
    const answer = await run('report', 'bank', '--bank', 'B1', '--month', '2026-03', '--out', file);
    expect(answer).toMatchObject({ code: 0, stdout: `Written to ${file}.\n` });
    const lines = (await readFile(file, 'utf8')).split('\r\n');
    expect(lines.find((one) => one.startsWith('breaks,duplicated,1,1,700.00,'))).toBeDefined();
    expect(lines).toContain('credits,later than 2 working days,0,1,0.00,0');
  });
});
