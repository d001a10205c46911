import type pg from 'pg';
import { isStanding, newestFirst } from '../ledger/telling-sql.js';
import type { BankAccount } from './plan.js';

/** Who has registered an account: one institution, nobody, or several. */
export type AccountOwner = BankAccount | 'unknown' | 'ambiguous';

/**
 * The newest registration in each institution counts, one that was reversed does not. An institution that registers the account of
 * another makes it ambiguous: then a person has to say whose it is, and nothing is booked meanwhile.
 */
export async function findAccountOwner(client: pg.ClientBase, accountId: string): Promise<AccountOwner> {
  const { rows } = await client.query<{ institution_no: number; institution_id: string; body: string }>({
    name: 'find_account_owner',
    text: `select distinct on (e.institution_no) e.institution_no, i.id as institution_id, e.body
             from events e join institutions i on i.no = e.institution_no
            where e.type = 10 and e.key = $1
              and ${isStanding('e')}
            order by e.institution_no, ${newestFirst('e')}`,
    values: [accountId],
  });
  if (rows.length === 0) return 'unknown';
  if (rows.length > 1) return 'ambiguous';
  const { institution_no, institution_id, body } = rows[0]!;
  const { bankCode } = (JSON.parse(body) as { data: { bankCode: string } }).data;
  return { accountId, bankCode, institutionId: institution_id, institutionNo: institution_no };
}
