import { describe, expect, it } from 'vitest';
import { CHINA_CALENDAR } from '../../src/core/calendar.js';
import { dayOf, type Us } from '../../src/core/time.js';
import { InstitutionRowsReader } from '../../src/model/institution-rows.js';
import { Model } from '../../src/model/model.js';
import { evaluateInstitution } from '../../src/risk/evaluate.js';
import type { InstitutionRiskState } from '../../src/risk/evaluation.js';
import { type Level, rankOf } from '../../src/risk/level.js';
import { DEFAULT_POLICY } from '../../src/risk/policy/default.js';
import { findRemedies, type Remedy } from '../../src/risk/remedy.js';
import { enrolled, founded, lineOf, SCHOOL, us } from '../backtest/support.js';
import { decodeLine } from '../support/history.js';

const OPENED = us('2026-04-20T12:00:00+08:00');
const NOW = us('2026-04-22T15:00:00+08:00');

/** The books after these lines, judged at a moment. Every time anew, so that nothing is taken from the search. */
function judged(lines: readonly string[], at: Us, state: InstitutionRiskState | null) {
  const model = new Model(CHINA_CALENDAR);
  for (const line of lines) {
    const decoded = decodeLine(line);
    if (!decoded.ok) throw new Error(JSON.stringify(decoded));
    if (model.book(decoded.event).kind !== 'accepted') throw new Error(line);
  }
  const reader = new InstitutionRowsReader(model.set.institution(SCHOOL), CHINA_CALENDAR);
  const rows = reader.read(dayOf(at), false);
  const expiring = reader.expiring(dayOf(at));
  return { rows, expiring, evaluation: evaluateInstitution(rows, state, at, CHINA_CALENDAR, DEFAULT_POLICY) };
}

/** What the search proposes for a rule, and the level that stands after the true events, when the level can be left. */
function proposed(lines: readonly string[], ruleId: string, kind: Remedy['kind']) {
  const { state } = judged(lines, OPENED, null).evaluation;
  const { rows, expiring } = judged(lines, NOW, state);
  const found = findRemedies({ rows, expiring, state, now: NOW, calendar: CHINA_CALENDAR, policy: DEFAULT_POLICY });
  const remedy = found.find((one) => one.ruleId === ruleId)!.remedies.find((one) => one.kind === kind)!;
  const levelAfter = (more: readonly string[]): Level => {
    const first = judged([...lines, ...more], NOW, state).evaluation;
    const last = judged([...lines, ...more], remedy.leavesAt, first.state).evaluation;
    return last.findings.find(({ rule }) => rule.id === ruleId)!.level;
  };
  return { remedy, levelAfter };
}

const school = [...founded(SCHOOL, '2026-03-02')];
const time = '2026-04-22T15:00:00+08:00';

