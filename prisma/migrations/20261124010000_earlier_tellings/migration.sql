-- An accepted event that was told again as known earlier (recordedtime): books as of a time between know it, whatever came first.
-- Only the earliest such telling of each event is kept.
CREATE TABLE earlier_tellings (
  institution_no integer NOT NULL,
  source         text COLLATE "C" NOT NULL,
  id             text COLLATE "C" NOT NULL,
  recorded_at    timestamptz NOT NULL,
  body           text NOT NULL,
  PRIMARY KEY (institution_no, source, id)
);

-- The same for facts that are kept out. Null: kept out before this column was there.
ALTER TABLE kept_out_events ADD COLUMN recorded_at timestamptz;
