-- +goose Up
-- Lists of the review by what they are filtered by, in the order in which they are paged; and what is due.
CREATE INDEX review_partner ON review (partner, id);
CREATE INDEX review_tier ON review (tier, id);
CREATE INDEX review_due ON review (due);
CREATE INDEX inquiry_state ON inquiry (state, id);
CREATE INDEX inquiry_audience ON inquiry (audience, id);
CREATE INDEX evidence_kind ON evidence (kind, id);
CREATE INDEX evidence_state ON evidence (state, id);
CREATE INDEX evidence_period ON evidence (period_end, id);
CREATE INDEX thread_kind ON thread (kind, id);
CREATE INDEX thread_open ON thread (resolved_by, id);
CREATE INDEX contract_type ON contract (type, id);
CREATE INDEX notice_kind ON notice (kind, id);
CREATE INDEX notice_state ON notice (state, id);
CREATE INDEX notice_inquiry ON notice (inquiry, id);
CREATE INDEX trigger_kind ON trigger_event (kind, id);
CREATE INDEX trigger_open ON trigger_event (handled_at, id);
CREATE INDEX risk_owner ON risk (owner, severity, id);
CREATE INDEX risk_category ON risk (category, severity, id);
CREATE INDEX risk_heat ON risk (likelihood, impact, residual_likelihood, residual_impact, state, integration);
CREATE INDEX condition_state ON condition (state, id);
CREATE INDEX exception_state ON exception (state, id);
CREATE INDEX subprocessor_now ON subprocessor (ended_at, id);
