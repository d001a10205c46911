import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { FeewardenError } from '../../core/errors.js';
import { type Amount, parseAmount } from '../amount.js';
import {
  type BankEntry,
  emptyDetail,
  emptyEntry,
  noTotals,
  type StatementBalance,
  type StatementHead,
  type StatementItem,
} from '../statement.js';
import type { CsvColumn, CsvMapping } from './csv-mapping.js';
import { textReader } from './decode.js';

const RECORD_CHARS_MAX = 1_048_576;
const ITEMS_AT_ONCE = 1_000;

/**
 * A bank's CSV export, read by its mapping → statements, one for each run of rows of one account. A row that cannot be understood is an
 * entry that will be refused with its line, never a reason to stop.
 * @throws FeewardenError bad_csv: no CSV, or a column of the mapping is missing; wrong_encoding
 */
export async function* readCsv(chunks: AsyncIterable<Buffer>, mapping: CsvMapping): AsyncGenerator<StatementItem[]> {
  const parser = parse({
    delimiter: mapping.delimiter,
    quote: mapping.quote,
    from_line: mapping.skipLines + 1,
    relax_column_count: true,
    // A quote within a text, and Excel's ="0123", are no reason to refuse a whole file.
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARS_MAX,
    bom: true,
    info: true,
  });
  const source = Readable.from(texts(chunks, mapping.encoding));
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  const rows = new CsvRows(mapping);
  let countedTwice = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      // The parser counts a line end of two characters within a cell twice.
      for (const cell of record) countedTwice += cell.split('\r\n').length - 1;
      rows.add(record, info.lines - countedTwice);
      if (rows.out.length >= ITEMS_AT_ONCE) yield rows.out.splice(0);
    }
  } catch (error) {
    if (error instanceof FeewardenError) throw error;
    if (error instanceof CsvError) throw new FeewardenError('bad_csv', `${error.message}.`, { cause: error });
    throw error;
  } finally {
    source.destroy();
    parser.destroy();
  }
  rows.end();
  yield rows.out;
}

async function* texts(chunks: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const reader = textReader(encoding);
  for await (const chunk of chunks) {
    const text = reader.push(chunk);
    if (text !== '') yield text;
  }
  yield reader.end();
}

class CsvRows {
  readonly out: StatementItem[] = [];
  private places: ReadonlyMap<CsvColumn, number> | null = null;
  private head: StatementHead | null = null;
  private first: { readonly entry: BankEntry; readonly balance: Amount | null } | null = null;
  private last: { readonly entry: BankEntry; readonly balance: Amount | null } | null = null;
  private line = 1;

  constructor(private readonly mapping: CsvMapping) {
    if (!mapping.hasHeader) this.places = placesOf(mapping, null);
  }

  add(row: readonly string[], line: number): void {
    this.line = line;
    if (this.places === null) {
      this.places = placesOf(this.mapping, row);
      return;
    }
    const firstCell = row[0]?.trim() ?? '';
    if (this.mapping.ignoreRows.some((start) => firstCell.startsWith(start))) return;
    const account = this.cell(row, 'account') || (this.mapping.account ?? '');
    if (this.head === null || this.head.accountId !== account) this.begin(account, line);
    const entry = this.entryOf(row, line);
    const balance = this.amountOf(this.cell(row, 'balance'));
    this.first ??= { entry, balance };
    this.last = { entry, balance };
    this.out.push({ what: 'entry', entry });
  }

  end(): void {
    if (this.places === null) throw new FeewardenError('bad_csv', 'It has no header.');
    this.close();
  }

  private begin(account: string, line: number): void {
    this.close();
    this.head = {
      kind: 'statement',
      format: 'csv',
      line,
      messageId: null,
      statementId: null,
      accountId: account === '' ? null : account,
      currency: this.mapping.currency,
      sequence: null,
      page: 1,
      messagePage: 1,
      isLastPage: true,
      createdAt: null,
      from: null,
      to: null,
    };
    this.first = this.last = null;
    this.out.push({ what: 'start', head: this.head, balances: [] });
  }

  private close(): void {
    if (this.head === null) return;
    this.out.push({ what: 'end', line: this.line, head: this.head, balances: this.balances(), totals: noTotals() });
    this.head = null;
  }

  /** From the running balance: what stood before the oldest row, and after the newest. The day may not have ended: nothing is reported. */
  private balances(): StatementBalance[] {
    const isAscending = this.mapping.order === 'ascending';
    const oldest = isAscending ? this.first : this.last;
    const newest = isAscending ? this.last : this.first;
    if (!oldest || !newest || oldest.balance === null || newest.balance === null || oldest.entry.amount === null)
      return [];
    const moved = oldest.entry.isCredit ? oldest.entry.amount : -oldest.entry.amount;
    const of = (code: string, amount: Amount, entry: BankEntry): StatementBalance => ({
      line: entry.line,
      code,
      amount,
      currency: entry.currency,
      at: entry.bookedAt.slice(0, 10),
    });
    return [of('OPBD', oldest.balance - moved, oldest.entry), of('ITBD', newest.balance, newest.entry)];
  }

