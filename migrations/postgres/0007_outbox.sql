-- Who wants to be told, and what is still to be sent. A message whose leased_until lies ahead is
-- being sent by somebody.
CREATE TABLE subscriptions (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    subscription_id UUID NOT NULL,
    channel TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C",
    area_id TEXT COLLATE "C",
    min_tier TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (jurisdiction_id, subscription_id)
);

CREATE TABLE outbox (
    jurisdiction_id TEXT COLLATE "C" NOT NULL REFERENCES jurisdictions,
    message_id UUID NOT NULL,
    alert_id UUID,
    channel TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C",
    subject TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    last_error TEXT COLLATE "C",
    leased_until TIMESTAMPTZ,
    sent_at TIMESTAMPTZ,
    PRIMARY KEY (jurisdiction_id, message_id)
);

CREATE INDEX outbox_due ON outbox (jurisdiction_id, next_attempt_at, message_id) WHERE state = 'waiting';
CREATE INDEX outbox_newest ON outbox (jurisdiction_id, created_at DESC, message_id);
