-- +goose Up
-- Not a record: what a person ticked as viewed in a review, and at which state.
CREATE TABLE viewed (
   person TEXT NOT NULL, review TEXT NOT NULL, item TEXT NOT NULL, digest TEXT NOT NULL, said TEXT NOT NULL, viewed_at TEXT NOT NULL,
   PRIMARY KEY (person, review, item));
