import type pg from 'pg';
import { ERRORS } from '../core/errors.js';
import type { Us } from '../core/time.js';
import { type Decoded, decodeValue, type Rejection } from '../events/decode.js';
import { applyInTransaction, type Input, type InputOutcome, type Origin } from '../ledger/apply.js';
import type { IntakeDeps } from '../ledger/intake.js';
import type { AccountOwner } from './accounts.js';
import type { EntryReading, Refusal } from './movement.js';
import { type BankAccount, type Planned, planEntries, planRemoved, sourceOf, type Telling } from './plan.js';
import { loadGone, loadKnown, lockAccount, saveKnown } from './store.js';
import { type StoredEntry, storedText } from './stored-entry.js';

/** An entry or balance on its way into the books. */
export interface Told {
  readonly reading: EntryReading;
  readonly line: number;
  readonly stored: StoredEntry;
  readonly origin: Origin;
}

export type ToldOutcome = InputOutcome | { readonly kind: 'pending' };

export interface Booked {
  /** One per entry or balance, in order. */
  readonly outcomes: readonly ToldOutcome[];
  /** Entries of the register that were met (see `Telling`). */
  readonly met: readonly number[];
}

/** Whose statement it is, as far as that is known. */
export interface Owner {
  readonly account: AccountOwner;
  /** Who sends: its bank code, if it may speak for that bank alone. */
  readonly onlyBank: string | null;
}

/**
 * Books one batch of a statement within the caller's transaction: entries, register and refusals commit together. `telling` is null when
 * the account is not one that can be booked; then everything is refused for that.
 */
export async function bookTold(
  client: pg.PoolClient,
  deps: IntakeDeps,
  owner: Owner,
  telling: Telling | null,
  told: readonly Told[],
): Promise<Booked> {
  const receivedAt = deps.clock();
  const known = telling === null ? [] : await loadLocked(client, telling.account, told);
  const moving = told.flatMap((one) =>
    one.reading.what === 'movement' ? [{ movement: one.reading.movement, line: one.line }] : [],
  );
  const planned = telling === null ? [] : planEntries(telling, moving, known);
  const batch = new Batch(deps, receivedAt);
  let next = 0;
  const places = told.map((one) => {
    if (one.reading.what === 'pending') return null;
    if (one.reading.what === 'refused') return batch.refuse(one, owner, one.reading.refusal);
    if (telling === null) return batch.refuse(one, owner, ownerProblem(owner)!);
    return batch.add(one, owner, planned[next++]!);
  });
  const outcomes = await batch.apply(client);
  if (telling !== null) await saveKnown(client, telling.account, known);
  return {
    outcomes: places.map((place) => (place === null ? { kind: 'pending' } : outcomes[place]!)),
    met: planned.flatMap(({ row, refusal }) => (row === null || refusal !== null ? [] : [row.no!])),
  };
}

export interface Removed {
  /** Entries that were taken back. */
  readonly entries: number;
  /** What the books refused of that: also what was to stand again, now that nothing undoes it any more. */
  readonly rejections: readonly Rejection[];
}

/** Takes back what only earlier versions of the statement told, some entries at a time. */
export async function bookRemoved(client: pg.PoolClient, deps: IntakeDeps, telling: Telling): Promise<Removed> {
  await lockAccount(client, telling.account);
  const { gone, known } = await loadGone(client, telling.account, telling.replaces);
  const events = gone.flatMap((row) => planRemoved(telling, row, known));
  const receivedAt = deps.clock();
  const inputs = events.map((event): Input => {
    const bytes = Buffer.from(JSON.stringify(event));
    return {
      bytes,
      origin: { key: `statement:${telling.statementNo}`, detail: { statement: telling.statementNo! } },
      decoded: decodeValue(event, { ...deps.limits, receivedAt }),
    };
  });
  const { outcomes } =
    inputs.length > 0 ? await applyInTransaction(client, inputs, applyOptions(deps, receivedAt)) : { outcomes: [] };
  const refused = new Set(
    outcomes.flatMap((one, at) => (one.kind === 'rejected' ? [events[at]!['id'] as string] : [])),
  );
  // Told once more, they are tried once more, as any entry that the books refused.
  for (const row of known) if (row.eventIds.some((id) => refused.has(id))) row.state = 'refused';
  await saveKnown(client, telling.account, [...gone, ...known.filter((row) => !gone.includes(row))]);
  return {
    entries: gone.length,
    rejections: outcomes.flatMap((one) => (one.kind === 'rejected' ? [one.rejection] : [])),
  };
}

