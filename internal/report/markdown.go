package report

import (
	"fmt"
	"io"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
)

// markdownHandler writes for a pull request or a wiki page.
type markdownHandler struct {
	w io.Writer
	b strings.Builder
}

func (h *markdownHandler) line(format string, args ...any) { fmt.Fprintf(&h.b, format+"\n", args...) }

func (h *markdownHandler) Result(a *assess.Assessment) error {
	h.line("# %s: %s\n", md(a.Integration.ID), a.Gate.Outcome)
	h.line("%s. Environment %s, tier **%s**, inherent risk **%.0f**, residual **%.0f** of 100, as of %s.\n",
		verdictWord(a.Gate.Outcome), a.Integration.Environment, a.Score.Tier, a.Score.Inherent, a.Score.Residual, a.AsOf.Format("2006-01-02"))
	h.gate(a)
	h.score(a)
	h.threats(a)
	h.questions(a)
	h.line("---\nContent digest `%s`, material view `%s`.", a.Digest.Content, a.Digest.Material)
	for _, p := range a.Packs {
		h.line("- pack %s@%s `%s`", md(p.Name), md(p.Version), p.Digest)
	}
	for _, n := range a.Notes {
		h.line("- note: %s", md(n))
	}
	h.line("")
	_, err := io.WriteString(h.w, h.b.String())
	h.b.Reset()
	return err
}

func (h *markdownHandler) Done() error { return nil }

func (h *markdownHandler) gate(a *assess.Assessment) {
	h.line("## Why\n")
	for _, r := range a.Gate.Reasons {
		h.line("- **%s**: %s%s", r.Outcome, md(r.Text), md(refs(r.Refs)))
	}
	if len(a.Gate.Reasons) == 0 {
		h.line("- no rule of the gate objects")
	}
	if len(a.Gate.Conditions) > 0 {
		h.line("\n## Conditions before go\n\n| condition | owner | due |\n|---|---|---|")
		for _, c := range a.Gate.Conditions {
			h.line("| %s | %s | %s |", md(c.Text), md(c.Owner), c.Due)
		}
	}
	h.line("")
}

func (h *markdownHandler) score(a *assess.Assessment) {
	h.line("## Score\n\n| step | points | input | reason |\n|---|---:|---|---|")
	inherent := false
	for _, c := range a.Score.Contributions {
		if !inherent && (c.Kind == "control" || c.Kind == "lift") {
			inherent = true
			h.line("| **inherent** | **%.1f** | | |", a.Score.Inherent)
		}
		input := c.Input
		if c.Unknown {
			input = "unknown, counted as the worst case"
		}
		h.line("| %s %s | %+.1f | %s | %s |", c.Kind, md(stepName(c.Name)), c.Points, md(input), md(c.Reason))
	}
	if !inherent {
		h.line("| **inherent** | **%.1f** | | |", a.Score.Inherent)
	}
	h.line("| **residual** | **%.1f** | | |\n", a.Score.Residual)
	h.line("Control strength %.0f%% of what the required controls could do; a claim counts half until a test proves it.\n", 100*a.Score.Effectiveness)
	if len(a.Score.Levers) > 0 {
		h.line("What would lower this most:\n")
		for _, l := range a.Score.Levers {
			points, note := lever(l)
			h.line("- %+.1f: %s%s", points, md(l.Change), md(note+keyed(l.Key)))
		}
		h.line("")
	}
}

func (h *markdownHandler) threats(a *assess.Assessment) {
	rows := threatsIn(a, drawbridge.ThreatOpen, drawbridge.ThreatAccepted, drawbridge.ThreatNeedsAnswer, drawbridge.ThreatMitigated)
	if len(rows) == 0 {
		return
	}
	h.line("## Threats\n\n| state | severity | threat | element | settled by |\n|---|---|---|---|---|")
	for _, i := range rows {
		t := a.Threats[i]
		ids := make([]string, 0, len(t.Settles))
		for _, s := range t.Settles {
			ids = append(ids, s.ID)
		}
		h.line("| %s | %s | %s %s | %s | %s |", t.State, t.Severity, t.Rule, md(t.Title), md(t.Element), md(strings.Join(ids, ", ")))
	}
	h.line("")
}

func (h *markdownHandler) questions(a *assess.Assessment) {
	if len(a.Questions) == 0 {
		return
	}
	h.line("## Questions still open\n")
	for _, q := range a.Questions {
		h.line("1. %s", md(q.Text))
		for i, k := range q.Keys {
			h.line("   - %s", md(accepted(q, i, k)))
		}
	}
	h.line("")
}

// Beside marks, what readers make links of by themselves: addresses and mentions.
var mdEscapes = strings.NewReplacer("://", "\\://", "www.", "www\\.", "WWW.", "WWW\\.", "@", "\\@", "\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]", "#", "\\#")

// Markdown escapes a text that somebody wrote, for one line of Markdown: it makes no
// link, no picture and no structure of its own.
func Markdown(s string) string { return md(s) }

// md escapes text that comes from files.
func md(s string) string { return mdEscapes.Replace(clean(s)) }
