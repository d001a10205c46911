import { afterEach, expect, test, vi } from 'vitest';
import { printLimitReached } from '../../src/cli/filters.js';
import { EXIT, printError, printTable } from '../../src/cli/output.js';
import { FeewardenError } from '../../src/core/errors.js';

afterEach(() => vi.restoreAllMocks());

function written(stream: 'stdout' | 'stderr'): string[] {
  const lines: string[] = [];
  vi.spyOn(process[stream], 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  return lines;
}

test('a table has room for every institution of a province, and its columns for the widest of them', () => {
  const lines = written('stdout');
  printTable(
    ['institution', 'yuan'],
    Array.from({ length: 200_000 }, (_, at) => [`X-370702-${at}`, at === 150_000 ? '1,000,000.00' : '0.00']),
  );
  expect(lines).toHaveLength(200_001);
  expect(lines[1]).toBe('X-370702-0               0.00\n');
});

test('what is not found is told in its own words, and not in those of an HTTP address', () => {
  const lines = written('stderr');
  expect(printError(new FeewardenError('not_found', 'There is no such alert.'))).toBe(EXIT.usage);
  expect(lines).toEqual(['feewarden: There is no such alert.\n']);
});

test('only a list that ends at its limit says how to see more', () => {
  const lines = written('stdout');
  printLimitReached(999, 1_000);
  expect(lines).toEqual([]);
  printLimitReached(1_000, 1_000);
  expect(lines.join('')).toMatch(/first 1,000; .*--limit N/);
});

test('a full disk of the database is told in one sentence that says what to do', () => {
  const lines = written('stderr');
  const full = Object.assign(new Error('could not extend file "base/1/2": No space left on device'), { code: '53100' });
  expect(printError(full)).toBe(EXIT.foundWrong);
  expect(lines).toEqual([
    'feewarden: The disk of the database is full; make room and run the same again, what is booked stays. (could not extend file "base/1/2": No space left on device)\n',
  ]);
});
