import { expect, test } from 'vitest';
import { inputOf } from '../../../workers/ingest.js';

const LIMITS = { bytesMax: 1_024, depthMax: 32 };
const record = (bytes: number) => ({
  topic: 't',
  partition: 0,
  offset: 7,
  key: null,
  value: Buffer.alloc(bytes, 'x'),
  timestampMs: 0,
});

test('of a record that no setting would take only the beginning is kept, so that it can be stored', () => {
  const input = inputOf(record(16_777_217), LIMITS, 0);
  expect(input.decoded).toMatchObject({ ok: false, rejection: { code: 'too_large' } });
  expect(input.bytes).toHaveLength(1_024);
});

test('one that a larger setting would take is kept whole, for another try', () => {
  const input = inputOf(record(16_777_216), LIMITS, 0);
  expect(input.decoded).toMatchObject({ ok: false, rejection: { code: 'too_large' } });
  expect(input.bytes).toHaveLength(16_777_216);
});
