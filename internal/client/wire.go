package client

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

// None is an input or an answer without content.
type None struct{}

// Secret is a hidden text that travels. Only its JSON form, which goes on the
// wire, shows it.
type Secret struct{ seal.Hidden }

// Hide returns s as a secret.
func Hide(s string) Secret { return Secret{seal.Hide(s)} }

// MarshalJSON returns the text.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.Reveal()) }

// IsZero reports whether there is no text, so that omitzero leaves it out.
func (s Secret) IsZero() bool { return s.Empty() }

// Page asks for a part of a list.
type Page struct {
	Cursor string `json:"-" query:"cursor" doc:"next of the page before"`
	Limit  int    `json:"-" query:"limit" doc:"most items of the page: 1 to 200, default 50"`
}

// List is a part of a list. Next is the cursor of what follows; without it the list ends.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// ByID names one record in the path.
type ByID struct {
	ID string `json:"-" path:"id"`
}

// Problem is one thing that is wrong with a file that was sent.
type Problem = manifest.Problem

// CodeSecondFactor says that the password was right and a code is wanted as well.
const CodeSecondFactor = "second_factor_required"

// ProblemDetails is an answer that says no (RFC 9457).
type ProblemDetails struct {
	Type     string          `json:"type"`
	Title    string          `json:"title"`
	Status   int             `json:"status"`
	Detail   string          `json:"detail"`
	Instance string          `json:"instance" doc:"the request's id, which the operator finds in the log"`
	Kind     drawbridge.Kind `json:"kind"`
	Code     string          `json:"code,omitempty" doc:"what a program acts on: second_factor_required"`
	Problems []Problem       `json:"problems,omitempty" doc:"what is wrong with files that were sent, with positions"`
}

// certificate reports whether the server could not prove who it is.
func certificate(err error) bool {
	_, a := errors.AsType[*tls.CertificateVerificationError](err)
	_, b := errors.AsType[x509.UnknownAuthorityError](err)
	_, c := errors.AsType[x509.HostnameError](err)
	return a || b || c
}
