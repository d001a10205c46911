import type pg from 'pg';
import type { Us } from '../../core/time.js';
import { toDbTime } from '../../db/pool.js';
import type { SourceAuthority } from '../access.js';

export interface RejectedEventRow {
  readonly seq: number;
  readonly code: string;
  readonly path: string | null;
  readonly message: string;
  readonly subject: string | null;
  readonly source: string | null;
  readonly eventId: string | null;
  readonly origin: Record<string, unknown>;
  /** Whether the caller's own key sent it. */
  readonly own: boolean;
  readonly receivedAt: Us;
  readonly redrivenAt: Us | null;
}

export interface RejectedFilters {
  readonly redriven: boolean | null;
  readonly code: string | null;
  readonly source: string | null;
  readonly subject: string | null;
  readonly from: Us | null;
  readonly to: Us | null;
}

/**
 * Newest first. With an authority only what the key itself sent, and what came in the name of its sources by other ways; what
 * somebody else tried to say in its name is not its business.
 */
export async function listRejected(
  pool: pg.Pool,
  viewer: { readonly keyId: string; readonly authority: SourceAuthority | null },
  filters: RejectedFilters,
  page: { readonly before: number | null; readonly limit: number },
): Promise<RejectedEventRow[]> {
  const { authority, keyId } = viewer;
  const { rows } = await pool.query<RejectedEventRow>(
    `select seq, code, path, message, subject, source, event_id as "eventId", origin, origin_key = $1 as own,
            received_at as "receivedAt", redriven_at as "redrivenAt"
       from rejected_events
      where ($2::text is null or origin_key = $1 or (code <> 'source_not_allowed' and (source = $2 or starts_with(source, $3))))
        and ($4::text is null or code = $4) and ($5::text is null or source = $5) and ($6::text is null or subject = $6)
        and ($7::timestamptz is null or received_at >= $7) and ($8::timestamptz is null or received_at < $8)
        and ($9::bigint is null or seq < $9) and ($10::boolean is null or (redriven_at is not null) = $10)
      order by seq desc limit $11`,
    [
      `http:${keyId}`,
      authority?.exactly ?? null,
      authority?.prefix ?? null,
      filters.code,
      filters.source,
      filters.subject,
      filters.from === null ? null : toDbTime(filters.from),
      filters.to === null ? null : toDbTime(filters.to),
      page.before,
      filters.redriven,
      page.limit,
    ],
  );
  return rows;
}
