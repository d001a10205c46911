import { expect, test } from 'vitest';
import { z } from 'zod';
import { cursorsOf } from '../../src/api/cursor.js';
import type { FeewardenError } from '../../src/core/errors.js';

const cursors = cursorsOf('scores', z.tuple([z.int(), z.string()]));
const others = cursorsOf('alerts', z.tuple([z.int(), z.string()]));

function codeOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return (error as FeewardenError).code;
  }
  return 'it was accepted';
}

test('a cursor leads back to the position it was made of', () => {
  const cursor = cursors.write({ level: 'red', region: '37', q: undefined }, [7, '王']);
  expect(cursors.read({ region: '37', level: 'red' }, cursor)).toEqual([7, '王']);
  expect(cursors.read({ level: 'red', region: '37' }, cursor)).toEqual([7, '王']);
  expect(cursors.read({}, undefined)).toBeNull();
});

test('the page size is no filter: it may change between pages', () => {
  const cursor = cursors.write({ limit: 1, a: 1 }, [7, 'x']);
  expect(cursors.read({ limit: 2, a: 1, cursor }, cursor)).toEqual([7, 'x']);
});

test('a cursor of another list, of other filters, or made by hand is refused', () => {
  const filters = { level: 'red' };
  const good = cursors.write(filters, [7, 'x']);
  const handmade = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const bad of [
    others.write(filters, [7, 'x']),
    cursors.write({ level: 'blue' }, [7, 'x']),
    handmade(['scores', 'AAAAAAAAAAAA', [7, 'x']]),
    handmade([...JSON.parse(Buffer.from(good, 'base64url').toString()).slice(0, 2), [7.5, 'x']]),
    handmade([...JSON.parse(Buffer.from(good, 'base64url').toString()).slice(0, 2), ['7', 'x']]),
    `${good}=`,
    'not a cursor',
    '',
    'A'.repeat(2_000),
  ]) {
    expect(codeOf(() => cursors.read(filters, bad))).toBe('bad_cursor');
  }
});
