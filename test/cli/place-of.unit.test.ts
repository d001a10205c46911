import { expect, it } from 'vitest';
import { placeOf } from '../../src/cli/place-of.js';

it('what was refused came from a line, a record of Kafka, a request, or a statement that leaves out what an earlier one told', () => {
  expect(placeOf({ file: '/in/a.ndjson', line: 7, index: 6 })).toBe('/in/a.ndjson:7');
  expect(placeOf({ topic: 'prepaid.bank', partition: 2, offset: 99 })).toBe('prepaid.bank/2/99');
  expect(placeOf({ key: 'k1', request: 'r1', index: 0 })).toBe('HTTP, key k1, request r1, event 0');
  expect(placeOf({ statement: 12 })).toBe('bank statement no. 12');
});
