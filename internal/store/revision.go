package store

import "drawbridge"

// AddRevision writes a new revision.
func (tx *Tx) AddRevision(r *drawbridge.Revision) error { return revisions.insert(tx, r) }

// Revision reads a revision.
func (tx *Tx) Revision(id drawbridge.RevisionID) (*drawbridge.Revision, error) {
	return revisions.get(tx, string(id))
}

// RevisionByContent reads the latest revision of an integration with a content digest.
func (tx *Tx) RevisionByContent(id drawbridge.IntegrationID, content string) (*drawbridge.Revision, error) {
	return revisions.first(tx, "integration = ? AND content = ? ORDER BY number DESC", string(id), content)
}

// RevisionsBefore lists revisions of an integration, newest first, below a number.
func (tx *Tx) RevisionsBefore(id drawbridge.IntegrationID, below int64, limit int) ([]drawbridge.Revision, error) {
	return revisions.find(tx, "integration = ? AND number < ? ORDER BY number DESC LIMIT ?", string(id), below, limit)
}
