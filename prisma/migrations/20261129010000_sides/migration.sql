-- What the two sides of a movement of money say of its amount (rule A06): the debits of a release with their day and amount, and
-- whether they come to what was instructed; the amount of each credit that names a payment, and how many payments it names.
ALTER TABLE releases ADD COLUMN booked text, ADD COLUMN differs boolean NOT NULL DEFAULT false;
CREATE INDEX releases_differ_idx ON releases (institution_no) WHERE differs;

-- Debits of a refund, by the refund that they name. Cut out as other fields are (20261124000000_pace).
CREATE INDEX events_refund_debits_idx ON events
  (institution_no, (split_part(split_part(body, '"refundId":"', 2), '"', 1) COLLATE "C")) WHERE type = 41 AND position('"refundId":' in body) > 0;

-- Rows of before. The texts are those that the program writes.
WITH debits AS (
  SELECT e.institution_no, e.body::json->'data'->>'instructionId' AS instruction_id,
         '[' || string_agg('[' || to_json(e.key)::text || ',' || ((e.body::json->'data'->>'bookedOn')::date - date '1970-01-01') || ',' || e.amounts || ']',
                           ',' ORDER BY e.key COLLATE "C") || ']' AS booked,
         sum(e.amounts::numeric) AS fen
    FROM events e
   WHERE e.type = 41 AND e.body::json->'data'->>'purpose' = 'release' AND e.body::json->'data'->>'instructionId' IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM events r WHERE r.institution_no = e.institution_no AND r.type = 150 AND r.key = e.source || chr(31) || e.id)
     AND NOT EXISTS (SELECT 1 FROM displaced_events d WHERE d.institution_no = e.institution_no AND d.event_seq = e.seq)
   GROUP BY 1, 2
)
UPDATE releases r
   SET booked = d.booked,
       differs = r.lines IS NOT NULL AND d.fen <> (SELECT coalesce(sum((l->>'amountFen')::numeric), 0) FROM json_array_elements(r.lines::json) l)
  FROM debits d
 WHERE d.institution_no = r.institution_no AND d.instruction_id = r.instruction_id COLLATE "C";

WITH named AS (
  SELECT p.institution_no, p.payment_id, n->>0 AS key, n->>1 AS day
    FROM payments p, json_array_elements(p.named_by::json) n
   WHERE p.named_by IS NOT NULL
), counted AS (
  SELECT institution_no, key, count(*) AS payments FROM named GROUP BY 1, 2
), lists AS (
  SELECT n.institution_no, n.payment_id,
         '[' || string_agg('[' || to_json(n.key)::text || ',' || n.day || ',' || c.amount_fen || ',' || k.payments || ']',
                           ',' ORDER BY n.key COLLATE "C") || ']' AS named_by
    FROM named n
    JOIN counted k ON k.institution_no = n.institution_no AND k.key = n.key
    JOIN credits c ON c.institution_no = n.institution_no AND c.account_id = split_part(n.key, chr(31), 1) AND c.bank_txn_id = split_part(n.key, chr(31), 2)
   GROUP BY 1, 2
)
UPDATE payments p SET named_by = l.named_by FROM lists l WHERE l.institution_no = p.institution_no AND l.payment_id = p.payment_id;
