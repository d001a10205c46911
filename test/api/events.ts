import { usccCheck } from '../../src/core/ids.js';

/** Events as sources send them. Ids are unique within a test run unless given. */

export interface Wire {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: Record<string, unknown>;
}

let next = 0;

export function event(type: string, subject: string, data: Record<string, unknown>, more: Partial<Wire> = {}): Wire {
  next += 1;
  return {
    specversion: '1.0',
    id: `e${next}`,
    source: '/platform/370700',
    type: `prepaid.${type}.v1`,
    subject,
    time: '2026-06-01T10:00:00+08:00',
    data,
    ...more,
  };
}

/** The n-th institution: an id with a right check digit. */
export function uscc(n: number): string {
  const body = `52370700${String(n).padStart(9, '0')}`;
  return `${body}${usccCheck(body)}`;
}

export function institution(
  subject: string,
  regionCode: string,
  more: Partial<Wire> = {},
  name = `School ${subject}`,
): Wire {
  const data = {
    name,
    regionCode,
    category: 'non_subject',
    delivery: 'offline',
    registration: 'for_profit',
    licence: { state: 'complete' },
    status: 'operating',
  };
  return event('institution.upserted', subject, data, more);
}

export function account(subject: string, accountId = 'A1'): Wire {
  return event('account.registered', subject, {
    accountId,
    bankCode: 'B403',
    purpose: 'custody',
    mode: 'per_lesson',
    validFrom: '2026-01-01',
  });
}

export function payment(subject: string, paymentId: string, amountFen: number, more: Partial<Wire> = {}): Wire {
  return event('payment.succeeded', subject, { paymentId, amountFen, channel: 'card', payeeAccountId: 'A1' }, more);
}

export function lines(events: readonly unknown[]): string {
  return events.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('');
}