/** Why nothing of this account can be booked; null when it can. */
export function ownerProblem({ account, onlyBank }: Owner): Refusal | null {
  const path = 'Acct/Id';
  if (account === 'unknown') return { code: 'unknown_account', path, message: ERRORS.unknown_account.message };
  if (account === 'ambiguous') return { code: 'ambiguous_account', path, message: ERRORS.ambiguous_account.message };
  if (onlyBank === null || onlyBank === account.bankCode) return null;
  return { code: 'source_not_allowed', path, message: 'The account is registered with another bank.' };
}

async function loadLocked(client: pg.PoolClient, account: BankAccount, told: readonly Told[]) {
  await lockAccount(client, account);
  const movements = told.flatMap(({ reading }) => (reading.what === 'movement' ? [reading.movement] : []));
  return movements.length === 0 ? [] : loadKnown(client, account, movements);
}

function applyOptions(deps: IntakeDeps, receivedAt: Us) {
  return { receivedAt, calendar: deps.calendar, ...(deps.alongside ? { alongside: deps.alongside } : {}) };
}

/** The inputs of several entries, and which belong to which. */
class Batch {
  private readonly inputs: Input[] = [];
  private readonly parts: { from: number; to: number; planned: Planned | null }[] = [];

  constructor(
    private readonly deps: IntakeDeps,
    private readonly receivedAt: Us,
  ) {}

  refuse(told: Told, owner: Owner, refusal: Refusal): number {
    this.inputs.push(new StoredInput(told, { ok: false, rejection: rejectionOf(owner, refusal) }));
    return this.place(1, null);
  }

  add(told: Told, owner: Owner, planned: Planned): number {
    if (planned.refusal) return this.refuse(told, owner, planned.refusal);
    for (const event of planned.events) {
      const decoded = decodeValue(event, { ...this.deps.limits, receivedAt: this.receivedAt });
      this.inputs.push(new StoredInput(told, decoded));
    }
    return this.place(planned.events.length, planned);
  }

  async apply(client: pg.PoolClient): Promise<InputOutcome[]> {
    if (this.inputs.length === 0) return this.parts.map(() => ({ kind: 'duplicate' }) as const);
    const { outcomes } = await applyInTransaction(client, this.inputs, applyOptions(this.deps, this.receivedAt));
    return this.parts.map(({ from, to, planned }) => outcomeOf(outcomes.slice(from, to), planned));
  }

  private place(count: number, planned: Planned | null): number {
    const to = this.inputs.length;
    return this.parts.push({ from: to - count, to, planned }) - 1;
  }
}

/** Of an entry from those of its events. A refused event leaves the entry open: it is driven again as a whole. */
function outcomeOf(outcomes: readonly InputOutcome[], planned: Planned | null): InputOutcome {
  const rejected = outcomes.find((one) => one.kind === 'rejected');
  if (rejected) {
    if (planned?.row) {
      planned.row.state = 'refused';
      planned.row.changed = true;
    }
    return rejected;
  }
  if (planned?.kind !== 'new') return { kind: 'duplicate' };
  // No events: all of it was told by another source before, or it undoes what was told.
  return outcomes.some((one) => one.kind === 'accepted') ? { kind: 'accepted' } : { kind: 'duplicate' };
}

/** Kept as the file told it, not as the event that was made of it; put into bytes only for the few that are refused. */
class StoredInput implements Input {
  readonly origin: Origin;
  private text: Buffer | null = null;

  constructor(
    private readonly told: Told,
    readonly decoded: Decoded,
  ) {
    this.origin = told.origin;
  }

  get bytes(): Buffer {
    this.text ??= Buffer.from(storedText(this.told.stored));
    return this.text;
  }
}

function rejectionOf({ account, onlyBank }: Owner, { code, path, message }: Refusal): Rejection {
  const bank = typeof account === 'string' ? onlyBank : account.bankCode;
  return {
    code,
    path,
    message,
    subject: typeof account === 'string' ? null : account.institutionId,
    source: bank === null ? null : sourceOf({ bankCode: bank }),
    id: null,
    type: null,
  };
}
