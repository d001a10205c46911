import { describe, expect, test } from 'vitest';
import { judgeStatements, type ListedStatement } from '../../src/banks/completeness.js';
import { parseDay } from '../../src/core/time.js';

let next = 1;
function statement(
  day: string,
  opening: number | null,
  closing: number | null,
  given: Partial<ListedStatement> = {},
): ListedStatement {
  const amount = (value: number | null) => (value === null ? null : BigInt(value) * 100_000n);
  return {
    no: next++,
    institutionId: 'X-370702-1',
    accountId: 'A-1',
    bankCode: 'B003',
    kind: 'statement',
    format: 'camt.053.001.08',
    statementId: `S-${day}`,
    sequence: null,
    page: 1,
    isLastPage: true,
    createdAt: `${day}T23:00:00+08:00`,
    day: parseDay(day),
    currency: 'CNY',
    opening: amount(opening),
    closing: amount(closing),
    credits: 0n,
    debits: 0n,
    entries: 0,
    pending: 0,
    booked: 0,
    known: 0,
    refused: 0,
    arithmetic: 'right',
    remarks: [],
    replacedBy: null,
    isFinished: true,
    origin: 'a.xml',
    ...given,
  };
}

const problemsOf = (...statements: ListedStatement[]) =>
  judgeStatements(statements).flatMap(({ statement: { no }, problems }) =>
    problems.map(({ kind, message }) => ({ no, kind, message })),
  );
const kindsOf = (...statements: ListedStatement[]) => problemsOf(...statements).map((one) => one.kind);

describe('statements of an account', () => {
  test('that connect from day to day are complete, in whatever order they were read', () => {
    const days = [statement('2026-03-02', 0, 10), statement('2026-03-03', 10, 10), statement('2026-03-04', 10, 4)];
    expect(judgeStatements([days[2]!, days[0]!, days[1]!]).map((one) => [one.statement.day, one.state])).toEqual(
      days.map((one) => [one.day, 'complete']),
    );
  });

  test('name the gap between a closing and the next opening, with its difference', () => {
    const [, second] = judgeStatements([statement('2026-03-02', 0, 10), statement('2026-03-03', 12, 12)]);
    expect(second).toMatchObject({ state: 'incomplete', problems: [{ kind: 'gap', difference: 200_000n }] });
    expect(second!.problems[0]!.message).toContain('opens with 12.00');
  });

  test('name the numbers that are missing between them', () => {
    const [, second] = judgeStatements([
      statement('2026-03-02', 0, 10, { sequence: '7' }),
      statement('2026-03-05', 10, 10, { sequence: '10' }),
    ]);
    expect(second!.problems).toMatchObject([
      { kind: 'missing_number', missing: [8, 9], message: 'Numbers 8 to 9 are missing.' },
    ]);
  });

  test('may begin to count anew with the year, from 1', () => {
    const last = statement('2026-12-31', 0, 10, { sequence: '250' });
    expect(kindsOf(last, statement('2027-01-04', 10, 10, { sequence: '1' }))).toEqual([]);
    expect(problemsOf(last, statement('2027-01-04', 10, 10, { sequence: '2' }))).toMatchObject([
      { kind: 'missing_number', message: 'Number 1 is missing.' },
    ]);
  });

  test('that have one number twice are named as duplicates', () => {
    expect(
      kindsOf(statement('2026-03-02', 0, 10, { sequence: '7' }), statement('2026-03-03', 10, 10, { sequence: '7' })),
    ).toEqual(['duplicate']);
    const same = { statementId: 'S', sequence: '7' };
    expect(kindsOf(statement('2026-03-02', 0, 10, same), statement('2026-03-02', 0, 11, same))).toEqual(['duplicate']);
  });

  test('that were replaced by a newer version do not count', () => {
    const old = statement('2026-03-02', 0, 99, { replacedBy: 2 });
    const judged = judgeStatements([old, statement('2026-03-02', 0, 10), statement('2026-03-03', 10, 10)]);
    expect(judged.map((one) => one.state)).toEqual(['replaced', 'complete', 'complete']);
  });

  test('of several pages connect page by page, and a missing page is named', () => {
    const page = (number: number, opening: number, closing: number, isLastPage = false) =>
      statement('2026-03-02', opening, closing, { page: number, isLastPage, sequence: '7' });
    expect(kindsOf(page(1, 0, 5), page(2, 5, 9, true), statement('2026-03-03', 9, 9, { sequence: '8' }))).toEqual([]);
    expect(kindsOf(page(1, 0, 5), page(3, 7, 9, true))).toEqual(['missing_page', 'gap']);
    expect(kindsOf(page(2, 5, 9, true))).toEqual(['missing_page']);
    expect(kindsOf(page(1, 0, 5), statement('2026-03-03', 5, 9, { sequence: '8' }))).toEqual(['missing_page']);
  });

  test('in messages with page numbers of their own miss no page', () => {
    const page = (day: string, number: number, opening: number, closing: number) =>
      statement(day, opening, closing, { page: number });
    expect(kindsOf(page('2026-03-02', -2, 0, 5), page('2026-03-03', -2, 5, 9))).toEqual([]);
    expect(kindsOf(page('2026-03-02', 1, 0, 5), page('2026-03-02', -2, 5, 9))).toEqual([]);
  });

  test('tell of wrong sums, refused entries and interrupted readings', () => {
    expect(
      kindsOf(statement('2026-03-02', 0, 1, { arithmetic: 'wrong', remarks: ['x'], refused: 2, isFinished: false })),
    ).toEqual(['wrong_sum', 'refused_entries', 'interrupted']);
  });

  test('are not held against reports, notifications and exports', () => {
    const others = [
      statement('2026-03-02', 77, 88, { kind: 'report' }),
      statement('2026-03-02', 77, 88, { kind: 'notification' }),
      statement('2026-03-02', 77, 88, { format: 'csv' }),
    ];
    expect(kindsOf(statement('2026-03-01', 0, 10), ...others, statement('2026-03-03', 10, 10))).toEqual([]);
  });
});
