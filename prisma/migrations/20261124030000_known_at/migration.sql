-- The latest recorded time of the institution's accepted events: until then its books know less than its rows hold.
ALTER TABLE institutions ADD COLUMN known_at timestamptz;
UPDATE institutions i SET known_at = e.known_at
  FROM (SELECT institution_no, max(recorded_at) AS known_at FROM events GROUP BY institution_no) e
 WHERE e.institution_no = i.no;
