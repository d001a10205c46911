-- What Feewarden says to others. A message is written in the transaction that caused it; so is one delivery per receiver.
-- A delivery has a state of its own, and senders look for states, never for "newer than the last number I saw": the
-- identity column is handed out at insert but seen at commit, so a cursor over it would skip a transaction that commits late.

CREATE TABLE messages (
  seq            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id     text COLLATE "C" NOT NULL,
  type           text COLLATE "C" NOT NULL,
  institution_id text COLLATE "C",
  region_code    text COLLATE "C",
  bank_code      text COLLATE "C",
  topic          text COLLATE "C" NOT NULL,
  level          text COLLATE "C",
  previous_level text COLLATE "C",
  at             timestamptz NOT NULL,
  body           text NOT NULL,
  created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX messages_message_id_key ON messages (message_id);
CREATE INDEX messages_created_idx ON messages (created_at, seq);

-- One row per message and receiver: 'kafka:' and the topic, or 'webhook:' and the subscription's id. What shares an
-- `order_key` (the institution) is sent to a webhook one after the other; null may be sent in any order. A topic is sent in the
-- order of its numbers.
CREATE TABLE deliveries (
  message_seq    bigint NOT NULL,
  sink           text COLLATE "C" NOT NULL,
  order_key      text COLLATE "C",
  state          text COLLATE "C" NOT NULL DEFAULT 'pending',
  attempts       integer NOT NULL DEFAULT 0,
  next_at        timestamptz NOT NULL DEFAULT now(),
  claimed_by     text COLLATE "C",
  claimed_until  timestamptz,
  last_status    integer,
  last_error     text,
  delivered_at   timestamptz,
  proof          text,
  PRIMARY KEY (message_seq, sink),
  CONSTRAINT deliveries_state_known CHECK (state IN ('pending', 'delivered', 'dead')),
  CONSTRAINT deliveries_proven CHECK (state <> 'delivered' OR (delivered_at IS NOT NULL AND proof IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX deliveries_due_idx ON deliveries (sink, next_at, message_seq) WHERE state = 'pending';
CREATE INDEX deliveries_order_idx ON deliveries (sink, order_key, message_seq) WHERE state = 'pending';
CREATE INDEX deliveries_pending_idx ON deliveries (sink, message_seq) WHERE state = 'pending';
CREATE INDEX deliveries_failed_idx ON deliveries (sink, order_key, message_seq) WHERE state = 'pending' AND attempts > 0;
CREATE INDEX deliveries_dead_idx ON deliveries (sink) WHERE state = 'dead';
CREATE INDEX deliveries_sink_idx ON deliveries (sink, message_seq);

-- Which worker sends to a topic: one at a time, because a topic is one order.
CREATE TABLE sink_leases (
  sink           text COLLATE "C" PRIMARY KEY,
  held_by        text COLLATE "C" NOT NULL,
  held_until     timestamptz NOT NULL
);

-- Systems of regulators and banks that asked to be told. `secret` signs what is sent; it is shown once, at creation.
CREATE TABLE subscriptions (
  id             text COLLATE "C" PRIMARY KEY,
  name           text NOT NULL,
  url            text NOT NULL,
  secret         text NOT NULL,
  types          text[] NOT NULL,
  region_prefix  text COLLATE "C" NOT NULL DEFAULT '',
  level_min      text COLLATE "C",
  state          text COLLATE "C" NOT NULL DEFAULT 'active',
  state_reason   text,
  created_by     text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  updated_at     timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT subscriptions_state_known CHECK (state IN ('active', 'paused')),
  CONSTRAINT subscriptions_level_known CHECK (level_min IN ('blue', 'yellow', 'orange', 'red')),
  CONSTRAINT subscriptions_types_some CHECK (cardinality(types) > 0)
);
