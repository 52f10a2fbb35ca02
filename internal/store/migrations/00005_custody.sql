-- +goose Up
-- How long things are kept, where the organisation set it, and what is held.
CREATE TABLE retention (version BIGINT NOT NULL, id TEXT PRIMARY KEY, days BIGINT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);

CREATE TABLE hold (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, scope TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL, placed_by TEXT NOT NULL,
  placed_at TEXT NOT NULL, until TEXT NOT NULL, lifted_by TEXT NOT NULL, lifted_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE INDEX hold_open ON hold (id) WHERE lifted_at = '';

-- A detail is erased by its age; an entry's own time is in its leaf.
ALTER TABLE ledger_detail ADD COLUMN made_at TEXT NOT NULL DEFAULT '';
CREATE INDEX ledger_detail_age ON ledger_detail (made_at);
CREATE INDEX message_age ON message (created_at);
