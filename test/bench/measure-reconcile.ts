import { closeSync, openSync, writeSync } from 'node:fs';
import type pg from 'pg';
import { reconcileDue } from '../../src/banks/reconcile/run.js';
import { refreshFeeds } from '../../src/banks/refresh.js';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { type Day, formatDay, startOfDay, US_PER_HOUR } from '../../src/core/time.js';
import type { Bench } from './context.js';
import { type Figure, figure, type Measured, measured, thousands } from './figures.js';
import { intakeOf } from './lab.js';
import { takePath } from './measure-file.js';
import { difference } from './measure-http.js';
import { peakMemoryOf } from './meter.js';

/** What a province would have: the aim of one working day. */
const ACCOUNTS_AIM = 120_000;
const ENTRIES_AIM = 5_000_000;
const SECONDS_AIM = 600;
const PROCESSORS_AIM = 2;
const ENTRIES_PER_ACCOUNT = Math.round(ENTRIES_AIM / ACCOUNTS_AIM);
const WRITE_BYTES = 1024 * 1024;

/**
 * The daily reconciliation: every account has a whole day of entries, and one account in a hundred has a fault. Measured are following
 * the new events and reconciling all that is due, day after day, with all the days before not yet closed.
 */
export async function measureReconcile(bench: Bench): Promise<Measured> {
  const { accounts, reconcileDays } = bench.scale;
  const database = await bench.lab.database();
  try {
    const figures: Figure[] = [];
    let day = CHINA_CALENDAR.addWorkingDays(bench.today, -reconcileDays - 1);
    for (let n = 0; n < reconcileDays; n += 1) {
      day = CHINA_CALENDAR.addWorkingDays(day, 1);
      const path = bench.lab.file(`reconcile-${n}.ndjson`);
      writeDay(path, accounts, day, n);
      bench.say(`reconcile: day ${n + 1} of ${accounts} accounts`);
      await takePath(intakeOf(database.pool), path);
      await database.pool.query('analyze');
      figures.push(await reconcileDay(bench, database.pool, day, n));
    }
    return measured({ figures, aims: [aimOf(figures.at(-1)!)] });
  } finally {
    await database.drop();
  }
}

async function reconcileDay(bench: Bench, pool: pg.Pool, day: Day, n: number): Promise<Figure> {
  const clock = (): number => startOfDay(CHINA_CALENDAR.addWorkingDays(day, 1)) + 13 * US_PER_HOUR;
  const before = bench.lab.cpu();
  const started = performance.now();
  await refreshFeeds(pool);
  const followed = performance.now();
  const counts = await reconcileDue(pool, { calendar: CHINA_CALENDAR, clock, asOf: day, institutionId: null });
  const ended = performance.now();
  const after = bench.lab.cpu();
  const entries = counts.institutions * ENTRIES_PER_ACCOUNT;
  return figure({
    name: `reconciliation, day ${n + 1}`,
    unit: 'entries',
    count: entries,
    seconds: (ended - started) / 1_000,
    cpu: { node: after.node - before.node, postgres: difference(after.postgres, before.postgres) },
    peakMemory: peakMemoryOf(process.pid),
    note: `${thousands(counts.institutions)} accounts, ${thousands((counts.institutions / (ended - started)) * 1_000)} a second; ${((followed - started) / 1_000).toFixed(1)} s of it follow the events; ${counts.entries} entries read, ${counts.opened} breaks opened`,
  });
}

/** Told as what it is: a figure from fewer accounts, by processor time. */
function aimOf({ cpu, seconds, count }: Figure) {
  const busy =
    cpu === null || cpu.node === null || cpu.postgres === null ? seconds * PROCESSORS_AIM : cpu.node + cpu.postgres;
  const needed = (busy / count) * (ENTRIES_AIM / PROCESSORS_AIM);
  const text = `${thousands(ACCOUNTS_AIM)} accounts with a day's ${thousands(ENTRIES_AIM)} entries in under ${SECONDS_AIM} s on ${PROCESSORS_AIM} processors`;
  if (count >= ENTRIES_AIM)
    return {
      text,
      measured: `${seconds.toFixed(0)} s for ${thousands(count)} entries`,
      reached: seconds < SECONDS_AIM,
    };
  return {
    text: `${text}, extrapolated by processor time from ${thousands(count)} entries, not run at that size`,
    measured: `${needed.toFixed(0)} s if both processors are kept busy, ${((seconds / count) * ENTRIES_AIM).toFixed(0)} s as it ran here`,
    reached: needed < SECONDS_AIM,
  };
}

