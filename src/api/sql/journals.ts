import type pg from 'pg';
import type { Day, Us } from '../../core/time.js';
import { toDbDay } from '../../db/pool.js';
import { isStanding } from '../../ledger/telling-sql.js';

export interface JournalEventRow {
  readonly seq: number;
  readonly type: number;
  readonly source: string;
  readonly id: string;
  readonly at: Us;
  readonly recordedAt: Us;
  readonly receivedAt: Us;
  readonly body: string;
}

export interface EntryRow {
  readonly eventSeq: number;
  readonly line: number;
  readonly account: number;
  readonly sub: string;
  readonly bookedOn: Day;
  readonly debitFen: bigint;
  readonly creditFen: bigint;
}

export interface JournalQuery {
  /** Both days included. */
  readonly from: Day | null;
  readonly to: Day | null;
  readonly before: number | null;
  readonly limit: number;
}

const EVENT_COLUMNS = `e.seq, e.type, e.source, e.id, e.at, e.recorded_at as "recordedAt", e.received_at as "receivedAt", e.body`;

/** Events of an institution that have a journal with an entry on one of the days; what was accepted last comes first. */
export async function listJournalEvents(
  pool: pg.Pool,
  institutionNo: number,
  query: JournalQuery,
): Promise<JournalEventRow[]> {
  const { rows } = await pool.query<JournalEventRow>(
    `select ${EVENT_COLUMNS} from events e
      where e.institution_no = $1 and ($2::bigint is null or e.seq < $2)
        and exists (select 1 from entries n where n.event_seq = e.seq
                       and ($3::date is null or n.booked_on >= $3) and ($4::date is null or n.booked_on <= $4))
      order by e.seq desc limit $5`,
    [institutionNo, query.before, day(query.from), day(query.to), query.limit],
  );
  return rows;
}

/** All entries of the events, in the order of their journals. */
export async function listEntries(pool: pg.Pool, seqs: readonly number[]): Promise<EntryRow[]> {
  const { rows } = await pool.query<EntryRow>({
    name: 'list_entries',
    text: `select event_seq as "eventSeq", line, account, sub, booked_on as "bookedOn", debit_fen::numeric as "debitFen", credit_fen::numeric as "creditFen"
             from entries where event_seq = any($1::bigint[]) order by event_seq, line`,
    values: [seqs],
  });
  return rows;
}

export interface EvidenceRow extends JournalEventRow {
  /** A reversal of it is known by now: what rested on it may not stand any more. */
  readonly reversed: boolean;
}

/** The institution's events with these sources and ids, in the order asked for; unknown ones are left out. */
export async function readEvidence(
  pool: pg.Pool,
  institutionNo: number,
  refs: readonly { readonly source: string; readonly id: string }[],
): Promise<EvidenceRow[]> {
  const { rows } = await pool.query<EvidenceRow>({
    name: 'read_evidence',
    text: `select ${EVENT_COLUMNS}, not (${isStanding('e')}) as reversed from unnest($2::text[], $3::text[]) with ordinality as ref(source, id, position)
             join events e on e.source = ref.source and e.id = ref.id
            where e.institution_no = $1 order by ref.position`,
    values: [institutionNo, refs.map((ref) => ref.source), refs.map((ref) => ref.id)],
  });
  return rows;
}

/** When these events of the institution were received, in the order asked for, also where another event had told their fact before. */
export async function readReceived(
  pool: pg.Pool,
  institutionNo: number,
  refs: readonly { readonly source: string; readonly id: string }[],
): Promise<Us[]> {
  const { rows } = await pool.query<{ at: Us }>({
    name: 'read_received',
    text: `select min(all_of.received_at) as at from unnest($2::text[], $3::text[]) with ordinality as ref(source, id, position)
             join (select source, id, institution_no, received_at from events
                   union all select source, id, institution_no, received_at from kept_out_events) all_of
               on all_of.source = ref.source and all_of.id = ref.id
            where all_of.institution_no = $1 group by ref.position order by ref.position`,
    values: [institutionNo, refs.map((ref) => ref.source), refs.map((ref) => ref.id)],
  });
  return rows.map((row) => row.at);
}

function day(value: Day | null): string | null {
  return value === null ? null : toDbDay(value);
}