describe('what the search finds holds for the events themselves', () => {
  it('money into custody', () => {
    const lines = [
      ...school,
      ...enrolled(SCHOOL, 'C-1', '2026-03-03', 400_000),
      ...enrolled(SCHOOL, 'C-2', '2026-03-04', 600_000).slice(0, 2),
    ];
    const { remedy, levelAfter } = proposed(lines, 'A01', 'custody_credit');
    const credit = (amountFen: number) =>
      lineOf({
        id: 'late',
        source: '/bank/B001',
        type: 'custody.credited',
        time,
        data: { accountId: `A-${SCHOOL}`, bankTxnId: 'late', amountFen, bookedOn: '2026-04-22' },
      });
    expect(remedy.leaves).toBe('red');
    expect(rankOf(levelAfter([credit(remedy.amount)]))).toBeLessThan(rankOf('red'));
    expect(levelAfter([credit(remedy.amount - 1)])).toBe('red');
  });

  it('confirmed lessons', () => {
    const lines = [
      ...school,
      ...enrolled(SCHOOL, 'C-1', '2026-03-03', 400_000),
      ...enrolled(SCHOOL, 'C-2', '2026-03-04', 600_000).slice(0, 2),
      confirmed('before', 1, '2026-04-18T10:00:00+08:00'),
    ];
    const { remedy, levelAfter } = proposed(lines, 'A01', 'confirmed_lessons');
    expect(remedy).toMatchObject({ leaves: 'red', unit: 'lessons', fen: BigInt(remedy.amount) * 10_000n });
    const lessons = (count: number) => Array.from({ length: count }, (_, at) => confirmed(`more${at}`, 2, time));
    expect(rankOf(levelAfter(lessons(remedy.amount)))).toBeLessThan(rankOf('red'));
    expect(levelAfter(lessons(remedy.amount - 1))).toBe('red');
  });

  it('lessons of expired contracts, while the periods of others end', () => {
    const contracts = (numbers: readonly number[], signedOn: string) =>
      numbers.flatMap((n) => enrolled(SCHOOL, `C-${n}`, signedOn, 200_000));
    const lines = [
      ...founded(SCHOOL, '2026-01-05'),
      ...contracts([1, 2, 3, 4], '2026-02-18'),
      // Two more days, and its period is over, too.
      ...contracts([5], '2026-02-23'),
      ...contracts(
        Array.from({ length: 20 }, (_, at) => 6 + at),
        '2026-04-01',
      ),
      confirmed('before', 6, '2026-04-18T10:00:00+08:00'),
    ];
    const { remedy, levelAfter } = proposed(lines, 'D07', 'expired_lessons');
    expect(remedy).toMatchObject({ leaves: 'yellow', to: 'none', unit: 'lessons' });
    const lessons = (count: number) =>
      Array.from({ length: count }, (_, at) => confirmed(`more${at}`, 1 + Math.floor(at / 20), time));
    expect(levelAfter(lessons(remedy.amount))).toBe('none');
    expect(levelAfter(lessons(remedy.amount - 1))).toBe('yellow');
  });

  it('lessons of contracts that were released in stages, up to the thirds that are missing', () => {
    const released = (n: number, amountFen: number) => {
      const base = { time: '2026-04-10T10:00:00+08:00' };
      const accountId = `A-${SCHOOL}`;
      const lines = [{ contractId: `C-${n}`, amountFen }];
      const debit = { accountId, bankTxnId: `t${n}`, amountFen, bookedOn: '2026-04-10', purpose: 'release' };
      return [
        lineOf({
          ...{ ...base, id: `i${n}`, type: 'release.instructed' },
          data: { instructionId: `I-${n}`, accountId, lines },
        }),
        lineOf({
          ...{ ...base, id: `d${n}`, source: '/bank/B001', type: 'custody.debited' },
          data: { ...debit, instructionId: `I-${n}` },
        }),
      ];
    };
    const taught = (n: number, count: number) =>
      Array.from({ length: count }, (_, at) => confirmed(`l${n}-${at}`, n, '2026-04-08T10:00:00+08:00'));
    const lines = [
      ...school.map((line) => line.replace('per_lesson', 'staged')),
      ...[1, 2, 3].flatMap((n) => enrolled(SCHOOL, `C-${n}`, '2026-03-03', 300_000)),
      // A third is ten lessons of thirty: four are missing; two thirds are twenty: one is; the last one is in order.
      ...[...taught(1, 6), ...released(1, 90_000)],
      ...[...taught(2, 19), ...released(2, 180_000)],
      ...[...taught(3, 20), ...released(3, 180_000)],
    ];
    const { remedy, levelAfter } = proposed(lines, 'A05', 'released_lessons');
    expect(remedy).toMatchObject({ leaves: 'orange', unit: 'lessons', amount: 5, fen: 50_000n });
    const lessons = (first: number, second: number) => [
      ...Array.from({ length: first }, (_, at) => confirmed(`more${at}`, 1, time)),
      ...Array.from({ length: second }, (_, at) => confirmed(`last${at}`, 2, time)),
    ];
    expect(levelAfter(lessons(4, 1))).toBe('none');
    expect([levelAfter(lessons(3, 1)), levelAfter(lessons(4, 0))]).not.toContain('none');
  });

  it('refunds paid', () => {
    const refund = (n: number) => [
      lineOf({
        id: `r${n}`,
        type: 'refund.requested',
        time: `2026-03-${String(10 + n).padStart(2, '0')}T10:00:00+08:00`,
        data: { refundId: `R-${n}`, contractId: 'C-1', side: 'consumer', amountFen: 100_000, reason: 'moved' },
      }),
    ];
    const lines = [...school, ...enrolled(SCHOOL, 'C-1', '2026-03-03', 900_000), ...[1, 2, 3].flatMap(refund)];
    const { remedy, levelAfter } = proposed(lines, 'C01', 'pay_refunds');
    const paid = (count: number) =>
      Array.from({ length: count }, (_, at) =>
        lineOf({
          id: `paid${at}`,
          type: 'refund.paid',
          time,
          data: { refundId: `R-${at + 1}`, contractId: 'C-1', amountFen: 100_000, via: 'custody' },
        }),
      );
    expect(rankOf(levelAfter(paid(remedy.amount)))).toBeLessThan(rankOf(remedy.leaves));
    expect(levelAfter(paid(remedy.amount - 1))).toBe(remedy.leaves);
    expect(levelAfter(paid(3))).toBe('none');
  });
});

function confirmed(id: string, contract: number, at: string): string {
  return lineOf({
    id,
    type: 'lesson.confirmed',
    time: at,
    data: { confirmId: id, contractId: `C-${contract}`, lessonId: id, hours: 1, amountFen: 10_000, by: 'parent' },
  });
}
