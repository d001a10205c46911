import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../alerts/receiver.js';
import { brokerOrSkip, type TestBroker } from '../support/kafka/broker.js';
import { endAll, startFeewarden, temporaryFolder, until } from '../support/processes.js';
import { listen } from './streams.js';

/** `feewarden start` beside a broker that is not there when it starts, and comes later. */

const ADMIN_KEY = 'an-administrator-of-these-tests-only';
const SCHOOL = 'X-370702-0009';

let broker: TestBroker | undefined;
let receiver: Receiver;

beforeAll(async () => {
  broker = await brokerOrSkip({ own: true });
  receiver = await startReceiver();
}, 300_000);

afterAll(async () => {
  await endAll();
  await broker?.stop();
  await receiver.close();
}, 60_000);

it('takes events by HTTP and tells webhooks while no broker answers, and goes on with Kafka when one is there', async (t) => {
  t.skip(!broker);
  const { brokers } = broker!;
  broker!.kill9();
  const program = startFeewarden(['start', '--data', temporaryFolder('away'), '--port', '0'], {
    env: {
      KAFKA_BROKERS: brokers.join(','),
      FEEWARDEN_ADMIN_KEY: ADMIN_KEY,
      FEEWARDEN_WEBHOOK_ALLOW_INTERNAL: receiver.address,
    },
  });
  const address = (await program.says(/Feewarden listens on (\S+)/))[1]!;
  await post(address, '/v1/subscriptions', { name: 's', url: receiver.url, types: ['prepaid.score.changed.v1'] });
  await program.says(/no broker answers; it is waited for/);
  expect(await post(address, '/v1/events', [upserted()])).toMatchObject({ accepted: 1 });
  await until('the webhook is told', () => receiver.received.length > 0, 30_000);
  expect(await brokerState(address)).toEqual([503, 'failed']);

  await broker!.restart();
  await until('it reads', async () => (await brokerState(address))[1] === 'ok', 60_000);
  expect(await brokerState(address)).toEqual([200, 'ok']);
  const heard = await listen(brokers, 'prepaid.scores');
  await until('the topic is told', () => heard.events.length > 0, 60_000);
  await heard.close();
  expect(await program.end('SIGTERM')).toEqual({ code: 0, signal: null });
}, 300_000);

async function post(address: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' };
  const answer = await fetch(`${address}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

async function brokerState(address: string): Promise<[number, string | undefined]> {
  const answer = await fetch(`${address}/readyz`);
  const { checks } = (await answer.json()) as { checks: { name: string; state: string }[] };
  return [answer.status, checks.find(({ name }) => name === 'broker')?.state];
}

function upserted(): object {
  return {
    specversion: '1.0',
    id: 'profile',
    source: '/registry/370700',
    type: 'prepaid.institution.upserted.v1',
    subject: SCHOOL,
    time: '2026-01-05T09:00:00+08:00',
    data: {
      name: 'School',
      regionCode: '370702',
      category: 'subject',
      delivery: 'offline',
      registration: 'none',
      licence: { state: 'none' },
      status: 'operating',
    },
  };
}
