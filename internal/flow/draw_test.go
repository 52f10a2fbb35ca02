package flow_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden compares every format of one map with what was looked at and
// accepted.
func TestGolden(t *testing.T) {
	t.Parallel()
	m := build(t, payments())
	for _, format := range flow.Formats() {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := m.Write(&got, format); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "payments."+format)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got.String()); d != "" {
				t.Errorf("%s differs from %s (-want +got); look at it, then run with -update\n%s", format, file, d)
			}
		})
	}
	if err := m.Write(io.Discard, "pdf"); err == nil {
		t.Error("format pdf is accepted")
	}
}

// TestDump writes drawings to look at, for whoever changes how they look.
func TestDump(t *testing.T) {
	dir := os.Getenv("DUMP")
	if dir == "" {
		t.Skip("set DUMP to a folder to look at the drawings")
	}
	maps := map[string]*manifest.Bundle{"payments": payments()}
	for _, n := range []int{15, 40, 100, 500} {
		maps[fmt.Sprint(n)] = generated(n, n*3/2)
	}
	maps["hostile"] = hostile(`A rather long name with <markup> & "quotes" that somebody wrote`)
	maps["empty"] = generated(0, 0)
	maps["small"] = generated(2, 1)
	for name, b := range maps {
		if err := os.WriteFile(filepath.Join(dir, name+".svg"), svg(t, build(t, b)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func svg(t interface{ Fatal(...any) }, m *flow.Map) []byte {
	var b bytes.Buffer
	if err := m.SVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drawn is what a reader of XML finds in a drawing.
type drawn struct {
	ids   map[string]bool
	names []string
	text  strings.Builder
}

// readSVG parses a drawing and refuses what a drawing may not hold.
func readSVG(data []byte) (*drawn, error) {
	d := &drawn{ids: map[string]bool{}}
	dec := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			d.names = append(d.names, token.Name.Local)
			switch token.Name.Local {
			case "svg", "title", "desc", "style", "g", "rect", "path", "text":
			default:
				return nil, fmt.Errorf("element <%s>", token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Name.Local, "href") {
					return nil, fmt.Errorf("attribute %s", a.Name.Local)
				}
				if a.Name.Local != "id" {
					continue
				}
				if d.ids[a.Value] {
					return nil, fmt.Errorf("id %q stands twice", a.Value)
				}
				d.ids[a.Value] = true
			}
		case xml.CharData:
			d.text.Write(token)
		}
	}
}

func TestSVGForReaders(t *testing.T) {
	t.Parallel()
	m := build(t, payments())
	data := svg(t, m)
	d, err := readSVG(data)
	if err != nil {
		t.Fatal(err)
	}
	const root = "map-acme-payments-production"
	want := []string{root, root + "-title", root + "-desc"}
	for _, n := range m.Nodes {
		want = append(want, flow.Ident(root, "node", n.ID))
	}
	for _, e := range m.Edges {
		want = append(want, flow.Ident(root, string(e.Kind), e.ID))
	}
	for _, b := range m.Boundaries {
		want = append(want, flow.Ident(root, "boundary", b.ID))
	}
	for _, s := range m.Life {
		want = append(want, flow.Ident(root, "stage", s.Name))
	}
	for _, id := range want {
		if !d.ids[id] {
			t.Errorf("no element has the id %q", id)
		}
	}
	for _, text := range []string{
		"Charge a card: from Checkout to Charges API, sensitive · 2 sent, 1 back.", "unknown · 1 sent", "no data declared", "may be shared on", "webhook, calls us",
	} {
		if !strings.Contains(d.text.String(), text) {
			t.Errorf("the drawing does not say %q", text)
		}
	}
	for _, size := range regexp.MustCompile(`font-size:(\d+)`).FindAllSubmatch(data, -1) {
		if n, _ := strconv.Atoi(string(size[1])); n < 11 {
			t.Errorf("text of %d pixels", n)
		}
	}
	for _, part := range []string{`role="img"`, "viewBox=", "prefers-color-scheme:dark", "@media print"} {
		if !bytes.Contains(data, []byte(part)) {
			t.Errorf("the drawing lacks %s", part)
		}
	}
}

// TestSVGOfAnyMap holds every drawing to be well-formed, with ids that differ,
// whatever names the manifest brings.
func TestSVGOfAnyMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := mustBuild(t, anyBundle(t))
		data := svg(t, m)
		if _, err := readSVG(data); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, svg(t, m)) {
			t.Fatal("two drawings of one map differ")
		}
	})
}

