package threat

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"drawbridge"
)

// TextOptions steer [Result.Text].
type TextOptions struct {
	Title  string // first line
	Colour bool   // ANSI colour
	Width  int    // columns; 0 means 100
}

// headings name the states for people, in the order of the list.
var headings = map[drawbridge.ThreatState]string{
	drawbridge.ThreatOpen:          "Open",
	drawbridge.ThreatNeedsAnswer:   "Needs an answer",
	drawbridge.ThreatAccepted:      "Accepted for a time",
	drawbridge.ThreatMitigated:     "Mitigated, as declared",
	drawbridge.ThreatNotEvaluated:  "Not evaluated: the manifest alone cannot tell",
	drawbridge.ThreatNotApplicable: "Not applicable",
}

// maxListed bounds the scenarios that the text lists; the other formats list all.
const maxListed = 15

// textWriter writes lines that wrap and hang.
type textWriter struct {
	b   strings.Builder
	opt TextOptions
}

// Text writes the result for a person at a terminal: what is open first, then
// what nobody answered, then the questions, then the tests.
func (r *Result) Text(w io.Writer, opt TextOptions) error {
	if opt.Width <= 0 {
		opt.Width = 100
	}
	t := &textWriter{opt: opt}
	t.line("%s", t.paint("1", clean(opt.Title)))
	t.line("%s", r.Summary())
	for _, state := range stateOrder {
		if r.Counts[state] == 0 {
			continue
		}
		t.heading("%s (%d)", headings[state], r.Counts[state])
		for i := range r.Threats {
			if r.Threats[i].State == state {
				t.threat(&r.Threats[i])
			}
		}
	}
	t.questions(r.Questions)
	t.backlog(r.Backlog)
	if len(r.Exceptions) > 0 {
		t.heading("Exceptions that cover nothing (%d)", len(r.Exceptions))
		for _, x := range r.Exceptions {
			t.item(2, x.Threat+": ", x.Text)
		}
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

// Summary says in one line how many threats are in which state.
func (r *Result) Summary() string {
	var parts []string
	for _, s := range []struct {
		state drawbridge.ThreatState
		word  string
	}{
		{drawbridge.ThreatOpen, "open"},
		{drawbridge.ThreatNeedsAnswer, "waiting for an answer"},
		{drawbridge.ThreatAccepted, "accepted"},
		{drawbridge.ThreatMitigated, "mitigated"},
		{drawbridge.ThreatNotEvaluated, "not evaluated"},
		{drawbridge.ThreatNotApplicable, "not applicable"},
	} {
		if n := r.Counts[s.state]; n > 0 || s.state == drawbridge.ThreatOpen {
			parts = append(parts, fmt.Sprintf("%d %s", n, s.word))
		}
	}
	return "Threats: " + strings.Join(parts, ", ") + "; " + count(len(r.Questions), "question") + ", " + count(len(r.Backlog), "test scenario") + "."
}

func count(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func (t *textWriter) line(format string, args ...any) { fmt.Fprintf(&t.b, format+"\n", args...) }

func (t *textWriter) heading(format string, args ...any) {
	t.line("\n%s", t.paint("1", fmt.Sprintf(format, args...)))
}

func (t *textWriter) paint(code, s string) string {
	if !t.opt.Colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// item writes a label and a text that wraps below itself.
func (t *textWriter) item(indent int, label, text string) {
	Paragraph(&t.b, indent, label, text, t.opt.Width)
}

// Paragraph writes an indented label and a text that wraps below itself.
// Control characters are left out.
func Paragraph(b *strings.Builder, indent int, label, text string, width int) {
	if width <= 0 {
		width = 100
	}
	hang := strings.Repeat(" ", indent+len(label))
	for i, l := range wrap(clean(text), max(30, width-len(hang))) {
		if i == 0 {
			fmt.Fprintf(b, "%s%s%s\n", strings.Repeat(" ", indent), label, l)
		} else {
			fmt.Fprintf(b, "%s%s\n", hang, l)
		}
	}
}

var colours = map[drawbridge.Severity]string{drawbridge.Critical: "31;1", drawbridge.High: "31", drawbridge.Medium: "33"}

func (t *textWriter) threat(x *Threat) {
	t.line("  %s  %s  %s", t.paint(colours[x.Severity], fmt.Sprintf("%-8s", x.Severity)), clean(x.ID), clean(x.Title))
	if x.State != drawbridge.ThreatOpen && x.State != drawbridge.ThreatNeedsAnswer && x.State != drawbridge.ThreatAccepted {
		if x.Reason != "" {
			t.item(12, "", x.Reason)
		} else if len(x.Because) > 0 {
			t.item(12, "held by  ", because(x.Because[len(x.Because)-1:]))
		}
		return
	}
	if x.State == drawbridge.ThreatOpen {
		t.item(12, "why      ", x.Why)
	}
	if len(x.Because) > 0 {
		t.item(12, "because  ", because(x.Because))
	}
	if len(x.Missing) > 0 {
		t.item(12, "unknown  ", strings.Join(x.Missing, ", "))
	}
	if x.Accepted != nil {
		t.item(12, "accepted ", fmt.Sprintf("by %s until %s: %s", x.Accepted.Owner, x.Accepted.Expires, x.Accepted.Reason))
	}
	if x.Reason != "" {
		t.item(12, "note     ", x.Reason)
	}
	if x.State == drawbridge.ThreatOpen {
		t.item(12, "severity ", Arithmetic(x))
		t.item(12, "controls ", strings.Join(x.Controls, ", "))
		t.item(12, "settle   ", settles(x.Settles))
	}
}

// because lists facts as "tls_min is 1.0 (declared, interfaces[charges].safeguards.tls_min)".
func because(list []Because) string {
	parts := make([]string, len(list))
	for i, b := range list {
		parts[i] = fmt.Sprintf("%s is %s (%s, %s)", b.Fact, b.Value, b.Source, b.Key)
	}
	return strings.Join(parts, "; ")
}

// Arithmetic writes a severity like "high 3, level sensitive +0.5 = high".
func Arithmetic(x *Threat) string {
	var b strings.Builder
	for i, term := range x.Arithmetic {
		if i == 0 {
			fmt.Fprintf(&b, "%s %g", term.Input, term.Value)
			continue
		}
		fmt.Fprintf(&b, ", %s (%s) %+g", term.Name, term.Input, term.Value)
	}
	fmt.Fprintf(&b, " = %s", x.Severity)
	return b.String()
}

func settles(list []Settle) string {
	ids := make([]string, len(list))
	for i, s := range list {
		ids[i] = s.ID
	}
	return strings.Join(ids, ", ")
}

func (t *textWriter) questions(list []Question) {
	if len(list) == 0 {
		return
	}
	t.heading("Questions, biggest effect first (%d)", len(list))
	for i, q := range list {
		t.item(2, fmt.Sprintf("%d. ", i+1), fmt.Sprintf("%s (%s, effect %g: %s)", q.Text, q.ID, q.Effect, count(len(q.Threats), "threat")))
		t.line("     answer in the manifest")
		for _, a := range q.Accepts {
			t.item(7, "", a)
		}
	}
}

func (t *textWriter) backlog(list []Scenario) {
	if len(list) == 0 {
		return
	}
	modes := map[Mode]int{}
	for _, s := range list {
		modes[s.Settle.Mode]++
	}
	t.heading("Tests, most pressing first (%d: %d automated, %d manual, %d settled by a document)",
		len(list), modes[Automated], modes[Manual], modes[NotTestable])
	for _, s := range list[:min(len(list), maxListed)] {
		mode := map[Mode]string{Automated: "automated", Manual: "manual until a runner exists", NotTestable: "a document"}[s.Settle.Mode]
		t.item(2, fmt.Sprintf("%d. ", s.Rank), fmt.Sprintf("%s on %s (%s, %s; %s): %s", s.Settle.ID, s.Element, s.Severity, mode, count(len(s.Threats), "threat"), s.Settle.Oracle))
	}
	if more := len(list) - maxListed; more > 0 {
		t.line("  ... and %d more; --format json lists them all", more)
	}
}

// clean keeps what people write from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, s)
}

// wrap breaks a text into lines of at most width columns, where words allow.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

// Markdown writes the result for a pull request or a wiki.
func (r *Result) Markdown(w io.Writer, title string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", cell(title), r.Summary())
	for _, state := range stateOrder {
		if r.Counts[state] == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s (%d)\n\n| severity | threat | title | because | unknown | controls | settled by |\n|---|---|---|---|---|---|---|\n", headings[state], r.Counts[state])
		for i := range r.Threats {
			if x := &r.Threats[i]; x.State == state {
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", x.Severity, cell(x.ID), cell(x.Title), cell(because(x.Because)),
					cell(strings.Join(x.Missing, ", ")), cell(strings.Join(x.Controls, ", ")), cell(settles(x.Settles)))
			}
		}
	}
	if len(r.Questions) > 0 {
		fmt.Fprintf(&b, "\n## Questions, biggest effect first (%d)\n\n| effect | question | answer in the manifest | threats |\n|---|---|---|---|\n", len(r.Questions))
		for _, q := range r.Questions {
			fmt.Fprintf(&b, "| %g | %s | %s | %s |\n", q.Effect, cell(q.Text), cell(strings.Join(q.Accepts, "; ")), cell(strings.Join(q.Threats, ", ")))
		}
	}
	if len(r.Backlog) > 0 {
		fmt.Fprintf(&b, "\n## Tests, most pressing first (%d)\n\n| rank | test | on | severity | mode | how one tells |\n|---|---|---|---|---|---|\n", len(r.Backlog))
		for _, s := range r.Backlog {
			fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s |\n", s.Rank, cell(s.Settle.ID), cell(s.Element), s.Severity, s.Settle.Mode, cell(s.Settle.Oracle))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var cellEscaper = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "`", "\\`", "[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`, "@", "&#64;", "#", `\#`)

// cell keeps a text from being read as Markdown, HTML or a mention.
func cell(s string) string { return cellEscaper.Replace(clean(s)) }
