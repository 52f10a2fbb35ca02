package web

import (
	"strings"
	"testing"

	"drawbridge/internal/web/view"
)

// TestMeant holds what a form makes of a name.
func TestMeant(t *testing.T) {
	t.Parallel()
	list := []candidate{{"acme-pay", "Acme Pay"}, {"acme-two", "Twin"}, {"other", "twin"}, {"nameless", ""}}
	for said, want := range map[string]string{"acme-pay": "acme-pay", "acme pay": "acme-pay", "nameless": "nameless", "other": "other"} {
		if got, err := meant("partner", said, list); err != nil || got != want {
			t.Errorf("meant(%q) = %q, %v, want %q", said, got, err, want)
		}
	}
	for said, want := range map[string]string{"Twin": "say which, Twin (acme-two), twin (other)", "acm": "near it are Acme Pay (acme-pay)", "zzz": "pick a name"} {
		if got, err := meant("partner", said, list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("meant(%q) = %q, %v, want an error that says %q", said, got, err, want)
		}
	}
	options := offer(list)
	want := []view.Option{{Value: "Acme Pay", Text: "acme-pay"}, {Value: "acme-two", Text: "Twin"}, {Value: "nameless"}, {Value: "other", Text: "twin"}}
	for i, o := range options {
		if o != want[i] {
			t.Errorf("offer: %d is %v, want %v", i, o, want[i])
		}
	}
	if got := offeredAs("acme-pay", options); got != "Acme Pay" {
		t.Errorf("offeredAs = %q", got)
	}
	if got := offeredAs("gone", options); got != "gone" {
		t.Errorf("offeredAs = %q, want what is not offered as it is", got)
	}
}
