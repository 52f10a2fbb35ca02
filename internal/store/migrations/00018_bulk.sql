-- +goose Up
-- Not a record: acts on many things at once, and how far each came. What was done is recorded act by act.
CREATE TABLE bulk (
   id TEXT PRIMARY KEY, person TEXT NOT NULL, key TEXT NOT NULL, said TEXT NOT NULL, state TEXT NOT NULL,
   runner TEXT NOT NULL, leased_until TEXT NOT NULL, created_at TEXT NOT NULL, ended_at TEXT NOT NULL);
CREATE INDEX bulk_person ON bulk (person, id);
CREATE INDEX bulk_ended ON bulk (ended_at);
CREATE UNIQUE INDEX bulk_key ON bulk (person, key) WHERE key <> '';
CREATE TABLE bulk_item (
   bulk TEXT NOT NULL, n BIGINT NOT NULL, subject TEXT NOT NULL, outcome TEXT NOT NULL, told TEXT NOT NULL, tries BIGINT NOT NULL, said TEXT NOT NULL,
   PRIMARY KEY (bulk, n));
CREATE INDEX bulk_item_outcome ON bulk_item (bulk, outcome, n);
