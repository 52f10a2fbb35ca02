package web

import (
	"strings"
	"testing"

	"drawbridge/internal/web/view"
)

// TestNotes holds what is copied to the words: no text of anybody makes markup of its own.
func TestNotes(t *testing.T) {
	t.Parallel()
	evil := "x](https://evil.example) ![i](http://evil.example/p) <img src=x> @team www.evil.example\n# big | `code`"
	finding := view.FindingView{Finding: view.Finding{Title: evil, Rule: "T001", Element: evil, State: "open"}, Why: evil}
	finding.Because = []view.Matched{{Fact: "interface", Value: evil}}
	finding.Mends = []view.Mend{{Name: "AUTHN-01", How: "check", Text: evil}}
	review := view.Review{State: "approved", Requester: evil, Missing: []view.Missing{{Text: evil, Who: evil}}, Changes: []view.Difference{{Text: evil}}}
	review.Signoffs = []view.Signoff{{Role: "security", Who: evil, Approve: true, Counts: true, Comment: evil}, {Role: "legal", Who: "Ann", Why: evil}}
	review.Conditions = []view.Term{{Text: evil, When: "before go-live", Due: "2027-01-01", State: "open"}}
	for name, text := range map[string]string{"finding": findingNote(&finding), "review": reviewNote(evil, &review)} {
		for _, mark := range []string{"x](", "![", "<img", "https://", "http://", " @team", " www.", "\n# big", " `code`"} {
			if strings.Contains(text, mark) {
				t.Errorf("the %s has %q of somebody's text:\n%s", name, mark, text)
			}
		}
		for _, want := range []string{"# x", "|---|---|", "evil"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s has no %q:\n%s", name, want, text)
			}
		}
	}
}
