import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectedRejects, historyLines } from '../support/history.js';
import {
  endAll,
  type Finished,
  feewarden,
  jsonLines,
  type StartOptions,
  startFeewarden,
  temporaryFolder,
  until,
} from '../support/processes.js';

const data = temporaryFolder('commands');
const files = temporaryFolder('files');
const run = (args: readonly string[], options?: StartOptions): Promise<Finished> =>
  feewarden([...args, '--data', data], options);

/** Valid events of the sample, each once. */
const refused = new Set(expectedRejects().map((reject) => reject.line));
const lines = [...new Set(historyLines().filter((_, at) => !refused.has(at + 1)))].slice(0, 600);
const ofLines = (from: number, to: number): string => `${lines.slice(from, to).join('\n')}\n`;

const INSTITUTION = 'X-370702-0001';

afterAll(endAll);

describe('help', () => {
  const commands = [
    'start',
    'worker',
    'ingest',
    'rejected',
    'redrive',
    'bank',
    'bank check',
    'bank statements',
    'books',
    'scores',
    'alerts',
    'explain',
    'verify',
    'backtest',
    'key',
    'key create',
    'key list',
    'key revoke',
  ];

  it.each(commands)('of %s is on stdout, and the exit code is 0', async (command) => {
    const help = await feewarden([...command.split(' '), '--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain(`Usage: feewarden ${command}`);
  });

  it('of the program lists every command', async () => {
    const help = await feewarden(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of commands.filter((name) => !name.includes(' ')))
      expect(help.stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it('names the version of the package', async () => {
    expect((await feewarden(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong usage', () => {
  const wrong: readonly {
    readonly args: readonly string[];
    readonly says: RegExp;
    readonly env?: Record<string, string>;
  }[] = [
    {
      args: ['bokos'],
      says: /^feewarden: unknown command 'bokos' \(did you mean books\?\); `feewarden --help` shows how\.\n$/,
    },
    { args: ['books', '--jason'], says: /unknown option '--jason' .*; `feewarden books --help` shows how\.$/m },
    { args: ['ingest'], says: /missing required argument 'path'; `feewarden ingest --help` shows how\.$/m },
    { args: ['key', 'create'], says: /'--role <role>' not specified; `feewarden key create --help` shows how\.$/m },
    { args: ['worker', 'dance'], says: /ingest, evaluate, notify, schedule, api/ },
    { args: ['books', '--as-of', '2026-07-03'], says: /--as-of.*2026-07-03T23:59:59\+08:00/ },
    { args: ['books', '--as-of', '0001-01-01T00:00:00+08:00'], says: /--as-of: .*, of the years 1685 to 2255\.$/m },
    { args: ['policy', 'show', '--as-of', '9999-12-31T23:00:00-08:00'], says: /--as-of: .*1685 to 2255\.$/m },
    { args: ['rejected', '--code', 'no_such'], says: /--code.*no_such/ },
    { args: ['alerts', '--state', 'shut'], says: /--state: must be open or cleared/ },
    { args: ['alerts', '--level', 'pink'], says: /--level/ },
    { args: ['books', '--institution', 'X-999999-1'], says: /X-999999-1/ },
    { args: ['explain', 'X-999999-1.A01.1'], says: /^feewarden: There is no such alert\.\n$/ },
    { args: ['alerts', '--rule', 'Z99'], says: /--rule: there is no rule Z99/ },
    {
      args: ['report', 'bank', '--bank', 'B1', '--month', '2026-06', '--out', '/no/such/folder/x.csv'],
      says: /--out: .*x\.csv cannot be written: its folder does not exist, make it first\.$/m,
    },
    {
      args: ['ingest', '/dev/null'],
      env: { FEEWARDEN_BANK_RULES: '/no/such/file' },
      says: /FEEWARDEN_BANK_RULES: \/no\/such\/file cannot be read; check the path\.$/m,
    },
    { args: ['ingest', '/no/such/file'], says: /\/no\/such\/file: There is no such file or folder; check the path/ },
    { args: ['key', 'create', '--role', 'king'], says: /role/ },
    {
      args: ['start', '--port', 'eighty'],
      says: /PORT: "eighty" is not allowed; allowed is an integer from 0 to 65535/,
    },
    {
      args: ['books'],
      env: { FEEWARDEN_POLL_MSS: '5' },
      says: /FEEWARDEN_POLL_MSS: there is no such setting. FEEWARDEN_POLL_MS is meant\?/,
    },
    { args: ['worker', 'ingest'], says: /KAFKA_BROKERS/ },
  ];

  it.each(wrong)('$args is told in one sentence, with exit code 2', async ({ args, says, env = {} }) => {
    const answer = await run(args, { env });
    expect(answer.stderr).toMatch(says);
    expect(answer.stderr).not.toMatch(/^\s+at /m);
    expect(answer.stderr).toMatch(/^feewarden: .*\n$/);
    expect(answer).toMatchObject({ code: 2, stdout: '' });
  });

  it('says of a policy file that is not there what to check', async () => {
    const answer = await feewarden(['policy', 'check', '/no/such/file']);
    expect(answer.stderr).toMatch(
      /^feewarden: .*\/no\/such\/file: There is no such file or folder; check the path\.\n$/,
    );
    expect(answer.code).toBe(2);
  });

  it('says of a .env that is a folder where it lies', async () => {
    const answer = await feewarden(['books'], { cwd: folderWith('.env') });
    expect(answer.stderr).toMatch(/^feewarden: \S*\.env cannot be read; .*\n$/);
    expect(answer.code).toBe(2);
  });

  it('never shows the password of a database that cannot be reached', async () => {
    const answer = await feewarden(['books'], {
      env: { DATABASE_URL: 'postgresql://somebody:verysecret@127.0.0.1:1/nothing' },
    });
    expect(answer.code).toBe(1);
    expect(answer.stderr).toMatch(/^feewarden: The database cannot be reached\. Check DATABASE_URL .*\n$/);
    expect(answer.stderr).not.toContain('verysecret');
  });
});

describe('ingest', () => {
  it('takes folders, gzip, arrays and stdin, and goes on after a file that is none of them', async () => {
    const folder = path.join(files, 'folder');
    await mkdir(folder);
    await writeFile(path.join(folder, 'a.ndjson'), ofLines(0, 100));
    await writeFile(path.join(folder, 'b.data'), gzipSync(ofLines(100, 200)));
    await writeFile(path.join(folder, 'c.xml'), '<?xml version="1.0"?><Document/>');
    await writeFile(path.join(folder, 'd.json'), `[${lines.slice(200, 300).join(',')}]`);
    const answer = await run(['ingest', folder, '-', '--json'], { input: ofLines(300, 400) });
    expect(JSON.parse(answer.stdout)).toMatchObject({
      read: 400,
      accepted: 400,
      duplicates: 0,
      rejected: 0,
      failed: [{ path: path.join(folder, 'c.xml') }],
    });
    expect(answer.stderr).toMatch(/^feewarden: The file is no camt.*c\.xml.*\n$/);
    expect(answer.code).toBe(1);
  });

  it.runIf(process.platform === 'linux')(
    'does not wait for a sender who says nothing once it is told to stop',
    async () => {
      const running = startFeewarden(['ingest', '-', '--data', data], { keepsInputOpen: true });
      await until('it waits for its input', () => waitsForInput(running.pid));
      expect(await running.end('SIGTERM')).toEqual({ code: 1, signal: null });
      expect(running.stderr()).toBe('feewarden: stopped; run the same command again to go on.\n');
    },
  );

  it('counts a file that breaks off, with what stands before the damage', async () => {
    const whole = gzipSync(ofLines(400, 600));
    const file = path.join(files, 'broken.gz');
    await writeFile(file, whole.subarray(0, Math.floor(whole.length / 2)));
    const answer = await run(['ingest', file, '--json']);
    const summary = JSON.parse(answer.stdout) as { read: number; accepted: number; failed: unknown[] };
    expect(answer.code).toBe(1);
    expect(summary.failed).toHaveLength(1);
    expect(summary.accepted).toBeGreaterThan(20);
    expect(answer.stderr).toContain('what stands before that place was taken in');
    await writeFile(file, whole);
    expect(JSON.parse((await run(['ingest', file, '--json'])).stdout)).toMatchObject({
      read: 200,
      accepted: 200 - summary.accepted,
      duplicates: summary.accepted,
    });
  });

  it('ends with 0 and a table when everything is well, and with a hint when something was refused', async () => {
    const calm = await run(['ingest', '-'], { input: ofLines(0, 10) });
    expect(calm).toMatchObject({ code: 0, stderr: '' });
    expect(calm.stdout).toMatch(/^read {2}accepted {2}duplicates {2}rejected {2}seconds\n +10 +0 +10 +0 +\d+\.\d\n$/);
    const refusing = await run(['ingest', '-'], { input: `${ofLines(0, 1)}not json\n` });
    expect(refusing.code).toBe(1);
    expect(refusing.stdout).toMatch(/not_json +1\n`feewarden rejected` lists them/);
  });
});

describe('redrive', () => {
  beforeAll(async () => {
    await run(['redrive']);
  });

  it('takes an event whose time lay in the future and has come by now', async () => {
    // A day and 20 s ahead: refused, and 20 s later not.
    const comes = Date.now() + 20_000;
    const event = payment('future', { time: new Date(comes + 86_400_000).toISOString() });
    expect(JSON.parse((await run(['ingest', '-', '--json'], { input: event })).stdout)).toMatchObject({
      accepted: 0,
      byCode: { time_in_future: 1 },
    });
    expect(await redriven('time_in_future')).toEqual([1, { read: 1, accepted: 0, duplicates: 0, rejected: 1 }]);
    await sleep(comes - Date.now() + 100);
    expect(await redriven('time_in_future')).toEqual([0, { read: 1, accepted: 1, duplicates: 0, rejected: 0 }]);
    expect((await run(['rejected', '--code', 'time_in_future', '--json'])).stdout).toBe('');
    // Its time is still to come: the books of now do not count it, those of then do.
    expect((await books()).stdout).toBe('');
    expect(await paidFen('--as-of', new Date(comes + 86_400_000).toISOString())).toBe(700);
  }, 120_000);

  it('takes what a setting had refused, once the setting is mended', async () => {
    const nested = { a: { b: { c: { d: {} } } } };
    const event = payment('deep', { data: { paymentId: 'deep', amountFen: 1_000, channel: 'card', note: nested } });
    const env = { FEEWARDEN_EVENT_DEPTH_MAX: '4' };
    expect(JSON.parse((await run(['ingest', '-', '--json'], { input: event, env })).stdout)).toMatchObject({
      byCode: { too_deep: 1 },
    });
    expect(await redriven('too_deep')).toEqual([0, { read: 1, accepted: 1, duplicates: 0, rejected: 0 }]);
    expect(await paidFen()).toBe(1_000);
  });

  it('cannot take what was too large to be kept, and leaves its reason as it was', async () => {
    const event = payment('large', {
      data: { paymentId: 'large', amountFen: 1, channel: 'card', note: 'x'.repeat(5_000) },
    });
    const env = { FEEWARDEN_EVENT_BYTES_MAX: '1024' };
    expect(JSON.parse((await run(['ingest', '-', '--json'], { input: event, env })).stdout)).toMatchObject({
      byCode: { too_large: 1 },
    });
    expect(await redriven('too_large')).toEqual([1, { read: 1, accepted: 0, duplicates: 0, rejected: 1 }]);
    const listed = jsonLines((await run(['rejected', '--code', 'too_large', '--json'])).stdout);
    expect(listed).toMatchObject([{ code: 'too_large', message: expect.stringContaining('At most 1024 bytes.') }]);
  });

  it('leaves what is still wrong on the list, and ends with 1', async () => {
    await run(['ingest', '-'], { input: `${ofLines(0, 1)}still no json\n` });
    const before = await run(['rejected', '--code', 'not_json', '--json']);
    const list = jsonLines(before.stdout);
    expect(list.at(-1)).toMatchObject({
      code: 'not_json',
      path: null,
      subject: null,
      origin: { file: 'stdin', line: 2 },
    });
    const refusedAgain = { read: list.length, accepted: 0, duplicates: 0, rejected: list.length };
    expect(await redriven('not_json')).toEqual([1, refusedAgain]);
    expect((await run(['rejected', '--code', 'not_json', '--json'])).stdout).toBe(before.stdout);
    expect(Object.keys(list[0]!).sort()).toEqual([
      'code',
      'id',
      'message',
      'origin',
      'path',
      'receivedAt',
      'seq',
      'source',
      'subject',
    ]);
  });

  async function redriven(code: string): Promise<[number | null, unknown]> {
    const answer = await run(['redrive', '--code', code, '--json']);
    return [answer.code, JSON.parse(answer.stdout)];
  }

  function books(...more: readonly string[]) {
    return run(['books', '--institution', INSTITUTION, '--json', ...more]);
  }

  async function paidFen(...more: readonly string[]): Promise<unknown> {
    return (JSON.parse((await books(...more)).stdout) as { paidFen: number }).paidFen;
  }
});

describe('what is shown', () => {
  it('is a table for people: yuan in the books, levels and rules in the scores', async () => {
    const books = await run(['books']);
    expect(books.stdout).toMatch(/^institution +unearned +learners +paid/);
    expect(books.stdout).toMatch(new RegExp(`${INSTITUTION} +10\\.00 `));
    expect((await run(['books', '--institution', INSTITUTION])).stdout).toMatch(/paidFen +10\.00/);
    expect((await run(['scores'])).stdout).toMatch(/^institution +name +score +level/);
    expect((await run(['alerts', '--limit', '3'])).stdout).toMatch(/^alert +level +opened +cleared +why/);
    const explained = await run(['explain', INSTITUTION]);
    expect(explained).toMatchObject({ code: 0, stderr: '' });
    expect(explained.stdout).toMatch(/^Score \d+ \(/m);
    // What every group adds, in both languages: the score can be added up by hand.
    expect(explained.stdout).toMatch(/^组 \/ group +最高 \/ highest +分值 \/ value +权重 \/ weight +得分 \/ points$/m);
    expect(explained.stdout).toMatch(/^A .* 30% +[\d.]+$/m);
    expect(explained.stdout).toMatch(/^合计 [\d.]+，.+ \/ together [\d.]+: /m);
  });

  it('is one JSON object per line for programs, with every quantity of the contract', async () => {
    const [book] = jsonLines((await run(['books', '--institution', INSTITUTION, '--json'])).stdout);
    const quantities = [
      'paidFen',
      'confirmedFen',
      'refundedFen',
      'unearnedFen',
      'activeLearners',
      'custodyBookedFen',
      'custodyReportedFen',
      'depositFen',
      'coverFen',
      'creditedFen',
      'releasedFen',
      'refundedFromCustodyFen',
      'otherDebitsFen',
      'paidNotCreditedFen',
      'offAccountFen',
      'confirmedNotReleasedFen',
      'refundOwedFen',
      'refundOverdueFen',
      'events',
    ];
    expect(Object.keys(book!).sort()).toEqual(['institutionId', ...quantities].sort());
    expect(book).toMatchObject({
      institutionId: INSTITUTION,
      paidFen: 1_000,
      unearnedFen: 1_000,
      events: 1,
      custodyReportedFen: null,
    });
  });

  it('keeps keys secret after the moment in which they are made', async () => {
    const made = JSON.parse(
      (await run(['key', 'create', '--role', 'regulator', '--scope', '3707', '--name', 'Weifang', '--json'])).stdout,
    ) as { id: string; key: string };
    const listed = await run(['key', 'list', '--json']);
    expect(listed.stdout).toContain(made.id);
    expect(listed.stdout).not.toContain(made.key.slice(-20));
    expect((await run(['key', 'revoke', made.id])).stdout).toMatch(/is revoked/);
    expect((await run(['key', 'revoke', 'nobody'])).code).toBe(2);
  });
});

it('works beside a running start on the same data folder, and neither stops the database of the other', async () => {
  const started = startFeewarden(['start', '--port', '0', '--data', data]);
  const [, address] = await started.says(/listens on (http:\S+)/);
  const more = payment('beside', { data: { paymentId: 'beside', amountFen: 5, channel: 'card' } });
  const [books, taken] = await Promise.all([run(['books', '--json']), run(['ingest', '-', '--json'], { input: more })]);
  expect(books.code).toBe(0);
  expect(JSON.parse(taken.stdout)).toMatchObject({ accepted: 1 });
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
  expect(await started.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect((await run(['verify'])).stdout).toMatch(/^\d+ institutions?: books, scores and alerts agree with the events/);
}, 120_000);

function folderWith(name: string): string {
  const folder = path.join(files, 'work');
  mkdirSync(path.join(folder, name), { recursive: true });
  return folder;
}

/** The kernel tells what a process waits for: here its stdin. */
function waitsForInput(pid: number): boolean {
  const folder = `/proc/${pid}/fdinfo`;
  return readdirSync(folder).some((fd) => {
    try {
      return /^tfd:\s+0\s/m.test(readFileSync(`${folder}/${fd}`, 'utf8'));
    } catch {
      return false; // Closed meanwhile.
    }
  });
}

/** A payment of 7 yuan without a contract; `changes` replaces whole attributes. */
function payment(id: string, changes: Record<string, unknown>): string {
  const event = {
    specversion: '1.0',
    id,
    source: '/platform/370700',
    type: 'prepaid.payment.succeeded.v1',
    subject: INSTITUTION,
    time: '2026-07-01T10:00:00+08:00',
    data: { paymentId: id, amountFen: 700, channel: 'card' },
    ...changes,
  };
  return `${JSON.stringify(event)}\n`;
}
