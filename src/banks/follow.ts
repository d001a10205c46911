import type pg from 'pg';
import type { Fen } from '../core/money.js';
import { EVENTS_PER_BLOCK } from '../ledger/sql/insert-events.js';

/** Events of these blocks are new to the reader: `seq` from `block × EVENTS_PER_BLOCK` on, one block per transaction of ingest. */
export type Blocks = readonly number[];

/** Blocks looked for in one step, and so the most that one transaction handles: about a million events of full batches. */
const BLOCKS_PER_STEP = 512;

/**
 * Takes the reader `name` one step further: hands it, exactly once, the blocks of events that were committed since, in the
 * transaction of `client`. Answers false when there is nothing more. Ingest does nothing for it. A block whose number is taken and
 * whose events are not to be seen may still commit: it is looked for again until every transaction that could hold it has ended.
 * Only one process may follow under a name at a time (a job's lock). `last` bounds what is looked at: who begins with `newestBlock` and goes
 * on until there is no more comes to an end, however fast events arrive meanwhile.
 */
export async function followEvents(
  client: pg.ClientBase,
  name: string,
  last: number,
  handle: (blocks: Blocks) => Promise<void>,
): Promise<boolean> {
  const cursor = await readCursor(client, name);
  // First who is still writing, then which numbers are taken: the other way round a block could slip through.
  const { xmin, xmax } = await readSnapshot(client);
  const newest = Math.min(last, await newestBlock(client));
  const until = Math.min(newest, Math.max(cursor.doneBlock, cursor.fenceBlock) + BLOCKS_PER_STEP);
  const visible = await visibleBlocks(client, cursor.doneBlock + 1, until);
  const seen = new Set(cursor.seenBlocks);
  const fresh = visible.filter((block) => !seen.has(block));
  if (fresh.length > 0) await handle(fresh);
  for (const block of fresh) seen.add(block);
  const doneBlock = xmin >= cursor.fenceXid ? Math.max(cursor.doneBlock, cursor.fenceBlock) : cursor.doneBlock;
  const isMoved = doneBlock > cursor.doneBlock || cursor.fenceBlock <= cursor.doneBlock;
  // The fence stands until it is passed; only then the next one is set.
  const fence = isMoved ? { block: until, xid: xmax } : { block: cursor.fenceBlock, xid: cursor.fenceXid };
  const changed = fresh.length > 0 || doneBlock !== cursor.doneBlock || fence.block !== cursor.fenceBlock;
  if (changed)
    await writeCursor(client, name, {
      doneBlock,
      seenBlocks: [...seen].filter((block) => block > doneBlock).sort((a, b) => a - b),
      fenceBlock: fence.block,
      fenceXid: fence.xid,
    });
  return fresh.length > 0 || (isMoved && until < newest);
}

interface Cursor {
  /** Up to here every block was handed over, or will never be. */
  readonly doneBlock: number;
  /** Blocks beyond it that were handed over. */
  readonly seenBlocks: readonly number[];
  /** Blocks up to here were taken when the newest transaction was `fenceXid`. */
  readonly fenceBlock: number;
  readonly fenceXid: Fen;
}

const START: Cursor = { doneBlock: -1, seenBlocks: [], fenceBlock: -1, fenceXid: 0n };

async function readCursor(client: pg.ClientBase, name: string): Promise<Cursor> {
  const { rows } = await client.query<{
    done_block: number;
    seen_blocks: number[];
    fence_block: number;
    fence_xid: bigint;
  }>('select done_block, seen_blocks, fence_block, fence_xid from event_cursors where name = $1', [name]);
  const row = rows[0];
  if (!row) return START;
  return {
    doneBlock: row.done_block,
    seenBlocks: row.seen_blocks,
    fenceBlock: row.fence_block,
    fenceXid: row.fence_xid,
  };
}

async function writeCursor(client: pg.ClientBase, name: string, cursor: Cursor): Promise<void> {
  await client.query(
    `insert into event_cursors (name, done_block, seen_blocks, fence_block, fence_xid) values ($1, $2, $3::bigint[], $4, $5)
     on conflict (name) do update set done_block = excluded.done_block, seen_blocks = excluded.seen_blocks,
       fence_block = excluded.fence_block, fence_xid = excluded.fence_xid`,
    [name, cursor.doneBlock, cursor.seenBlocks, cursor.fenceBlock, cursor.fenceXid.toString()],
  );
}

/** The oldest transaction that still runs, and the first that has not begun. */
async function readSnapshot(client: pg.ClientBase): Promise<{ xmin: bigint; xmax: bigint }> {
  const { rows } = await client.query<{ xmin: bigint; xmax: bigint }>(
    `select pg_snapshot_xmin(s)::text::numeric as xmin, pg_snapshot_xmax(s)::text::numeric as xmax from pg_current_snapshot() s`,
  );
  return rows[0]!;
}

/** The highest number taken so far; −1 before the first. */
export async function newestBlock(client: Pick<pg.ClientBase, 'query'>): Promise<number> {
  const { rows } = await client.query<{ newest: number }>(
    'select case when is_called then last_value else -1 end as newest from event_blocks',
  );
  return rows[0]!.newest;
}

async function visibleBlocks(client: pg.ClientBase, from: number, to: number): Promise<number[]> {
  if (from > to) return [];
  const { rows } = await client.query<{ block: number }>(
    `select b as block from generate_series($1::bigint, $2::bigint) b
      where exists (select 1 from events e where e.seq >= b * ${EVENTS_PER_BLOCK} and e.seq < (b + 1) * ${EVENTS_PER_BLOCK})
      order by b`,
    [from, to],
  );
  return rows.map((row) => row.block);
}

/** Joins the events of the blocks in `$1` as `e`. */
export const FROM_BLOCKS = `from unnest($1::bigint[]) b join events e on e.seq >= b * ${EVENTS_PER_BLOCK} and e.seq < (b + 1) * ${EVENTS_PER_BLOCK}`;
/** The day in Asia/Shanghai, which has been UTC+08:00 since 1992, of a time of the database. */
export function dayInSql(time: string): string {
  return `((${time} + interval '8 hours') at time zone 'UTC')::date`;
}
