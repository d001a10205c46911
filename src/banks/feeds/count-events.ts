import type pg from 'pg';
import { type Day, dayOf, parseDay } from '../../core/time.js';
import { toDbDay } from '../../db/pool.js';
import { eventTypeNumber } from '../../events/list.js';
import { readRegisters } from '../../ledger/sql/read-registers.js';
import { type Blocks, dayInSql, FROM_BLOCKS } from '../follow.js';
import { DELAY_MEASURES, DELAY_SECONDS } from './delays.js';

const BALANCE = eventTypeNumber('custody.balance_reported');
const ACCOUNT_TYPES = (['account.registered', 'account.state_changed', 'event.reversed'] as const).map(eventTypeNumber);

/** A bucket starts after the end of the one before. */
const bucketOf = (later: string, earlier: string): string =>
  `width_bucket(extract(epoch from ${later} - ${earlier}) - 0.000001, array[${DELAY_SECONDS.join(',')}]::numeric[])`;

/** As the number it is, whatever zeros lead it. A longer one is no count of events, and no reason to refuse what it came with. */
const SEQUENCE = `substring(e.body::json ->> 'sequence' from '^0*([0-9]{1,18})$')::bigint`;

/** One pass over the new events: counts, sequence numbers, delays and balances, by source. */
const COUNT_EVENTS = `
with fresh as materialized (
  select e.source, e.institution_no, e.type, e.key, e.at, e.received_at, ${dayInSql('e.received_at')} as day,
         ${bucketOf('e.recorded_at', 'e.at')} as told, ${bucketOf('e.received_at', 'e.recorded_at')} as received,
         case when strpos(e.body, '"sequence":') > 0 then ${SEQUENCE} end as sequence
    ${FROM_BLOCKS}),
counted as (
  insert into feeds (source, first_received_at, last_received_at, last_event_at, events, sequences)
  select source, min(received_at), max(received_at), max(at), count(*),
         coalesce(range_agg(int8range(sequence, sequence + 1)) filter (where sequence is not null), '{}'::int8multirange)
    from fresh group by source
  on conflict (source) do update set
    first_received_at = least(feeds.first_received_at, excluded.first_received_at),
    last_received_at = greatest(feeds.last_received_at, excluded.last_received_at),
    last_event_at = greatest(feeds.last_event_at, excluded.last_event_at),
    events = feeds.events + excluded.events,
    sequences = feeds.sequences + excluded.sequences),
days as (
  insert into feed_days (source, day, events) select source, day, count(*) from fresh group by source, day
  on conflict (source, day) do update set events = feed_days.events + excluded.events),
delays as (
  insert into feed_delays (source, day, measure, bucket, count)
  select source, day, measure, bucket, count(*) from (
    select source, day, ${DELAY_MEASURES.told} as measure, told as bucket from fresh
    union all select source, day, ${DELAY_MEASURES.received}, received from fresh) d
   group by source, day, measure, bucket
  on conflict (source, day, measure, bucket) do update set count = feed_delays.count + excluded.count),
balances as (
  insert into feed_balances (day, institution_no, account_id)
  select distinct split_part(key, chr(31), 3)::date, institution_no, split_part(key, chr(31), 1)
    from fresh where type = ${BALANCE} and split_part(key, chr(31), 2) = 'e'
  on conflict do nothing)
select distinct institution_no from fresh where type = any($2::smallint[])`;

/** Counts the events of the blocks towards their feeds. */
export async function countEvents(client: pg.ClientBase, blocks: Blocks): Promise<void> {
  const { rows } = await client.query<{ institution_no: number }>(COUNT_EVENTS, [blocks, ACCOUNT_TYPES]);
  await keepAccounts(
    client,
    rows.map((row) => row.institution_no),
  );
}

/** Institutions whose accounts are read at once. */
const INSTITUTIONS_PER_READ = 1_000;

/** The accounts of institutions that registered or closed one, or took something back. */
async function keepAccounts(client: pg.ClientBase, nos: readonly number[]): Promise<void> {
  for (let from = 0; from < nos.length; from += INSTITUTIONS_PER_READ) {
    const part = nos.slice(from, from + INSTITUTIONS_PER_READ);
    const registered = await readRegisters(client, part, ['account.registered']);
    const states = await readRegisters(client, part, ['account.state_changed']);
    const closed = new Set(
      states.filter(({ data }) => data.state === 'closed').map((row) => `${row.institutionNo}/${row.data.accountId}`),
    );
    const kept = registered.filter(({ data }) => data.purpose !== 'settlement');
    const dayFrom = (text: string, at: number): Day => parseDay(text) ?? dayOf(at);
    await client.query('delete from feed_accounts where institution_no = any($1::int[])', [part]);
    await client.query(
      `insert into feed_accounts (institution_no, account_id, bank_code, purpose, valid_from, is_closed)
       select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::date[], $6::boolean[])`,
      [
        kept.map((row) => row.institutionNo),
        kept.map((row) => row.data.accountId),
        kept.map((row) => row.data.bankCode),
        kept.map((row) => row.data.purpose),
        kept.map((row) => toDbDay(dayFrom(row.data.validFrom, row.at))),
        kept.map((row) => closed.has(`${row.institutionNo}/${row.data.accountId}`)),
      ],
    );
  }
}
