-- How readily the agent lets itself be interrupted, beside the preset: -1 less, 0 as the preset says, 1 more.

ALTER TABLE tenant_settings
    ADD COLUMN barge_in_sensitivity REAL NOT NULL DEFAULT 0.0 CHECK (barge_in_sensitivity BETWEEN -1.0 AND 1.0);
