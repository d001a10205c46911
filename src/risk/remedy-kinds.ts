import { type Fen, maxFen, minFen } from '../core/money.js';
import { addMonths, type Day, formatDay, parseDay, type Us, yearOf } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { type AccountFacts, accountBookedFen } from './facts/accounts.js';
import type { FactSheet } from './facts/fact-sheet.js';
import type { RefundFacts } from './facts/refunds.js';
import type { InstitutionRows } from './facts/rows.js';
import { clearsOn, openSignals, type SignalKind } from './facts/signals.js';
import { releasedCanEarn, withConfirmed } from './remedy-releases.js';
import { oncePerSheet, withBooking, withRegister, withTally } from './remedy-rows.js';
import type { RemedyKind, Sentence } from './rule.js';
import { enYuan, plural, zhYuan } from './text.js';

/** One way to change what a rule rests on, by an amount: what the books would be if it happened at the moment of the sheet. */
export interface Change {
  readonly unit: 'fen' | 'lessons' | 'refunds' | 'payments' | 'once';
  /** The largest amount that can be; 0: it cannot happen here. */
  max(sheet: FactSheet): number;
  apply(sheet: FactSheet, amount: number): InstitutionRows;
  /** What it costs; null where no money is named. */
  fen(sheet: FactSheet, amount: number): Fen | null;
  say(sheet: FactSheet, amount: number): Sentence;
  /** It goes on day by day: a bank that reports again, lessons that are given again. */
  readonly lasting?: true;
  /** What was late stays held against the institution for some days after it: then the level is left when these are over. */
  readonly isHeld?: (sheet: FactSheet) => boolean;
}

/** Every kind that a rule may name, but for the passing of days, which changes nothing. */
export const CHANGES: Readonly<Record<Exclude<RemedyKind, 'days'>, Change>> = {
  custody_credit: moneyInto((sheet) => firstOpen(sheet.accounts.custody), '存入托管账户', 'into the custody account'),
  deposit_top_up: moneyInto((sheet) => firstOpen(sheet.accounts.deposit), '补存风险保证金', 'into the deposit account'),
  cover: {
    unit: 'fen',
    max: () => FEN_MAX,
    apply: (sheet, amount) =>
      withRegister(sheet, 'guarantee.registered', {
        guaranteeId: REMEDY,
        kind: 'bank_guarantee',
        coverFen: amount,
        validFrom: formatDay(sheet.today),
        validTo: formatDay(addMonths(sheet.today, 12)),
      }),
    fen: (_, amount) => BigInt(amount),
    say: (_, amount) => ({
      zh: `提供 ${zhYuan(amount)} 的保函或保险`,
      en: `a guarantee or insurance of ${enYuan(amount)}`,
    }),
  },
  confirmed_lessons: confirmedLessons(lessonsCanEarn, '确认', ''),
  expired_lessons: confirmedLessons(
    (sheet) => sheet.rows.expiredUnearnedFen ?? 0n,
    '确认到期合同的课',
    ' on contracts whose period is over',
  ),
  released_lessons: confirmedLessons(
    releasedLessonsCanEarn,
    '确认超进度划拨合同的课',
    ' on the contracts that were released too early',
  ),
  lessons_given: {
    unit: 'lessons',
    max: () => LESSONS_MAX,
    apply: (sheet, amount) => {
      // A day counts when it is over: what is given today is seen tomorrow.
      const day = sheet.today - 1;
      return withTally(withTally(sheet.rows, 'lessons_delivered', day, amount), 'confirmations_parent', day, amount);
    },
    fen: () => null,
    say: (_, amount) => ({ zh: `恢复上课 ${amount} 次`, en: `${plural(amount, 'lesson')} given` }),
    lasting: true,
  },
  pay_refunds: {
    unit: 'refunds',
    max: (sheet) => payable(sheet).length,
    apply: payRefunds,
    fen: (sheet, amount) => sumOwed(sheet, amount),
    say: (sheet, amount) => ({
      zh: `支付最早到期的 ${amount} 笔退费，共 ${zhYuan(sumOwed(sheet, amount))}`,
      en: `paying the ${amount === 1 ? 'oldest refund' : `${amount} oldest refunds`}, ${enYuan(sumOwed(sheet, amount))}`,
    }),
  },
  credit_payments: {
    unit: 'payments',
    max: (sheet) => (firstOpen(sheet.accounts.custody) === null ? 0 : sheet.uncredited.length),
    apply: creditPayments,
    fen: (sheet, amount) => sumUncredited(sheet, amount),
    say: (sheet, amount) => ({
      zh: `将最早的 ${amount} 笔收费共 ${zhYuan(sumUncredited(sheet, amount))} 归入托管账户`,
      en: `the ${amount === 1 ? 'oldest payment' : `${amount} oldest payments`}, ${enYuan(sumUncredited(sheet, amount))}, credited to the custody account`,
    }),
  },
  balance_report: once(
    '银行报送与账簿一致的日终余额',
    'the bank reports end-of-day balances that agree with the books',
    {
      apply: reportBalances,
      lasting: true,
    },
  ),
  account_filed: once('账户恢复正常并完成备案', 'the account is active again and its change is filed', {
    apply: (sheet) => {
      const rows = (sheet.rows.registers['account.state_changed'] ?? []).map((row) => {
        return { ...row, data: { ...row.data, state: 'active' as const, filed: true } };
      });
      return { ...sheet.rows, registers: { ...sheet.rows.registers, 'account.state_changed': rows } };
    },
  }),
  licence_complete: once('证照齐全且在有效期内', 'licence and registration are complete and valid', {
    apply: completeLicence,
  }),
  statement_filed: {
    unit: 'once',
    max: (sheet) => Math.min(1, missingStatements(sheet).length),
    apply: fileStatements,
    fen: () => null,
    say: (sheet) => {
      const years = missingStatements(sheet).map(({ period }) => period);
      return {
        zh: `报送 ${years.join('、')} 年度财务报告`,
        en: `the financial ${years.length === 1 ? 'statement' : 'statements'} for ${years.join(', ')} filed`,
      };
    },
    isHeld: (sheet) => missingStatements(sheet).some(({ dueOn }) => dueOn !== undefined),
  },
  signals_cleared: once('外部信号解除', 'the authority or court clears the signal', { apply: clearSignals }),
  clean_inspection: once('巡查恢复正常', 'an inspection finds the institution open and in order', {
    apply: (sheet) =>
      withRegister(sheet, 'inspection.recorded', { inspectionId: REMEDY, role: 'grid', findings: ['ok'] }),
  }),
  contact_answered: once('联络人接通', 'the institution answers the liaison', {
    apply: (sheet) => withRegister(sheet, 'contact.attempted', { contactId: REMEDY, answered: true }),
  }),
};

