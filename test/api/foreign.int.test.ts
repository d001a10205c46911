import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { event, institution, payment, uscc, type Wire } from './events.js';
import { type Harness, startHarness } from './harness.js';

/** Whose ids the events name that a bank or a platform sends under its own source. */

let h: Harness;
let bank: string;
let platform: string;
const SCHOOL = uscc(1);
const ELSEWHERE = uscc(2);
const OWN = { source: '/bank/B403' };

beforeAll(async () => {
  h = await startHarness({});
  bank = await h.key('bank', 'B403');
  platform = await h.key('platform', '3707');
  await h.call('POST', '/v1/events', {
    body: [
      institution(SCHOOL, '370702'),
      institution(ELSEWHERE, '330106'),
      registered('A-own', 'B403'),
      registered('A-other', 'B9'),
    ],
  });
});

afterAll(async () => {
  await h.close();
});

function registered(accountId: string, bankCode: string, more: Partial<Wire> = {}): Wire {
  const data = { accountId, bankCode, purpose: 'custody', mode: 'per_lesson', validFrom: '2026-01-01' };
  return event('account.registered', SCHOOL, data, more);
}

function balance(accountId: string, more: Partial<Wire> = OWN, subject = SCHOOL): Wire {
  const data = { accountId, asOf: '2026-05-29', kind: 'end_of_day', bookedFen: 1 };
  return event('custody.balance_reported', subject, data, more);
}

async function send(key: string, body: readonly Wire[]) {
  const { json } = await h.call('POST', '/v1/events', { key, body });
  const rejected = json.rejected as { index: number; code: string; path: string }[];
  return { accepted: json.accepted as number, rejected: rejected.map((one) => [one.index, one.code, one.path]) };
}

describe('a bank', () => {
  test('says nothing of an account that is registered with another bank, and the events around it are booked', async () => {
    const credit = { accountId: 'A-other', bankTxnId: 'T1', amountFen: 5, bookedOn: '2026-05-29' };
    const told = [
      balance('A-own'),
      balance('A-other'),
      event('custody.credited', SCHOOL, credit, OWN),
      event('account.state_changed', SCHOOL, { accountId: 'A-other', state: 'closed', filed: true }, OWN),
      balance('A-nobody-yet'),
    ];
    expect(await send(bank, told)).toEqual({
      accepted: 2,
      rejected: [1, 2, 3].map((index) => [index, 'source_not_allowed', 'data.accountId']),
    });
  });

  test('registers neither the account of another bank as its own nor one for another bank', async () => {
    expect(await send(bank, [registered('A-other', 'B403', OWN), registered('A-new', 'B9', OWN)])).toEqual({
      accepted: 0,
      rejected: [
        [0, 'source_not_allowed', 'data.accountId'],
        [1, 'source_not_allowed', 'data.bankCode'],
      ],
    });
    expect((await send(bank, [registered('A-new', 'B403', OWN), balance('A-new')])).accepted).toBe(2);
  });

  test('is not held to the accounts of another institution that have the same id', async () => {
    expect((await send(bank, [balance('A-other', OWN, ELSEWHERE)])).accepted).toBe(1);
  });

  test('may send again what was accepted before the account was registered with another bank', async () => {
    const early = balance('A-late');
    expect((await send(bank, [early])).accepted).toBe(1);
    await h.call('POST', '/v1/events', { body: registered('A-late', 'B9') });
    const { json } = await h.call('POST', '/v1/events', { key: bank, body: [early, balance('A-late')] });
    expect(json).toMatchObject({ accepted: 0, duplicates: 1, rejected: [{ index: 1, code: 'source_not_allowed' }] });
  });

  test('tells of an account from when it moved there, and no longer when it has moved on, whatever is told last', async () => {
    const at = (day: string): Partial<Wire> => ({ time: `2026-05-${day}T10:00:00+08:00` });
    await h.call('POST', '/v1/events', {
      body: [registered('A-here', 'B403', at('20')), registered('A-here', 'B9', at('10'))],
    });
    await h.call('POST', '/v1/events', {
      body: [registered('A-gone', 'B9', at('20')), registered('A-gone', 'B403', at('10'))],
    });
    expect(await send(bank, [balance('A-here'), balance('A-gone')])).toEqual({
      accepted: 1,
      rejected: [[1, 'source_not_allowed', 'data.accountId']],
    });
  });

  test('may tell of an account again when its registration with the other bank is reversed', async () => {
    const slip = registered('A-slip', 'B9');
    await h.call('POST', '/v1/events', { body: slip });
    expect((await send(bank, [balance('A-slip')])).accepted).toBe(0);
    const reversal = { reverses: { source: slip.source, id: slip.id }, reason: 'a slip' };
    await h.call('POST', '/v1/events', { body: event('event.reversed', SCHOOL, reversal) });
    expect((await send(bank, [balance('A-slip')])).accepted).toBe(1);
    // The other registrations of the institution stand.
    expect((await send(bank, [balance('A-other')])).accepted).toBe(0);
  });
});

