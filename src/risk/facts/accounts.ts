import type { Fen } from '../../core/money.js';
import { type Day, parseDay } from '../../core/time.js';
import type { EventData } from '../../events/event.js';
import type { Told } from '../../ledger/rows.js';
import { inForce, tellingsOf } from './announced.js';
import type { FactSheet } from './fact-sheet.js';
import type { RegisterRow, Registers } from './rows.js';

export type Mode = EventData['account.registered']['mode'];

/** One registered account of the institution. */
export interface AccountFacts {
  readonly accountId: string;
  readonly purpose: EventData['account.registered']['purpose'];
  readonly mode: Mode;
  /** From when it is as it is told for the day. */
  readonly validFrom: Day;
  /** The first day on which it was valid, however often it was registered anew. */
  readonly since: Day;
  readonly openingFen: number;
  readonly state: 'active' | 'frozen' | 'closed';
  /** The newest change of state; null when there was none. */
  readonly change: (Told & { readonly filed: boolean }) | null;
  readonly told: Told;
}

export interface AccountsFacts {
  readonly all: readonly AccountFacts[];
  readonly custody: readonly AccountFacts[];
  readonly deposit: readonly AccountFacts[];
  readonly custodyIds: ReadonlySet<string>;
  readonly depositIds: ReadonlySet<string>;
  /** How the institution's fees are safeguarded now; null while no account is registered. */
  readonly mode: Mode | null;
  /** First day on which a custody account is valid; null without one. */
  readonly custodyFrom: Day | null;
}

export function accountsFacts({ rows, today }: FactSheet): AccountsFacts {
  const all = accountsOf(rows.registers, today);
  const custody = all.filter((account) => account.purpose === 'custody');
  const deposit = all.filter((account) => account.purpose === 'deposit');
  return {
    all,
    custody,
    deposit,
    custodyIds: new Set(custody.map((account) => account.accountId)),
    depositIds: new Set(deposit.map((account) => account.accountId)),
    mode: modeOn(today, all),
    custodyFrom: custody.length === 0 ? null : Math.min(...custody.map((account) => account.since)),
  };
}

/**
 * Every account as it is registered for the day and as it was last changed. A mode that was announced ahead does not hold yet; what
 * the books read of an account is always the newest telling's.
 */
export function accountsOf(registers: Registers, day: Day): AccountFacts[] {
  const changes = registers['account.state_changed'] ?? [];
  return (registers['account.registered'] ?? []).map((row): AccountFacts => {
    const change = changes.find((one) => one.data.accountId === row.data.accountId) ?? null;
    const now = inForce(row, day) ?? row;
    return {
      accountId: row.data.accountId,
      purpose: row.data.purpose,
      mode: now.data.mode,
      validFrom: parseDay(now.data.validFrom)!,
      since: Math.min(...tellingsOf(row).map(({ data }) => parseDay(data.validFrom)!)),
      openingFen: row.data.openingFen ?? 0,
      state: change?.data.state ?? 'active',
      change: change && { at: change.at, source: change.source, id: change.id, filed: change.data.filed },
      told: now,
    };
  });
}

/** It releases in stages, did so, or will. */
export function isStaged(row: RegisterRow<'account.registered'>): boolean {
  return tellingsOf(row).some(({ data }) => data.mode === 'staged');
}

/** True in the modes in which only a custody account may take fees. */
export function isCustodyMode(mode: Mode | null): boolean {
  return mode === 'per_lesson' || mode === 'staged' || mode === 'parent_lock' || mode === 'ecny';
}

/**
 * How fees are safeguarded on a day: as the account says that became valid last, a custody account before a deposit account before
 * any other. Closed accounts only when there is no other: a school that changed from custody to a deposit is in deposit mode.
 */
export function modeOn(day: Day, accounts: readonly AccountFacts[]): Mode | null {
  let best: AccountFacts | null = null;
  for (const account of accounts) {
    if (account.validFrom <= day && (best === null || precedes(account, best))) best = account;
  }
  return best?.mode ?? null;
}

function precedes(a: AccountFacts, b: AccountFacts): boolean {
  const difference = Number(a.state !== 'closed') - Number(b.state !== 'closed') || rank(a) - rank(b);
  return difference === 0 ? a.validFrom > b.validFrom : difference > 0;
}

function rank({ purpose }: AccountFacts): number {
  return purpose === 'custody' ? 2 : purpose === 'deposit' ? 1 : 0;
}

/** Booked balance of accounts of one purpose: opening + booked credits − booked debits. */
export function bookedFen(sheet: FactSheet, accounts: readonly AccountFacts[]): Fen {
  let sum = 0n;
  for (const account of accounts) sum += accountBookedFen(sheet, account);
  return sum;
}

export function accountBookedFen(sheet: FactSheet, account: AccountFacts): Fen {
  const moved = sheet.money.balance('bank', account.accountId);
  return BigInt(account.openingFen) + moved.debitFen - moved.creditFen;
}

/**
 * B: the booked custody balance. An account whose booked balance is below zero has a history that began before its events
 * did; its newest statement, moved on by what was booked since, is then nearer to the truth.
 */
export function custodyFen(sheet: FactSheet): Fen {
  let sum = 0n;
  for (const account of sheet.accounts.custody) {
    const booked = accountBookedFen(sheet, account);
    const statement = booked < 0n ? sheet.statements.newest(account.accountId) : undefined;
    sum +=
      statement === undefined
        ? booked
        : BigInt(statement.bookedFen) + sheet.money.bankNet(account.accountId, statement.asOf + 1, sheet.today);
  }
  return sum;
}
