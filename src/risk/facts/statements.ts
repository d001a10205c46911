import type { Day } from '../../core/time.js';
import type { InstitutionRows, ReportedBalance } from './rows.js';

const NONE: readonly ReportedBalance[] = [];

/** End-of-day balances as the banks told them. */
export class StatementFacts {
  private readonly byAccount = new Map<string, ReportedBalance[]>();

  constructor(rows: InstitutionRows, today: Day) {
    for (const balance of rows.reported) {
      if (balance.asOf > today) continue;
      const list = this.byAccount.get(balance.accountId);
      if (list === undefined) this.byAccount.set(balance.accountId, [balance]);
      else list.push(balance);
    }
  }

  /** Ascending by day. */
  of(accountId: string): readonly ReportedBalance[] {
    return this.byAccount.get(accountId) ?? NONE;
  }

  newest(accountId: string): ReportedBalance | undefined {
    return this.byAccount.get(accountId)?.at(-1);
  }
}
