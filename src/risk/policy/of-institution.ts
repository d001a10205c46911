import { dayOf, parseDay, startOfDay, type Us } from '../../core/time.js';
import { accountsOf, modeOn } from '../facts/accounts.js';
import { tellingsOf } from '../facts/announced.js';
import { earliest, ifLater } from '../facts/moments.js';
import type { InstitutionRows } from '../facts/rows.js';
import type { Policy } from './policy.js';
import { type ResolvedPolicy, resolvePolicy } from './resolve.js';

/** The policy for the institution as it is registered now; the mode is the one by which the rules judge it. */
export function policyFor(
  rows: Pick<InstitutionRows, 'profile' | 'registers'>,
  now: Us,
  policy: Policy,
): ResolvedPolicy {
  const today = dayOf(now);
  return resolvePolicy(policy, {
    regionCode: rows.profile?.regionCode ?? null,
    category: rows.profile?.category ?? null,
    mode: modeOn(today, accountsOf(rows.registers, today)),
    day: today,
  });
}

/** The next moment at which by time alone other thresholds begin to hold, or another account becomes valid; null if none is known. */
export function regimeEndsAt(rows: InstitutionRows, now: Us, resolved: ResolvedPolicy): Us | null {
  let at = resolved.changesOn === null ? null : startOfDay(resolved.changesOn);
  for (const { data } of (rows.registers['account.registered'] ?? []).flatMap(tellingsOf)) {
    at = earliest(at, ifLater(startOfDay(parseDay(data.validFrom)!), now));
  }
  return at;
}
