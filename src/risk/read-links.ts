import type pg from 'pg';
import { compareLinks, LINK_KINDS, LINKED_INSTITUTIONS_MAX, linkKeysOf } from './facts/links.js';
import type { LinkedInstitution } from './facts/rows.js';
import type { BuildingOf } from './read-building.js';

/** The red institutions that are tied to each, by what its rows say now. Profile, accounts and lessons must have been read. */
export async function readLinks(client: pg.ClientBase, nos: readonly number[], of: BuildingOf): Promise<void> {
  const keys = nos.flatMap((no) => linkKeysOf(of(no)).map((key) => ({ no, ...key })));
  if (keys.length === 0) return;
  const { rows } = await client.query<{ no: number; kind: number; id: string; shared: number }>({
    name: 'read_links',
    text: `with red as (
             select r.institution_no, l.kind, l.key from red_institutions r join institution_links l on l.institution_no = r.institution_no)
           select t.no, t.kind, i.id, count(*)::int as shared
             from unnest($1::int[], $2::smallint[], $3::text[]) as t(no, kind, key)
             join red on red.kind = t.kind and red.key = t.key collate "C" and red.institution_no <> t.no
             join institutions i on i.no = red.institution_no
            where (select count(*) from (select 1 from institution_links c where c.kind = red.kind and c.key = red.key limit $4 + 1) c) <= $4
            group by t.no, t.kind, i.id`,
    values: [
      keys.map(({ no }) => no),
      keys.map(({ kind }) => LINK_KINDS.indexOf(kind)),
      keys.map(({ key }) => key),
      LINKED_INSTITUTIONS_MAX,
    ],
  });
  const found = new Map<number, LinkedInstitution[]>();
  for (const { no, kind, id, shared } of rows) {
    const links = found.get(no) ?? [];
    found.set(no, links);
    links.push({ institutionId: id, by: LINK_KINDS[kind]!, level: 'red', shared });
  }
  for (const [no, links] of found) of(no).links = links.sort(compareLinks);
}
