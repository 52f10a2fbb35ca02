-- +goose Up
-- Not a record: what runs of live checks say of themselves while they go on. Nothing is concluded from it.
CREATE TABLE live_run (
   id TEXT PRIMARY KEY, integration TEXT NOT NULL, actor TEXT NOT NULL, seen_at TEXT NOT NULL, said TEXT NOT NULL);
CREATE INDEX live_run_integration ON live_run (integration, id);
