-- The books. One transaction per batch of events writes everything that the batch changes (src/ledger/apply.ts).
-- Hot tables carry no foreign keys: a referential trigger per row costs more than the insert itself. What a key would have
-- promised is checked by construction (rows are written under the institution's row lock) and by `feewarden verify`.
-- Text that is compared or ordered is in collation "C": the same byte order as in the program, on every server.

CREATE TABLE institutions (
  no           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id           text COLLATE "C" NOT NULL,
  event_count  bigint NOT NULL DEFAULT 0,
  chain        bytea NOT NULL DEFAULT '\x',
  newest_at    timestamptz,
  oldest_at    timestamptz
);
CREATE UNIQUE INDEX institutions_id_key ON institutions (id);

-- Every accepted event, as it was told. Never changed, never removed (trigger below).
CREATE SEQUENCE event_blocks;
CREATE TABLE events (
  seq            bigint PRIMARY KEY,
  institution_no integer NOT NULL,
  ordinal        bigint NOT NULL,
  source         text COLLATE "C" NOT NULL,
  id             text COLLATE "C" NOT NULL,
  type           smallint NOT NULL,
  key            text COLLATE "C" NOT NULL,
  amounts        text COLLATE "C",
  at             timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL,
  received_at    timestamptz NOT NULL,
  content_hash   bytea NOT NULL,
  body           text NOT NULL
);
CREATE UNIQUE INDEX events_identity_key ON events (source, id);
CREATE INDEX events_business_key_idx ON events (institution_no, type, key);

-- A fact that another source had told already (or told with other amounts): kept, and booked by itself when the
-- standing one is reversed.
CREATE TABLE kept_out_events (
  institution_no integer NOT NULL,
  source         text COLLATE "C" NOT NULL,
  id             text COLLATE "C" NOT NULL,
  type           smallint NOT NULL,
  key            text COLLATE "C" NOT NULL,
  at             timestamptz NOT NULL,
  received_at    timestamptz NOT NULL,
  content_hash   bytea NOT NULL,
  body           text NOT NULL,
  PRIMARY KEY (source, id, content_hash)
);
CREATE INDEX kept_out_events_business_key_idx ON kept_out_events (institution_no, type, key);

-- What could not be accepted, whole, with its reason. `input_hash` and `origin_key` make a second run of the same input
-- find the same row.
CREATE TABLE rejected_events (
  seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code           text NOT NULL,
  path           text,
  message        text NOT NULL,
  subject        text,
  source         text,
  event_id       text,
  origin         jsonb NOT NULL,
  origin_key     text COLLATE "C" NOT NULL,
  input          bytea NOT NULL,
  input_hash     bytea NOT NULL,
  received_at    timestamptz NOT NULL,
  redriven_at    timestamptz
);
CREATE UNIQUE INDEX rejected_events_input_key ON rejected_events (input_hash, code, origin_key);
CREATE INDEX rejected_events_code_idx ON rejected_events (code, seq);
CREATE INDEX rejected_events_identity_idx ON rejected_events (source, event_id);

CREATE TABLE chart_of_accounts (
  account   smallint PRIMARY KEY,
  name      text NOT NULL,
  kind      text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'clearing')),
  sub       text NOT NULL,
  zh        text NOT NULL,
  en        text NOT NULL
);
CREATE UNIQUE INDEX chart_of_accounts_name_key ON chart_of_accounts (name);

-- The journal of an event: its entries. An event has at most one journal. A reversing journal repeats the entries of the
-- reversed one with negative amounts on the same side (红字冲销), so that turnovers, too, are as if it had never been.
CREATE TABLE entries (
  event_seq      bigint NOT NULL,
  line           smallint NOT NULL,
  institution_no integer NOT NULL,
  account        smallint NOT NULL,
  sub            text COLLATE "C" NOT NULL DEFAULT '',
  booked_on      date NOT NULL,
  debit_fen      bigint NOT NULL,
  credit_fen     bigint NOT NULL,
  PRIMARY KEY (event_seq, line),
  CONSTRAINT entries_one_side CHECK ((debit_fen = 0) <> (credit_fen = 0))
);

