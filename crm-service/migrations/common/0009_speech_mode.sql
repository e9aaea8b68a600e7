-- How the agent speaks: 'chain' (recognition, replies, synthesis) or 'realtime' (speech to speech). NULL: as the
-- bridge is set.

ALTER TABLE tenant_settings
    ADD COLUMN speech_mode TEXT CHECK (speech_mode IN ('chain', 'realtime'));
