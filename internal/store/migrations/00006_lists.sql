-- +goose Up
-- What a new assessment ends: the looks ahead that the one before asked for.
CREATE INDEX event_subject ON event (subject, kind) WHERE done_at = '';
