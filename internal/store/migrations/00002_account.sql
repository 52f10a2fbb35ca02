-- +goose Up
-- The one-time secret by which an invited person sets a password.
ALTER TABLE credential ADD COLUMN setup TEXT NOT NULL DEFAULT '';
ALTER TABLE credential ADD COLUMN setup_ends TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX credential_setup ON credential (setup) WHERE setup <> '';
CREATE INDEX session_expiry ON session (expires_at);
