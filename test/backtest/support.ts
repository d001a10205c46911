import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { AlertLine } from '../../src/backtest/replay.js';
import { type BacktestCounts, type BacktestOptions, runBacktest } from '../../src/backtest/run.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { parseTime } from '../../src/core/time.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';

const folder = mkdtempSync(join(tmpdir(), `feewarden-test-${process.pid}-backtest-`));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

/** Lines as a file of their own. */
export function fileOf(lines: readonly string[]): string {
  files += 1;
  const path = join(folder, `${files}.ndjson`);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

export interface Backtested {
  readonly counts: BacktestCounts;
  readonly lines: readonly AlertLine[];
  /** What `--alerts` would hold. */
  readonly text: string;
}

/** A back-test in this thread. */
export async function backtested(path: string, options: Partial<BacktestOptions> = {}): Promise<Backtested> {
  const lines: AlertLine[] = [];
  const counts = await runBacktest({
    paths: [path],
    policy: DEFAULT_POLICY,
    calendar: CHINA_CALENDAR,
    until: null,
    threads: 1,
    limits: { bytesMax: 262_144, depthMax: 32 },
    onDays: () => {},
    onLines: (some) => lines.push(...some),
    onProgress: () => {},
    ...options,
  });
  return { counts, lines, text: lines.map(({ json }) => json).join('\n') };
}

export function us(text: string): number {
  return parseTime(text)!;
}

/** A deterministic shuffle. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed;
  for (let at = result.length - 1; at > 0; at -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = state % (at + 1);
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}

export interface Wire {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly data: object;
  readonly subject?: string;
  readonly source?: string;
  readonly recordedtime?: string;
}

export const SCHOOL = 'X-370702-1';

/** One line in the wire contract. */
export function lineOf({ type, ...event }: Wire): string {
  return JSON.stringify({
    specversion: '1.0',
    source: '/platform/370700',
    subject: SCHOOL,
    type: `prepaid.${type}.v1`,
    ...event,
  });
}

/** A school that exists and has an account. */
export function founded(subject: string, on: string): string[] {
  const base = { subject, time: `${on}T08:00:00+08:00` };
  return [
    lineOf({
      ...base,
      id: `${subject}-profile`,
      type: 'institution.upserted',
      data: {
        name: `school ${subject}`,
        regionCode: '370702',
        category: 'non_subject',
        delivery: 'offline',
        registration: 'for_profit',
        licence: { state: 'complete', expiresOn: '2035-12-31' },
        status: 'operating',
      },
    }),
    lineOf({
      ...base,
      id: `${subject}-account`,
      type: 'account.registered',
      data: { accountId: `A-${subject}`, bankCode: 'B001', purpose: 'custody', mode: 'per_lesson', validFrom: on },
    }),
  ];
}

/** A contract and its payment, credited the same day. */
export function enrolled(subject: string, contract: string, on: string, priceFen: number): string[] {
  const learnerHash = Buffer.from(`${subject}/${contract}`).toString('hex').padEnd(32, '0').slice(0, 64);
  return [
    lineOf({
      subject,
      id: `${contract}-signed`,
      type: 'contract.signed',
      time: `${on}T09:00:00+08:00`,
      data: {
        contractId: contract,
        learnerHash,
        courseId: 'K-1',
        courseKind: 'non_subject',
        modelForm: true,
        pricing: 'hour',
        hoursPaid: 30,
        priceFen,
        periodFrom: on,
        periodTo: addDays(on, 60),
      },
    }),
    lineOf({
      subject,
      id: `${contract}-paid`,
      type: 'payment.succeeded',
      time: `${on}T09:05:00+08:00`,
      data: {
        paymentId: `P-${contract}`,
        contractId: contract,
        amountFen: priceFen,
        channel: 'card',
        payeeAccountId: `A-${subject}`,
      },
    }),
    lineOf({
      subject,
      source: '/bank/B001',
      id: `${contract}-credited`,
      type: 'custody.credited',
      time: `${on}T18:00:00+08:00`,
      data: {
        accountId: `A-${subject}`,
        bankTxnId: `T-${contract}`,
        amountFen: priceFen,
        bookedOn: on,
        paymentIds: [`P-${contract}`],
      },
    }),
  ];
}

export function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
}
