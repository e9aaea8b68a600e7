-- Calls, what happened in them, and what was said.

CREATE TABLE calls (
    call_sid           TEXT   NOT NULL PRIMARY KEY,
    tenant_id          TEXT   NOT NULL REFERENCES tenants (id),
    lead_id            TEXT,
    from_number        TEXT   NOT NULL,
    to_number          TEXT   NOT NULL,
    status             TEXT   NOT NULL CHECK (status IN ('ended', 'in_progress', 'routed')),
    started_at_ms      BIGINT NOT NULL,
    ended_at_ms        BIGINT,
    end_reason         TEXT,
    duration_ms        BIGINT,
    stream_sid         TEXT,
    recording          TEXT,
    recording_ms       BIGINT,
    caller_turns       BIGINT NOT NULL,
    agent_turns        BIGINT NOT NULL,
    barge_ins          BIGINT NOT NULL,
    -- Every event up to and including this seq is stored.
    events_through     BIGINT NOT NULL,
    -- Resent events whose content differed from what was stored first.
    conflicting_events BIGINT NOT NULL,
    created_at_ms      BIGINT NOT NULL,
    updated_at_ms      BIGINT NOT NULL,
    UNIQUE (tenant_id, call_sid),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
);
CREATE INDEX calls_newest ON calls (tenant_id, started_at_ms, call_sid);
CREATE INDEX calls_of_lead ON calls (tenant_id, lead_id);

-- As received, never changed.
CREATE TABLE call_events (
    tenant_id      TEXT   NOT NULL,
    call_sid       TEXT   NOT NULL,
    seq            BIGINT NOT NULL,
    happened_at_ms BIGINT NOT NULL,
    kind           TEXT   NOT NULL,
    payload        TEXT   NOT NULL,
    received_at_ms BIGINT NOT NULL,
    PRIMARY KEY (call_sid, seq),
    FOREIGN KEY (tenant_id, call_sid) REFERENCES calls (tenant_id, call_sid)
);

CREATE TABLE turns (
    tenant_id   TEXT    NOT NULL,
    call_sid    TEXT    NOT NULL,
    turn        BIGINT  NOT NULL,
    seq         BIGINT  NOT NULL,
    speaker     TEXT    NOT NULL CHECK (speaker IN ('agent', 'caller')),
    text        TEXT    NOT NULL,
    start_ms    BIGINT  NOT NULL,
    end_ms      BIGINT  NOT NULL,
    interrupted BOOLEAN NOT NULL,
    PRIMARY KEY (call_sid, turn),
    FOREIGN KEY (tenant_id, call_sid) REFERENCES calls (tenant_id, call_sid)
);

-- Each intended action of the agent happens once: a retry finds its answer here.
CREATE TABLE tool_runs (
    tenant_id       TEXT    NOT NULL,
    call_sid        TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    tool            TEXT    NOT NULL,
    arguments       TEXT    NOT NULL,
    ok              BOOLEAN NOT NULL,
    say             TEXT    NOT NULL,
    ran_at_ms       BIGINT  NOT NULL,
    PRIMARY KEY (call_sid, idempotency_key),
    FOREIGN KEY (tenant_id, call_sid) REFERENCES calls (tenant_id, call_sid)
);
