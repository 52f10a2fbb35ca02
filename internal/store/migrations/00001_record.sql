-- +goose Up
-- One SQL for both databases: BYTEA, BIGINT, BOOLEAN and DOUBLE PRECISION mean
-- the same in both; times are text in UTC. A table with a salt is a record.

CREATE TABLE ledger_entry (seq BIGINT PRIMARY KEY, leaf BYTEA NOT NULL);
CREATE TABLE ledger_hash (idx BIGINT PRIMARY KEY, hash BYTEA NOT NULL);
CREATE TABLE ledger_head (id BIGINT PRIMARY KEY, size BIGINT NOT NULL, note TEXT NOT NULL);
CREATE TABLE ledger_detail (seq BIGINT PRIMARY KEY, salt BYTEA NOT NULL, detail BYTEA NOT NULL);
CREATE TABLE ledger_subject (kind TEXT NOT NULL, id TEXT NOT NULL, seq BIGINT NOT NULL, after_digest TEXT NOT NULL, PRIMARY KEY (kind, id, seq));
CREATE INDEX ledger_subject_seq ON ledger_subject (seq);

CREATE TABLE idempotency (
  actor TEXT NOT NULL, idem TEXT NOT NULL, request TEXT NOT NULL, result TEXT NOT NULL, seq BIGINT NOT NULL, created_at TEXT NOT NULL,
  PRIMARY KEY (actor, idem));
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE event (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, due_at TEXT NOT NULL, created_at TEXT NOT NULL, relayed_at TEXT NOT NULL);
CREATE INDEX event_open ON event (relayed_at, due_at);

CREATE TABLE blob (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, kind TEXT NOT NULL, size BIGINT NOT NULL, integration TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);

CREATE TABLE partner (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, website TEXT NOT NULL, owner TEXT NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);

CREATE TABLE integration (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, slug TEXT NOT NULL, environment TEXT NOT NULL, name TEXT NOT NULL, partner TEXT NOT NULL,
  state TEXT NOT NULL, owner TEXT NOT NULL, head TEXT NOT NULL, revisions BIGINT NOT NULL, assessment TEXT NOT NULL, tier TEXT NOT NULL,
  inherent DOUBLE PRECISION NOT NULL, residual DOUBLE PRECISION NOT NULL, outcome TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  salt BYTEA NOT NULL, UNIQUE (slug, environment));
CREATE INDEX integration_owner ON integration (owner);
CREATE INDEX integration_partner ON integration (partner);
CREATE INDEX integration_risk ON integration (residual, id);

CREATE TABLE member (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, person TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL,
  UNIQUE (integration, person));
CREATE INDEX member_person ON member (person);

CREATE TABLE revision (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, number BIGINT NOT NULL, parent TEXT NOT NULL, content TEXT NOT NULL,
  material TEXT NOT NULL, bundle TEXT NOT NULL, changes TEXT NOT NULL, widens BOOLEAN NOT NULL, reason TEXT NOT NULL, author TEXT NOT NULL,
  created_at TEXT NOT NULL, salt BYTEA NOT NULL, UNIQUE (integration, number));
CREATE INDEX revision_content ON revision (integration, content);
CREATE INDEX revision_bundle ON revision (bundle);

CREATE TABLE assessment (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, integration TEXT NOT NULL, revision TEXT NOT NULL, content TEXT NOT NULL, as_of TEXT NOT NULL,
  packs TEXT NOT NULL, document TEXT NOT NULL, tier TEXT NOT NULL, inherent DOUBLE PRECISION NOT NULL, residual DOUBLE PRECISION NOT NULL,
  outcome TEXT NOT NULL, gate TEXT NOT NULL, findings BIGINT NOT NULL, findings_digest TEXT NOT NULL, origin TEXT NOT NULL, created_at TEXT NOT NULL,
  salt BYTEA NOT NULL);
CREATE INDEX assessment_integration ON assessment (integration, id);
CREATE INDEX assessment_document ON assessment (document);

CREATE TABLE finding (
  assessment TEXT NOT NULL, fingerprint TEXT NOT NULL, integration TEXT NOT NULL, source TEXT NOT NULL, rule TEXT NOT NULL, element TEXT NOT NULL,
  severity TEXT NOT NULL, severity_rank BIGINT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL, PRIMARY KEY (assessment, fingerprint));
CREATE INDEX finding_integration ON finding (integration, severity_rank, fingerprint);
CREATE INDEX finding_severity ON finding (severity_rank, assessment, fingerprint);

CREATE TABLE person (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL, roles TEXT NOT NULL, disabled BOOLEAN NOT NULL,
  erased BOOLEAN NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE UNIQUE INDEX person_email ON person (email) WHERE email <> '';

CREATE TABLE credential (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, password TEXT NOT NULL, totp BYTEA NOT NULL, totp_step BIGINT NOT NULL, recovery TEXT NOT NULL,
  updated_at TEXT NOT NULL, salt BYTEA NOT NULL);

CREATE TABLE token (
  version BIGINT NOT NULL, id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, person TEXT NOT NULL, machine BOOLEAN NOT NULL,
  integration TEXT NOT NULL, expires_at TEXT NOT NULL, revoked_at TEXT NOT NULL, created_at TEXT NOT NULL, salt BYTEA NOT NULL);
CREATE INDEX token_person ON token (person);
CREATE INDEX token_integration ON token (integration);

-- Not a record: who is signed in now. Losing it signs people out.
CREATE TABLE session (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, person TEXT NOT NULL, proved_at TEXT NOT NULL, seen_at TEXT NOT NULL, expires_at TEXT NOT NULL,
  created_at TEXT NOT NULL);
CREATE INDEX session_person ON session (person);
