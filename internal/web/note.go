package web

import (
	"fmt"
	"strings"

	"drawbridge/internal/report"
	"drawbridge/internal/web/view"
)

// note is a page as Markdown for a ticket or a pull request. Everything that somebody
// wrote is escaped: it makes no link, no picture and no list of its own.
type note struct{ b strings.Builder }

// line writes a line; the values are escaped, the format is not.
func (n *note) line(format string, values ...string) {
	escaped := make([]any, len(values))
	for i, v := range values {
		escaped[i] = report.Markdown(v)
	}
	fmt.Fprintf(&n.b, format+"\n", escaped...)
}

// findingNote is a finding as Markdown.
func findingNote(f *view.FindingView) string {
	var n note
	n.line("# %s", f.Title)
	n.line("\n**%s**, %s: %s at %s in %s.", string(f.Severity), f.State, f.Rule, f.Element, f.Integration.Text)
	if f.Why != "" {
		n.line("\n%s", f.Why)
	}
	if len(f.Because) > 0 {
		n.line("\n| attribute | value | known from | where |\n|---|---|---|---|")
	}
	for _, b := range f.Because {
		n.line("| %s | %s | %s | %s |", b.Fact, b.Value, b.Source, b.Key)
	}
	if len(f.Mends) > 0 {
		n.line("\nWhat would end it:\n")
	}
	for _, m := range f.Mends {
		n.line("- %s (%s): %s", m.Name, m.How, m.Text)
	}
	return n.b.String()
}

// reviewNote is a review with its answers and conditions as Markdown.
func reviewNote(title string, r *view.Review) string {
	var n note
	n.line("# %s: %s", title, r.State)
	n.line("\nTier %s, the gate says %s, inherent %s, residual %s of 100. Asked for by %s because of %s.",
		string(r.Tier), string(r.Outcome), view.Figure(r.Inherent), view.Figure(r.Residual), r.Requester, r.Cause)
	if r.Before != "" {
		n.line("\n%s", r.Before)
	}
	if len(r.Missing) > 0 {
		n.line("\n## What it waits for\n")
	}
	for _, m := range r.Missing {
		n.line("- %s (%s)", m.Text, m.Who)
	}
	if len(r.Changes) > 0 {
		n.line("\n## What changed since\n")
	}
	for _, c := range r.Changes {
		n.line("- %s", c.Text)
	}
	if len(r.Signoffs) > 0 {
		n.line("\n## Answers\n\n| role | who | says | counts | comment |\n|---|---|---|---|---|")
	}
	for _, s := range r.Signoffs {
		says, counts := "objects", "yes"
		if s.Approve {
			says = "signs"
		}
		if !s.Counts {
			counts = "no: " + s.Why
		}
		n.line("| %s | %s | %s | %s | %s |", s.Role, s.Who, says, counts, s.Comment)
	}
	if len(r.Conditions) > 0 {
		n.line("\n## Conditions\n\n| what | when | due | confirmed by | state |\n|---|---|---|---|---|")
	}
	for _, c := range r.Conditions {
		n.line("| %s | %s | %s | %s | %s |", c.Text, c.When, string(c.Due), c.By, c.State)
	}
	return n.b.String()
}