// hostile puts one text into every name of a map.
func hostile(name string) *manifest.Bundle {
	b := payments()
	b.Integration.Name, b.Integration.Purpose = name, name
	for i := range b.Integration.Systems {
		b.Integration.Systems[i].Name, b.Integration.Systems[i].Region, b.Integration.Systems[i].Zone = name, name, name
	}
	for i := range b.Integration.Flows {
		b.Integration.Flows[i].Name, b.Integration.Flows[i].Purpose = name, name
	}
	b.Partner.DisplayName, b.Partner.Subprocessors[0].Name = name, name
	return b
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	names := map[string]string{
		"markup":     `</title><script>alert(1)</script><image href="http://evil.example/x"/>`,
		"attributes": `" onload="alert(1)" x="`,
		"entities":   "&lt;script&gt; ]]> <!-- --> <![CDATA[",
		"controls":   "a\x00b\x1b[31mred\x07\u202eevil\u2066\ufeff\r\n%%{init}%%\n  click n call alert()",
		"bad UTF-8":  "\xff\xfe\xc3\x28",
		"mermaid":    "\"]; click A href \"javascript:alert(1)\" ; end ; subgraph x[\"",
		"dot":        `"]; evil [URL="javascript:x"]; "\`,
		"table":      "a | b\n|---|\n<img src=x> [x](javascript:alert(1)) `code`",
		"long":       strings.Repeat("Ω漢W", 5000),
	}
	for title, name := range names {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			m := build(t, hostile(name))
			if _, err := readSVG(svg(t, m)); err != nil {
				t.Errorf("svg: %v", err)
			}
			plainNames := build(t, hostile("plain"))
			for _, format := range []string{"mermaid", "dot", "table"} {
				var got, want bytes.Buffer
				if err := errors.Join(m.Write(&got, format), plainNames.Write(&want, format)); err != nil {
					t.Fatal(err)
				}
				if g, w := strings.Count(got.String(), "\n"), strings.Count(want.String(), "\n"); format == "table" && g != w {
					t.Errorf("table has %d lines, want %d", g, w)
				}
				bad := []string{"\x1b", "\x00", "\u202e"}
				switch format { // in DOT everything stands in quotes, which TestQuotesHold holds
				case "mermaid":
					bad = append(bad, "%%{", "<script", "<img", "javascript:")
				case "table":
					bad = append(bad, "<script", "<img", "](javascript")
				}
				for _, bad := range bad {
					if strings.Contains(strings.ReplaceAll(got.String(), `\<`, ""), bad) {
						t.Errorf("%s holds %q", format, bad)
					}
				}
			}
		})
	}
}

// TestQuotesHold reads each line of a graph as its language would: outside of
// quoted strings no text of the manifest may stand.
func TestQuotesHold(t *testing.T) {
	t.Parallel()
	quoted := regexp.MustCompile(`"(\\.|[^"\\])*"`)
	for _, format := range []string{"mermaid", "dot"} {
		var b bytes.Buffer
		if err := build(t, hostile(`x"] evil " \" \\" [`)).Write(&b, format); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if strings.Contains(quoted.ReplaceAllString(line, ""), " evil") {
				t.Errorf("%s: text escapes its quotes: %s", format, line)
			}
		}
	}
}

// TestContrast computes the contrast of the palette as WCAG 2.2 does.
func TestContrast(t *testing.T) {
	t.Parallel()
	colours := map[string]flow.Colour{}
	for _, c := range flow.Palette() {
		colours[c.Name] = c
	}
	hold := func(front, back string, least float64) {
		f, b := colours[front], colours[back]
		for mode, pair := range map[string][2]string{"light": {f.Light, b.Light}, "dark": {f.Dark, b.Dark}} {
			if got := contrast(pair[0], pair[1]); got < least {
				t.Errorf("%s: %s on %s has %.2f, want %.1f", mode, front, back, got, least)
			}
		}
	}
	fields := []string{"paper", "ours-0", "ours-1", "partner-0", "partner-1"}
	for _, back := range append(fields, "node") {
		hold("ink", back, 4.5)
		hold("soft", back, 4.5)
		hold("line", back, 3)
	}
	for _, level := range []string{"public", "internal", "personal", "sensitive", "restricted", "unknown"} {
		hold(level+"-ink", level, 4.5)
		for _, back := range fields {
			hold(level+"-ink", back, 4.5)
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestText(t *testing.T) {
	t.Parallel()
	if got := flow.Clean(" a\t b\x00\u202e \n c "); got != "a b c" {
		t.Errorf("Clean = %q", got)
	}
	if got, want := flow.Wrap("payment-orchestration service", 13, 130, 2), []string{"payment-", "orchestration se…"}; !cmp.Equal(got, want) {
		t.Errorf("Wrap = %q, want %q", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		s, limit := flow.Clean(rapid.String().Draw(t, "text")), rapid.IntRange(20, 300).Draw(t, "limit")
		for _, line := range flow.Wrap(s, 12, limit, 2) {
			if flow.Width(line, 12) > limit {
				t.Fatalf("line %q is wider than %d", line, limit)
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if (flow.Ident(a) == flow.Ident(b)) != (a == b) {
			t.Fatalf("Ident(%q) = %q, Ident(%q) = %q", a, flow.Ident(a), b, flow.Ident(b))
		}
	})
}

func BenchmarkDraw(b *testing.B) {
	for _, n := range []int{15, 100, 2000} {
		m := build(b, generated(n, n*3/2))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				svg(b, m)
			}
		})
	}
}
