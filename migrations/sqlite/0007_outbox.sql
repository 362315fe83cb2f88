-- Who wants to be told, and what is still to be sent. A message whose leased_until lies ahead is
-- being sent by somebody.
CREATE TABLE subscriptions (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    subscription_id BLOB NOT NULL,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    secret TEXT,
    area_id TEXT,
    min_tier TEXT NOT NULL,
    PRIMARY KEY (jurisdiction_id, subscription_id)
) STRICT;

CREATE TABLE outbox (
    jurisdiction_id TEXT NOT NULL REFERENCES jurisdictions,
    message_id BLOB NOT NULL,
    alert_id BLOB,
    channel TEXT NOT NULL,
    target TEXT NOT NULL,
    secret TEXT,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_error TEXT,
    leased_until INTEGER,
    sent_at INTEGER,
    PRIMARY KEY (jurisdiction_id, message_id)
) STRICT;

CREATE INDEX outbox_due ON outbox (jurisdiction_id, next_attempt_at, message_id) WHERE state = 'waiting';
CREATE INDEX outbox_newest ON outbox (jurisdiction_id, created_at DESC, message_id);
