import { expect, test } from 'vitest';
import { isTransientDatabaseError } from '../../src/db/transient.js';

const withCode = (code: string): Error => Object.assign(new Error('…'), { code });

test('a statement that a time limit of the operator cuts off may be tried again: it is no reason to end the process', () => {
  for (const code of ['57014', '25P03', '25P04', '57P05']) expect(isTransientDatabaseError(withCode(code))).toBe(true);
});

test('a machine that is switched off, a container whose name is gone and a standby that takes no writes yet are waited for', () => {
  for (const code of ['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENOTFOUND', 'ECONNABORTED', '25006'])
    expect(isTransientDatabaseError(withCode(code))).toBe(true);
});

test('an error of the database that says that a statement is wrong stays unknown', () => {
  for (const code of ['42601', '42P01', '22P02', '23514']) expect(isTransientDatabaseError(withCode(code))).toBe(false);
});
