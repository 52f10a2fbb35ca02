package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"drawbridge/internal/flow"
	"drawbridge/internal/front"
	"drawbridge/internal/web/view"
)

// static are the style sheets and scripts. The folder vendor is filled by
// `make`, from the packages that package-lock.json names; a build without it has
// pages without what it adds.
//
//go:embed all:static
var static embed.FS

// files are the served files by their address, which holds a digest of the
// content: a browser may keep them for ever.
type files struct {
	links view.Files
	named map[string]asset
}

type asset struct {
	media string
	data  []byte
	fixed bool // the address changes with the content
}

// readFiles takes the files in: the style sheets as one, in the order of their names.
func readFiles() (*files, error) {
	out := &files{named: map[string]asset{}}
	sheets, err := fs.Glob(static, "static/css/*.css")
	if err != nil {
		return nil, fmt.Errorf("list the style sheets: %w", err)
	}
	slices.Sort(sheets)
	if _, err := fs.Stat(static, "static/vendor/uplot.css"); err == nil {
		sheets = slices.Insert(sheets, 0, "static/vendor/uplot.css") // ours is heard last
	}
	var style []byte
	for _, name := range sheets {
		data, err := static.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read a style sheet: %w", err)
		}
		style = append(style, data...)
	}
	style = append(style, flow.Sheet()...)
	out.links.Style = out.add("style.css", style)
	for name, link := range map[string]*string{"app.js": &out.links.Script, "vendor/htmx.js": &out.links.Htmx, "vendor/uplot.js": &out.links.Plot} {
		if data, err := static.ReadFile("static/" + name); err == nil {
			*link = out.add(path.Base(name), data)
		}
	}
	icon, err := static.ReadFile("static/icon.svg")
	if err != nil {
		return nil, fmt.Errorf("read the icon: %w", err)
	}
	out.named["icon.svg"] = asset{media: "image/svg+xml", data: icon}
	return out, nil
}

// add keeps a file, and returns its address.
func (f *files) add(name string, data []byte) string {
	sum := sha256.Sum256(data)
	ext := path.Ext(name)
	address := strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:8]) + ext
	f.named[address] = asset{mime.TypeByExtension(ext), data, true}
	return "/assets/" + address
}

// serve answers with one of the files.
func (f *files) serve(c *front.Call) error {
	found, ok := f.named[c.R.PathValue("name")]
	if !ok {
		return errNoPage()
	}
	h := c.W.Header()
	h.Set("Content-Type", found.media)
	h.Set("Cache-Control", "public, max-age=3600")
	if found.fixed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	c.W.WriteHeader(http.StatusOK)
	if c.R.Method != http.MethodHead {
		_, _ = c.W.Write(found.data) // the reader may be gone
	}
	return nil
}
