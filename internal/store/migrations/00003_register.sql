-- +goose Up
-- The lists of the register. Findings over the whole portfolio are read worst
-- first, one run of the index for each source and state.
DROP INDEX finding_severity;
CREATE INDEX finding_worst ON finding (source, state, severity_rank, fingerprint, assessment);
CREATE INDEX integration_name ON integration (name, id);
