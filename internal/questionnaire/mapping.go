package questionnaire

import (
	"cmp"
	"embed"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/yaml"
)

// Mapping says where a spreadsheet that others laid out has its questions and
// answers. A column is found by its header, of which several spellings may be
// named, or by its letter, written "=C".
type Mapping struct {
	Name     string       `yaml:"name" json:"name"` // of the template that comes out
	Title    string       `yaml:"title" json:"title"`
	Lang     string       `yaml:"lang" json:"lang"`         // en when left out
	Audience string       `yaml:"audience" json:"audience"` // partner when left out
	Sheets   []string     `yaml:"sheets" json:"sheets"`     // names, with * for anything
	Header   int          `yaml:"header" json:"header"`     // row of the headers, from 1; left out, they are looked for
	Columns  MappedColumn `yaml:"columns" json:"columns"`
	IDLike   string       `yaml:"id_like" json:"id_like"`     // pattern of an identifier; a row without one that has a text is a heading
	TextLike string       `yaml:"text_like" json:"text_like"` // pattern of identifiers whose answers are texts
	Type     string       `yaml:"type" json:"type"`           // of questions about which nothing else says it; bool when left out
	Weight   float64      `yaml:"weight" json:"weight"`       // of questions of type bool
	Words    MappedWords  `yaml:"words" json:"words"`

	id, text *regexp.Regexp
}

// MappedColumn names the columns.
type MappedColumn struct {
	ID      []string `yaml:"id" json:"id"`
	Text    []string `yaml:"text" json:"text"`
	Answer  []string `yaml:"answer" json:"answer"`
	Comment []string `yaml:"comment" json:"comment"`
	Section []string `yaml:"section" json:"section"`
	Type    []string `yaml:"type" json:"type"`
	Options []string `yaml:"options" json:"options"` // one on each line, or with ; or | between them
}

// MappedWords are the words that the sheet uses, in any case.
type MappedWords struct {
	Yes   []string            `yaml:"yes" json:"yes"`
	No    []string            `yaml:"no" json:"no"`
	NA    []string            `yaml:"na" json:"na"`
	Types map[string][]string `yaml:"types" json:"types"` // our types, and what the sheet calls them
}

//go:embed mappings
var mappings embed.FS

// Mappings lists the names of the mappings that come with the program.
func Mappings() []string {
	list, err := fs.ReadDir(mappings, "mappings")
	if err != nil {
		panic(err) // the folder is embedded; every test catches it
	}
	var out []string
	for _, f := range list {
		out = append(out, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return out
}

// BuiltinMapping reads a mapping that comes with the program.
func BuiltinMapping(name string) (Mapping, error) {
	if !slices.Contains(Mappings(), name) {
		return Mapping{}, drawbridge.Errorf(drawbridge.NotFound, "no mapping is called %.60q; there are %s, or name a file", name, strings.Join(Mappings(), ", "))
	}
	data, err := mappings.ReadFile("mappings/" + name + ".yaml")
	if err != nil {
		return Mapping{}, bad("the mapping %s cannot be read: %w", name, err)
	}
	return ReadMapping(data)
}

// ReadMapping reads a mapping from YAML.
func ReadMapping(data []byte) (Mapping, error) {
	var m Mapping
	if err := yaml.Strict(data, yaml.Limits{Bytes: 64 << 10, Depth: 6, Nodes: 5000}, &m); err != nil {
		return m, bad("the mapping: %w", err)
	}
	m.Lang, m.Audience, m.Type = cmp.Or(m.Lang, "en"), cmp.Or(m.Audience, "partner"), cmp.Or(m.Type, Bool)
	var p problems
	switch {
	case !nameForm.MatchString(m.Name):
		p.add("name", "%.80q must be lower-case letters, digits and hyphens, at most 63", m.Name)
	case len(m.Columns.ID) == 0 || len(m.Columns.Text) == 0:
		p.add("columns", "name at least id and text")
	case len(m.Sheets) == 0:
		p.add("sheets", `name the sheets, or write ["*"] for all`)
	case m.Header < 0 || m.Header > maxSheetRow:
		p.add("header", "%d is no row; rows count from 1", m.Header)
	}
	for _, t := range append(sortedKeys(m.Words.Types), m.Type) {
		if !slices.Contains(Types(), t) || t == Table {
			p.add("type", "%.40q is none of bool, single, multi, text, number, date, file", t)
		}
	}
	for _, s := range m.Sheets {
		if _, err := path.Match(s, ""); err != nil {
			p.add("sheets", "%.60q is no name with *", s)
		}
	}
	for _, pattern := range []struct {
		key, src string
		into     **regexp.Regexp
	}{{"id_like", m.IDLike, &m.id}, {"text_like", m.TextLike, &m.text}} {
		if pattern.src == "" {
			continue
		}
		re, err := regexp.Compile(pattern.src)
		if err != nil || len(pattern.src) > 200 {
			p.add(pattern.key, "%.80q is no pattern that can be used: %v", pattern.src, err)
		}
		*pattern.into = re
	}
	return m, p.err()
}

// takes reports whether the mapping is about a sheet of this name.
func (m *Mapping) takes(sheet string) bool {
	return slices.ContainsFunc(m.Sheets, func(pattern string) bool {
		ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(strings.ReplaceAll(sheet, "/", "_")))
		return err == nil && ok
	})
}

// isID reports whether a cell holds the identifier of a question.
func (m *Mapping) isID(s string) bool { return s != "" && (m.id == nil || m.id.MatchString(s)) }

// said reports whether a cell holds one of these words.
func said(cell string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(strings.TrimSpace(cell), w) })
}
