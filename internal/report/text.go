package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
	"drawbridge/internal/policy"
	"drawbridge/internal/threat"
)

// textHandler writes for a person at a terminal: the answer first, then why,
// then what to do.
type textHandler struct {
	w    io.Writer
	opt  Options
	seen int
	b    strings.Builder
}

const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	dim    = "2"
)

func (h *textHandler) paint(code, s string) string {
	if !h.opt.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (h *textHandler) line(format string, args ...any) { fmt.Fprintf(&h.b, format+"\n", args...) }

// item writes a bullet whose text wraps to the width, indented below the mark.
func (h *textHandler) item(mark, text string) {
	indent := "  "
	lead := indent + mark + " "
	hang := strings.Repeat(" ", len([]rune(indent+mark))+1)
	for i, l := range wrap(clean(text), h.opt.Width-len(hang)) {
		if i == 0 {
			h.line("%s%s", lead, l)
		} else {
			h.line("%s%s", hang, l)
		}
	}
}

func (h *textHandler) Result(a *assess.Assessment) error {
	if h.seen++; h.seen > 1 {
		h.line("")
	}
	h.head(a)
	h.gate(a)
	h.score(a)
	h.checks(a)
	h.threats(a)
	h.questions(a)
	h.notes(a)
	_, err := io.WriteString(h.w, h.b.String())
	h.b.Reset()
	return err
}

func (h *textHandler) Done() error { return nil }

func (h *textHandler) head(a *assess.Assessment) {
	colour := map[drawbridge.Outcome]string{drawbridge.Go: green, drawbridge.Conditional: yellow, drawbridge.NoGo: red}[a.Gate.Outcome]
	h.line("%s  %s (%s)", h.paint(bold+";"+colour, strings.ToUpper(string(a.Gate.Outcome))), h.paint(bold, clean(a.Integration.ID)), a.Integration.Environment)
	h.line("%s. Tier %s, inherent risk %.0f, residual %.0f of 100.", verdictWord(a.Gate.Outcome), a.Score.Tier, a.Score.Inherent, a.Score.Residual)
	s := summarise(a)
	h.line("Threats: %d open, %d wait for an answer, %d mitigated, %d accepted. Controls: %d of %d required hold, %d unknown.",
		s.counts[drawbridge.ThreatOpen], s.counts[drawbridge.ThreatNeedsAnswer], s.counts[drawbridge.ThreatMitigated],
		s.counts[drawbridge.ThreatAccepted], s.held, s.required, s.unknown)
}

func (h *textHandler) gate(a *assess.Assessment) {
	h.line("\n%s", h.paint(bold, "Why"))
	for _, r := range a.Gate.Reasons {
		h.item("-", fmt.Sprintf("%s: %s%s", r.Outcome, r.Text, refs(r.Refs)))
	}
	if len(a.Gate.Reasons) == 0 {
		h.item("-", "no rule of the gate objects")
	}
	if len(a.Gate.Conditions) > 0 {
		h.line("\n%s", h.paint(bold, "Conditions before go"))
		for i, c := range a.Gate.Conditions {
			if i == 8 && !h.opt.Full {
				h.line("  and %d more; --full lists them", len(a.Gate.Conditions)-i)
				break
			}
			h.item("-", fmt.Sprintf("%s (%s, by %s)", c.Text, c.Owner, c.Due))
		}
	}
	if len(a.Gate.Roles) > 0 {
		h.line("\nTo sign: %s. Reassess every %s, next by %s.", strings.Join(a.Gate.Roles, ", "), a.Gate.Rhythm, a.Gate.Due)
	}
}

func (h *textHandler) score(a *assess.Assessment) {
	h.line("\n%s", h.paint(bold, "Score"))
	h.steps(a.Score, "factor", "floor")
	h.line("  %-8s %-38s %6.1f", "", "inherent risk", a.Score.Inherent)
	h.steps(a.Score, "control")
	h.line("  %-8s %-38s %+6.1f  %.0f%% of full strength; a claim counts half until a test proves it", "",
		"control strength", controlPoints(a.Score), 100*a.Score.Effectiveness)
	h.steps(a.Score, "lift")
	h.line("  %-8s %-38s %6.1f", "", "residual risk", a.Score.Residual)
	if len(a.Score.Levers) > 0 {
		h.line("\n%s", h.paint(bold, "What would lower this most"))
		for i, l := range a.Score.Levers {
			if i == 5 && !h.opt.Full {
				break
			}
			points, note := lever(l)
			h.item(fmt.Sprintf("%+6.1f", points), l.Change+note+keyed(l.Key))
		}
	}
}

// steps lists the contributions of some kinds, in the order in which they add up.
func (h *textHandler) steps(s policy.Score, kinds ...string) {
	for _, c := range s.Contributions {
		if !slices.Contains(kinds, c.Kind) || !h.opt.Full && (c.Kind == "control" || math.Abs(c.Points) < 0.05) {
			continue
		}
		h.line("  %-8s %-38s %+6.1f  %s", c.Kind, cut(stepName(c.Name), 38), c.Points, h.contribution(c))
	}
}

// controlPoints is what all controls together take off the inherent risk.
func controlPoints(s policy.Score) float64 {
	var sum float64
	for _, c := range s.Contributions {
		if c.Kind == "control" {
			sum += c.Points
		}
	}
	return sum
}

func (h *textHandler) contribution(c policy.Contribution) string {
	s := cut(clean(c.Input), 64)
	if c.Unknown {
		s = h.paint(yellow, "unknown, counted as the worst case") + tail(s)
	}
	return s
}

func tail(s string) string {
	if s == "" || s == "unknown" || s == string(drawbridge.KnownNothing) {
		return ""
	}
	return ": " + s
}

func (h *textHandler) threats(a *assess.Assessment) {
	open := threatsIn(a, drawbridge.ThreatOpen, drawbridge.ThreatAccepted)
	if len(open) == 0 {
		return
	}
	h.line("\n%s", h.paint(bold, "Threats that stand"))
	for n, i := range open {
		if n == 8 && !h.opt.Full {
			h.line("  and %d more; --full lists them", len(open)-n)
			break
		}
		t := a.Threats[i]
		state := ""
		if t.Accepted != nil {
			state = fmt.Sprintf(" (accepted until %s by %s)", t.Accepted.Expires, t.Accepted.Owner)
		}
		h.item(fmt.Sprintf("%-8s", t.Severity), fmt.Sprintf("%s  %s%s", t.ID, t.Title, state))
	}
}

// checks lists what live checks found, gravest first.
func (h *textHandler) checks(a *assess.Assessment) {
	if len(a.Checks) == 0 {
		return
	}
	counts := map[drawbridge.Verdict]int{}
	for _, r := range a.Checks {
		counts[r.Verdict]++
	}
	h.line("\n%s", h.paint(bold, fmt.Sprintf("Live checks: %d passed, %d failed, %d inconclusive, %d skipped",
		counts[drawbridge.Pass], counts[drawbridge.Fail], counts[drawbridge.Inconclusive], counts[drawbridge.Skipped])))
	for _, g := range tested(a) {
		h.item("  ", fmt.Sprintf("Controls %s: %d.%s", g.Word, len(g.Controls), refs(g.Controls)))
	}
	found := failures(a)
	for n, r := range found {
		if n == 10 && !h.opt.Full {
			h.line("  and %d more; --full lists them", len(found)-n)
			break
		}
		where := strings.TrimSpace(r.Operation + " " + r.Location)
		h.item(fmt.Sprintf("%-8s", r.Severity), fmt.Sprintf("%s  %s: %s (%s)", r.Check, r.Title, r.Reason, or(where, r.Interface)))
	}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func (h *textHandler) questions(a *assess.Assessment) {
	if len(a.Questions) == 0 {
		return
	}
	h.line("\n%s", h.paint(bold, fmt.Sprintf("Questions still open (%d), biggest effect first", len(a.Questions))))
	for n, q := range a.Questions {
		if n == 6 && !h.opt.Full {
			h.line("  and %d more; --full lists them", len(a.Questions)-n)
			break
		}
		h.item("?", q.Text)
		for i, k := range q.Keys {
			h.line("    %s", h.paint(dim, clean(accepted(q, i, k))))
		}
	}
}

func (h *textHandler) notes(a *assess.Assessment) {
	if len(a.Notes) > 0 {
		h.line("")
	}
	for _, n := range a.Notes {
		for _, l := range wrap("Note: "+clean(n), h.opt.Width) {
			h.line("%s", l)
		}
	}
	packs := make([]string, 0, len(a.Packs))
	for _, p := range a.Packs {
		packs = append(packs, p.Kind+" "+p.Name+"@"+p.Version)
	}
	h.line("\nDigest %s, as of %s, packs %s.", a.Digest.Content, a.AsOf.Format("2006-01-02"), strings.Join(packs, ", "))
}

func refs(r []string) string {
	const most = 6
	switch {
	case len(r) == 0:
		return ""
	case len(r) > most:
		return fmt.Sprintf(" [%s and %d more]", strings.Join(r[:most], ", "), len(r)-most)
	}
	return " [" + strings.Join(r, ", ") + "]"
}

func keyed(k string) string {
	if k == "" {
		return ""
	}
	return " (" + k + ")"
}

// clean drops what could move the cursor or forge a line: names come from
// partners' files.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < 0x20, r == 0x7f, r >= 0x80 && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// wrap breaks text at spaces into lines of at most width runes; a longer word
// stands alone.
func wrap(s string, width int) []string {
	if width < 20 {
		width = 20
	}
	var lines []string
	line, n := "", 0
	for word := range strings.FieldsSeq(s) {
		w := len([]rune(word))
		if n > 0 && n+1+w > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line += " "
			n++
		}
		line += word
		n += w
	}
	if n > 0 || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// accepted says which key answers a question, and what may stand there.
func accepted(q threat.Question, i int, key string) string {
	if i < len(q.Accepts) {
		return q.Accepts[i]
	}
	return key
}