describe('a platform', () => {
  test('says nothing of an institution that is registered in another region', async () => {
    const told = [payment(SCHOOL, 'p1', 1), payment(ELSEWHERE, 'p1', 1), payment(uscc(3), 'p1', 1)];
    expect(await send(platform, told)).toEqual({ accepted: 2, rejected: [[1, 'source_not_allowed', 'subject']] });
  });

  test('is held to the region of each institution, whichever comes first', async () => {
    const told = [payment(ELSEWHERE, 'p3', 1), payment(SCHOOL, 'p3', 1), payment(uscc(5), 'p3', 1)];
    expect((await send(platform, told)).rejected).toEqual([[0, 'source_not_allowed', 'subject']]);
    expect((await send(platform, told.toReversed())).rejected).toEqual([[2, 'source_not_allowed', 'subject']]);
  });

  test('is held to the region that the greater source and id told, where two are told of one time', async () => {
    const from = (source: string, id: string): Partial<Wire> => ({ source, id, time: '2026-05-01T10:00:00+08:00' });
    const [here, there] = ['370702', '330106'] as const;
    const told = async (subject: string, ...tellings: readonly (readonly [string, Partial<Wire>])[]) => {
      await h.call('POST', '/v1/events', {
        body: tellings.map(([region, more]) => institution(subject, region, more)),
      });
      return (await send(platform, [payment(subject, 'p1', 1)])).accepted;
    };
    expect(await told(uscc(11), [there, from('/registry/1', 'a1')], [here, from('/registry/2', 'a0')])).toBe(1);
    expect(await told(uscc(12), [there, from('/registry/2', 'b0')], [here, from('/registry/1', 'b1')])).toBe(0);
    expect(await told(uscc(13), [here, from('/registry/1', 'c2')], [there, from('/registry/1', 'c1')])).toBe(1);
    expect(await told(uscc(14), [here, from('/registry/1', 'd1')], [there, from('/registry/1', 'd2')])).toBe(0);
  });

  test('says nothing of it either when something else that was told of it is reversed', async () => {
    const slip = payment(ELSEWHERE, 'p-slip', 1);
    const reversal = { reverses: { source: slip.source, id: slip.id }, reason: 'a slip' };
    await h.call('POST', '/v1/events', { body: [slip, event('event.reversed', ELSEWHERE, reversal)] });
    expect((await send(platform, [payment(ELSEWHERE, 'p2', 1)])).accepted).toBe(0);
  });

  test('can take back a wrong region that it told itself', async () => {
    const wrong = institution(uscc(4), '330106');
    expect((await send(platform, [wrong])).accepted).toBe(1);
    expect((await send(platform, [payment(uscc(4), 'p1', 1)])).accepted).toBe(0);
    const reversal = { reverses: { source: wrong.source, id: wrong.id }, reason: 'a slip' };
    expect((await send(platform, [event('event.reversed', uscc(4), reversal)])).accepted).toBe(1);
    expect((await send(platform, [payment(uscc(4), 'p1', 1)])).accepted).toBe(1);
  });
});

test('a sender of every source may tell of everything', async () => {
  const ingest = await h.key('ingest');
  expect((await send(ingest, [balance('A-other'), payment(ELSEWHERE, 'p9', 1)])).accepted).toBe(2);
});
