import { expect, it } from 'vitest';
import type { BankMonth } from '../../src/banks/feeds/month.js';
import { reportCsv, reportHtml } from '../../src/cli/bank-month.js';
import { parseDay } from '../../src/core/time.js';

const MONTH: BankMonth = {
  bankCode: '=cmd(),"<b>',
  month: '2026-06',
  calendarMissing: [],
  accounts: 2,
  days: [
    { day: parseDay('2026-06-29')!, accounts: 2, reported: 2 },
    { day: parseDay('2026-06-30')!, accounts: 2, reported: 1 },
  ],
  events: 7,
  refused: [{ code: 'bad_money', count: 3 }],
  breaks: [{ kind: 'late', count: 4, amountFen: 123_456n, open: 1, explained: 1, oldestWorkingDays: 3 }],
  credits: { count: 10, late: 2, lateFen: 5_000n, workingDaysMax: 4 },
  instructions: { count: 1, open: 0, openFen: 0n },
};

it('is a CSV that a spreadsheet reads, and computes nothing from', () => {
  const lines = reportCsv(MONTH).split('\r\n');
  expect(lines[0]).toBe('\ufeffpart,what,count,of,yuan,working days');
  expect(lines[1]).toBe(`bank,"'=cmd(),""<b>, 2026-06",2,,,`);
  expect(lines).toContain('feed,end-of-day balances,3,4,,');
  expect(lines).toContain('refused,bad_money,3,,,');
  expect(lines).toContain('breaks,late,1,4,"1,234.56",3');
  expect(lines).toContain('credits,later than 2 working days,2,10,50.00,4');
  expect(lines.at(-2)).toBe('day,2026-06-30,1,2,,');
});

it('says in a year whose holidays are not known that days of rest may be among those on which balances are missing', () => {
  expect(reportCsv(MONTH)).not.toContain('calendar');
  expect(reportCsv({ ...MONTH, calendarMissing: [2027] }).split('\r\n')[2]).toBe(
    'calendar,holidays of 2027 not known: Monday to Friday counted,,,,',
  );
});

it('is a page in which what a bank is called stays text', () => {
  const html = reportHtml(MONTH);
  expect(html).toContain('<h1>Bank =cmd(),&quot;&lt;b&gt;, 2026-06</h1>');
  expect(html).not.toContain('<b>');
  expect(html).toContain('<tr><td>breaks</td><td>late</td><td>1</td><td>4</td><td>1,234.56</td><td>3</td></tr>');
});
