-- Of a fact that was told several times with the same amounts the smallest telling by time, source and id stands, whichever came
-- first. Accepted tellings whose place a smaller one took stay in `events`, and are here as long as they do not stand.
CREATE TABLE displaced_events (
  institution_no integer NOT NULL,
  event_seq      bigint NOT NULL,
  PRIMARY KEY (institution_no, event_seq)
);

-- The newest event of an institution is the newest that was told and not refused, whichever telling of a fact was accepted.
UPDATE institutions i SET newest_at = k.at
  FROM (SELECT k.institution_no, max(k.at) AS at FROM kept_out_events k
         WHERE NOT EXISTS (SELECT 1 FROM rejected_events r
                            WHERE r.source = k.source AND r.event_id = k.id AND r.code = 'conflicting_fact')
         GROUP BY k.institution_no) k
 WHERE k.institution_no = i.no AND k.at > i.newest_at;
