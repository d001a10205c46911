import type pg from 'pg';
import type { EventData } from '../../events/event.js';
import type { RefundRow } from '../../ledger/rows.js';

export interface StoredRefund {
  readonly refund: RefundRow;
  readonly contract: EventData['contract.signed'] | null;
}

/** Refunds of an institution by id. `open` null: all. */
export async function listRefunds(
  pool: pg.Pool,
  institutionNo: number,
  query: { readonly open: boolean | null; readonly after: string | null; readonly limit: number },
): Promise<StoredRefund[]> {
  const { rows } = await pool.query<{ steps: string; data: string | null }>(
    `select r.steps, c.data from refunds r
       left join contracts c on c.institution_no = r.institution_no and c.contract_id = r.contract_id
      where r.institution_no = $1 and ($2::boolean is null or r.open = $2) and ($3::text is null or r.refund_id > $3)
      order by r.refund_id limit $4`,
    [institutionNo, query.open, query.after, query.limit],
  );
  return rows.map((row) => ({
    refund: JSON.parse(row.steps) as RefundRow,
    contract: row.data === null ? null : (JSON.parse(row.data) as EventData['contract.signed']),
  }));
}
