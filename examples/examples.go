// Package examples holds the golden manifests: one for each kind of interface,
// and the richer card payments integration that the demonstration runs on. It
// holds files and nothing else.
package examples

import "embed"

// FS holds the card payments example.
//
//go:embed all:acme-payments
var FS embed.FS
