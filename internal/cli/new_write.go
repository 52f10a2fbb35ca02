package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/spec"
)

const manifestName = "integration.yaml"

// outFile is one file of the new folder.
type outFile struct {
	name string // relative, with slashes
	data []byte
}

// copies returns the specification and what it refers to, or nothing when it
// holds secrets.
func copies(api *spec.API, src source) ([]outFile, error) {
	if api.Secret != "" {
		return nil, nil
	}
	files := []outFile{{src.file, src.data}}
	for _, f := range api.Files {
		if f.Name == manifestName || f.Name == src.file || strings.HasPrefix(f.Name, "partners/") {
			return nil, drawbridge.Errorf(drawbridge.Conflict, "%s refers to %s, which is the name of a file of the new folder; rename it", src.name, f.Name)
		}
		files = append(files, outFile{f.Name, []byte(f.Data)})
	}
	return files, nil
}

// write makes the folder: everything in a temporary one beside it, checked by
// loading it, then renamed.
func (n *newcomer) write(ctx context.Context, draft *spec.Draft, api *spec.API, src source, files []outFile) error {
	m, err := manifest.Encode(draft.Integration)
	if err != nil {
		return fmt.Errorf("encode the manifest: %w", err)
	}
	p, err := manifest.EncodePartner(draft.Partner)
	if err != nil {
		return fmt.Errorf("encode the partner's file: %w", err)
	}
	files = append(files,
		outFile{manifestName, append(heading(api, src), m...)},
		outFile{"partners/" + draft.Partner.ID + ".yaml", append(p, partnerHints...)})
	dir := n.env.path(n.out)
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil { //nolint:gosec // a folder of the person's own repository
		return n.unwritable(err)
	}
	temp, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".new-")
	if err != nil {
		return n.unwritable(err)
	}
	defer os.RemoveAll(temp) // gone already when all went well
	for _, f := range files {
		if err := writeOut(filepath.Join(temp, filepath.FromSlash(f.name)), f.data); err != nil {
			return n.unwritable(err)
		}
	}
	if err := n.selfCheck(temp); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil { //nolint:gosec // MkdirTemp gives 0700, the files are no secret
		return n.unwritable(err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return n.unwritable(err)
	}
	return nil
}

func writeOut(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // a folder of the person's own repository
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // meant to be read by the team
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (n *newcomer) unwritable(err error) error {
	if p, ok := errors.AsType[*os.PathError](err); ok {
		err = p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		err = l.Err
	}
	return drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be written: %w; nothing is left behind", n.out, err)
}

// selfCheck loads what was written, as the next command will.
func (n *newcomer) selfCheck(temp string) error {
	_, err := manifest.Load(filepath.Join(temp, manifestName), manifest.WithCategories(func(id string) (bool, []string) {
		_, ok := n.taxonomy.Category(id)
		return ok, nil
	}))
	if err != nil {
		return fmt.Errorf("the drafted manifest is not valid, which is a mistake of this program: %w", err)
	}
	return nil
}

// heading says where the manifest comes from.
func heading(api *spec.API, src source) []byte {
	var b bytes.Buffer
	from := path.Base(filepath.ToSlash(src.name))
	if src.url != "" {
		from = src.url
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
