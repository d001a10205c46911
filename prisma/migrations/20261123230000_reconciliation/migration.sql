-- Reconciliation: what the platform tells, what the banks book and what they report, and the breaks between them; the feeds that
-- all of it comes by; and the history of scheduled jobs. Nothing here is written by ingest: jobs follow the events behind it.

-- How far a reader has followed the events. Numbers of events come in blocks, one per transaction (src/ledger/sql/insert-events.ts);
-- a block that is not seen yet may still commit, until every transaction that ran when `fence_block` was taken has ended.
CREATE TABLE event_cursors (
  name           text PRIMARY KEY,
  done_block     bigint NOT NULL,
  seen_blocks    bigint[] NOT NULL,
  fence_block    bigint NOT NULL,
  fence_xid      numeric(20,0) NOT NULL
);

-- The events that reconciliation reads, by the day of their money.
CREATE TABLE reconcile_items (
  institution_no integer NOT NULL,
  day            date NOT NULL,
  event_seq      bigint NOT NULL,
  PRIMARY KEY (institution_no, day, event_seq)
);

-- Institutions of which something moved since their last reconciliation, with the first day that it touches.
CREATE TABLE reconcile_due (
  institution_no integer PRIMARY KEY,
  from_day       date NOT NULL
);

-- The last reconciliation of each institution.
CREATE TABLE reconciled (
  institution_no integer PRIMARY KEY,
  as_of          date NOT NULL,
  reconciled_at  timestamptz NOT NULL,
  -- Up to each of these days, the newest first, everything has found its other side: it is not read again unless something touches it.
  closed_days    date[] NOT NULL,
  -- The first day on which time alone changes something.
  changes_on     date
);
CREATE INDEX reconciled_changes_idx ON reconciled (changes_on);

CREATE TABLE breaks (
  break_id       bigserial PRIMARY KEY,
  institution_no integer NOT NULL,
  -- The same fault has the same key at every run.
  key            text COLLATE "C" NOT NULL,
  kind           text NOT NULL,
  comparison     text NOT NULL,
  account_id     text COLLATE "C",
  bank_code      text COLLATE "C",
  day            date NOT NULL,
  amount_fen     numeric(30,0) NOT NULL,
  waits_for      text,
  events         jsonb NOT NULL,
  reason         jsonb NOT NULL,
  opened_at      timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  cleared_at     timestamptz,
  times_opened   integer NOT NULL DEFAULT 1,
  -- Who has taken it on; the notes say why.
  owner          text
);
CREATE UNIQUE INDEX breaks_key ON breaks (institution_no, key);
CREATE INDEX breaks_open_idx ON breaks (bank_code, day) WHERE cleared_at IS NULL;

CREATE TABLE break_notes (
  seq            bigserial PRIMARY KEY,
  break_id       bigint NOT NULL,
  at             timestamptz NOT NULL,
  -- The person, or `key:` and the id of the API key.
  by             text NOT NULL,
  note           text NOT NULL
);
CREATE INDEX break_notes_break_idx ON break_notes (break_id);
CREATE TRIGGER break_notes_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON break_notes FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE reconciliation_runs (
  run_id         bigserial PRIMARY KEY,
  as_of          date NOT NULL,
  -- The one institution that was asked for; null for all that were due.
  institution_id text COLLATE "C",
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz NOT NULL,
  institutions   integer NOT NULL,
  entries        bigint NOT NULL,
  opened         integer NOT NULL,
  reopened       integer NOT NULL,
  cleared        integer NOT NULL
);

-- What came from each source, by the day of receipt in Asia/Shanghai.
CREATE TABLE feed_days (
  source         text COLLATE "C" NOT NULL,
  day            date NOT NULL,
  events         bigint NOT NULL,
  PRIMARY KEY (source, day)
);

CREATE TABLE feeds (
  source         text COLLATE "C" PRIMARY KEY,
  first_received_at timestamptz NOT NULL,
  last_received_at  timestamptz NOT NULL,
  last_event_at  timestamptz,
  events         bigint NOT NULL,
  -- The sequence numbers that came; what is missing between the first and the last are gaps.
  sequences      int8multirange NOT NULL DEFAULT '{}'
);

-- How late events came: counts per bucket of src/banks/feeds/delays.ts, by the day of receipt.
CREATE TABLE feed_delays (
  source         text COLLATE "C" NOT NULL,
  day            date NOT NULL,
  -- 1: known to the source after it happened; 2: received after the source knew it.
  measure        smallint NOT NULL,
  bucket         smallint NOT NULL,
  count          bigint NOT NULL,
  PRIMARY KEY (source, day, measure, bucket)
);

-- Custody and deposit accounts as they are registered now: who should report, and which bank it is.
CREATE TABLE feed_accounts (
  institution_no integer NOT NULL,
  account_id     text COLLATE "C" NOT NULL,
  bank_code      text COLLATE "C" NOT NULL,
  purpose        text NOT NULL,
  valid_from     date NOT NULL,
  is_closed      boolean NOT NULL,
  PRIMARY KEY (institution_no, account_id)
);
CREATE INDEX feed_accounts_bank_idx ON feed_accounts (bank_code);

-- Accounts of which an end-of-day balance came, by the day it is of.
CREATE TABLE feed_balances (
  day            date NOT NULL,
  institution_no integer NOT NULL,
  account_id     text COLLATE "C" NOT NULL,
  PRIMARY KEY (day, institution_no, account_id)
);

CREATE TABLE job_runs (
  run_id         bigserial PRIMARY KEY,
  job            text NOT NULL,
  due_at         timestamptz NOT NULL,
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz,
  outcome        text CHECK (outcome IN ('done', 'failed')),
  detail         jsonb
);
CREATE INDEX job_runs_job_idx ON job_runs (job, due_at);
