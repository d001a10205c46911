-- What an evaluation tells (groups, terms, floor, findings, problems) is mostly what the last one told, and costs more to write than all
-- else of the row. A hash of it, and the moment of the evaluation that wrote it: both must fit for the columns to be left as they are
-- (src/risk/store-evaluations.ts). Null: not known.
ALTER TABLE evaluations ADD COLUMN told text COLLATE "C";
-- Room on the page for the next evaluation of the row: no index is touched while the score and the next moment stay.
ALTER TABLE evaluations SET (fillfactor = 70);
