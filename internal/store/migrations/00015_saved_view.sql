-- +goose Up
-- Not a record: filters of lists that a person keeps under a name, for themselves or for all.
CREATE TABLE saved_view (
   id TEXT PRIMARY KEY, person TEXT NOT NULL, list TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, shared BOOLEAN NOT NULL,
   dropped_at TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE INDEX saved_view_person ON saved_view (person, list);
CREATE INDEX saved_view_shared ON saved_view (shared, list);
