-- What fact sheets read of the events themselves: lessons by the day on which they start, confirmations and releases of the last
-- days, and confirmations of one contract. The bodies are canonical text (src/events/canonical.ts), so that a pattern finds the
-- field; who reads checks what it finds (src/ledger/sql/read-teaching.ts, read-details.ts).
CREATE INDEX events_lessons_idx ON events (institution_no, (substring(body from '"startsAt":"([0-9-]{10})'))) WHERE type = 60;
CREATE INDEX events_recent_idx ON events (institution_no, type, at) WHERE type IN (64, 70);
CREATE INDEX events_confirmed_contract_idx ON events (institution_no, (substring(body from '"contractId":"([^"]*)"')), at) WHERE type = 64;
CREATE INDEX contracts_learner_idx ON contracts (institution_no, learner_hash);
CREATE INDEX payments_contract_idx ON payments (institution_no, contract_id);
