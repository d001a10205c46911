import type pg from 'pg';
import type { AnyEvent } from '../events/event.js';
import type { NotTheirs } from '../ledger/rejected.js';
import type { Caller } from './access.js';
import { readAccepted, readBanksOf, readRegionsOf } from './sql/owners.js';

/**
 * A source says only who speaks. A bank must not speak of the accounts of another one, or it could fill up with a wrong balance what is
 * missing there; nor a platform of an institution of another region. What nobody has registered yet may be told by anyone:
 * sources are not in step, and its registration may still be on its way; what was accepted then may be sent again, like everything. A
 * reversal undoes only what the sender told itself, so that a wrong region can be taken back. One answer per event, in order; null when
 * all is well.
 */
export async function findForeign(
  pool: pg.Pool,
  caller: Pick<Caller, 'role' | 'scope'>,
  events: readonly AnyEvent[],
): Promise<(NotTheirs | null)[]> {
  const found: (NotTheirs | null)[] = events.map(() => null);
  if (caller.role === 'bank') await markOtherBanks(pool, caller.scope, events, found);
  if (caller.role === 'platform') await markOtherRegions(pool, caller.scope, events, found);
  await unmarkAccepted(pool, events, found);
  return found;
}

/** Whether they are duplicates, or other events under the same id, is for the books to say. */
async function unmarkAccepted(pool: pg.Pool, events: readonly AnyEvent[], found: (NotTheirs | null)[]): Promise<void> {
  const marked = events.flatMap((event, at) =>
    found[at] === null ? [] : [{ at, source: event.source, id: event.id }],
  );
  if (marked.length === 0) return;
  const accepted = await readAccepted(pool, marked);
  marked.forEach(({ at }, place) => {
    if (accepted[place]) found[at] = null;
  });
}

async function markOtherBanks(
  pool: pg.Pool,
  bankCode: string,
  events: readonly AnyEvent[],
  found: (NotTheirs | null)[],
): Promise<void> {
  const told = events.flatMap((event, at) =>
    'accountId' in event.data ? [{ at, institutionId: event.subject, accountId: event.data.accountId }] : [],
  );
  if (told.length === 0) return;
  const banks = await readBanksOf(pool, told);
  told.forEach(({ at }, place) => {
    const event = events[at]!;
    const bank = banks[place];
    if (typeof bank === 'string' && bank !== bankCode)
      found[at] = { path: 'data.accountId', message: 'The account is registered with another bank.' };
    else if (event.type === 'account.registered' && event.data.bankCode !== bankCode)
      found[at] = { path: 'data.bankCode', message: 'A bank registers its own accounts alone.' };
  });
}

async function markOtherRegions(
  pool: pg.Pool,
  scope: string,
  events: readonly AnyEvent[],
  found: (NotTheirs | null)[],
): Promise<void> {
  if (events.length === 0) return;
  const ids = [...new Set(events.map((event) => event.subject))];
  const regions = await readRegionsOf(pool, ids);
  const others = new Set(ids.filter((_, at) => !(regions[at] ?? scope).startsWith(scope)));
  events.forEach((event, at) => {
    if (others.has(event.subject) && event.type !== 'event.reversed')
      found[at] = { path: 'subject', message: 'The institution is registered in another region.' };
  });
}
