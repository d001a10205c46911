import type { Command } from 'commander';
import { type Amount, formatAmount } from '../../banks/amount.js';
import { type CheckedFile, type CheckedLine, checkStatements } from '../../banks/check.js';
import type { JudgedStatement } from '../../banks/completeness.js';
import { readStatements } from '../../banks/list.js';
import { statementSource } from '../../banks/read.js';
import type { StatementSurvey } from '../../banks/survey.js';
import { FeewardenError } from '../../core/errors.js';
import { formatDay } from '../../core/time.js';
import { isDocument, isProblem, openAny } from '../../sources/files/records.js';
import { DATA_OPTION, type DataOptions, JSON_OPTION, withDatabase } from '../context.js';
import { EXIT, printError, printJson, printLine, printTable } from '../output.js';
import { errorOfFile, readMapping, requireMapping } from '../statements.js';

interface CheckOptions {
  readonly mapping?: string;
  readonly json?: boolean;
}

interface StatementsOptions extends DataOptions {
  readonly account?: string;
}

/** Lines of one statement that a person is shown; `--json` has them all. */
const LINES_SHOWN_MAX = 200;
const FILE_LINES_SHOWN_MAX = 5_000;

export function bankCommand(program: Command): void {
  const bank = program.command('bank').description("the banks' statement files");
  addCheck(bank);
  addStatements(bank);
}

function addCheck(bank: Command): void {
  bank
    .command('check')
    .argument('<path...>', "files or folders; '-' is standard input")
    .description(
      'show what statement files (camt.052, .053, .054, CSV) would book, what is refused and why, and whether they add up',
    )
    .option('--mapping <file>', 'JSON file that says how to read CSV')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nNeeds no database and changes nothing; whether an account is registered is therefore not said.\nExit code 1: a file cannot be read, an entry would be refused, or a statement does not add up.',
    )
    .action(async (paths: string[], options: CheckOptions) => {
      process.exitCode = await check(paths, options);
    });
}

function addStatements(bank: Command): void {
  bank
    .command('statements')
    .description(
      'list the statements that were read: whether each adds up, connects to the one before, and what is missing between them',
    )
    .option(...DATA_OPTION)
    .option('--account <id>', 'only those of this account')
    .option(...JSON_OPTION)
    .addHelpText('after', '\nExit code 1: a statement does not add up, or something is missing.')
    .action((options: StatementsOptions) =>
      withDatabase(options, async ({ database }) => {
        let shown = 0;
        let incomplete = 0;
        for await (const judged of readStatements(database.pool, options.account ?? null)) {
          if (options.json) for (const one of judged) printJson(jsonOf(one));
          else printJudged(judged);
          shown += judged.length;
          incomplete += judged.filter((one) => one.state === 'incomplete').length;
        }
        if (!options.json)
          printLine(
            shown === 0
              ? 'No statement was read.'
              : `${shown} statements, ${incomplete} with something wrong or missing.`,
          );
        process.exitCode = incomplete > 0 ? EXIT.foundWrong : EXIT.success;
      }),
    );
}

function jsonOf({ statement, state, problems }: JudgedStatement): object {
  const { day, opening, closing, credits, debits, ...rest } = statement;
  return {
    ...rest,
    day: day === null ? null : formatDay(day),
    opening: decimal(opening),
    closing: decimal(closing),
    credits: decimal(credits),
    debits: decimal(debits),
    state,
    problems: problems.map((one) => ({ ...one, difference: decimal(one.difference) })),
  };
}

function printJudged(judged: readonly JudgedStatement[]): void {
  printLine(`account ${judged[0]?.statement.accountId ?? ''}`);
  printTable(
    ['day', 'kind', 'no.', 'page', 'opening', 'credits', 'debits', 'closing', 'entries', 'state'],
    judged.map(({ statement, state }) => [
      statement.day === null ? '' : formatDay(statement.day),
      statement.format,
      statement.sequence ?? statement.statementId ?? '',
      String(Math.max(1, statement.page)),
      ...[statement.opening, statement.credits, statement.debits, statement.closing].map((one) => decimal(one) ?? '–'),
      String(statement.entries),
      state,
    ]),
  );
  for (const { statement, problems } of judged) {
    for (const { kind, message } of problems)
      printLine(`  ${statement.sequence ?? statement.statementId ?? statement.origin}: ${kind}: ${message}`);
  }
  printLine('');
}

function decimal(amount: Amount | null): string | null {
  return amount === null ? null : formatAmount(amount);
}

