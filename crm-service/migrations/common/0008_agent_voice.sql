-- How the agent of a business speaks of itself, and what its callers are likely to say: one phrase a line.

ALTER TABLE tenant_settings
    ADD COLUMN agent_gender TEXT NOT NULL DEFAULT 'auto' CHECK (agent_gender IN ('auto', 'feminine', 'masculine'));
ALTER TABLE tenant_settings
    ADD COLUMN vocabulary TEXT NOT NULL DEFAULT '';
