import type { BankMonth } from '../banks/feeds/month.js';
import { formatYuan } from '../core/money.js';
import { formatDay } from '../core/time.js';

/** One line of the report: its part, what is told, and the values. */
export type ReportRow = readonly [part: string, what: string, ...values: string[]];

const HEADINGS = ['part', 'what', 'count', 'of', 'yuan', 'working days'] as const;

/** The month as rows of six columns; a value that does not apply is empty. */
export function reportRows(month: BankMonth): ReportRow[] {
  const expected = month.days.reduce((sum, day) => sum + day.accounts, 0);
  const reported = month.days.reduce((sum, day) => sum + day.reported, 0);
  const { credits, instructions } = month;
  return [
    ['bank', `${month.bankCode}, ${month.month}`, String(month.accounts), '', '', ''],
    ...month.calendarMissing.map(
      (year): ReportRow => ['calendar', `holidays of ${year} not known: Monday to Friday counted`, '', '', '', ''],
    ),
    ['feed', 'end-of-day balances', String(reported), String(expected), '', ''],
    ['feed', 'events accepted', String(month.events), '', '', ''],
    ...month.refused.map(({ code, count }): ReportRow => ['refused', code, String(count), '', '', '']),
    ...month.breaks.map(
      (line): ReportRow => [
        'breaks',
        line.kind,
        String(line.open),
        String(line.count),
        formatYuan(line.amountFen),
        line.oldestWorkingDays === null ? '' : String(line.oldestWorkingDays),
      ],
    ),
    [
      'credits',
      'later than 2 working days',
      String(credits.late),
      String(credits.count),
      formatYuan(credits.lateFen),
      String(credits.workingDaysMax),
    ],
    [
      'instructions',
      'not carried out in time',
      String(instructions.open),
      String(instructions.count),
      formatYuan(instructions.openFen),
      '',
    ],
    ...month.days
      .filter((day) => day.reported < day.accounts)
      .map((day): ReportRow => ['day', formatDay(day.day), String(day.reported), String(day.accounts), '', '']),
  ];
}

export function reportHeadings(): readonly string[] {
  return HEADINGS;
}

/** RFC 4180 with a byte order mark, so that spreadsheets read Chinese; a text that a spreadsheet would compute is quoted as text. */
export function reportCsv(month: BankMonth): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${[HEADINGS, ...reportRows(month)].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

export function reportHtml(month: BankMonth): string {
  const row = (cells: readonly string[], tag: 'th' | 'td'): string =>
    `<tr>${cells.map((text) => `<${tag}>${escaped(text)}</${tag}>`).join('')}</tr>`;
  const title = `Bank ${month.bankCode}, ${month.month}`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title>
<style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{border:1px solid #ccc;padding:4px 8px;text-align:left}</style>
<h1>${escaped(title)}</h1>
<p>Breaks: open of all that month; days: accounts that told their balance of those that should have.</p>
<table>${row(HEADINGS, 'th')}
${reportRows(month)
  .map((cells) => row(cells, 'td'))
  .join('\n')}
</table></html>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