const REMEDY = 'remedy';
/** Far beyond what an institution can hold, and still a safe integer. */
const FEN_MAX = 1_000_000_000_000_000;
const LESSONS_MAX = 100_000;

function once(zh: string, en: string, { apply, lasting }: Pick<Change, 'apply' | 'lasting'>): Change {
  const change: Change = { unit: 'once', max: () => 1, apply, fen: () => null, say: () => ({ zh, en }) };
  return lasting ? { ...change, lasting } : change;
}

function moneyInto(account: (sheet: FactSheet) => AccountFacts | null, zh: string, en: string): Change {
  return {
    unit: 'fen',
    max: (sheet) => (account(sheet) === null ? 0 : FEN_MAX),
    apply: (sheet, amount) => credited(sheet.rows, account(sheet)!.accountId, sheet.today, BigInt(amount)),
    fen: (_, amount) => BigInt(amount),
    say: (_, amount) => ({ zh: `${zh} ${zhYuan(amount)}`, en: `${enYuan(amount)} ${en}` }),
  };
}

/** `mayEarn`: the fees that such lessons can earn. */
function confirmedLessons(mayEarn: (sheet: FactSheet) => Fen, zh: string, en: string): Change {
  return {
    unit: 'lessons',
    max: (sheet) => Number(mayEarn(sheet) / lessonFen(sheet)),
    apply: confirmLessons,
    fen: (sheet, amount) => BigInt(amount) * lessonFen(sheet),
    say: (sheet, amount) => ({
      zh: `${zh} ${amount} 次${en === '' ? '课' : ''}（每次约 ${zhYuan(lessonFen(sheet))}）`,
      en: `${plural(amount, 'confirmed lesson')} of about ${enYuan(lessonFen(sheet))}${en}`,
    }),
  };
}

/** Old stock and payments without a contract are lines of their own, which no lesson consumes. */
function lessonsCanEarn({ rows }: FactSheet): Fen {
  const stock = (rows.registers['stock.declared'] ?? []).reduce(
    (sum, { data }) => (data.contractId == null ? sum + BigInt(data.amountFen) : sum),
    0n,
  );
  const alone = rows.payments.reduce(
    (sum, { told, reversedFen }) =>
      told?.contractId === null ? sum + maxFen(0n, BigInt(told.amountFen - reversedFen)) : sum,
    stock,
  );
  return maxFen(0n, rows.unearnedFen - alone);
}

/** One lesson at least, where anything is left to teach. */
function releasedLessonsCanEarn(sheet: FactSheet): Fen {
  const fen = releasedCanEarn(sheet);
  return fen > 0n ? maxFen(fen, lessonFen(sheet)) : 0n;
}

