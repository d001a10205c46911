-- Fields of an event's data, by their place in it. They were cut out of the text where their name stood first: a field that a source
-- adds (`"previous": {"startsAt": …}`) may hold the same name and stand before them.
DROP INDEX events_lessons_idx;
CREATE INDEX events_lessons_idx ON events (institution_no, (left(body::json #>> '{data,startsAt}', 10) COLLATE "C")) WHERE type = 60;
DROP INDEX events_confirmed_contract_idx;
CREATE INDEX events_confirmed_contract_idx ON events (institution_no, ((body::json #>> '{data,contractId}') COLLATE "C"), at) WHERE type = 64;
DROP INDEX events_refund_debits_idx;
CREATE INDEX events_refund_debits_idx ON events
  (institution_no, ((body::json #>> '{data,refundId}') COLLATE "C")) WHERE type = 41 AND position('"refundId":' in body) > 0;

-- Earlier contracts are those of the same course.
ALTER TABLE contracts ADD COLUMN course_id text COLLATE "C" GENERATED ALWAYS AS (data::json ->> 'courseId') STORED;
