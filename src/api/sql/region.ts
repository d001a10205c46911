import { eventTypeNumber } from '../../events/list.js';
import { newestFirst } from '../../ledger/telling-sql.js';

const REVERSAL = eventTypeNumber('event.reversed');
const UPSERTED = eventTypeNumber('institution.upserted');

/**
 * Joins the newest standing telling of institution `i` as `p.data`: what rights are decided on. The evaluation keeps a copy of the region
 * as well, but one that is as old as the last evaluation; a moved institution must leave its former region's sight at once.
 */
export const JOIN_PROFILE = joinProfile('true', 'true');

/** The same of what was known at a moment. */
export function joinProfileAsOf(moment: string): string {
  return joinProfile(`e.recorded_at <= ${moment}`, `r.recorded_at <= ${moment}`);
}

function joinProfile(isKnown: string, isReversalKnown: string): string {
  return `left join lateral (
  select e.body::json -> 'data' as data
    from events e
   where e.institution_no = i.no and e.type = ${UPSERTED} and e.key = '' and ${isKnown}
     and not exists (select 1 from events r where r.institution_no = e.institution_no and r.type = ${REVERSAL}
                        and r.key = e.source || chr(31) || e.id and ${isReversalKnown})
   order by ${newestFirst('e')}
   limit 1) p on true`;
}

/** The condition that institution `i` lies in the region prefix of this parameter; '' lets everything through, even without region. */
export function inRegion(parameter: string): string {
  return `(${parameter} = '' or starts_with(p.data ->> 'regionCode', ${parameter}))`;
}