-- A journal arrives whole, in one statement, or not at all: entries of one event whose debits and credits differ, that name an
-- account outside the chart, or that join a journal written before, are refused by the database itself.
CREATE FUNCTION refuse_unbalanced_journal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad bigint;
BEGIN
  SELECT event_seq INTO bad FROM arrived GROUP BY event_seq
   HAVING sum(debit_fen) <> sum(credit_fen) OR min(line) <> 1 OR max(line) <> count(*) LIMIT 1;
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'journal of event % is not balanced or not whole', bad USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_balanced';
  END IF;
  SELECT a.account INTO bad FROM (SELECT DISTINCT account FROM arrived) a
   WHERE NOT EXISTS (SELECT 1 FROM chart_of_accounts c WHERE c.account = a.account) LIMIT 1;
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'account % is not in the chart of accounts', bad USING ERRCODE = 'check_violation', CONSTRAINT = 'entries_account_in_chart';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER entries_balanced AFTER INSERT ON entries
  REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced_journal();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'table % only grows: a correction is a new event', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER entries_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Balances and day turnovers: sums that only grow by addition. numeric, because the sum of valid amounts can pass 64 bits.
CREATE TABLE balances (
  institution_no integer NOT NULL,
  account        smallint NOT NULL,
  sub            text COLLATE "C" NOT NULL,
  debit_fen      numeric(30,0) NOT NULL,
  credit_fen     numeric(30,0) NOT NULL,
  PRIMARY KEY (institution_no, account, sub)
) WITH (fillfactor = 70);

CREATE TABLE turnovers (
  institution_no integer NOT NULL,
  day            date NOT NULL,
  account        smallint NOT NULL,
  sub            text COLLATE "C" NOT NULL,
  debit_fen      numeric(30,0) NOT NULL,
  credit_fen     numeric(30,0) NOT NULL,
  PRIMARY KEY (institution_no, day, account, sub)
) WITH (fillfactor = 70);

-- Counts per day of things that are no money (lessons delivered, confirmations …); metrics: src/ledger/tallies.ts.
CREATE TABLE tallies (
  institution_no integer NOT NULL,
  day            date NOT NULL,
  metric         smallint NOT NULL,
  count          bigint NOT NULL,
  PRIMARY KEY (institution_no, day, metric)
) WITH (fillfactor = 70);

-- Subsidiary ledger of `unearned`: one line per contract ('c:' contract id), per payment without contract ('p:' payment
-- id) and per declared stock without contract ('s:' source and id).
CREATE TABLE lines (
  institution_no  integer NOT NULL,
  line            text COLLATE "C" NOT NULL,
  paid_fen        numeric(30,0) NOT NULL,
  confirmed_fen   numeric(30,0) NOT NULL,
  refunded_fen    numeric(30,0) NOT NULL,
  released_fen    numeric(30,0) NOT NULL,
  confirmed_hours_hundredths bigint NOT NULL,
  open            boolean NOT NULL GENERATED ALWAYS AS (paid_fen > confirmed_fen + refunded_fen) STORED,
  over_released   boolean NOT NULL GENERATED ALWAYS AS (released_fen > confirmed_fen) STORED,
  PRIMARY KEY (institution_no, line)
) WITH (fillfactor = 70);
CREATE INDEX lines_open_idx ON lines (institution_no) WHERE open OR over_released;

-- Registers that are read often or joined; all others are read from `events` by (institution_no, type, key).
CREATE TABLE contracts (
  institution_no integer NOT NULL,
  contract_id    text COLLATE "C" NOT NULL,
  at             timestamptz NOT NULL,
  source         text COLLATE "C" NOT NULL,
  id             text COLLATE "C" NOT NULL,
  signed_on      date NOT NULL,
  learner_hash   text NOT NULL,
  period_to      date NOT NULL,
  hours_hundredths  bigint NOT NULL,
  gifted_hundredths bigint NOT NULL,
  data           text NOT NULL,
  PRIMARY KEY (institution_no, contract_id)
);
CREATE INDEX contracts_signed_idx ON contracts (institution_no, signed_on);

