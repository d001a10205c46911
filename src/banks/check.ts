import { formatAmount } from './amount.js';
import { type EntryReading, readBalances, readEntry } from './movement.js';
import type { StatementSource } from './read.js';
import type { BankRules } from './rules.js';
import type { StatementHead } from './statement.js';
import { type StatementSurvey, surveyStatements } from './survey.js';

/** What would become of one entry or balance. */
export interface CheckedLine {
  readonly line: number;
  /** What the file calls it: an entry, or the balance's code. */
  readonly what: string;
  readonly outcome: 'book' | 'pending' | 'refuse';
  /** Decimal, signed: negative leaves the account. Null when it cannot be read. */
  readonly amount: string | null;
  readonly currency: string;
  readonly bookedOn: string | null;
  readonly purpose: string | null;
  /** Events that it becomes. */
  readonly events: number;
  readonly reference: string | null;
  readonly code: string | null;
  readonly message: string | null;
}

export interface CheckedFile {
  readonly surveys: readonly StatementSurvey[];
  /** Of each statement, in order. */
  readonly counts: readonly { booked: number; pending: number; refused: Record<string, number> }[];
}

/**
 * Reads a file without a database: what would be booked, what refused and why, and whether each statement adds up. `hear` gets every
 * line, so that a file of any size can be shown without being held.
 */
export async function checkStatements(
  source: StatementSource,
  rulesOf: (head: StatementHead) => BankRules | undefined,
  hear: (statement: number, line: CheckedLine) => void,
): Promise<CheckedFile> {
  const counts: { booked: number; pending: number; refused: Record<string, number> }[] = [];
  let head: StatementHead | null = null;
  let rules: BankRules | undefined;
  const tell = (line: CheckedLine): void => {
    const count = counts.at(-1)!;
    if (line.outcome === 'book') count.booked += 1;
    else if (line.outcome === 'pending') count.pending += 1;
    else count.refused[line.code!] = (count.refused[line.code!] ?? 0) + 1;
    hear(counts.length - 1, line);
  };
  // Once for what stands behind the entries (the day of those without a date), once for the entries.
  const surveys = await surveyStatements(source.items());
  await surveyStatements(source.items(), (item) => {
    if (item.what === 'start') {
      const survey = surveys[counts.length]!;
      head = survey.head;
      rules = rulesOf(head);
      counts.push({ booked: 0, pending: 0, refused: {} });
      for (const { balance, reading } of readBalances(survey.balances, head)) {
        tell(lineOf(balance.code, balance.line, balance.amount, balance.currency, reading));
      }
    } else if (item.what === 'entry') {
      const { entry } = item;
      const amount = entry.amount === null || entry.isCredit !== false ? entry.amount : -entry.amount;
      const reading = readEntry(entry, head!, rules, surveys[counts.length - 1]!.dayWithoutDate);
      tell(lineOf('entry', entry.line, amount, entry.currency, reading));
    }
  });
  return { surveys, counts };
}

function lineOf(
  what: string,
  line: number,
  amount: bigint | null,
  currency: string,
  reading: EntryReading,
): CheckedLine {
  const shown = { line, what, amount: amount === null ? null : formatAmount(amount), currency };
  const nothing = { bookedOn: null, purpose: null, events: 0, reference: null, code: null, message: null };
  if (reading.what === 'pending')
    return { ...shown, ...nothing, outcome: 'pending', message: 'The bank has not booked it.' };
  if (reading.what === 'refused') {
    const { code, message } = reading.refusal;
    return { ...shown, ...nothing, outcome: 'refuse', code, message };
  }
  const { movement, note } = reading;
  return {
    ...shown,
    ...nothing,
    outcome: 'book',
    bookedOn: movement.bookedOn,
    purpose: movement.parts[0]?.purpose ?? null,
    events: movement.parts.length,
    reference: movement.refs[0]?.slice(2) ?? movement.marks[0] ?? null,
    message: note,
  };
}
