-- +goose Up
-- The lists of the register. Findings over the whole portfolio are read worst
-- first, one run of the index for each source and state; those of some
-- integrations are picked from an index that holds all that decides.
DROP INDEX finding_severity;
DROP INDEX finding_integration;
CREATE INDEX finding_worst ON finding (source, state, severity_rank, fingerprint, assessment);
CREATE INDEX finding_own ON finding (integration, severity_rank, fingerprint, assessment, source, state);
CREATE INDEX integration_name ON integration (name, id);
