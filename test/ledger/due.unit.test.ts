import { expect, it } from 'vitest';
import { eventTypeNumber } from '../../src/events/list.js';
import { CALM_DELAY_US, dueAfter } from '../../src/ledger/due.js';

const calm = eventTypeNumber('lesson.confirmed');
const urgent = eventTypeNumber('payment.succeeded');

it('makes an institution due at once when one of its events is urgent', () => {
  expect(dueAfter([calm, urgent, calm], 1_000)).toBe(1_000);
});

it('lets an evaluation gather everyday events for a while', () => {
  expect(dueAfter([calm, calm], 1_000)).toBe(1_000 + CALM_DELAY_US);
});
