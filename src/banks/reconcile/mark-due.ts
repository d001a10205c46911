import type pg from 'pg';
import type { EventType } from '../../events/event.js';
import { eventTypeNumber } from '../../events/list.js';
import { type Blocks, dayInSql, FROM_BLOCKS } from '../follow.js';

const CREDIT = eventTypeNumber('custody.credited');
const DEBIT = eventTypeNumber('custody.debited');
const BALANCE = eventTypeNumber('custody.balance_reported');

/** Types that are read again by their day. */
const ITEMS: readonly EventType[] = [
  'custody.credited',
  'custody.debited',
  'custody.balance_reported',
  'release.instructed',
  'refund.paid',
];
/** What moves something on its own day. */
const DATED: readonly EventType[] = [...ITEMS, 'payment.succeeded', 'lesson.confirmed'];
/** What may touch any day that went before; so may a telling that takes the place of another one. */
const UNDATED: readonly EventType[] = [
  'account.registered',
  'account.state_changed',
  'payment.reversed',
  'stock.declared',
  'event.reversed',
];
/** Before every day of a history. */
export const EVERY_DAY = '0001-01-01';

/** Between what a page of a run reads and the moment that it notes, and between an entry's receipt and its commit. */
const RUN_MINUTES_MAX = 60;

const MARK_DUE = `
with fresh as materialized (
  select e.institution_no, e.type, e.seq,
         case when e.type in (${CREDIT}, ${DEBIT}) then (e.body::json -> 'data' ->> 'bookedOn')::date
              when e.type = ${BALANCE} then split_part(e.key, chr(31), 3)::date
              else ${dayInSql('e.at')} end as day,
         exists (select 1 from displaced_events d join events o on o.seq = d.event_seq
                  where d.institution_no = e.institution_no and o.type = e.type and o.key = e.key) as displaces
    ${FROM_BLOCKS}
   where e.type = any($2::smallint[]) and (e.type <> ${BALANCE} or split_part(e.key, chr(31), 2) = 'e')),
items as (
  insert into reconcile_items (institution_no, day, event_seq)
  select institution_no, day, seq from fresh where type = any($3::smallint[]) on conflict do nothing)
insert into reconcile_due (institution_no, from_day)
select institution_no, min(case when displaces or type = any($4::smallint[]) then '${EVERY_DAY}'::date else day end) from fresh group by institution_no
on conflict (institution_no) do update set from_day = least(reconcile_due.from_day, excluded.from_day)`;

/** Puts the bank's entries among the events of the blocks where they are found by day, and marks the institutions that they touch. */
export async function markReconcileDue(client: pg.ClientBase, blocks: Blocks): Promise<void> {
  const types = [...DATED, ...UNDATED].map(eventTypeNumber);
  await client.query(MARK_DUE, [blocks, types, ITEMS.map(eventTypeNumber), UNDATED.map(eventTypeNumber)]);
}

/**
 * An entry that the bank told with another amount before is no event: it is kept out, and found here. Its institution is read again from the
 * day of the entry that stands, however long that day is closed. What came within the last run may not have been seen by it.
 */
const MARK_CONTRADICTED = `
insert into reconcile_due (institution_no, from_day)
select k.institution_no, min((e.body::json -> 'data' ->> 'bookedOn')::date)
  from kept_out_events k
  join reconciled r on r.institution_no = k.institution_no and k.received_at > r.reconciled_at - interval '${RUN_MINUTES_MAX} minutes'
  join events e on e.institution_no = k.institution_no and e.type = k.type and e.key = k.key
 where k.type in (${CREDIT}, ${DEBIT}) and (e.body::json -> 'data' ->> 'amountFen')::numeric <> (k.body::json -> 'data' ->> 'amountFen')::numeric
 group by k.institution_no
on conflict (institution_no) do update set from_day = least(reconcile_due.from_day, excluded.from_day)`;

export async function markContradicted(pool: pg.Pool): Promise<void> {
  await pool.query(MARK_CONTRADICTED);
}

const MARK_ANEW = `
insert into reconcile_due (institution_no, from_day) select no, '${EVERY_DAY}'::date from unnest($1::int[]) as t(no)
on conflict (institution_no) do update set from_day = excluded.from_day`;

/** The institutions are read again from their first day on: what settles what was found anew. */
export async function markReconcileAnew(client: pg.ClientBase, nos: readonly number[]): Promise<void> {
  if (nos.length > 0) await client.query(MARK_ANEW, [nos]);
}

/**
 * By other working days what waits may become a break earlier, and a break may be none: all of it is looked at by the next run. What has
 * found its other side does not wait any more.
 */
export async function markAllThatWait(client: pg.ClientBase): Promise<void> {
  await client.query(
    `update reconciled r set changes_on = as_of
      where changes_on is not null or exists (select 1 from breaks b where b.institution_no = r.institution_no and b.cleared_at is null)`,
  );
}
