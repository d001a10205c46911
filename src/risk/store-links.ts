import type pg from 'pg';
import type { Us } from '../core/time.js';
import { toDbTime } from '../db/pool.js';
import type { Evaluation } from './evaluation.js';
import { LINK_KINDS, LINKED_INSTITUTIONS_MAX, linkKeysOf, linkName } from './facts/links.js';
import type { InstitutionRows } from './facts/rows.js';
import { isRedByItself } from './finding.js';

interface Linked {
  readonly no: number;
  readonly rows: InstitutionRows;
  readonly evaluation: Pick<Evaluation, 'state'>;
}

/**
 * Keeps what ties the evaluated institutions to others, and which of them are red. Whoever is tied to one that became red or
 * ceased to be, or to a red one whose ties changed, is due; so is whoever has a key that ties nobody any more because too many
 * have it, or ties them again. Two that are evaluated at one time by two processes may miss each other until the next evaluation,
 * which reads all ties anew.
 */
export async function storeLinks(client: pg.ClientBase, evaluated: readonly Linked[], now: Us): Promise<void> {
  const before = await readKnown(
    client,
    evaluated.map(({ no }) => no),
  );
  const added: Row[] = [];
  const gone: Row[] = [];
  const touched: Row[] = [];
  const becameRed: number[] = [];
  const ceasedRed: number[] = [];
  for (const one of evaluated) {
    const { no } = one;
    const known = before.get(no) ?? { isRed: false, keys: NONE };
    const isRed = isRedByItself(one.evaluation.state.findings);
    const keys = new Map<string, Row>(
      linkKeysOf(one.rows).map((link) => [linkName(link), { no, kind: LINK_KINDS.indexOf(link.kind), key: link.key }]),
    );
    const changed = differences(known.keys, keys);
    added.push(...changed.added);
    gone.push(...changed.gone);
    if (isRed !== known.isRed) {
      (isRed ? becameRed : ceasedRed).push(no);
      touched.push(...keys.values(), ...changed.gone);
    } else if (isRed) touched.push(...changed.added, ...changed.gone);
  }
  if (gone.length > 0) await remove(client, gone);
  if (added.length > 0) await insert(client, added);
  if (becameRed.length + ceasedRed.length > 0) await storeRed(client, becameRed, ceasedRed, now);
  if (touched.length > 0) await markLinkedDue(client, touched, now);
  if (added.length + gone.length > 0) await markCrossedDue(client, added, gone, evaluated.length, now);
}

interface Row {
  readonly no: number;
  readonly kind: number;
  readonly key: string;
}

interface Known {
  isRed: boolean;
  keys: Map<string, Row>;
}

const NONE: ReadonlyMap<string, Row> = new Map();

function differences(before: ReadonlyMap<string, Row>, after: ReadonlyMap<string, Row>): { added: Row[]; gone: Row[] } {
  return {
    added: [...after].flatMap(([name, row]) => (before.has(name) ? [] : [row])),
    gone: [...before].flatMap(([name, row]) => (after.has(name) ? [] : [row])),
  };
}

async function readKnown(client: pg.ClientBase, nos: readonly number[]): Promise<Map<number, Known>> {
  const { rows } = await client.query<{ no: number; kind: number | null; key: string | null }>({
    name: 'read_known_links',
    text: `select institution_no as no, kind, key from institution_links where institution_no = any($1::int[])
           union all select institution_no, null, null from red_institutions where institution_no = any($1::int[])`,
    values: [nos],
  });
  const all = new Map<number, Known>();
  for (const { no, kind, key } of rows) {
    const known = all.get(no) ?? { isRed: false, keys: new Map() };
    all.set(no, known);
    if (kind === null || key === null) known.isRed = true;
    else known.keys.set(linkName({ kind: LINK_KINDS[kind]!, key }), { no, kind, key });
  }
  return all;
}

const columns = (rows: readonly Row[]): unknown[] => [
  rows.map(({ no }) => no),
  rows.map(({ kind }) => kind),
  rows.map(({ key }) => key),
];

