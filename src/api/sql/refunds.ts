import type pg from 'pg';
import type { EventData } from '../../events/event.js';
import { isRefundOpen, refundContract } from '../../ledger/refunds.js';
import type { RefundRow } from '../../ledger/rows.js';
import type { InstitutionBooks } from '../../ledger/working-set.js';

export interface StoredRefund {
  readonly refund: RefundRow;
  readonly contract: EventData['contract.signed'] | null;
}

export interface RefundsPage {
  /** Null: all. */
  readonly open: boolean | null;
  readonly after: string | null;
  readonly limit: number;
}

/** Refunds of an institution by id. */
export async function listRefunds(pool: pg.Pool, institutionNo: number, query: RefundsPage): Promise<StoredRefund[]> {
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

/** The same page of the refunds that books in memory hold. */
export function refundsOf(books: InstitutionBooks, query: RefundsPage): StoredRefund[] {
  const { open, after, limit } = query;
  return [...books.refunds.rows.values()]
    .filter((refund) => (open === null || isRefundOpen(refund) === open) && (after === null || refund.refundId > after))
    .sort((a, b) => (a.refundId < b.refundId ? -1 : 1))
    .slice(0, limit)
    .map((refund) => ({ refund, contract: books.contracts.get(refundContract(refund))?.data ?? null }));
}
