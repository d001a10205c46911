import type pg from 'pg';
import type { Day, Us } from '../../core/time.js';
import { toDbDay, toDbTime } from '../../db/pool.js';
import { joinKey } from '../../ledger/rows.js';
import type { Break } from './kinds.js';

/** What one institution's reconciliation leaves behind. */
export interface Outcome {
  readonly no: number;
  readonly breaks: readonly Break[];
  /** The closed day from which on it was read; null: all of it was. */
  readonly readAfter: Day | null;
  readonly closedThrough: Day | null;
  readonly changesOn: Day | null;
}

export interface StoreCounts {
  readonly opened: number;
  readonly reopened: number;
  readonly cleared: number;
}

/** Writes the outcomes: new breaks open, known ones change or come back, and those that are no longer found clear by themselves. */
export async function storeOutcomes(
  client: pg.ClientBase,
  outcomes: readonly Outcome[],
  asOf: Day,
  now: Us,
): Promise<StoreCounts> {
  const at = toDbTime(now);
  const found = outcomes.flatMap(({ no, breaks }) => breaks.map((one) => ({ no, ...one })));
  const { opened, reopened } = await upsertBreaks(client, found, at);
  const cleared = await client.query(
    `update breaks b set cleared_at = $2, changed_at = $2
      where b.institution_no = any($1::int[]) and b.cleared_at is null
        and not exists (select 1 from unnest($3::int[], $4::text[]) as t(no, key) where t.no = b.institution_no and t.key = b.key collate "C")`,
    [outcomes.map(({ no }) => no), at, found.map(({ no }) => no), found.map(({ key }) => key)],
  );
  const dayOrNull = (day: Day | null): string | null => (day === null ? null : toDbDay(day));
  // Closed days before the one that was read from still hold; if something touches the newest, the one before is read from.
  await client.query(
    `insert into reconciled (institution_no, as_of, reconciled_at, closed_days, changes_on)
     select t.no, $2::date, $3::timestamptz, (
              select coalesce(array_agg(k.d order by k.d desc), '{}') from (
                select d from unnest(r.closed_days) d where d <= t.read_after union select t.closed where t.closed is not null
                 order by d desc limit ${CLOSED_DAYS_KEPT}) k), t.changes
       from unnest($1::int[], $4::date[], $5::date[], $6::date[]) as t(no, read_after, closed, changes)
       left join reconciled r on r.institution_no = t.no
     on conflict (institution_no) do update set as_of = excluded.as_of, reconciled_at = excluded.reconciled_at,
       closed_days = excluded.closed_days, changes_on = excluded.changes_on`,
    [
      outcomes.map(({ no }) => no),
      toDbDay(asOf),
      at,
      outcomes.map(({ readAfter }) => dayOrNull(readAfter)),
      outcomes.map(({ closedThrough }) => dayOrNull(closedThrough)),
      outcomes.map(({ changesOn }) => dayOrNull(changesOn)),
    ],
  );
  await client.query('delete from reconcile_due where institution_no = any($1::int[])', [outcomes.map(({ no }) => no)]);
  return { opened, reopened, cleared: cleared.rowCount ?? 0 };
}

/** More than the days by which events come late. */
const CLOSED_DAYS_KEPT = 20;

type Found = Break & { readonly no: number };

async function upsertBreaks(
  client: pg.ClientBase,
  found: readonly Found[],
  at: string,
): Promise<{ opened: number; reopened: number }> {
  if (found.length === 0) return { opened: 0, reopened: 0 };
  const known = await knownBreaks(client, found);
  const fresh = found.filter((one) => !known.has(joinKey(one.no, one.key)));
  const back = found.filter((one) => known.get(joinKey(one.no, one.key))?.cleared === true);
  // Most breaks of most days are as they were: those are not written again.
  const changed = found.filter((one) => {
    const before = known.get(joinKey(one.no, one.key));
    return before === undefined || before.cleared || before.text !== textOf(one);
  });
  await client.query(
    `insert into breaks (institution_no, key, kind, comparison, account_id, bank_code, day, amount_fen, waits_for, events, reason, opened_at, changed_at)
     select t.*, $12::timestamptz, $12::timestamptz from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::date[], $8::numeric[],
       $9::text[], $10::jsonb[], $11::jsonb[]) as t
     on conflict (institution_no, key) do update set kind = excluded.kind, comparison = excluded.comparison, account_id = excluded.account_id,
       bank_code = excluded.bank_code, day = excluded.day, amount_fen = excluded.amount_fen, waits_for = excluded.waits_for,
       events = excluded.events, reason = excluded.reason, changed_at = excluded.changed_at, cleared_at = null,
       opened_at = case when breaks.cleared_at is null then breaks.opened_at else excluded.opened_at end,
       times_opened = breaks.times_opened + (breaks.cleared_at is not null)::int`,
    [...columns(changed), at],
  );
  return { opened: fresh.length, reopened: back.length };
}

async function knownBreaks(
  client: pg.ClientBase,
  found: readonly Found[],
): Promise<Map<string, { cleared: boolean; text: string }>> {
  const { rows } = await client.query<{
    institution_no: number;
    key: string;
    kind: string;
    amount_fen: bigint;
    day: Day;
    account_id: string | null;
    waits_for: string | null;
    reason: { en: string };
    cleared: boolean;
  }>(
    `select b.institution_no, b.key, b.kind, b.amount_fen, b.day, b.account_id, b.waits_for, b.reason, b.cleared_at is not null as cleared
       from unnest($1::int[], $2::text[]) as t(no, key)
       join breaks b on b.institution_no = t.no and b.key = t.key collate "C"`,
    [found.map(({ no }) => no), found.map(({ key }) => key)],
  );
  return new Map(
    rows.map((row) => [
      joinKey(row.institution_no, row.key),
      {
        cleared: row.cleared,
        text: textOf({
          kind: row.kind,
          amountFen: row.amount_fen,
          day: row.day,
          accountId: row.account_id,
          waitsFor: row.waits_for,
          reason: row.reason,
        }),
      },
    ]),
  );
}

function textOf(one: {
  readonly kind: string;
  readonly amountFen: bigint;
  readonly day: Day;
  readonly accountId: string | null;
  readonly waitsFor: string | null;
  readonly reason: { readonly en: string };
}): string {
  return JSON.stringify([one.kind, one.amountFen.toString(), one.day, one.accountId, one.waitsFor, one.reason.en]);
}

function columns(found: readonly Found[]): unknown[] {
  return [
    found.map((one) => one.no),
    found.map((one) => one.key),
    found.map((one) => one.kind),
    found.map((one) => one.comparison),
    found.map((one) => one.accountId),
    found.map((one) => one.bankCode),
    found.map((one) => toDbDay(one.day)),
    found.map((one) => one.amountFen.toString()),
    found.map((one) => one.waitsFor),
    found.map((one) => JSON.stringify(one.events)),
    found.map((one) => JSON.stringify(one.reason)),
  ];
}
