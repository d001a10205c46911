import { describe, expect, it } from 'vitest';
import { FeewardenError } from '../../src/core/errors.js';
import { type ToldError, tellError, toldError } from '../../src/core/told-error.js';

/** As it arrives in another thread. */
const sent = (told: ToldError): ToldError => structuredClone(told);

describe('an error that a thread tells another', () => {
  it('is the same sentence, code and stack there', () => {
    const thrown = new FeewardenError('unreadable_input', 'a.ndjson: gone');
    const error = toldError(sent(tellError(thrown)));
    expect(error).toBeInstanceOf(FeewardenError);
    expect(error).toMatchObject({ code: 'unreadable_input', message: thrown.message, stack: thrown.stack });
    expect(error.message.match(/a\.ndjson: gone/g)).toHaveLength(1);
  });

  it('keeps the message of one without a detail', () => {
    const thrown = new FeewardenError('database_busy');
    expect(toldError(sent(tellError(thrown))).message).toBe(thrown.message);
  });

  it('stays unknown when it was, so that it ends the process', () => {
    const thrown = new TypeError('x is not a function');
    const error = toldError(sent(tellError(thrown)));
    expect(error).not.toBeInstanceOf(FeewardenError);
    expect(error).toMatchObject({ message: 'x is not a function', stack: thrown.stack });
    expect(toldError(sent(tellError('a word'))).message).toBe('a word');
  });
});
