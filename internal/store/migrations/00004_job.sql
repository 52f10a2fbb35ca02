-- +goose Up
-- An event ends done, failed or cancelled. A scheduled one is unique by its
-- period, whichever process makes it.
ALTER TABLE event ADD COLUMN period TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN job BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN last_error TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN retry_at TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN done_at TEXT NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
DROP INDEX event_open;
CREATE INDEX event_open ON event (due_at, id) WHERE relayed_at = '' AND done_at = '';
CREATE INDEX event_undone ON event (id) WHERE done_at = '';
CREATE INDEX event_done ON event (done_at) WHERE done_at <> '';
CREATE UNIQUE INDEX event_period ON event (kind, subject, period) WHERE period <> '';

-- Not a record: what a person was told, as identifiers.
CREATE TABLE message (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, kind TEXT NOT NULL, params TEXT NOT NULL, link TEXT NOT NULL, created_at TEXT NOT NULL, read_at TEXT NOT NULL);
CREATE INDEX message_person ON message (person, id);
CREATE INDEX message_unread ON message (person, id) WHERE read_at = '';

CREATE TABLE delivery (
  id TEXT PRIMARY KEY, message TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, failures BIGINT NOT NULL, last_error TEXT NOT NULL,
  created_at TEXT NOT NULL, done_at TEXT NOT NULL);
CREATE INDEX delivery_message ON delivery (message);
CREATE INDEX delivery_channel ON delivery (channel, id);

-- Not a record: who wants no mail.
CREATE TABLE no_mail (person TEXT PRIMARY KEY);

CREATE TABLE webhook (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, kinds TEXT NOT NULL, target BYTEA NOT NULL, secret BYTEA NOT NULL,
  disabled BOOLEAN NOT NULL, why TEXT NOT NULL, created_by TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
