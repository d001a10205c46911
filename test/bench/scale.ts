/** How large a run is. Sizes of measurements are derived from `events`, so that one number changes them all. */
export interface Scale {
  /** Events of the file measurement. */
  readonly events: number;
  readonly institutions: number;
  /** The city that is evaluated: large enough for figures that hold for a larger one. */
  readonly city: { readonly events: number; readonly institutions: number };
  /** Millions of events for the growth measurement; 0 leaves a million out and measures quarters of `events`. */
  readonly millions: number;
  readonly ingestMebibytes: number;
  readonly latencySeconds: number;
  readonly latencyEventsPerSecond: number;
  /** Accounts to reconcile, and for how many days. */
  readonly accounts: number;
  readonly reconcileDays: number;
}

/** Shares of a real city: about 1,200 events of an institution in 180 days. */
const EVENTS_PER_INSTITUTION = 1_200;
const INSTITUTIONS_MIN = 20;

/** One account per so many events, so that one number scales every measurement. */
const EVENTS_PER_ACCOUNT = 100;
const ACCOUNTS_MIN = 50;

export const FULL_EVENTS = 200_000;
export const QUICK_EVENTS = 20_000;
const CITY_EVENTS = 600_000;

export function institutionsFor(events: number): number {
  return Math.max(INSTITUTIONS_MIN, Math.round(events / EVENTS_PER_INSTITUTION));
}

export function accountsFor(events: number): number {
  return Math.max(ACCOUNTS_MIN, Math.round(events / EVENTS_PER_ACCOUNT));
}

export function fullScale(): Scale {
  return {
    events: FULL_EVENTS,
    institutions: institutionsFor(FULL_EVENTS),
    city: { events: CITY_EVENTS, institutions: institutionsFor(CITY_EVENTS) },
    millions: 1,
    ingestMebibytes: 96,
    latencySeconds: 30,
    latencyEventsPerSecond: 1_000,
    accounts: accountsFor(FULL_EVENTS),
    reconcileDays: 3,
  };
}

export function quickScale(): Scale {
  return {
    events: QUICK_EVENTS,
    institutions: institutionsFor(QUICK_EVENTS),
    city: { events: QUICK_EVENTS, institutions: institutionsFor(QUICK_EVENTS) },
    millions: 0,
    ingestMebibytes: 8,
    latencySeconds: 5,
    latencyEventsPerSecond: 1_000,
    accounts: accountsFor(QUICK_EVENTS),
    reconcileDays: 3,
  };
}
