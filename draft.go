package drawbridge

import "time"

// DraftID names a draft, dra_….
type DraftID string

// The ways in which somebody can begin to ask for an integration.
const (
	DraftSpecification = "specification" // from what the partner publishes
	DraftForm          = "form"
	DraftManifest      = "manifest"
)

// IntakeDraft is an integration that somebody began to ask for: what was typed so far,
// right or wrong. It is a note to oneself and no record.
type IntakeDraft struct {
	ID         DraftID           `json:"id"`
	Way        string            `json:"way"`
	Title      string            `json:"title"`                // how a list shows it
	Fields     map[string]string `json:"fields,omitempty"`     // what was typed, by the name of the field
	Operations []string          `json:"operations,omitempty"` // that were picked, by their ids
	Categories map[string]string `json:"categories,omitempty"` // that a person confirmed, by the key of the guess
	Source     *DraftSource      `json:"source,omitempty"`

	Version     int64         `json:"version"` // goes up with each save
	CreatedAt   time.Time     `json:"created_at"`
	SavedAt     time.Time     `json:"saved_at"`
	DiscardedAt time.Time     `json:"discarded_at,omitzero"`
	Integration IntegrationID `json:"integration,omitempty"` // that it became
}

// DraftSource is the specification that a draft was begun from.
type DraftSource struct {
	Name   string `json:"name"`   // of the file
	Format string `json:"format"` // OpenAPI 3.1.0, …
	Title  string `json:"title"`
	Size   int64  `json:"size"` // bytes
	Digest string `json:"digest"`
}
