import { define } from './definition.js';
import { date, fieldsOf, money, optional, signedMoney, year } from './fields.js';

export interface StatementFiled {
  /** YYYY */
  readonly period: string;
  /** YYYY-MM-DD */
  readonly dueOn?: string;
  readonly revenueFen: number;
  readonly expensesFen?: number;
  /** May be negative. */
  readonly pretaxIncomeFen?: number;
  /** May be negative. */
  readonly equityFen?: number;
  readonly assetsFen?: number;
  readonly deferredRevenueFen?: number;
}

export const statementFiled = define({
  type: 'statement.filed',
  number: 90,
  schema: fieldsOf({
    period: year,
    dueOn: optional(date),
    revenueFen: money,
    expensesFen: optional(money),
    pretaxIncomeFen: optional(signedMoney),
    equityFen: optional(signedMoney),
    assetsFen: optional(money),
    deferredRevenueFen: optional(money),
  }),
  example: {
    source: '/institution/370702-A1',
    time: '2026-04-20T16:00:00+08:00',
    data: {
      period: '2025',
      dueOn: '2026-04-30',
      revenueFen: 318_000_000,
      expensesFen: 325_400_000,
      pretaxIncomeFen: -7_400_000,
      equityFen: 12_000_000,
      assetsFen: 96_000_000,
      deferredRevenueFen: 61_000_000,
    },
  },
});
