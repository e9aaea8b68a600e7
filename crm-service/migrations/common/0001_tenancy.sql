-- Businesses and how a request finds its business.
-- Common subset: ids TEXT (UUIDv7), times BIGINT unix ms, enums TEXT + CHECK.

-- The directory of businesses: nothing in it that another business may not know.
CREATE TABLE tenants (
    id            TEXT   NOT NULL PRIMARY KEY,
    slug          TEXT   NOT NULL UNIQUE,
    created_at_ms BIGINT NOT NULL
);

CREATE TABLE tenant_settings (
    tenant_id         TEXT    NOT NULL PRIMARY KEY REFERENCES tenants (id),
    name              TEXT    NOT NULL,
    assistant_name    TEXT    NOT NULL,
    vertical          TEXT    NOT NULL CHECK (vertical IN ('general', 'plumber', 'real_estate', 'studio')),
    locale            TEXT    NOT NULL,
    time_zone         TEXT    NOT NULL,
    voice             TEXT    NOT NULL,
    barge_in_preset   TEXT    NOT NULL CHECK (barge_in_preset IN ('adaptive', 'polite', 'responsive')),
    record            BOOLEAN NOT NULL,
    announce          TEXT,
    first_lead_status TEXT    NOT NULL,
    prompt_version    BIGINT  NOT NULL,
    updated_at_ms     BIGINT  NOT NULL
);

-- What is said or written first, by channel; {business} and {assistant} are filled in when used.
CREATE TABLE greetings (
    tenant_id     TEXT   NOT NULL REFERENCES tenants (id),
    channel       TEXT   NOT NULL CHECK (channel IN ('chat', 'phone', 'sms', 'whatsapp')),
    text          TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, channel)
);

-- The address book of the door: which business owns a dialled number. Read across businesses,
-- hence nothing else in it.
CREATE TABLE channel_routes (
    kind          TEXT   NOT NULL CHECK (kind IN ('phone')),
    address       TEXT   NOT NULL,
    tenant_id     TEXT   NOT NULL REFERENCES tenants (id),
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (kind, address)
);
CREATE INDEX channel_routes_of_tenant ON channel_routes (tenant_id);

-- Keys of the API; the key itself is never stored.
CREATE TABLE api_keys (
    id            TEXT   NOT NULL PRIMARY KEY,
    tenant_id     TEXT   NOT NULL REFERENCES tenants (id),
    key_hash      TEXT   NOT NULL UNIQUE,
    prefix        TEXT   NOT NULL,
    label         TEXT   NOT NULL,
    created_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT
);
CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id);