CREATE TABLE payments (
  institution_no integer NOT NULL,
  payment_id     text COLLATE "C" NOT NULL,
  amount_fen     bigint,
  at             timestamptz,
  paid_on        date,
  source         text COLLATE "C",
  id             text COLLATE "C",
  contract_id    text COLLATE "C",
  payee          text COLLATE "C",
  channel        text,
  loan           boolean NOT NULL DEFAULT false,
  reversed_fen   bigint NOT NULL DEFAULT 0,
  -- JSON [[credit, day], …]: the credits whose payment list names this payment.
  named_by       text,
  matched_by     text COLLATE "C",
  matched_on     date,
  settled        boolean NOT NULL GENERATED ALWAYS AS (named_by IS NOT NULL OR matched_by IS NOT NULL) STORED,
  PRIMARY KEY (institution_no, payment_id)
) WITH (fillfactor = 80);
CREATE INDEX payments_amount_idx ON payments (institution_no, amount_fen, paid_on);
CREATE INDEX payments_day_idx ON payments (institution_no, paid_on);
CREATE INDEX payments_reversed_idx ON payments (institution_no) WHERE reversed_fen > 0;
CREATE INDEX payments_unsettled_idx ON payments (institution_no) WHERE NOT settled;

CREATE TABLE credits (
  institution_no integer NOT NULL,
  account_id     text COLLATE "C" NOT NULL,
  bank_txn_id    text COLLATE "C" NOT NULL,
  amount_fen     bigint NOT NULL,
  booked_on      date NOT NULL,
  at             timestamptz NOT NULL,
  source         text COLLATE "C" NOT NULL,
  id             text COLLATE "C" NOT NULL,
  names_payments boolean NOT NULL,
  matched_payment text COLLATE "C",
  PRIMARY KEY (institution_no, account_id, bank_txn_id)
);
CREATE INDEX credits_unnamed_idx ON credits (institution_no, amount_fen, booked_on) WHERE NOT names_payments;

CREATE TABLE refunds (
  institution_no integer NOT NULL,
  refund_id      text COLLATE "C" NOT NULL,
  contract_id    text COLLATE "C" NOT NULL,
  steps          text NOT NULL,
  paid_fen       numeric(30,0) NOT NULL,
  open           boolean NOT NULL,
  requested_on   date,
  PRIMARY KEY (institution_no, refund_id)
) WITH (fillfactor = 80);
CREATE INDEX refunds_open_idx ON refunds (institution_no) WHERE open;
CREATE INDEX refunds_requested_idx ON refunds (institution_no, requested_on);

-- A release: the platform's instruction (which contract, how much) and the bank's debit, told in any order.
CREATE TABLE releases (
  institution_no integer NOT NULL,
  instruction_id text COLLATE "C" NOT NULL,
  lines          text,
  debits         integer NOT NULL DEFAULT 0,
  PRIMARY KEY (institution_no, instruction_id)
);

-- How far a file has been taken in: written in the same transaction as the events, so that an interrupted run resumes.
CREATE TABLE file_progress (
  file_key       text COLLATE "C" PRIMARY KEY,
  path           text NOT NULL,
  byte_offset    bigint NOT NULL,
  line_number    bigint NOT NULL,
  summary        jsonb NOT NULL,
  finished_at    timestamptz,
  updated_at     timestamptz NOT NULL
);

-- Institutions that must be evaluated again because of an event. Rows are only added by ingest and only removed by
-- evaluate: neither waits for the other.
CREATE TABLE due_institutions (
  seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  institution_no integer NOT NULL,
  due_at         timestamptz NOT NULL
);
CREATE INDEX due_institutions_due_idx ON due_institutions (due_at);
