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
