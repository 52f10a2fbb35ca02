-- +goose Up
-- The review: what is asked, answered, signed and decided, and what keeps it true.
CREATE TABLE review (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, partner TEXT NOT NULL, number BIGINT NOT NULL,
   state TEXT NOT NULL, cause TEXT NOT NULL, intake TEXT NOT NULL, requester TEXT NOT NULL, revision TEXT NOT NULL,
   previous TEXT NOT NULL, template TEXT NOT NULL, tier TEXT NOT NULL, policy_tier TEXT NOT NULL, tier_reason TEXT NOT NULL,
   roles TEXT NOT NULL, months BIGINT NOT NULL, fast_lane BOOLEAN NOT NULL, due TEXT NOT NULL, decision TEXT NOT NULL,
   opened_at TEXT NOT NULL, submitted_at TEXT NOT NULL, triaged_at TEXT NOT NULL, ready_at TEXT NOT NULL, ended_at TEXT NOT NULL,
   updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE signoff (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, review TEXT NOT NULL, integration TEXT NOT NULL, role TEXT NOT NULL,
   person TEXT NOT NULL, on_behalf TEXT NOT NULL, approve BOOLEAN NOT NULL, comment TEXT NOT NULL, revision TEXT NOT NULL,
   content TEXT NOT NULL, view TEXT NOT NULL, proof TEXT NOT NULL, withdrawn_at TEXT NOT NULL, created_at TEXT NOT NULL,
   salt BYTEA NOT NULL);
CREATE TABLE delegation (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, role TEXT NOT NULL, from_person TEXT NOT NULL, to_person TEXT NOT NULL,
   until TEXT NOT NULL, reason TEXT NOT NULL, revoked_at TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE decision (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, review TEXT NOT NULL, integration TEXT NOT NULL, revision TEXT NOT NULL,
   outcome TEXT NOT NULL, content TEXT NOT NULL, material TEXT NOT NULL, view TEXT NOT NULL, tier TEXT NOT NULL,
   roles TEXT NOT NULL, signoffs TEXT NOT NULL, until TEXT NOT NULL, rationale TEXT NOT NULL, decided_by TEXT NOT NULL,
   approval TEXT NOT NULL, superseded TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE standing (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, partner TEXT NOT NULL, review TEXT NOT NULL, decision TEXT NOT NULL,
   outcome TEXT NOT NULL, tier TEXT NOT NULL, until TEXT NOT NULL, live_at TEXT NOT NULL, suspended_at TEXT NOT NULL,
   freshness TEXT NOT NULL, compared TEXT NOT NULL, danger BIGINT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE ruling (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, fingerprint TEXT NOT NULL, check_id TEXT NOT NULL,
   element TEXT NOT NULL, refuted BOOLEAN NOT NULL, role TEXT NOT NULL, ruled_by TEXT NOT NULL, reason TEXT NOT NULL,
   revoked_at TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE run (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, revision TEXT NOT NULL, content TEXT NOT NULL,
   interface TEXT NOT NULL, target TEXT NOT NULL, origin TEXT NOT NULL, complete BOOLEAN NOT NULL, verdicts TEXT NOT NULL,
   stands BOOLEAN NOT NULL, document TEXT NOT NULL, handed_by TEXT NOT NULL, finished_at TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE inquiry (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, review TEXT NOT NULL, integration TEXT NOT NULL, partner TEXT NOT NULL,
   audience TEXT NOT NULL, template TEXT NOT NULL, items TEXT NOT NULL, previous TEXT NOT NULL, state TEXT NOT NULL,
   due TEXT NOT NULL, answered BIGINT NOT NULL, asked BIGINT NOT NULL, sent_by TEXT NOT NULL, sent_at TEXT NOT NULL,
   submitted_at TEXT NOT NULL, accepted_by TEXT NOT NULL, accepted_at TEXT NOT NULL, note TEXT NOT NULL, updated_at TEXT NOT NULL,
   salt BYTEA NOT NULL);
CREATE TABLE answer (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, inquiry TEXT NOT NULL, integration TEXT NOT NULL, question TEXT NOT NULL,
   value BYTEA NOT NULL, source TEXT NOT NULL, origin TEXT NOT NULL, author TEXT NOT NULL, confirmed BOOLEAN NOT NULL,
   latest BOOLEAN NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE link (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, inquiry TEXT NOT NULL, partner TEXT NOT NULL, label TEXT NOT NULL,
   hash TEXT NOT NULL, questions TEXT NOT NULL, parent TEXT NOT NULL, preview BOOLEAN NOT NULL, visit TEXT NOT NULL,
   created_by TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE evidence (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, partner TEXT NOT NULL, integration TEXT NOT NULL, inquiry TEXT NOT NULL,
   kind TEXT NOT NULL, title TEXT NOT NULL, issuer TEXT NOT NULL, scope TEXT NOT NULL, services TEXT NOT NULL,
   period_start TEXT NOT NULL, period_end TEXT NOT NULL, issued TEXT NOT NULL, expires TEXT NOT NULL, exceptions TEXT NOT NULL,
   confidentiality TEXT NOT NULL, file TEXT NOT NULL, file_name TEXT NOT NULL, media_type TEXT NOT NULL, size BIGINT NOT NULL,
   state TEXT NOT NULL, known TEXT NOT NULL, reason TEXT NOT NULL, uploaded_by TEXT NOT NULL, accepted_by TEXT NOT NULL,
   accepted_at TEXT NOT NULL, supersedes TEXT NOT NULL, superseded_by TEXT NOT NULL, created_at TEXT NOT NULL,
   updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE thread (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, inquiry TEXT NOT NULL, kind TEXT NOT NULL,
   object TEXT NOT NULL, title TEXT NOT NULL, blocks BOOLEAN NOT NULL, shared BOOLEAN NOT NULL, opened_by TEXT NOT NULL, resolved_by TEXT NOT NULL,
   resolved_at TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE comment (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, thread TEXT NOT NULL, integration TEXT NOT NULL, text TEXT NOT NULL,
   author TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE contract (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, partner TEXT NOT NULL, integrations TEXT NOT NULL, type TEXT NOT NULL,
   title TEXT NOT NULL, signed TEXT NOT NULL, starts TEXT NOT NULL, ends TEXT NOT NULL, auto_renew BOOLEAN NOT NULL,
   notice_ours BIGINT NOT NULL, notice_theirs BIGINT NOT NULL, deprecation BIGINT NOT NULL, breach_hours BIGINT NOT NULL,
   objection BIGINT NOT NULL, law TEXT NOT NULL, cost TEXT NOT NULL, data_owner TEXT NOT NULL, audit_right BOOLEAN NOT NULL,
   clauses TEXT NOT NULL, levels TEXT NOT NULL, evidence TEXT NOT NULL, closed_at TEXT NOT NULL, created_at TEXT NOT NULL,
   updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE measure (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, contract TEXT NOT NULL, partner TEXT NOT NULL, integration TEXT NOT NULL,
   metric TEXT NOT NULL, value DOUBLE PRECISION NOT NULL, period_from TEXT NOT NULL, period_to TEXT NOT NULL, source TEXT NOT NULL,
   recorded_by TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE subprocessor (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, partner TEXT NOT NULL, name TEXT NOT NULL, service TEXT NOT NULL,
   country TEXT NOT NULL, categories TEXT NOT NULL, integrations TEXT NOT NULL, source TEXT NOT NULL, notice TEXT NOT NULL,
   ended_at TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE notice (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, partner TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL,
   facts TEXT NOT NULL, received TEXT NOT NULL, effective TEXT NOT NULL, deadline TEXT NOT NULL, due_at TEXT NOT NULL,
   rule TEXT NOT NULL, state TEXT NOT NULL, from_whom TEXT NOT NULL, inquiry TEXT NOT NULL, decided_by TEXT NOT NULL, reason TEXT NOT NULL, decided_at TEXT NOT NULL,
   created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE profile (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, legal_name TEXT NOT NULL, person_type TEXT NOT NULL, identifiers TEXT NOT NULL,
   parent TEXT NOT NULL, status TEXT NOT NULL, security_contact TEXT NOT NULL, privacy_contact TEXT NOT NULL, tags TEXT NOT NULL,
   created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE condition (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, review TEXT NOT NULL, decision TEXT NOT NULL,
   text TEXT NOT NULL, before_live BOOLEAN NOT NULL, owner TEXT NOT NULL, verifier TEXT NOT NULL, check_ref TEXT NOT NULL,
   due TEXT NOT NULL, breach TEXT NOT NULL, state TEXT NOT NULL, evidence TEXT NOT NULL, met_by TEXT NOT NULL, met_at TEXT NOT NULL,
   reason TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE exception (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, review TEXT NOT NULL, covers TEXT NOT NULL,
   reason TEXT NOT NULL, compensating TEXT NOT NULL, owner TEXT NOT NULL, proposed_by TEXT NOT NULL, approver TEXT NOT NULL, expires TEXT NOT NULL,
   renewals BIGINT NOT NULL, breach TEXT NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
   salt BYTEA NOT NULL);
CREATE TABLE risk (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, partner TEXT NOT NULL, cause TEXT NOT NULL,
   event TEXT NOT NULL, consequence TEXT NOT NULL, category TEXT NOT NULL, likelihood BIGINT NOT NULL, impact BIGINT NOT NULL,
   treatment TEXT NOT NULL, plan TEXT NOT NULL, owner TEXT NOT NULL, due TEXT NOT NULL, residual_likelihood BIGINT NOT NULL,
   residual_impact BIGINT NOT NULL, findings TEXT NOT NULL, exceptions TEXT NOT NULL, acceptance TEXT NOT NULL,
   held_by TEXT NOT NULL, severity BIGINT NOT NULL, state TEXT NOT NULL, closed_by TEXT NOT NULL,
   closing_reason TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE trigger_event (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,
   severity TEXT NOT NULL, effect TEXT NOT NULL, facts TEXT NOT NULL, review TEXT NOT NULL, attested TEXT NOT NULL,
   handled_by TEXT NOT NULL, handled_at TEXT NOT NULL, reason TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE attestation (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, subject TEXT NOT NULL, about TEXT NOT NULL,
   statement TEXT NOT NULL, result TEXT NOT NULL, evidence TEXT NOT NULL, by_person TEXT NOT NULL, revoked_at TEXT NOT NULL, created_at TEXT NOT NULL,
   salt BYTEA NOT NULL);
CREATE TABLE departure (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, reason TEXT NOT NULL, planned TEXT NOT NULL,
   tasks TEXT NOT NULL, residual TEXT NOT NULL, keep_until TEXT NOT NULL, revocation TEXT NOT NULL, deletion TEXT NOT NULL,
   contract TEXT NOT NULL, started_by TEXT NOT NULL, ended_at TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
   salt BYTEA NOT NULL);
CREATE TABLE threat_review (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, assessment TEXT NOT NULL, previous TEXT NOT NULL,
   added BIGINT NOT NULL, gone BIGINT NOT NULL, changed BIGINT NOT NULL, difference TEXT NOT NULL, comment TEXT NOT NULL,
   by_person TEXT NOT NULL, next_due TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE TABLE footprint (
   version BIGINT NOT NULL, id TEXT PRIMARY KEY, partner TEXT NOT NULL, revision TEXT NOT NULL, facts TEXT NOT NULL,
   updated_at TEXT NOT NULL, salt BYTEA NOT NULL);

CREATE UNIQUE INDEX review_number ON review (integration, number);
CREATE INDEX review_state ON review (state, id);
CREATE INDEX signoff_review ON signoff (review, id);
CREATE INDEX signoff_integration ON signoff (integration, id);
CREATE INDEX delegation_to ON delegation (to_person, role);
CREATE INDEX decision_integration ON decision (integration, id);
CREATE INDEX standing_until ON standing (until, id);
CREATE INDEX standing_partner ON standing (partner, id);
CREATE INDEX standing_danger ON standing (danger DESC, review) WHERE review <> '';
CREATE INDEX ruling_integration ON ruling (integration, id);
CREATE INDEX run_integration ON run (integration, id);
CREATE INDEX inquiry_review ON inquiry (review, id);
CREATE INDEX inquiry_integration ON inquiry (integration, id);
CREATE INDEX answer_latest ON answer (inquiry, question, id);
CREATE INDEX link_inquiry ON link (inquiry, id);
CREATE UNIQUE INDEX link_hash ON link (hash);
CREATE INDEX link_visit ON link (visit);
CREATE INDEX evidence_partner ON evidence (partner, id);
CREATE INDEX evidence_whole ON evidence (partner, integration);
CREATE INDEX evidence_integration ON evidence (integration, id);
CREATE INDEX evidence_inquiry ON evidence (inquiry, id);
CREATE INDEX evidence_file ON evidence (file);
CREATE INDEX evidence_expires ON evidence (expires, id);
CREATE INDEX thread_integration ON thread (integration, id);
CREATE INDEX thread_inquiry ON thread (inquiry, id);
CREATE INDEX thread_object ON thread (object, id);
CREATE INDEX comment_thread ON comment (thread, id);
CREATE INDEX contract_partner ON contract (partner, id);
CREATE INDEX contract_ends ON contract (ends, id);
CREATE INDEX measure_contract ON measure (contract, id);
CREATE INDEX subprocessor_partner ON subprocessor (partner, id);
CREATE INDEX subprocessor_name ON subprocessor (name, id);
CREATE INDEX notice_partner ON notice (partner, id);
CREATE INDEX condition_integration ON condition (integration, id);
CREATE INDEX condition_due ON condition (state, due);
CREATE INDEX exception_integration ON exception (integration, id);
CREATE INDEX exception_expires ON exception (state, expires);
CREATE INDEX risk_integration ON risk (integration, id);
CREATE INDEX risk_severity ON risk (severity, id);
CREATE INDEX risk_partner ON risk (partner, id);
CREATE INDEX profile_parent ON profile (parent, id);
CREATE INDEX trigger_integration ON trigger_event (integration, id);
CREATE INDEX attestation_integration ON attestation (integration, id);
CREATE INDEX departure_integration ON departure (integration, id);
CREATE INDEX threat_review_integration ON threat_review (integration, id);
