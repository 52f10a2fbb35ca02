package view

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// Say writes texts and parts of a page one after the other with nothing in between:
// a template would put a space before the comma that follows a part. Parts are
// strings and components.
func Say(parts ...any) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		for _, part := range parts {
			var err error
			switch x := part.(type) {
			case string:
				_, err = io.WriteString(w, templ.EscapeString(x))
			case templ.Component:
				err = x.Render(ctx, w)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// when is a text that is said on a condition.
func when(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

// only is a part that is shown on a condition.
func only(yes bool, part templ.Component) templ.Component {
	if yes {
		return part
	}
	return templ.NopComponent
}

// listed writes parts with commas between them.
func listed[T any](list []T, part func(T) any) templ.Component {
	var parts []any
	for i, x := range list {
		if i > 0 {
			parts = append(parts, ", ")
		}
		parts = append(parts, part(x))
	}
	return Say(parts...)
}