async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  const mapping = readMapping(options.mapping);
  let exit: number = EXIT.success;
  for await (const input of openAny(paths, { documents: ['xml', 'text'] })) {
    try {
      if (isProblem(input)) throw input.error;
      if (!isDocument(input))
        throw new FeewardenError('not_a_statement', `${input.path}: It holds JSON; \`feewarden ingest\` takes events.`);
      requireMapping(input, mapping);
      if (!options.json) printLine(input.path);
      const lines = new ShownLines();
      const source = await statementSource(input, mapping);
      const checked = await checkStatements(
        source,
        () => mapping?.rules,
        (statement, line) => {
          if (options.json) printJson({ file: input.path, statement, ...line });
          else lines.add(statement, line);
        },
      );
      checked.surveys.forEach((survey, at) => {
        if (options.json) printJson({ file: input.path, statement: at, ...summaryOf(survey, checked, at) });
        else printStatement(survey, checked, at, lines.of(at));
      });
      if (!isFine(checked)) exit = EXIT.foundWrong;
    } catch (error) {
      if (!(error instanceof FeewardenError)) throw error;
      printError(errorOfFile(input.path, error));
      if (options.json) printJson({ file: input.path, refused: error.code, message: error.message });
      exit = EXIT.foundWrong;
    }
  }
  return exit;
}

/** Bounded in each statement and in the file, which may hold very many. */
class ShownLines {
  private readonly byStatement: CheckedLine[][] = [];
  private count = 0;

  add(statement: number, line: CheckedLine): void {
    const lines = this.of(statement);
    if (lines.length >= LINES_SHOWN_MAX || this.count >= FILE_LINES_SHOWN_MAX) return;
    lines.push(line);
    this.byStatement[statement] = lines;
    this.count += 1;
  }

  of(statement: number): CheckedLine[] {
    return this.byStatement[statement] ?? [];
  }
}

function isFine({ surveys, counts }: CheckedFile): boolean {
  return (
    surveys.every((one) => one.arithmetic.state !== 'wrong') &&
    counts.every((one) => Object.keys(one.refused).length === 0)
  );
}

/** Amounts are decimal texts, because files hold more decimals and currencies than fen. */
function summaryOf(survey: StatementSurvey, { counts }: CheckedFile, at: number): object {
  const { head, entries, pending, arithmetic } = survey;
  return {
    format: head.format,
    kind: head.kind,
    accountId: head.accountId,
    accountKnown: null,
    statementId: head.statementId,
    sequence: head.sequence,
    page: head.page,
    createdAt: head.createdAt,
    entries,
    pending,
    booked: counts[at]?.booked ?? 0,
    refused: counts[at]?.refused ?? {},
    arithmetic: {
      state: arithmetic.state,
      opening: decimal(arithmetic.opening),
      credits: decimal(arithmetic.credits),
      debits: decimal(arithmetic.debits),
      closing: decimal(arithmetic.closing),
      difference: decimal(arithmetic.difference),
      remarks: arithmetic.remarks,
    },
  };
}

const ADDS_UP = { right: 'adds up', wrong: 'DOES NOT ADD UP', unknown: 'cannot be added up' } as const;

function printStatement(
  survey: StatementSurvey,
  { counts }: CheckedFile,
  at: number,
  lines: readonly CheckedLine[],
): void {
  const { head, arithmetic } = survey;
  const { booked, pending, refused } = counts[at]!;
  const name = `${head.format} ${head.statementId ?? '(no id)'}${head.sequence === null ? '' : `, no. ${head.sequence}`}`;
  printLine(`  ${name}, account ${head.accountId ?? '(none)'} (whether it is registered only the database knows)`);
  const sums = [arithmetic.opening, arithmetic.credits, arithmetic.debits, arithmetic.closing].map((one) =>
    one === null ? '?' : formatAmount(one),
  );
  printLine(
    `  ${ADDS_UP[arithmetic.state]}: opening ${sums[0]} + credits ${sums[1]} − debits ${sums[2]}, closing ${sums[3]}`,
  );
  for (const remark of arithmetic.remarks) printLine(`    ${remark}`);
  const reasons = Object.entries(refused).map(([code, count]) => `${count} ${code}`);
  printLine(
    `  ${survey.entries} entries: ${booked} to book (balances included), ${pending} pending, refused: ${reasons.join(', ') || 'none'}`,
  );
  if (lines.length > 0)
    printTable(
      ['line', 'what', 'amount', '', 'day', 'becomes', 'reference', 'why'],
      lines.map((line) => [
        String(line.line),
        line.what,
        line.amount ?? '?',
        line.currency,
        line.bookedOn ?? '',
        line.outcome === 'book' ? `${line.purpose ?? ''} ×${line.events}`.trim() : line.outcome,
        line.reference ?? '',
        line.code === null ? (line.message ?? '') : `${line.code}: ${line.message}`,
      ]),
    );
  if (survey.entries > lines.length) printLine(`  … ${survey.entries - lines.length} more; --json has all of them`);
  printLine('');
}
