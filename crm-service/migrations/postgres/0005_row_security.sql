-- Row-level security: a transaction sees the rows of the business it entered, and none before.
-- FORCE binds the owner too; superusers and BYPASSRLS roles are not bound (the service warns).
-- A later migration that must rewrite rows of all businesses lifts FORCE for its own transaction.

ALTER TABLE tenant_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON tenant_settings
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE greetings ENABLE ROW LEVEL SECURITY;
ALTER TABLE greetings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON greetings
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE leads ENABLE ROW LEVEL SECURITY;
ALTER TABLE leads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON leads
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE contact_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE contact_identities FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON contact_identities
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE lead_fields ENABLE ROW LEVEL SECURITY;
ALTER TABLE lead_fields FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON lead_fields
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE calls ENABLE ROW LEVEL SECURITY;
ALTER TABLE calls FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON calls
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE call_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE call_events FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON call_events
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE turns FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON turns
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));

ALTER TABLE tool_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE tool_runs FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_only ON tool_runs
    USING (tenant_id = NULLIF(current_setting('app.tenant', TRUE), ''));
