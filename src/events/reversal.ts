import { define } from './definition.js';
import { fieldsOf, id, source, text } from './fields.js';

export interface EventReversed {
  readonly reverses: EventReference;
  readonly reason: string;
}

/** Names an event by its envelope. */
export interface EventReference {
  readonly source: string;
  readonly id: string;
}

/** That `reverses.source` is the event's own source is checked by the decoder: it takes the envelope to know. */
export const eventReversed = define({
  type: 'event.reversed',
  number: 150,
  schema: fieldsOf({ reverses: fieldsOf({ source, id }), reason: text }),
  example: {
    source: '/platform/370700',
    time: '2026-01-07T09:30:00+08:00',
    data: { reverses: { source: '/platform/370700', id: 'example-payment.reversed' }, reason: 'told by mistake' },
  },
});
