-- What is thought of each institution: the newest evaluation, its history, and the alerts that came of it. All of one
-- evaluation commits in one transaction together with its outgoing messages (src/risk/store.ts).

CREATE TABLE evaluations (
  institution_no integer PRIMARY KEY,
  -- State that the next evaluation starts from (open findings, hold times, counters), as deterministic JSON.
  state          text NOT NULL,
  evaluated_at   timestamptz NOT NULL,
  -- The earliest moment at which time alone could change an answer.
  next_at        timestamptz,
  policy_version text NOT NULL,
  score          smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
  level          text NOT NULL CHECK (level IN ('none', 'blue', 'yellow', 'orange', 'red')),
  grade          text NOT NULL,
  confidence     smallint NOT NULL,
  groups         jsonb NOT NULL,
  -- The terms of the score, and the floor that lifted it.
  terms          jsonb NOT NULL,
  floor          jsonb,
  findings       jsonb NOT NULL,
  problems       jsonb NOT NULL,
  name           text,
  region_code    text COLLATE "C",
  category       text,
  modes          text[] NOT NULL DEFAULT '{}',
  unearned_fen   numeric(30,0) NOT NULL
);
CREATE INDEX evaluations_next_idx ON evaluations (next_at);
CREATE INDEX evaluations_region_idx ON evaluations (region_code, score);

-- One row per change of the score.
CREATE TABLE scores (
  institution_no integer NOT NULL,
  at             timestamptz NOT NULL,
  score          smallint NOT NULL,
  level          text NOT NULL,
  grade          text NOT NULL,
  confidence     smallint NOT NULL,
  groups         jsonb NOT NULL,
  policy_version text NOT NULL,
  PRIMARY KEY (institution_no, at)
);

CREATE TABLE alerts (
  alert_id       text COLLATE "C" PRIMARY KEY,
  institution_no integer NOT NULL,
  rule_id        text NOT NULL,
  case_id        text COLLATE "C" NOT NULL,
  level          text NOT NULL,
  region_code    text COLLATE "C",
  opened_at      timestamptz NOT NULL,
  changed_at     timestamptz NOT NULL,
  cleared_at     timestamptz,
  -- Payload of its newest record, as the contract has it.
  data           jsonb NOT NULL
);
CREATE INDEX alerts_institution_idx ON alerts (institution_no, opened_at);
CREATE INDEX alerts_open_idx ON alerts (level, opened_at) WHERE cleared_at IS NULL;
CREATE INDEX alerts_opened_idx ON alerts (opened_at, alert_id);

-- Every step of an alert's life exactly once.
CREATE TABLE alert_records (
  alert_id       text COLLATE "C" NOT NULL,
  step           integer NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('raised', 'level_changed', 'cleared')),
  at             timestamptz NOT NULL,
  data           jsonb NOT NULL,
  PRIMARY KEY (alert_id, step)
);

-- Published policies; never edited. The newest published one is in force.
CREATE TABLE policies (
  version        text PRIMARY KEY,
  body           text NOT NULL,
  note           text NOT NULL,
  published_at   timestamptz NOT NULL
);

-- Which institutions are among the largest of their county (rule E04), as of the last ranking.
CREATE TABLE county_ranks (
  institution_no integer PRIMARY KEY,
  ranked_at      timestamptz NOT NULL
);

CREATE TABLE api_keys (
  id             text PRIMARY KEY,
  name           text NOT NULL,
  role           text NOT NULL,
  -- Region prefix, bank code or source prefix that the key is bound to; empty = everything its role allows.
  scope          text NOT NULL DEFAULT '',
  secret_hash    bytea NOT NULL,
  created_at     timestamptz NOT NULL,
  revoked_at     timestamptz
);
CREATE UNIQUE INDEX api_keys_secret_hash_key ON api_keys (secret_hash);
