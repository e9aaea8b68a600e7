-- What makes a call of a business urgent: one phrase a line. NULL: what the bridge takes for urgent; '': nothing.

ALTER TABLE tenant_settings
    ADD COLUMN emergencies TEXT;
