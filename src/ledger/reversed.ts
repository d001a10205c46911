import { eventTypeNumber } from '../events/list.js';

const REVERSED = eventTypeNumber('event.reversed');

/**
 * A condition in SQL on an accepted event: no reversal names it. Looked up for each event by itself, which a `not exists` would not
 * promise: with few institutions it is planned as a join with the reversals of all of them.
 */
export function isStanding(e: string): string {
  return `(select true from events r where r.institution_no = ${e}.institution_no and r.type = ${REVERSED} and r.key = ${e}.source || chr(31) || ${e}.id limit 1) is null`;
}

/** A condition in SQL on a row with the number of an institution: some reversal names an event of it. */
export function hasReversals(row: string): string {
  return `(select true from events r where r.institution_no = ${row}.institution_no and r.type = ${REVERSED} limit 1) is not null`;
}
