import { describe, expect, it } from 'vitest';
import type { EventType } from '../../src/events/event.js';
import { businessKey, factAmounts } from '../../src/events/keys.js';
import { EVENT_TYPES } from '../../src/events/list.js';
import { accepted, exampleOf, type JsonRecord } from './support.js';

function keyOf(type: EventType, data: JsonRecord = {}, attributes: JsonRecord = {}): string {
  return businessKey(accepted(exampleOf(type, data, attributes)));
}

function amountsOf(type: EventType, data: JsonRecord = {}): string | null {
  return factAmounts(accepted(exampleOf(type, data)));
}

describe('businessKey', () => {
  it('names what each type is about', () => {
    const keys = Object.fromEntries(EVENT_TYPES.map(({ type }) => [type, keyOf(type)]));
    expect(keys).toEqual({
      'institution.upserted': '',
      'account.registered': 'A-10001',
      'account.state_changed': 'A-10001',
      'account.requirement_set': 'A-10001\x1fmin_balance',
      'contract.signed': 'C-20001',
      'contract.ended': 'C-20001',
      'payment.succeeded': 'P-30001',
      'payment.reversed': 'P-30002',
      'custody.credited': 'A-10001\x1fT-40001',
      'custody.debited': 'A-10001\x1fT-40002',
      'custody.balance_reported': 'A-10001\x1fe\x1f2026-01-13',
      'guarantee.registered': 'U-50001',
      'stock.declared': '/platform/370700\x1fexample-stock.declared',
      'lesson.scheduled': 'L-70001',
      'lesson.cancelled': 'L-70002',
      'lesson.delivered': 'L-70001',
      'lesson.confirm_requested': 'F-80001',
      'lesson.confirmed': 'F-80001',
      'lesson.disputed': 'F-80002',
      'release.instructed': 'N-60001',
      'refund.requested': 'Y-90001',
      'refund.approved': 'Y-90001',
      'refund.rejected': 'Y-90002',
      'refund.withdrawn': 'Y-90003',
      'refund.paid': 'Y-90001\x1fbT-40003',
      'statement.filed': '2025',
      'complaint.received': 'H-26031800042',
      'complaint.closed': 'H-26031800042',
      'inspection.recorded': 'V-1207',
      'external.signal': 'W-2026-0311',
      'contact.attempted': 'X-5501',
      'break.declared': '2026-02-14',
      'event.reversed': '/platform/370700\x1fexample-payment.reversed',
    });
  });

  it('makes each event its own part of a refund when there is no bank transaction', () => {
    const key = keyOf('refund.paid', { bankTxnId: null }, { source: '/institution/1', id: 'E1' });
    expect(key).toBe('Y-90001\x1fe/institution/1\x1fE1');
    expect(keyOf('refund.paid', { bankTxnId: null }, { source: '/institution/1', id: 'E2' })).not.toBe(key);
  });

  it('takes a balance within the day by its moment, whatever its offset, sorted as time is', () => {
    const at = (asOf: string) => keyOf('custody.balance_reported', { kind: 'intraday', asOf });
    expect(at('2026-01-13T10:00:00+08:00')).toBe('A-10001\x1fi\x1f2026-01-13T02:00:00.000000Z');
    expect(at('2026-01-13T10:00:00+08:00')).toBe(at('2026-01-13T02:00:00.000Z'));
    const times = [
      '1969-12-31T23:59:59.999999Z',
      '1970-01-01T00:00:00Z',
      '2026-01-13T02:00:00.000001Z',
      '2026-01-13T02:00:00.5Z',
    ];
    const keys = times.map(at);
    expect([...keys].sort()).toEqual(keys);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('factAmounts', () => {
  it('is there for the facts of money and for nothing else', () => {
    const facts = EVENT_TYPES.flatMap(({ type }) => (amountsOf(type) === null ? [] : [type]));
    expect(facts.sort()).toEqual([
      'custody.credited',
      'custody.debited',
      'lesson.confirmed',
      'payment.reversed',
      'payment.succeeded',
      'refund.approved',
      'refund.paid',
      'refund.rejected',
      'refund.requested',
      'refund.withdrawn',
      'release.instructed',
    ]);
  });

  it('is the amount as a decimal, however large', () => {
    expect(amountsOf('payment.succeeded', { amountFen: Number.MAX_SAFE_INTEGER })).toBe('9007199254740991');
    expect(amountsOf('refund.paid', { amountFen: 0 })).toBe('0');
    expect(amountsOf('refund.rejected')).toBe('');
  });

  it('takes the lines of a release in any order', () => {
    const lines = [
      { contractId: 'C2', amountFen: 5 },
      { contractId: 'C1', amountFen: 10 },
      { contractId: 'C1', amountFen: 9 },
    ];
    const text = amountsOf('release.instructed', { lines });
    expect(text).toBe('C1\x1f9\x1eC1\x1f10\x1eC2\x1f5');
    expect(amountsOf('release.instructed', { lines: lines.toReversed() })).toBe(text);
    expect(amountsOf('release.instructed', { lines: lines.slice(1) })).not.toBe(text);
  });
});