/** One day: payments, the credits that name them one by one or in pairs, a release and a refund, and the balance. */
function writeDay(path: string, accounts: number, day: Day, dayNumber: number): void {
  const file = openSync(path, 'w');
  let part = '';
  try {
    for (let n = 0; n < accounts; n += 1) {
      part += accountDay(n, day, dayNumber);
      if (part.length < WRITE_BYTES) continue;
      writeSync(file, part);
      part = '';
    }
    writeSync(file, part);
  } finally {
    closeSync(file);
  }
}

const CREDITS = ENTRIES_PER_ACCOUNT - 2;
const OPENING_FEN = 1_000_000_000;
const RELEASE_FEN = 20_000;
const REFUND_FEN = 10_000;

/** `dayNumber` counts from 0; every day is like the first. */
function accountDay(n: number, day: Day, dayNumber: number): string {
  const id = `X-370702-${String(n + 1).padStart(8, '0')}`;
  const on = formatDay(day);
  const account = `A-${n}`;
  let lines = '';
  let told = 0;
  const tell = (source: string, type: string, clock: string, data: object): void => {
    told += 1;
    const event = {
      specversion: '1.0',
      id: `${n}-${on}-${told}`,
      source,
      type: `prepaid.${type}.v1`,
      subject: id,
      time: `${on}T${clock}+08:00`,
      data,
    };
    lines += `${JSON.stringify(event)}\n`;
  };
  const bank = `/bank/B${n % 10}`;
  const platform = '/platform/370702';
  if (dayNumber === 0)
    tell(platform, 'account.registered', '00:00:00', {
      accountId: account,
      bankCode: `B${n % 10}`,
      purpose: 'custody',
      mode: 'per_lesson',
      validFrom: on,
      openingFen: OPENING_FEN,
    });
  tell(platform, 'lesson.confirmed', '08:00:00', {
    confirmId: `F-${on}`,
    contractId: 'C',
    hours: 1,
    amountFen: RELEASE_FEN,
    by: 'parent',
  });
  const daily = addPayments(tell, { bank, platform, account, on, drop: n % 100 === 0 });
  tell(platform, 'release.instructed', '10:00:00', {
    instructionId: `N-${on}`,
    accountId: account,
    lines: [{ contractId: 'C', amountFen: RELEASE_FEN }],
  });
  const debit = { accountId: account, bookedOn: on };
  tell(bank, 'custody.debited', '20:00:00', {
    ...debit,
    bankTxnId: `R-${on}`,
    amountFen: RELEASE_FEN,
    purpose: 'release',
    instructionId: `N-${on}`,
  });
  tell(platform, 'refund.paid', '11:00:00', {
    refundId: `Y-${on}`,
    contractId: 'C',
    amountFen: REFUND_FEN,
    via: 'custody',
    bankTxnId: `Y-${on}`,
  });
  tell(bank, 'custody.debited', '20:00:00', {
    ...debit,
    bankTxnId: `Y-${on}`,
    amountFen: REFUND_FEN,
    purpose: 'refund',
    refundId: `Y-${on}`,
  });
  const net = daily - RELEASE_FEN - REFUND_FEN;
  tell(bank, 'custody.balance_reported', '23:50:00', {
    accountId: account,
    asOf: on,
    kind: 'end_of_day',
    bookedFen: OPENING_FEN + net * (dayNumber + 1),
  });
  return lines;
}

interface AccountDay {
  readonly bank: string;
  readonly platform: string;
  readonly account: string;
  readonly on: string;
  /** The bank loses an entry that its balance holds. */
  readonly drop: boolean;
}

/** Answers what the bank has booked of it. */
function addPayments(
  tell: (source: string, type: string, clock: string, data: object) => void,
  { bank, platform, account, on, drop }: AccountDay,
): number {
  let net = 0;
  for (let credit = 0; credit < CREDITS; credit += 1) {
    const ids = credit % 4 === 0 ? [`P-${on}-${credit}a`, `P-${on}-${credit}b`] : [`P-${on}-${credit}`];
    let amountFen = 0;
    for (const [at, paymentId] of ids.entries()) {
      const fen = 10_000 + credit * 137 + at * 11;
      amountFen += fen;
      tell(platform, 'payment.succeeded', '09:00:00', {
        paymentId,
        contractId: 'C',
        amountFen: fen,
        channel: 'card',
        payeeAccountId: account,
      });
    }
    net += amountFen;
    if (drop && credit === 1) continue;
    tell(bank, 'custody.credited', '21:00:00', {
      accountId: account,
      bankTxnId: `T-${on}-${credit}`,
      amountFen,
      bookedOn: on,
      paymentIds: ids,
    });
  }
  return net;
}
