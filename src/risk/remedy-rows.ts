import type { Day } from '../core/time.js';
import type { EventData } from '../events/event.js';
import { ACCOUNT, type AccountName } from '../ledger/accounts.js';
import type { Turnover } from '../ledger/rows.js';
import { TALLIES, type TallyName } from '../ledger/tallies.js';
import type { FactSheet } from './facts/fact-sheet.js';
import { firstIndex } from './facts/money.js';
import type { InstitutionRows, Registers, RegisterType } from './facts/rows.js';

/** Rows as they would be; the rows given are left as they are. */

/** With one more entry of a ledger account on a day. */
export function withBooking(
  rows: InstitutionRows,
  name: AccountName,
  sub: string,
  day: Day,
  moved: Turnover,
): InstitutionRows {
  const account = ACCOUNT[name];
  const isIt = (one: { readonly account: number; readonly sub: string }) => one.account === account && one.sub === sub;
  const old = rows.balances.find(isIt);
  const balance = { account, sub, ...plus(old, moved) };
  const balances = [...rows.balances.filter((one) => !isIt(one)), balance];
  // The bank's account has no turnovers.
  if (name === 'bank') return { ...rows, balances };
  const days = rows.turnovers.find(isIt)?.days ?? [];
  const series = { account, sub, days: withDay(days, { day, ...moved }, plus) };
  return { ...rows, balances, turnovers: [...rows.turnovers.filter((one) => !isIt(one)), series] };
}

/** With so many more of a kind on a day. */
export function withTally(rows: InstitutionRows, name: TallyName, day: Day, count: number): InstitutionRows {
  const metric = TALLIES[name];
  const old = rows.tallies.find((one) => one.metric === metric)?.days ?? [];
  const days = withDay(old, { day, count }, (a, b) => ({ day, count: (a?.count ?? 0) + b.count }));
  return { ...rows, tallies: [...rows.tallies.filter((one) => one.metric !== metric), { metric, days }] };
}

/** With one more event of a register, the newest of all. */
export function withRegister<T extends RegisterType>(
  { rows, now }: Pick<FactSheet, 'rows' | 'now'>,
  type: T,
  data: EventData[T],
): InstitutionRows {
  const registers: Partial<Record<RegisterType, readonly object[]>> = {
    ...rows.registers,
    [type]: [...(rows.registers[type] ?? []), { at: now, source: 'remedy', id: 'remedy', data }],
  };
  return { ...rows, registers: registers as Registers };
}

/** What is found in a sheet, kept with it: the same sheet is asked for every amount that is tried. */
export function oncePerSheet<T extends object>(find: (sheet: FactSheet) => T): (sheet: FactSheet) => T {
  const kept = new WeakMap<FactSheet, T>();
  return (sheet) => {
    const found = kept.get(sheet) ?? find(sheet);
    kept.set(sheet, found);
    return found;
  };
}

function plus(a: Turnover | undefined, b: Turnover): Turnover {
  return { debitFen: (a?.debitFen ?? 0n) + b.debitFen, creditFen: (a?.creditFen ?? 0n) + b.creditFen };
}

function withDay<R extends { readonly day: Day }>(
  days: readonly R[],
  row: R,
  add: (old: R | undefined, row: R) => Omit<R, 'day'>,
): R[] {
  const at = firstIndex(days, row.day);
  const old = days[at]?.day === row.day ? days[at] : undefined;
  const merged = { ...add(old, row), day: row.day } as R;
  return [...days.slice(0, at), merged, ...days.slice(old === undefined ? at : at + 1)];
}
