import type { Break } from '../../../src/banks/reconcile/kinds.js';
import { type Reconciliation, reconcile } from '../../../src/banks/reconcile/reconcile.js';
import { factsOf, type KeptOutEntry, type ReconcileRows, type Standing } from '../../../src/banks/reconcile/rows.js';
import { CHINA_CALENDAR } from '../../../src/core/calendar.js';
import { type Day, parseDay } from '../../../src/core/time.js';
import type { AnyEvent, Event, EventType } from '../../../src/events/event.js';
import { eventTypeNumber } from '../../../src/events/list.js';
import { ACCOUNT } from '../../../src/ledger/accounts.js';
import { reversalKey } from '../../../src/ledger/keys.js';
import { rematchAll } from '../../../src/ledger/match.js';
import { isNewer } from '../../../src/ledger/rows.js';
import type { InstitutionBooks } from '../../../src/ledger/working-set.js';
import type { Model } from '../../../src/model/model.js';

/** The rows of an institution of the model, as the loader reads them from PostgreSQL. */
export function rowsOf(books: InstitutionBooks): ReconcileRows {
  const standing = <T extends EventType>(type: T): (Standing<T> & { event: Event<T> })[] =>
    (books.byType.get(eventTypeNumber(type))?.lists ?? []).flatMap((list) =>
      list.flatMap((stored) => {
        const event = stored.event as Event<T> | null;
        if (event === null || books.displaced.has(stored) || books.byKey.has(reversalKey(stored.source, stored.id)))
          return [];
        return [{ at: event.at, source: event.source, id: event.id, data: event.data, event }];
      }),
    );
  const newest = <T extends EventType>(type: T, keyOf: (data: Standing<T>['data']) => string): Standing<T>[] => {
    const kept = new Map<string, Standing<T>>();
    for (const one of standing(type)) {
      const other = kept.get(keyOf(one.data));
      if (!other || isNewer(one, other)) kept.set(keyOf(one.data), one);
    }
    return [...kept.values()];
  };
  const sums = [...books.balances.values()];
  const states = newest('account.state_changed', (data) => data.accountId);
  const accounts = newest('account.registered', (data) => data.accountId);
  const custody = new Set(accounts.filter(({ data }) => data.purpose === 'custody').map(({ data }) => data.accountId));
  return {
    institutionId: books.id,
    closedThrough: null,
    accounts: accounts.map((account) => ({
      ...account,
      isClosed: states.some(({ data }) => data.accountId === account.data.accountId && data.state === 'closed'),
    })),
    bookedFen: new Map(
      accounts.map(({ data }) => {
        const moved = sums.filter((one) => one.account === ACCOUNT.bank && one.sub === data.accountId);
        const net = moved.reduce((sum, one) => sum + one.debitFen - one.creditFen, 0n);
        return [data.accountId, BigInt(data.openingFen ?? 0) + net];
      }),
    ),
    payments: [...books.payments.rows.values()],
    credits: standing('custody.credited'),
    debits: standing('custody.debited'),
    instructions: standing('release.instructed'),
    refundsPaid: standing('refund.paid'),
    balances: standing('custody.balance_reported'),
    keptOut: [...books.keptOut.values()].flat().flatMap(({ event }) => keptOutEntry(event)),
    overReleased: [...books.lines].flatMap(([key, line]) =>
      key.startsWith('c:') && line.releasedFen > line.confirmedFen
        ? [{ contractId: key.slice(2), excessFen: line.releasedFen - line.confirmedFen }]
        : [],
    ),
    confirmedFen: sums.filter((one) => one.account === ACCOUNT.earned).reduce((sum, one) => sum + one.creditFen, 0n),
    releasedFen: sums
      .filter((one) => one.account === ACCOUNT.release_clearing && custody.has(one.sub))
      .reduce((sum, one) => sum + one.debitFen, 0n),
    stockFen: sums.filter((one) => one.account === ACCOUNT.stock).reduce((sum, one) => sum + one.debitFen, 0n),
  };
}

function keptOutEntry(event: AnyEvent): KeptOutEntry[] {
  if (event.type !== 'custody.credited' && event.type !== 'custody.debited') return [];
  return [{ type: event.type, at: event.at, source: event.source, id: event.id, data: event.data }];
}

export function reconcileModel(model: Model, institutionId: string, asOf: string | Day): Reconciliation {
  const day = typeof asOf === 'string' ? parseDay(asOf)! : asOf;
  const books = model.set.institution(institutionId);
  rematchAll(books, CHINA_CALENDAR);
  return reconcile(factsOf(rowsOf(books), day), day, CHINA_CALENDAR);
}

/** What a test compares: everything that makes a break, without its words. */
export function plainBreak(one: Break): object {
  const { kind, comparison, accountId, amountFen, day, waitsFor } = one;
  return { kind, comparison, accountId, amountFen: Number(amountFen), day, waitsFor };
}
