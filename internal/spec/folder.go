package spec

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// ManifestName is the name of a draft's manifest.
const ManifestName = "integration.yaml"

// Source is a description as it was given.
type Source struct {
	Name string // for messages
	File string // name of the copy
	URL  string // where it came from, or ""
	Data []byte
}

var unsafeName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// CopyName is the name under which a description lies beside its manifest.
func CopyName(name string, data []byte) string {
	name = strings.TrimLeft(unsafeName.ReplaceAllString(name, "-"), ".-")
	if ext := filepath.Ext(name); ext == "" || name == "" {
		if name == "" {
			name = "specification"
		}
		if text := strings.TrimSpace(string(data[:min(len(data), 100)])); strings.HasPrefix(text, "{") {
			return name + ".json"
		}
		return name + ".yaml"
	}
	if name == ManifestName {
		return "specification.yaml"
	}
	return name
}

// Copies are the description and what it refers to, or nothing when it holds
// secrets.
func (api *API) Copies(src Source) (manifest.Files, error) {
	if api.Secret != "" {
		return nil, nil
	}
	files := manifest.Files{src.File: src.Data}
	for _, f := range api.Files {
		if f.Name == ManifestName || f.Name == src.File || strings.HasPrefix(f.Name, "partners/") {
			return nil, drawbridge.Errorf(drawbridge.Conflict, "%s refers to %s, which is the name of a file of the new folder; rename it", src.Name, f.Name)
		}
		files[f.Name] = []byte(f.Data)
	}
	return files, nil
}

// Files are the draft's manifest and the partner's file.
func (d *Draft) Files(api *API, src Source) (manifest.Files, error) {
	m, err := manifest.Encode(d.Integration)
	if err != nil {
		return nil, fmt.Errorf("encode the manifest: %w", err)
	}
	p, err := manifest.EncodePartner(d.Partner)
	if err != nil {
		return nil, fmt.Errorf("encode the partner's file: %w", err)
	}
	return manifest.Files{
		ManifestName:                         append(heading(api, src), m...),
		"partners/" + d.Partner.ID + ".yaml": append(p, partnerHints...),
	}, nil
}

// heading says where the manifest comes from.
func heading(api *API, src Source) []byte {
	var b bytes.Buffer
	from := path.Base(filepath.ToSlash(src.Name))
	if src.URL != "" {
		from = src.URL
	}
	what := strings.TrimSpace(api.Title + " " + api.Version)
	if what != "" {
		what = ": " + what
	}
	fmt.Fprintf(&b, "# Drafted from %s (%s%s).\n", oneComment(from), oneComment(api.Format), oneComment(what))
	b.WriteString("# Rename our-app, say what the integration is for and who owns it, and confirm what was inferred.\n")
	b.WriteString("# What is left out is unknown, and becomes a question.\n")
	return b.Bytes()
}

// oneComment keeps text from outside on one line of a comment.
func oneComment(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 }), " ")
}

const partnerHints = `# What a specification does not say about the partner, and a review needs:
#   legal_name, country, security_contact, privacy_contact
#   subprocessors, assurance, incidents   ([] when there are none; left out means unknown)
`
