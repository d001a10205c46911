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

  test('are named by number, else by id, with their day where one is told', () => {
    const gap = (before: Partial<ListedStatement>) =>
      problemsOf(statement('2026-03-02', 0, 10, before), statement('2026-03-03', 12, 12))[0]!.message;
    expect(gap({})).toBe('It opens with 12.00, but statement S-2026-03-02 of 2026-03-02 closed with 10.00.');
    expect(gap({ sequence: '7' })).toContain('but statement no. 7 of 2026-03-02 closed');
    expect(gap({ statementId: null, day: null })).toContain('but statement (no id) closed');
  });

  test('have no gap where an amount is not told or the currency is another one', () => {
    const second = (given: Partial<ListedStatement>) =>
      kindsOf(statement('2026-03-02', 0, 10), statement('2026-03-03', 12, 12, given));
    expect(second({})).toEqual(['gap']);
    expect(second({ currency: 'USD' })).toEqual([]);
    expect(second({ opening: null })).toEqual([]);
    expect(kindsOf(statement('2026-03-02', 0, null), statement('2026-03-03', 12, 12))).toEqual([]);
  });

  test('count only with numbers, and backwards only with a new year', () => {
    const messages = (first: string | null, second: string | null, day = '2026-03-03') =>
      problemsOf(statement('2026-03-02', 0, 10, { sequence: first }), statement(day, 10, 10, { sequence: second })).map(
        ({ message }) => message,
      );
    expect(messages('7', '8')).toEqual([]);
    expect(messages('7', '9')).toEqual(['Number 8 is missing.']);
    expect(messages('7', '7')).toEqual(['Number 7 was told before, by statement no. 7 of 2026-03-02.']);
    expect(messages('7', '6')).toEqual(['Number 6 comes after number 7.']);
    expect(messages('7', '1')).toEqual(['Number 1 comes after number 7.']);
    expect(messages('7', '1', '2027-01-04')).toEqual([]);
    expect(messages('7', '3', '2027-01-04')).toEqual(['Numbers 1 to 2 are missing.']);
    expect(messages('7', '9', '2027-01-04')).toEqual(['Number 8 is missing.']);
    expect(messages('7', 'B-9')).toEqual([]);
    expect(messages('B-7', '9')).toEqual([]);
    expect(messages(null, '9')).toEqual([]);
    expect(messages('7', null)).toEqual([]);
    expect(messages('7', '1234567890123456')).toEqual([]);
    // A day that is not told is in no other year.
    expect(
      kindsOf(
        statement('2026-03-02', 0, 10, { sequence: '7', day: null }),
        statement('2026-03-03', 10, 10, { sequence: '1' }),
      ),
    ).toEqual(['duplicate']);
  });

  test('are one statement by day and number, or by id where neither has a number', () => {
    const two = (first: Partial<ListedStatement>, second: Partial<ListedStatement>) =>
      kindsOf(statement('2026-03-02', 0, 10, first), statement('2026-03-02', 10, 10, second));
    const part = { isLastPage: false };
    expect(two(part, { page: 2 })).toEqual([]);
    expect(two({}, {})).toEqual(['duplicate']);
    expect(two({}, { statementId: 'other' })).toEqual([]);
    expect(two({ statementId: null }, { statementId: null })).toEqual([]);
    expect(two({ sequence: '7' }, { sequence: '7', statementId: 'other' })).toEqual(['duplicate']);
    expect(two({ sequence: '7', ...part }, { sequence: '7', page: 2 })).toEqual([]);
    // The second page with an id of its own belongs to no statement that was told.
    expect(two({ sequence: '7', ...part }, { sequence: '7', page: 2, statementId: 'other' })).toEqual([
      'missing_page',
      'missing_page',
      'duplicate',
    ]);
    expect(two({ sequence: null }, { sequence: '7' })).toEqual([]);
    expect(two({ sequence: '7' }, { sequence: '8' })).toEqual([]);
    expect(two({ sequence: '7' }, { sequence: '8', page: 2 })).toEqual(['missing_page']);
    expect(
      kindsOf(
        statement('2026-03-02', 0, 10, { statementId: 'S' }),
        statement('2026-03-03', 10, 10, { statementId: 'S' }),
      ),
    ).toEqual([]);
  });

  test('stand in the order of their days, numbers, pages and making, then of their reading', () => {
    const order = (...statements: ListedStatement[]) => {
      const sorted = judgeStatements(statements).map((one) => one.statement.no);
      expect(judgeStatements(statements.toReversed()).map((one) => one.statement.no)).toEqual(sorted);
      return sorted.map((no) => statements.findIndex((one) => one.no === no));
    };
    const day = (given: Partial<ListedStatement>) => statement('2026-03-02', 0, 0, given);
    expect(order(day({ sequence: '10' }), day({ sequence: '9' }))).toEqual([1, 0]);
    expect(order(day({ sequence: '9', page: 2 }), day({ sequence: '9', page: 1 }))).toEqual([1, 0]);
    expect(order(day({ page: -2 }), day({ page: 1 }))).toEqual([1, 0]);
    expect(order(day({ createdAt: '2026-03-02T12:00:00Z' }), day({ createdAt: '2026-03-02T11:00:00Z' }))).toEqual([
      1, 0,
    ]);
    expect(order(day({ createdAt: '2026-03-02T12:00:00Z' }), day({ createdAt: null }))).toEqual([1, 0]);
    expect(order(day({ no: 901 }), day({ no: 900 }))).toEqual([1, 0]);
    expect(order(statement('2026-03-03', 0, 0, { sequence: '1' }), day({ sequence: '9' }))).toEqual([1, 0]);
    expect(order(day({}), day({ day: null }))).toEqual([1, 0]);
  });
});
