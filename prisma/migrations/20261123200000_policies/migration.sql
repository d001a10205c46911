-- Policies with the two persons behind each, drafts, the shadow run of a draft, and what it takes to rebuild any past score.

-- Null for policies that were published before this migration.
ALTER TABLE policies ADD COLUMN author text, ADD COLUMN approver text;
CREATE TRIGGER policies_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON policies FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Complete policies that wait for a second person, or run in the shadow. A version never changes here either.
CREATE TABLE policy_drafts (
  version        text PRIMARY KEY,
  body           text NOT NULL,
  author         text NOT NULL,
  created_at     timestamptz NOT NULL
);
CREATE TRIGGER policy_drafts_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_drafts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Who did what with which policy.
CREATE TABLE policy_log (
  seq            bigserial PRIMARY KEY,
  at             timestamptz NOT NULL,
  version        text NOT NULL,
  action         text NOT NULL CHECK (action IN ('drafted', 'published', 'shadow_started', 'shadow_stopped')),
  -- The person, or `key:` and the id of the API key.
  by             text NOT NULL,
  detail         jsonb NOT NULL
);
CREATE TRIGGER policy_log_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON policy_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Runs of a draft beside the live policy; one at a time.
CREATE TABLE policy_shadows (
  no             serial PRIMARY KEY,
  version        text NOT NULL,
  started_at     timestamptz NOT NULL,
  started_by     text NOT NULL,
  stopped_at     timestamptz
);
CREATE UNIQUE INDEX policy_shadows_running_key ON policy_shadows ((true)) WHERE stopped_at IS NULL;

-- What the shadow thinks of each institution, from the facts of the very evaluation whose live result stands in `evaluations`.
CREATE TABLE shadow_evaluations (
  shadow_no      integer NOT NULL,
  institution_no integer NOT NULL,
  state          text NOT NULL,
  evaluated_at   timestamptz NOT NULL,
  -- The earliest moment at which time alone could change an answer of the shadow.
  next_at        timestamptz,
  policy_version text NOT NULL,
  region_code    text COLLATE "C",
  score          smallint NOT NULL,
  level          text NOT NULL,
  findings       jsonb NOT NULL,
  live_score     smallint NOT NULL,
  live_level     text NOT NULL,
  live_findings  jsonb NOT NULL,
  PRIMARY KEY (shadow_no, institution_no)
);
CREATE INDEX shadow_evaluations_next_idx ON shadow_evaluations (shadow_no, next_at);

-- The alert records that the shadow would have sent. `problem` instead of a record: its evaluation failed.
CREATE TABLE shadow_records (
  seq            bigserial PRIMARY KEY,
  shadow_no      integer NOT NULL,
  institution_no integer NOT NULL,
  region_code    text COLLATE "C",
  at             timestamptz NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('raised', 'level_changed', 'cleared', 'failed')),
  rule_id        text,
  level          text,
  data           jsonb NOT NULL
);
CREATE INDEX shadow_records_at_idx ON shadow_records (shadow_no, at);

-- The versions of rules, facts and calendar that an evaluation was made with.
ALTER TABLE evaluations ADD COLUMN rulebook text NOT NULL DEFAULT '';

-- Every evaluation that left something to remember, and the first one of each day: together with the events, of which it knew the
-- first `event_count`, any past score is rebuilt from it.
CREATE TABLE evaluation_steps (
  seq            bigserial PRIMARY KEY,
  institution_no integer NOT NULL,
  at             timestamptz NOT NULL,
  event_count    bigint NOT NULL,
  policy_version text NOT NULL,
  rulebook       text NOT NULL,
  -- What was known from outside of the institution's own events.
  outside        jsonb NOT NULL,
  -- The state it started from, where the steps before cannot tell it: with other rules, or kept by an older program.
  state_before   text
);
CREATE INDEX evaluation_steps_at_idx ON evaluation_steps (institution_no, at);
