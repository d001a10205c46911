import type { Line } from '../ledger/rows.js';
import type { InstitutionRows, RegisterRow, RegisterType } from './facts/rows.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/** The rows of one institution while they are read. */
export type Building = Mutable<InstitutionRows> & {
  registers: Partial<Record<RegisterType, RegisterRow<RegisterType>[]>>;
};

export type BuildingOf = (institutionNo: number) => Building;

export interface LineColumns {
  institution_no: number;
  line: string;
  paid_fen: bigint;
  confirmed_fen: bigint;
  refunded_fen: bigint;
  released_fen: bigint;
  confirmed_hours_hundredths: number;
}

export function lineOf(row: LineColumns): Line {
  return {
    paidFen: row.paid_fen,
    confirmedFen: row.confirmed_fen,
    refundedFen: row.refunded_fen,
    releasedFen: row.released_fen,
    confirmedHoursHundredths: row.confirmed_hours_hundredths,
  };
}
