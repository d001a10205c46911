import { type Day, formatDay, yearOf } from '../core/time.js';
import { type Amount, formatAmount } from './amount.js';

/** A statement of the register, as far as its neighbours matter to it. */
export interface ListedStatement {
  readonly no: number;
  readonly institutionId: string | null;
  readonly accountId: string;
  readonly bankCode: string | null;
  readonly kind: 'report' | 'statement' | 'notification';
  readonly format: string;
  readonly statementId: string | null;
  readonly sequence: string | null;
  /** Below zero: of a message, not of the statement. */
  readonly page: number;
  readonly isLastPage: boolean;
  readonly createdAt: string | null;
  /** The day that it closes: of the closing balance, else the end of its period, else of its making. */
  readonly day: Day | null;
  readonly currency: string | null;
  readonly opening: Amount | null;
  readonly closing: Amount | null;
  readonly credits: Amount;
  readonly debits: Amount;
  readonly entries: number;
  readonly pending: number;
  readonly booked: number;
  readonly known: number;
  readonly refused: number;
  readonly arithmetic: 'right' | 'wrong' | 'unknown';
  readonly remarks: readonly string[];
  readonly replacedBy: number | null;
  readonly isFinished: boolean;
  readonly origin: string;
}

export type StatementProblemKind =
  /** Its own arithmetic or totals are wrong. */
  | 'wrong_sum'
  /** It does not open with what the one before closed with. */
  | 'gap'
  /** Numbers between the one before and this were never told. */
  | 'missing_number'
  | 'missing_page'
  /** Another statement has the same number and is no version of it. */
  | 'duplicate'
  | 'refused_entries'
  | 'interrupted';

export interface StatementProblem {
  readonly kind: StatementProblemKind;
  /** A full sentence. */
  readonly message: string;
  /** For `gap`: this opening less the closing before. */
  readonly difference: Amount | null;
  /** For `missing_number`: the first and the last that are missing. */
  readonly missing: readonly [number, number] | null;
}

export interface JudgedStatement {
  readonly statement: ListedStatement;
  /** `replaced`: a newer version counts instead. */
  readonly state: 'complete' | 'incomplete' | 'replaced';
  readonly problems: readonly StatementProblem[];
}

/**
 * What is missing, told twice or does not connect among the statements of one account, in the order of their days. Pure. Reports
 * and notifications need not be complete: only end-of-day statements are held against each other; CSV exports have no limits of their
 * own, and are judged by themselves.
 */
export function judgeStatements(statements: readonly ListedStatement[]): JudgedStatement[] {
  const inOrder = [...statements].sort(compare);
  let before: ListedStatement | null = null;
  return inOrder.map((statement) => {
    if (statement.replacedBy !== null) return { statement, state: 'replaced', problems: [] };
    const problems = ownProblems(statement);
    if (isLink(statement)) {
      if (before !== null) problems.push(...linkProblems(before, statement));
      else if (statement.page > 1)
        problems.push(problem('missing_page', `Page ${statement.page} came without page 1.`));
      before = statement;
    }
    return { statement, state: problems.length === 0 ? 'complete' : 'incomplete', problems };
  });
}

/** Whether the statement is one of the chain in which each opens with what the one before closed with. */
function isLink(statement: ListedStatement): boolean {
  return statement.kind === 'statement' && statement.format !== 'csv';
}

function ownProblems(statement: ListedStatement): StatementProblem[] {
  const problems: StatementProblem[] = [];
  if (statement.arithmetic === 'wrong') problems.push(problem('wrong_sum', statement.remarks.join(' ')));
  if (statement.refused > 0)
    problems.push(
      problem('refused_entries', `${statement.refused} of its entries or balances were refused when it was read last.`),
    );
  if (!statement.isFinished) problems.push(problem('interrupted', 'Its reading was interrupted; read the file again.'));
  return problems;
}

function linkProblems(before: ListedStatement, now: ListedStatement): StatementProblem[] {
  const problems: StatementProblem[] = [];
  const difference = before.closing === null || now.opening === null ? null : now.opening - before.closing;
  const isSame = isSameStatement(before, now);
  if (isSame && before.page === now.page) {
    return [problem('duplicate', `${nameOf(now)} was told before with other content, and neither is a newer version.`)];
  }
  if (isSame && now.page > 0 && now.page !== before.page + 1)
    problems.push(problem('missing_page', `After page ${before.page} comes page ${now.page}.`));
  if (!isSame && !before.isLastPage)
    problems.push(problem('missing_page', `${nameOf(before)} has more pages than ${before.page}.`));
  if (!isSame && now.page > 1) problems.push(problem('missing_page', `Page ${now.page} came without page 1.`));
  if (!isSame) problems.push(...numberProblems(before, now));
  if (difference !== null && difference !== 0n && before.currency === now.currency) {
    const sentence = `It opens with ${formatAmount(now.opening!)}, but ${nameOf(before)} closed with ${formatAmount(before.closing!)}.`;
    problems.push({ ...problem('gap', sentence), difference });
  }
  return problems;
}

/** Banks number through the year or through the life of the account. */
function numberProblems(before: ListedStatement, now: ListedStatement): StatementProblem[] {
  const last = numberOf(before);
  const next = numberOf(now);
  if (last === null || next === null || next === last + 1) return [];
  const isNewYear = before.day !== null && now.day !== null && yearOf(before.day) !== yearOf(now.day);
  if (next === last) return [problem('duplicate', `Number ${next} was told before, by ${nameOf(before)}.`)];
  if (next < last && !isNewYear) return [problem('duplicate', `Number ${next} comes after number ${last}.`)];
  const first = next < last ? 1 : last + 1;
  if (first === next) return [];
  const which = first === next - 1 ? `Number ${first} is` : `Numbers ${first} to ${next - 1} are`;
  return [{ ...problem('missing_number', `${which} missing.`), missing: [first, next - 1] }];
}

function isSameStatement(a: ListedStatement, b: ListedStatement): boolean {
  if (a.day !== b.day) return false;
  return a.sequence !== null || b.sequence !== null
    ? a.sequence === b.sequence && (a.statementId === b.statementId || a.page === b.page)
    : a.statementId !== null && a.statementId === b.statementId;
}

function numberOf({ sequence }: ListedStatement): number | null {
  return sequence !== null && /^\d{1,15}$/.test(sequence) ? Number(sequence) : null;
}

function nameOf({ sequence, statementId, day }: ListedStatement): string {
  const name = sequence === null ? `statement ${statementId ?? '(no id)'}` : `statement no. ${sequence}`;
  return day === null ? name : `${name} of ${formatDay(day)}`;
}

function problem(kind: StatementProblemKind, message: string): StatementProblem {
  return { kind, message, difference: null, missing: null };
}

function compare(a: ListedStatement, b: ListedStatement): number {
  const bySequence = (numberOf(a) ?? 0) - (numberOf(b) ?? 0);
  return (
    (a.day ?? 0) - (b.day ?? 0) ||
    bySequence ||
    Math.abs(a.page) - Math.abs(b.page) ||
    text(a.createdAt, b.createdAt) ||
    a.no - b.no
  );
}

function text(a: string | null, b: string | null): number {
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1;
}
