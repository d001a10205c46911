-- What nothing reads any more: how many debits carry out a release (they are themselves in `booked`), and complaints per day
-- (rule F04 counts tickets).
ALTER TABLE releases DROP COLUMN debits;
DELETE FROM tallies WHERE metric = 7;