function firstOpen(accounts: readonly AccountFacts[]): AccountFacts | null {
  return accounts.find((account) => account.state !== 'closed') ?? null;
}

function credited(rows: InstitutionRows, accountId: string, day: Day, fen: Fen): InstitutionRows {
  const banked = withBooking(rows, 'bank', accountId, day, { debitFen: fen, creditFen: 0n });
  return withBooking(banked, 'credit_clearing', accountId, day, { debitFen: 0n, creditFen: fen });
}

/** What a confirmed lesson was worth in the last weeks; else a sixtieth of what a contract may take at most (¥5,000, 60 hours). */
function lessonFen(sheet: FactSheet): Fen {
  const from = sheet.today - LESSON_VALUE_DAYS + 1;
  const earned = sheet.money.moved('earned', 'creditFen', null, from, sheet.today);
  const count = (['confirmations_parent', 'confirmations_silent', 'confirmations_regulator'] as const).reduce(
    (sum, name) => sum + sheet.tallies.count(name, from, sheet.today),
    0,
  );
  const mean = count > 0 ? earned / BigInt(count) : 0n;
  return mean > 0n ? mean : LESSON_FEN_DEFAULT;
}
const LESSON_VALUE_DAYS = 56;
const LESSON_FEN_DEFAULT = 8_333n;

/** Confirmed lessons lower what is owed; what was released beyond its lessons is made good first. */
function confirmLessons(sheet: FactSheet, amount: number): InstitutionRows {
  const { rows, today } = sheet;
  const fen = BigInt(amount) * lessonFen(sheet);
  const less = (sum: Fen | null): Fen | null => (sum === null ? null : sum - minFen(sum, fen));
  const changed = {
    ...rows,
    releasedLines: withConfirmed(sheet, fen),
    unearnedFen: rows.unearnedFen - minFen(rows.unearnedFen, fen),
    unearnedOperatorFen: less(rows.unearnedOperatorFen),
    expiredUnearnedFen: less(rows.expiredUnearnedFen),
  };
  const earned = withBooking(changed, 'earned', '', today, { debitFen: 0n, creditFen: fen });
  return withTally(withTally(earned, 'confirmations_parent', today, amount), 'lessons_delivered', today, amount);
}

/** Refunds that wait for money, those longest overdue first. */
const payable = oncePerSheet((sheet) =>
  sheet.refunds
    .flatMap((facts) => {
      const openFen = claimOf(facts) - facts.state.paidFen;
      return openFen > 0n ? [{ ...facts, openFen }] : [];
    })
    .sort(
      (a, b) =>
        b.lateWorkingDays - a.lateWorkingDays ||
        (a.requestedOn ?? 0) - (b.requestedOn ?? 0) ||
        (a.row.refund.refundId < b.row.refund.refundId ? -1 : 1),
    ),
);

function claimOf({ row: { refund }, state }: RefundFacts): Fen {
  if (state.approvedAt !== null) return state.owedFen + state.paidFen;
  if (refund.withdrawn !== null || refund.rejected !== null || refund.requested === null) return 0n;
  return BigInt(refund.requested.amountFen);
}

function sumOwed(sheet: FactSheet, amount: number): Fen {
  return payable(sheet)
    .slice(0, amount)
    .reduce((sum, { openFen }) => sum + openFen, 0n);
}

/** The refunds are paid at the moment of the sheet: out of custody where fees lie there. */
function payRefunds(sheet: FactSheet, amount: number): InstitutionRows {
  const paid = new Map(
    payable(sheet)
      .slice(0, amount)
      .map(({ row, openFen }) => [row.refund.refundId, openFen]),
  );
  const refunds = sheet.rows.refunds.map((row) => {
    const fen = paid.get(row.refund.refundId);
    return fen === undefined ? row : withPart(row, fen, sheet.now);
  });
  const sum = sumOwed(sheet, amount);
  const { rows, today } = sheet;
  const changed = { ...rows, refunds, unearnedFen: rows.unearnedFen - minFen(rows.unearnedFen, sum) };
  const told = withBooking(changed, 'refund_books', '', today, { debitFen: 0n, creditFen: sum });
  const account = firstOpen(sheet.accounts.custody);
  if (account === null) return told;
  const debited = withBooking(told, 'refund_bank', account.accountId, today, { debitFen: sum, creditFen: 0n });
  return withBooking(debited, 'bank', account.accountId, today, { debitFen: 0n, creditFen: sum });
}

