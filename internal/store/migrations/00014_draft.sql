-- +goose Up
-- No records: what people began to ask for, sealed, and the specification that a draft was begun from.
CREATE TABLE draft (
   id TEXT PRIMARY KEY, person TEXT NOT NULL, begun TEXT NOT NULL, version BIGINT NOT NULL, content BYTEA NOT NULL,
   created_at TEXT NOT NULL, saved_at TEXT NOT NULL, discarded_at TEXT NOT NULL, integration TEXT NOT NULL);
CREATE INDEX draft_person ON draft (person, saved_at);
CREATE INDEX draft_saved ON draft (saved_at);
CREATE UNIQUE INDEX draft_begun ON draft (person, begun) WHERE begun <> '';
CREATE TABLE draft_file (draft TEXT PRIMARY KEY, content BYTEA NOT NULL);
