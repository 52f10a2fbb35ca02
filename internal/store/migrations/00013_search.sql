-- +goose Up
-- The rules that findings come from, one after the other, and the worst findings of one.
CREATE INDEX finding_rule ON finding (rule, severity_rank, fingerprint, assessment);
