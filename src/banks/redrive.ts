import type pg from 'pg';
import { ERRORS } from '../core/errors.js';
import type { InputOutcome } from '../ledger/apply.js';
import type { OtherInput } from '../ledger/rejected.js';
import { findAccountOwner } from './accounts.js';
import { bookTold, type Owner, ownerProblem, type Told, type ToldOutcome } from './book.js';
import { type BankAccount, sourceOf } from './plan.js';
import { tellingOf } from './register.js';
import { lineOfStored, parseStored, readStored, type StoredEntry } from './stored-entry.js';
import type { BankIntakeDeps } from './take.js';

/**
 * By how a stored entry begins, and by the reading of a statement from which it comes: that no sender can write. What merely looks like an
 * entry is a wrong event like any other; taken for an entry it would stop all that is tried again with it.
 */
export function isStoredEntry({ bytes, origin }: OtherInput): boolean {
  return origin.detail['reading'] !== undefined && bytes.subarray(0, STORED_START.length).equals(STORED_START);
}
const STORED_START = Buffer.from('{"bankEntry":1,');

/** Whether the key that once sent an entry may (still) speak for a bank. */
export type MaySpeakForBank = (keyId: string, source: string) => Promise<boolean>;

/**
 * Refused entries of statements once more, as the file told them, in the caller's transaction. Entries of one statement are planned
 * together, because within one statement no two entries are the same.
 */
export async function redriveEntries(
  deps: BankIntakeDeps & { readonly maySpeak: MaySpeakForBank },
  client: pg.PoolClient,
  inputs: readonly OtherInput[],
): Promise<InputOutcome[]> {
  const outcomes: InputOutcome[] = new Array<InputOutcome>(inputs.length);
  const groups = new Map<string, { readonly input: OtherInput; readonly stored: StoredEntry; readonly at: number }[]>();
  inputs.forEach((input, at) => {
    const stored = parseStored(input.bytes);
    if (stored === null) {
      outcomes[at] = { kind: 'rejected', rejection: NOT_STORED };
      return;
    }
    const { key: keyId = null, reading } = input.origin.detail;
    const key = JSON.stringify([stored.head.accountId, stored.statementNo, reading, keyId]);
    groups.set(key, [...(groups.get(key) ?? []), { input, stored, at }]);
  });
  // In one order of accounts, because each takes its lock.
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { head, statementNo, isMixed } = group[0]!.stored;
    const reading = Number(group[0]!.input.origin.detail['reading']);
    const account = head.accountId === null ? 'unknown' : await findAccountOwner(client, head.accountId);
    const owner = await ownerOf(deps, account, group[0]!.input);
    const isMine = ownerProblem(owner) === null && typeof account !== 'string';
    const telling = isMine ? await tellingOf(client, statementNo, account, { reading, isMixed, met: null }) : null;
    const rules = isMine ? deps.rules[account.bankCode] : undefined;
    const told = group.map(
      ({ input, stored }): Told => ({
        reading: readStored(stored, rules),
        line: lineOfStored(stored),
        stored,
        origin: input.origin,
      }),
    );
    const { outcomes: done } = await bookTold(client, deps, owner, telling, told);
    if (isMine) await recount(client, statementNo, account, done);
    group.forEach(({ at }, place) => {
      const outcome = done[place]!;
      outcomes[at] = outcome.kind === 'pending' ? { kind: 'duplicate' } : outcome;
    });
  }
  return outcomes;
}

/** What the register says of the statement follows. */
async function recount(
  client: pg.PoolClient,
  statementNo: number,
  account: BankAccount,
  outcomes: readonly ToldOutcome[],
): Promise<void> {
  const accepted = outcomes.filter((one) => one.kind === 'accepted').length;
  const settled = outcomes.filter((one) => one.kind !== 'rejected').length;
  await client.query(
    `update bank_statements set institution_no = $2, bank_code = $3, booked = booked + $4, known = known + $5, refused = greatest(0, refused - $6)
      where no = $1`,
    [statementNo, account.institutionNo, account.bankCode, accepted, settled - accepted, settled],
  );
}

/** An entry that came with a key is booked only if that key may speak for the account's bank today. */
async function ownerOf(
  deps: { readonly maySpeak: MaySpeakForBank },
  account: Owner['account'],
  { origin }: OtherInput,
): Promise<Owner> {
  const keyId = origin.detail['key'];
  if (keyId === undefined || typeof account === 'string') return { account, onlyBank: null };
  const may = await deps.maySpeak(String(keyId), sourceOf(account));
  return { account, onlyBank: may ? null : '' };
}

const NOT_STORED = {
  code: 'not_json',
  path: null,
  message: ERRORS.not_json.message,
  subject: null,
  source: null,
  id: null,
  type: null,
} as const;
