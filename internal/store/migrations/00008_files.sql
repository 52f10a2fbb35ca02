-- +goose Up
-- What is asked before a file is purged: does any row name it?
CREATE INDEX run_document ON run (document);
CREATE INDEX inquiry_items ON inquiry (items);
CREATE INDEX signoff_view ON signoff (view);
CREATE INDEX decision_view ON decision (view);
CREATE INDEX decision_approval ON decision (approval);
