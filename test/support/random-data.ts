import type { EventData } from '../../src/events/event.js';

/** The small numbers of a step from which the data of an event is made. */
export interface Numbers {
  /** Which thing, of few. */
  readonly a: number;
  /** Which other thing it is about, of few. */
  readonly b: number;
  readonly fen: number;
  readonly on: number;
  readonly at: number;
  /** Which optional fields and which variants. */
  readonly how: number;
}

type Maker<T extends keyof EventData> = (step: Numbers) => EventData[T];

const FEN = [100, 250, 100, 48_000, 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1, 250] as const;
const ACCOUNTS = ['A-1', 'A-2', 'D-1', 'S-1', 'A-1', 'U-9'] as const;
const DAYS = [
  '2025-09-25',
  '2025-09-26',
  '2025-09-28',
  '2025-09-30',
  '2025-10-01',
  '2025-10-03',
  '2025-10-08',
  '2025-10-09',
  '2025-10-10',
  '2025-10-11',
  '2025-10-16',
  '2026-02-14',
  '2026-02-20',
  '2026-02-24',
  '2026-02-28',
  '2026-03-06',
] as const;
const PURPOSES = ['custody', 'custody', 'deposit', 'settlement'] as const;
const MODES = ['per_lesson', 'deposit', 'postpaid', 'parent_lock', 'staged', 'ecny'] as const;

