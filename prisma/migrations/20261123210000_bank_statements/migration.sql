-- Statements of the banks, and what they told of each entry, whichever file told it first (src/banks).
-- Sums of statements are in hundred-thousandths of their currency (numeric, whole): files have up to five decimals.

CREATE TABLE bank_statements (
  no              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null while no institution has registered the account.
  institution_no  integer,
  account_id      text COLLATE "C" NOT NULL,
  bank_code       text COLLATE "C",
  -- 1 report (camt.052), 2 statement (camt.053, CSV), 3 notification (camt.054)
  kind            smallint NOT NULL,
  format          text NOT NULL,
  statement_id    text COLLATE "C",
  sequence        text COLLATE "C",
  page            integer NOT NULL,
  is_last_page    boolean NOT NULL,
  created_at      timestamptz,
  from_on         date,
  to_on           date,
  currency        text,
  opening_e5      numeric(30,0),
  opening_on      date,
  closing_e5      numeric(30,0),
  closing_on      date,
  credits_e5      numeric(30,0) NOT NULL,
  debits_e5       numeric(30,0) NOT NULL,
  entries         bigint NOT NULL,
  pending         bigint NOT NULL,
  booked          bigint NOT NULL DEFAULT 0,
  known           bigint NOT NULL DEFAULT 0,
  refused         bigint NOT NULL DEFAULT 0,
  arithmetic      text NOT NULL CHECK (arithmetic IN ('right', 'wrong', 'unknown')),
  remarks         jsonb NOT NULL,
  -- Of all that names it and all that is in it: the same statement in another file is the same row.
  identity        bytea NOT NULL,
  -- A newer version of it.
  replaced_by     bigint,
  origin          text NOT NULL,
  line            bigint NOT NULL,
  first_read_at   timestamptz NOT NULL,
  last_read_at    timestamptz NOT NULL,
  -- Null: its reading was interrupted.
  finished_at     timestamptz
);
CREATE UNIQUE INDEX bank_statements_identity_key ON bank_statements (identity);
CREATE INDEX bank_statements_account_idx ON bank_statements (account_id, kind, no);

CREATE TABLE bank_entries (
  no              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  institution_no  integer NOT NULL,
  account_id      text COLLATE "C" NOT NULL,
  -- 1 to the account, -1 from it, 0 a balance
  direction       smallint NOT NULL,
  bank_txn_id     text COLLATE "C" NOT NULL,
  ref             text COLLATE "C" NOT NULL,
  refs            text[] NOT NULL,
  marks           text[] NOT NULL,
  amount_fen      bigint NOT NULL,
  booked_on       date NOT NULL,
  undoes          boolean NOT NULL,
  counterpart     text COLLATE "C",
  content         text NOT NULL,
  is_final        boolean NOT NULL,
  revision        integer NOT NULL,
  state           text NOT NULL CHECK (state IN ('booked', 'refused', 'waiting', 'undoing', 'undone', 'removed')),
  event_ids       text[] NOT NULL,
  -- The end-of-day statement that told it last.
  statement_no    bigint,
  -- The reading that met it last; within one reading an entry is met once.
  reading         bigint NOT NULL,
  line            bigint NOT NULL
);
CREATE UNIQUE INDEX bank_entries_id_key ON bank_entries (institution_no, account_id, direction, bank_txn_id);
CREATE INDEX bank_entries_ref_idx ON bank_entries (institution_no, account_id, ref);
CREATE INDEX bank_entries_amount_idx ON bank_entries (institution_no, account_id, amount_fen, booked_on);
CREATE INDEX bank_entries_waiting_idx ON bank_entries (institution_no, account_id) WHERE state = 'waiting';
CREATE INDEX bank_entries_statement_idx ON bank_entries (statement_no);

CREATE SEQUENCE bank_readings;

-- Who has registered an account (type 10 is account.registered).
CREATE INDEX events_account_idx ON events (key) WHERE type = 10;

-- Files of the watched folder, by what is in them: none is taken twice.
CREATE TABLE bank_files (
  digest          bytea PRIMARY KEY,
  name            text NOT NULL,
  outcome         text NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason          jsonb,
  taken_at        timestamptz NOT NULL
);
