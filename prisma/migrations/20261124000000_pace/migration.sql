-- How many events a mark stands for: an institution of which very many come is evaluated for many of them together
-- (src/risk/evaluate-due.ts).
ALTER TABLE due_institutions ADD COLUMN events integer NOT NULL DEFAULT 0;

-- The same field as before, cut out without a pattern: it is written for every confirmation, which are most events of a city.
DROP INDEX events_confirmed_contract_idx;
CREATE INDEX events_confirmed_contract_idx ON events
  (institution_no, (split_part(split_part(body, '"contractId":"', 2), '"', 1) COLLATE "C"), at) WHERE type = 64;
