-- The working days by which unnamed credits were matched with payments. When a program comes with another calendar, they are matched
-- anew before anything else: what is not touched again would stay as the days of a year were guessed, and differ from its events.
CREATE TABLE matched_by_calendar (
  one     boolean PRIMARY KEY DEFAULT true CHECK (one),
  version text    NOT NULL
);
