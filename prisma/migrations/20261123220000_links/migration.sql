-- What ties institutions together (rule E05), and which of them are red by their own findings. Both are written with the evaluation
-- that found them (src/risk/store-links.ts); kinds: src/risk/facts/links.ts.
CREATE TABLE institution_links (
  institution_no integer NOT NULL,
  kind           smallint NOT NULL,
  key            text COLLATE "C" NOT NULL,
  PRIMARY KEY (institution_no, kind, key)
);
CREATE INDEX institution_links_key_idx ON institution_links (kind, key);

CREATE TABLE red_institutions (
  institution_no integer PRIMARY KEY,
  since          timestamptz NOT NULL
);
