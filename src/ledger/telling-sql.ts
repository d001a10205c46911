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

// The order of `isNewer`: by the time told, then by source and id together, for both are compared as one key.

/** For `order by`: of the tellings `e` the one that counts comes first. */
export function newestFirst(e: string): string {
  return `${e}.at desc, (${e}.source || ${e}.id) desc, ${e}.source desc`;
}

/** For `order by`: the one that counts comes last. */
export function oldestFirst(e: string): string {
  return `${e}.at, (${e}.source || ${e}.id), ${e}.source`;
}

/** A condition: telling `a` counts rather than `b`. */
export function isNewerSql(a: string, b: string): string {
  return `(${a}.at, ${a}.source || ${a}.id, ${a}.source) > (${b}.at, ${b}.source || ${b}.id, ${b}.source)`;
}