/** Data of every type that touches the books or the registers, from few numbers. */
export const DATA = {
  'institution.upserted': ({ a, how }) => ({
    name: `school ${a}`,
    regionCode: '370702',
    category: 'mixed',
    delivery: 'both',
    registration: 'for_profit',
    status: 'operating',
    licence: { state: how % 2 ? 'complete' : 'none' },
    ...(how & 4 ? { brand: `brand ${a}` } : {}),
  }),
  'account.registered': ({ a, fen, how }) => ({
    accountId: account(a),
    bankCode: 'B003',
    purpose: of(PURPOSES, how % 8 === 7 ? how : purposeIndex(a)),
    mode: of(MODES, how >> 2),
    validFrom: '2025-09-01',
    ...(how & 1 ? { openingFen: of(FEN, fen) } : {}),
  }),
  'account.state_changed': ({ a, how }) => ({
    accountId: account(a),
    state: how & 1 ? 'frozen' : 'active',
    filed: true,
  }),
  'account.requirement_set': ({ a, fen, how }) => ({
    accountId: account(a),
    kind: how & 1 ? 'min_balance' : 'deposit',
    amountFen: of(FEN, fen),
    validFrom: '2025-09-01',
  }),
  'contract.signed': ({ a, b, fen, on, how }) => ({
    contractId: `C-${a % 4}`,
    learnerHash: `${b % 3}`.repeat(16),
    courseId: how & 16 ? 'K-"2' : 'K-1',
    courseKind: 'subject',
    modelForm: true,
    pricing: 'hour',
    hoursPaid: 10.25,
    priceFen: of(FEN, fen),
    periodFrom: of(DAYS, on),
    periodTo: how & 32 ? of(DAYS, on) : '2026-12-31',
    ...(how & 1 ? { firstLessonOn: of(DAYS, on + b) } : {}),
    ...(how & 2 ? { refundDays: how & 31 } : {}),
    ...(how & 4 ? { refundDaysKind: how & 8 ? 'working' : 'calendar' } : {}),
  }),
  'contract.ended': ({ a }) => ({ contractId: `C-${a % 4}` }),
  'payment.succeeded': ({ a, b, fen, how }) => ({
    paymentId: `P-${a}`,
    amountFen: of(FEN, fen),
    channel: how & 8 ? 'card' : 'cash',
    ...(how & 1 ? { contractId: `C-${b}` } : {}),
    ...(how & 2 ? { payeeAccountId: account(how >> 2) } : {}),
    ...(how & 16 ? { loan: true } : {}),
    ...(how & 4 ? { payerHash: how & 8 ? 'ABCDEF0123456789' : `${b % 3}`.repeat(16) } : {}),
  }),
  'payment.reversed': ({ a, fen }) => ({ paymentId: `P-${a}`, amountFen: of(FEN, fen) }),
  'custody.credited': ({ a, b, fen, on, how }) => ({
    accountId: account(a),
    bankTxnId: `T-${b}`,
    amountFen: of(FEN, fen),
    bookedOn: of(DAYS, on + (how & 3)),
    ...(how & 4 ? { paymentIds: how & 8 ? [`P-${a}`, `P-${b}`, `P-${a}`] : [`P-${b}`, 'P-unknown'] } : {}),
  }),
  'custody.debited': ({ a, b, fen, on, how }) => ({
    accountId: account(a),
    bankTxnId: `T-${b}`,
    amountFen: of(FEN, fen),
    bookedOn: of(DAYS, on),
    purpose: of(['release', 'release', 'refund', 'fee', 'court', 'other'] as const, how),
    ...(how & 8 ? { refundId: `R-${b % 3}` } : {}),
    ...(how & 2 ? { instructionId: `N-${b % 3}` } : {}),
  }),
  'custody.balance_reported': ({ a, fen, on, how }) =>
    how & 1
      ? { accountId: account(a), asOf: `${of(DAYS, on)}T12:00:00+08:00`, kind: 'intraday', bookedFen: of(FEN, fen) }
      : { accountId: account(a), asOf: of(DAYS, on), kind: 'end_of_day', bookedFen: of(FEN, fen) },
  'guarantee.registered': ({ a, fen, on }) => ({
    guaranteeId: `G-${a % 2}`,
    kind: 'insurance',
    coverFen: of(FEN, fen),
    validFrom: '2025-09-25',
    validTo: of(DAYS, on),
  }),
  'stock.declared': ({ a, fen, how }) => ({
    amountFen: of(FEN, fen),
    dueOn: '2025-12-31',
    ...(how & 1 ? { contractId: `C-${a}` } : {}),
  }),
  'lesson.scheduled': ({ a, b, on, at, how }) => ({
    lessonId: `L-${a}`,
    courseId: 'K-1',
    ...startAndEnd(of(DAYS, on + b), at, (how & 3) + 1),
    delivery: how & 4 ? 'online' : 'offline',
    courseKind: how & 8 ? 'non_subject' : 'subject',
    ...(how & 16
      ? { teacherHash: how & 32 ? 'ABCDEF0123456789' : 'abcdef0123456789', roomId: `R-${b}`, capacity: b }
      : {}),
  }),
  'lesson.cancelled': ({ a }) => ({ lessonId: `L-${a}` }),
  'lesson.delivered': ({ a, b, on, how }) => ({
    lessonId: `L-${a}`,
    ...(how & 1 ? { endedAt: `${of(DAYS, on)}T23:30:00Z` } : {}),
    ...(how & 2 ? { learnerHashes: [`${b % 3}`.repeat(16), how & 4 ? 'ABCDEF0123456789' : 'abcdef0123456789'] } : {}),
  }),
  'lesson.confirm_requested': ({ a, b, fen }) => ({
    confirmId: `K-${a}`,
    contractId: `C-${b}`,
    hours: 1.5,
    amountFen: of(FEN, fen),
    silentOn: '2025-10-16',
  }),
  'lesson.confirmed': ({ a, b, fen, how }) => ({
    confirmId: `K-${a}`,
    contractId: `C-${b}`,
    hours: (how % 30) / 100,
    amountFen: of(FEN, fen),
    by: of(['parent', 'silence', 'regulator'] as const, how),
    ...(how & 8 ? { lessonId: `L-${how % 8}` } : {}),
  }),
  'lesson.disputed': ({ a, b }) => ({ confirmId: `K-${a}`, contractId: `C-${b}` }),
  'release.instructed': ({ a, b, fen, how }) => ({
    instructionId: `N-${a % 3}`,
    accountId: 'A-1',
    lines:
      how & 1
        ? [{ contractId: `C-${b}`, amountFen: of(FEN, fen) }]
        : [
            { contractId: 'C-1', amountFen: of(FEN, fen) },
            { contractId: `C-${b}`, amountFen: 5 },
            { contractId: 'C-1', amountFen: 7 },
          ],
  }),
  'refund.requested': ({ a, b, fen, how }) => ({
    refundId: `R-${a % 3}`,
    contractId: `C-${b % 4}`,
    amountFen: of(FEN, fen),
    side: how & 1 ? 'consumer' : 'seven_day',
  }),
  'refund.approved': ({ a, b, fen, on, how }) => ({
    refundId: `R-${a % 3}`,
    contractId: `C-${b % 4}`,
    amountFen: of(FEN, fen),
    ...(how & 1 ? { dueOn: of(DAYS, on + 5) } : {}),
  }),
  'refund.rejected': ({ a, b }) => ({ refundId: `R-${a % 3}`, contractId: `C-${b % 4}` }),
  'refund.withdrawn': ({ a, b }) => ({ refundId: `R-${a % 3}`, contractId: `C-${b % 4}` }),
  'refund.paid': ({ a, b, fen, how }) => ({
    refundId: `R-${a % 3}`,
    contractId: `C-${b % 4}`,
    amountFen: of(FEN, fen),
    via: how & 1 ? 'custody' : 'institution',
    ...(how & 2 ? { bankTxnId: `T-${how >> 4}` } : {}),
    ...(how & 4 ? { payeeHash: how & 8 ? 'abcdef0123456789' : `${b % 3}`.repeat(16), originalChannel: b > 2 } : {}),
  }),
  'statement.filed': ({ a, fen }) => ({ period: `202${a}`, revenueFen: of(FEN, fen), equityFen: -100 }),
  'complaint.received': ({ a }) => ({ ticketId: `Z-${a}`, kind: 'refund' }),
  'complaint.closed': ({ a, how }) => ({ ticketId: `Z-${a}`, upheld: (how & 1) === 1 }),
  'inspection.recorded': ({ a }) => ({ inspectionId: `I-${a}`, role: 'grid', findings: ['ok'] }),
  'external.signal': ({ a, how }) => ({
    signalId: `E-${a}`,
    kind: 'rent_arrears',
    ...(how & 1 ? { clearedOn: '2025-10-09' } : {}),
  }),
  'contact.attempted': ({ a, how }) => ({ contactId: `Q-${a}`, answered: (how & 1) === 1 }),
  'break.declared': ({ on }) => ({ from: of(DAYS, on), to: '2026-12-31' }),
} as const satisfies { [T in Exclude<keyof EventData, 'event.reversed'>]: Maker<T> };

/** In Shanghai or in UTC, in the morning or so late that it is another day there. */
function startAndEnd(day: string, at: number, hours: number): { startsAt: string; endsAt: string } {
  const zone = at & 1 ? 'Z' : '+08:00';
  const hour = at & 2 ? 18 : 9;
  return { startsAt: `${day}T${two(hour)}:00:00${zone}`, endsAt: `${day}T${two(hour + hours)}:30:00${zone}` };
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function of<T>(values: readonly T[], at: number): T {
  return values[at % values.length]!;
}

function account(at: number): string {
  return of(ACCOUNTS, at);
}

/** The purpose that fits the account's letter; now and then a step says otherwise. */
function purposeIndex(a: number): number {
  return [0, 1, 2, 3, 0, 0][a % 6]!;
}
