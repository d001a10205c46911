/** A condition in SQL on the fact of money `e`, an accepted event: no smaller telling has taken its place. */
export const IS_NOT_DISPLACED =
  'not exists (select 1 from displaced_events x where x.institution_no = e.institution_no and x.event_seq = e.seq)';
/** What the accepted events of the institution `i` count without those tellings: each fact that stands counts once. */
export const EVENTS_COUNTED = 'i.event_count - (select count(*) from displaced_events x where x.institution_no = i.no)';
