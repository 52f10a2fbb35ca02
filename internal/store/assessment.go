package store

import "drawbridge"

// AddAssessment writes a new assessment.
func (tx *Tx) AddAssessment(a *drawbridge.Assessment) error { return assessments.insert(tx, a) }

// Assessment reads an assessment.
func (tx *Tx) Assessment(id drawbridge.AssessmentID) (*drawbridge.Assessment, error) {
	return assessments.get(tx, string(id))
}

// AssessmentsBefore lists assessments of an integration, newest first, below an
// identifier; none means from the newest.
func (tx *Tx) AssessmentsBefore(id drawbridge.IntegrationID, below drawbridge.AssessmentID, limit int) ([]drawbridge.Assessment, error) {
	return assessments.find(tx, "integration = ? AND (? = '' OR id < ?) ORDER BY id DESC LIMIT ?", string(id), string(below), string(below), limit)
}
