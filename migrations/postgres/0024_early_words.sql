-- Of what took a record back before it came (or while it stood withdrawn) the first word is kept beside the newest: which
-- of them counts depends on what the record said when.
ALTER TABLE early_withdrawals ADD COLUMN first_received_at TIMESTAMPTZ;
ALTER TABLE early_withdrawals ADD COLUMN first_because TEXT COLLATE "C";
UPDATE early_withdrawals SET first_received_at = received_at, first_because = because;