function withPart(row: InstitutionRows['refunds'][number], fen: Fen, at: Us): InstitutionRows['refunds'][number] {
  const { refund } = row;
  const step = refund.approved ?? refund.requested;
  const part = {
    at,
    source: REMEDY,
    id: refund.refundId,
    contractId: step?.contractId ?? '',
    amountFen: Number(fen),
    part: REMEDY,
  };
  return { ...row, refund: { ...refund, paid: [...refund.paid, part] } };
}

function sumUncredited(sheet: FactSheet, amount: number): Fen {
  return sheet.uncredited.slice(0, amount).reduce((sum, { netFen }) => sum + netFen, 0n);
}

function creditPayments(sheet: FactSheet, amount: number): InstitutionRows {
  const { accountId } = firstOpen(sheet.accounts.custody)!;
  const ids = new Set(sheet.uncredited.slice(0, amount).map(({ paymentId }) => paymentId));
  const payments = sheet.rows.payments.map((row) =>
    ids.has(row.paymentId)
      ? { ...row, namedBy: [[`${accountId}/${REMEDY}`, sheet.today, row.told!.amountFen, 1] as const] }
      : row,
  );
  return credited({ ...sheet.rows, payments }, accountId, sheet.today, sumUncredited(sheet, amount));
}

/** Statements of yesterday that say what the books say; no bank reports less than nothing. */
function reportBalances(sheet: FactSheet): InstitutionRows {
  const asOf = sheet.today - 1;
  const told = [...sheet.accounts.custody, ...sheet.accounts.deposit].map((account) => {
    const { accountId } = account;
    const booked = accountBookedFen(sheet, account) - sheet.money.bankNet(accountId, asOf + 1, LONG_AFTER);
    return { at: sheet.now, source: REMEDY, id: accountId, accountId, asOf, bookedFen: Number(maxFen(0n, booked)) };
  });
  const before = sheet.rows.reported.filter((one) => one.asOf < asOf);
  return { ...sheet.rows, reported: [...before, ...told] };
}
/** Beyond every booking day. */
const LONG_AFTER: Day = 1_000_000;

function completeLicence(sheet: FactSheet): InstitutionRows {
  const { profile } = sheet.rows;
  if (profile === null) return sheet.rows;
  const expiresOn = formatDay(addMonths(sheet.today, 36));
  const data = { ...profile, licence: { ...profile.licence, state: 'complete' as const, expiresOn } };
  const told = { at: sheet.now, source: REMEDY, id: REMEDY, data };
  return { ...sheet.rows, profile: data, profileEvents: [...sheet.rows.profileEvents, told] };
}

type Statement = EventData['statement.filed'];

/** The statements that the newest one is followed by up to now, of the last years, and each with its due day where the newest tells one. */
function missingStatements({ rows, today }: FactSheet): readonly Pick<Statement, 'period' | 'dueOn'>[] {
  const newest = (rows.registers['statement.filed'] ?? []).reduce<Statement | null>(
    (best, { data }) => (best === null || data.period > best.period ? data : best),
    null,
  );
  if (newest === null) return [];
  const missing: Pick<Statement, 'period' | 'dueOn'>[] = [];
  const first = Math.max(1, yearOf(today) - STATEMENT_YEARS_MAX - Number(newest.period));
  for (let years = first; Number(newest.period) + years < yearOf(today); years += 1) {
    const period = String(Number(newest.period) + years);
    const due = newest.dueOn === undefined ? null : addMonths(parseDay(newest.dueOn)!, 12 * years);
    if (due !== null && due >= today) break;
    missing.push(due === null ? { period } : { period, dueOn: formatDay(due) });
  }
  return missing;
}
/** Nobody is asked for more: after one for the year 0000, a slip, it was two thousand, which took the API half a minute. */
const STATEMENT_YEARS_MAX = 10;

function fileStatements(sheet: FactSheet): InstitutionRows {
  return missingStatements(sheet).reduce(
    (rows, { period, dueOn }) =>
      withRegister({ rows, now: sheet.now }, 'statement.filed', {
        period,
        revenueFen: 0,
        ...(dueOn === undefined ? {} : { dueOn }),
      }),
    sheet.rows,
  );
}

function clearSignals(sheet: FactSheet): InstitutionRows {
  const open = new Set(
    openSignals(sheet, SIGNALS)
      .filter((one) => clearsOn(one) === null)
      .map((one) => one.row),
  );
  const rows = (sheet.rows.registers['external.signal'] ?? []).filter((row) => !open.has(row));
  return { ...sheet.rows, registers: { ...sheet.rows.registers, 'external.signal': rows } };
}

const SIGNALS: readonly SignalKind[] = [
  'defaulter',
  'abnormal_list',
  'deregistering',
  'wage_arrears',
  'rent_arrears',
  'utility_arrears',
  'social_insurance_arrears',
  'enforcement',
  'public_opinion',
];