  private entryOf(row: readonly string[], line: number): BankEntry {
    const entry = emptyEntry(line);
    const detail = emptyDetail();
    const signed = this.signedAmount(row);
    entry.amount = signed === null ? null : signed.amount;
    entry.isCredit = signed === null ? null : signed.isCredit;
    entry.currency = this.cell(row, 'currency') || this.mapping.currency;
    entry.bookedAt = this.timeOf(this.cell(row, 'date'), this.cell(row, 'time'));
    entry.bankRef = this.reference(row, 'reference');
    entry.bankCode = this.cell(row, 'kind');
    entry.text = this.cell(row, 'text');
    detail.amount = entry.amount;
    detail.currency = entry.currency;
    detail.endToEndId = this.reference(row, 'endToEndId');
    detail.instructionId = this.reference(row, 'instructionId');
    detail.creditorRef = this.reference(row, 'creditorRef');
    entry.details = [detail];
    entry.detailCount = 1;
    entry.detailSum = entry.amount;
    return entry;
  }

  private signedAmount(row: readonly string[]): { amount: Amount | null; isCredit: boolean | null } | null {
    const { amounts } = this.mapping;
    if (amounts.style === 'two_columns') {
      const credit = this.amountOf(this.cell(row, 'credit'));
      const debit = this.amountOf(this.cell(row, 'debit'));
      // One of them may be empty or zero; both filled say nothing.
      if (credit !== null && debit !== null && credit !== 0n && debit !== 0n) return null;
      const isCredit = credit !== null && (credit !== 0n || debit === null);
      const amount = isCredit ? credit : debit;
      return amount === null ? null : oriented(amount, isCredit);
    }
    const amount = this.amountOf(this.cell(row, 'amount'));
    if (amounts.style === 'signed') return amount === null ? null : oriented(amount, amounts.positiveIs === 'credit');
    const word = this.cell(row, 'indicator');
    const isCredit = amounts.credit.includes(word) ? true : amounts.debit.includes(word) ? false : null;
    if (isCredit === null) return { amount: amount === null || amount < 0n ? null : amount, isCredit };
    return amount === null ? null : oriented(amount, isCredit);
  }

  private amountOf(cell: string): Amount | null {
    const { thousands, decimal } = this.mapping;
    let text = cell.replace(/^[¥￥]/, '');
    if (thousands !== '') text = text.replaceAll(thousands, '');
    return parseAmount(decimal === ',' ? text.replace(',', '.') : text);
  }

  private timeOf(date: string, time: string): string {
    for (const form of this.mapping.dates) {
      const day = dayBy(form, date);
      if (day === null) continue;
      const clock = /^(\d{2}):?(\d{2}):?(\d{2})$/.exec(time);
      return clock ? `${day}T${clock[1]}:${clock[2]}:${clock[3]}` : day;
    }
    // Told as it is, so that the entry is refused for its date.
    return date === '' ? '' : `? ${date}`.slice(0, 40);
  }

  /** What Excel has rounded is no reference: many numbers become the same, and their entries would be taken for one. */
  private reference(row: readonly string[], name: CsvColumn): string {
    const text = this.cell(row, name);
    return ROUNDED.test(text) ? '' : text;
  }

  private cell(row: readonly string[], name: CsvColumn): string {
    const place = this.places!.get(name);
    const text = place === undefined ? '' : (row[place] ?? '').trim();
    return EXCEL_TEXT.exec(text)?.[1] ?? text;
  }
}

/** A long number after Excel has saved it: 6.22848E+15. */
const ROUNDED = /^\d(?:[.,]\d+)?E\+\d+$/i;

/** How an export keeps Excel from reading a long number as a number: ="0123". */
const EXCEL_TEXT = /^="(.*)"$/;

/** A negative credit is a debit. */
function oriented(amount: Amount, isCredit: boolean): { amount: Amount; isCredit: boolean } {
  return amount < 0n ? { amount: -amount, isCredit: !isCredit } : { amount, isCredit };
}

function dayBy(form: CsvMapping['dates'][number], text: string): string | null {
  const isDayFirst = form.startsWith('DD');
  const pattern = form
    .replaceAll(/[.]/g, '\\.')
    .replace('YYYY', '(\\d{4})')
    .replace('MM', form === 'YYYYMMDD' ? '(\\d{2})' : '(\\d{1,2})')
    .replace('DD', form === 'YYYYMMDD' ? '(\\d{2})' : '(\\d{1,2})');
  const match = new RegExp(`^${pattern}(?:[ T].*)?$`).exec(text);
  if (!match) return null;
  const [year, month, day] = isDayFirst ? [match[3]!, match[2]!, match[1]!] : [match[1]!, match[2]!, match[3]!];
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** @throws FeewardenError bad_csv: a column is not in the header */
function placesOf(mapping: CsvMapping, header: readonly string[] | null): ReadonlyMap<CsvColumn, number> {
  const names = header?.map((name) => name.trim()) ?? [];
  const places = new Map<CsvColumn, number>();
  for (const [name, wanted] of Object.entries(mapping.columns) as [CsvColumn, string | number | undefined][]) {
    if (wanted === undefined) continue;
    const place = typeof wanted === 'number' ? wanted : names.indexOf(wanted);
    if (place === -1)
      throw new FeewardenError(
        'bad_csv',
        `There is no column "${String(wanted)}"; the header has: ${names.join(', ').slice(0, 500)}.`,
      );
    places.set(name, place);
  }
  return places;
}
