-- What is known of a call before its business is: read across businesses, hence no customer data
-- of any of them.

-- Which business a call belongs to, so that its events find the way.
CREATE TABLE call_directory (
    call_sid      TEXT   NOT NULL PRIMARY KEY,
    tenant_id     TEXT   NOT NULL REFERENCES tenants (id),
    created_at_ms BIGINT NOT NULL
);
CREATE INDEX call_directory_of_tenant ON call_directory (tenant_id);

-- Calls that belong to no business: nobody owns the dialled number, or it is not known yet.
-- When a business is found, the call and its events move there and nothing stays here.
CREATE TABLE unrouted_calls (
    call_sid         TEXT   NOT NULL PRIMARY KEY,
    from_number      TEXT,
    to_number        TEXT,
    reason           TEXT   NOT NULL CHECK (reason IN ('unannounced', 'unknown_number')),
    first_seen_at_ms BIGINT NOT NULL,
    last_seen_at_ms  BIGINT NOT NULL
);

-- Their events, kept until a business is found.
CREATE TABLE held_events (
    call_sid       TEXT   NOT NULL REFERENCES unrouted_calls (call_sid),
    seq            BIGINT NOT NULL,
    happened_at_ms BIGINT NOT NULL,
    kind           TEXT   NOT NULL,
    payload        TEXT   NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (call_sid, seq)
);
