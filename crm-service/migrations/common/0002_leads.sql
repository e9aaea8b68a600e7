-- People who contacted a business. A phone number is one kind of identity, not the key of a lead.

CREATE TABLE leads (
    id            TEXT   NOT NULL PRIMARY KEY,
    tenant_id     TEXT   NOT NULL REFERENCES tenants (id),
    name          TEXT,
    status        TEXT   NOT NULL,
    source        TEXT   NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX leads_newest ON leads (tenant_id, created_at_ms, id);

-- One lead per identity and business. The reference waits for the end of the transaction: the
-- identity is claimed first, and only the winner of a race creates the lead.
CREATE TABLE contact_identities (
    tenant_id       TEXT   NOT NULL REFERENCES tenants (id),
    kind            TEXT   NOT NULL CHECK (kind IN ('email', 'phone', 'phone_raw', 'wa_bsuid', 'wa_id', 'wa_lid', 'web')),
    value           TEXT   NOT NULL,
    lead_id         TEXT   NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    last_seen_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, value),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX contact_identities_of_lead ON contact_identities (tenant_id, lead_id);

-- What conversations taught about a lead; the newest statement wins, whatever order it arrived in.
CREATE TABLE lead_fields (
    tenant_id TEXT   NOT NULL REFERENCES tenants (id),
    lead_id   TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    value     TEXT   NOT NULL,
    said_at_ms BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    call_sid  TEXT   NOT NULL,
    PRIMARY KEY (tenant_id, lead_id, name),
    FOREIGN KEY (tenant_id, lead_id) REFERENCES leads (tenant_id, id)
);
