-- Debits that are neither releases nor refunds, by the day on which they were booked: the events behind a large movement (rule A04).
CREATE INDEX events_withdrawals_idx ON events (institution_no, ((body::json #>> '{data,bookedOn}') COLLATE "C"))
  WHERE type = 41 AND (body::json #>> '{data,purpose}') IN ('fee', 'court', 'other');
