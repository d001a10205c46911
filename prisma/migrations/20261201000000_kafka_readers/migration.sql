-- What each process that reads events from Kafka said of itself last: the API of another process tells by it whether they are read.
CREATE TABLE kafka_readers (
  worker      text        PRIMARY KEY,
  reported_at timestamptz NOT NULL,
  healthy     boolean     NOT NULL,
  reason      text,
  lag         bigint      NOT NULL
);