async function insert(client: pg.ClientBase, rows: readonly Row[]): Promise<void> {
  await client.query({
    name: 'insert_links',
    text: `insert into institution_links (institution_no, kind, key) select * from unnest($1::int[], $2::smallint[], $3::text[])
           on conflict do nothing`,
    values: columns(rows),
  });
}

async function remove(client: pg.ClientBase, rows: readonly Row[]): Promise<void> {
  await client.query({
    name: 'delete_links',
    text: `delete from institution_links l using unnest($1::int[], $2::smallint[], $3::text[]) as t(no, kind, key)
            where l.institution_no = t.no and l.kind = t.kind and l.key = t.key collate "C"`,
    values: columns(rows),
  });
}

async function storeRed(
  client: pg.ClientBase,
  became: readonly number[],
  ceased: readonly number[],
  now: Us,
): Promise<void> {
  await client.query({
    name: 'insert_red',
    text: `insert into red_institutions (institution_no, since) select no, $2::timestamptz from unnest($1::int[]) as t(no) on conflict do nothing`,
    values: [became, toDbTime(now)],
  });
  await client.query({
    name: 'delete_red',
    text: 'delete from red_institutions where institution_no = any($1::int[])',
    values: [ceased],
  });
}

async function markLinkedDue(client: pg.ClientBase, touched: readonly Row[], now: Us): Promise<void> {
  await client.query({
    name: 'mark_linked_due',
    text: `insert into due_institutions (institution_no, due_at)
           select distinct l.institution_no, $4::timestamptz
             from unnest($1::int[], $2::smallint[], $3::text[]) as t(no, kind, key)
            cross join lateral (select l.institution_no from institution_links l where l.kind = t.kind and l.key = t.key collate "C" limit $5) l
            where l.institution_no <> t.no
              and (select count(*) from (select 1 from institution_links c where c.kind = t.kind and c.key = t.key collate "C" limit $5) c) < $5`,
    values: [...columns(touched), toDbTime(now), LINKED_INSTITUTIONS_MAX + 1],
  });
}

/**
 * All that have a key of a red institution are due when the key has come to be shared by too many, or no longer is. Those that were
 * evaluated now as well: what they have read was counted before they were. `changesMax`: by so much the holders of a key may have changed.
 */
async function markCrossedDue(
  client: pg.ClientBase,
  added: readonly Row[],
  gone: readonly Row[],
  changesMax: number,
  now: Us,
): Promise<void> {
  const grown = new Map<string, { readonly row: Row; by: number }>();
  for (const [rows, sign] of [
    [added, 1],
    [gone, -1],
  ] as const)
    for (const row of rows) {
      const name = linkName({ kind: LINK_KINDS[row.kind]!, key: row.key });
      const one = grown.get(name) ?? { row, by: 0 };
      one.by += sign;
      grown.set(name, one);
    }
  const keys = [...grown.values()].filter(({ by }) => by !== 0);
  if (keys.length === 0) return;
  await client.query({
    name: 'mark_crossed_due',
    text: `with crossed as materialized (
             select t.kind, t.key from unnest($1::smallint[], $2::text[], $3::int[]) as t(kind, key, grown)
              cross join lateral (
                select count(*) as n from (select 1 from institution_links c where c.kind = t.kind and c.key = t.key collate "C" limit $5) c) holders
              where (n > $6) <> (n - t.grown > $6))
           insert into due_institutions (institution_no, due_at)
           select distinct l.institution_no, $4::timestamptz from crossed t
             join institution_links l on l.kind = t.kind and l.key = t.key collate "C"
            where exists (select 1 from institution_links r join red_institutions using (institution_no)
                           where r.kind = t.kind and r.key = t.key collate "C")`,
    values: [
      keys.map(({ row }) => row.kind),
      keys.map(({ row }) => row.key),
      keys.map(({ by }) => by),
      toDbTime(now),
      LINKED_INSTITUTIONS_MAX + 1 + changesMax,
      LINKED_INSTITUTIONS_MAX,
    ],
  });
}
