package view

import (
	"context"
	"io"
	"regexp"

	"github.com/a-h/templ"
)

// joint is where a path may break: after what joins its parts.
var joint = regexp.MustCompile(`([./@_\]]+)`)

// Path is a path, or a name of several parts, as code that breaks between the parts
// and nowhere else. What is copied of it has no breaks.
func Path(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<code>"+joint.ReplaceAllString(templ.EscapeString(text), "$1<wbr>")+"</code>")
		return err
	})
}
