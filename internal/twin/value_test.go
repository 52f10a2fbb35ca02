package twin

import (
	"encoding/json"
	"testing"
)

// FuzzBody holds that no body, in JSON or as a form, does more than be refused,
// and that what is taken can be shown again.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"amount":2000,"customer":"cus_3fk1x9w2m4b7q8"}`, `{"amount":1e99}`, `{"amount":-0}`, `[[[[`, `{"metadata":{"a":null}}`, "\xff", "{} {}",
		"amount=5&metadata[a]=b&card[number]=4242", "a=%zz", "metadata[=x&enabled_events[]=1", "card[=",
	} {
		f.Add([]byte(seed))
	}
	var requests [][]field
	for _, s := range styles() {
		for _, o := range s.compile() {
			if o.in != nil {
				requests = append(requests, o.in)
			}
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, in := range requests {
			for _, strict := range []bool{false, true} {
				if m, p := readJSON(raw); p == nil {
					check(t, in, m, strict)
				}
				if m, p := readForm(raw, in); p == nil {
					check(t, in, m, strict)
				}
			}
		}
	})
}

func check(t *testing.T, in []field, m map[string]any, strict bool) {
	t.Helper()
	kept, bad, fault := judge(in, m, strict, "")
	if len(bad) == 0 != (fault == "") {
		t.Fatalf("%d wrong fields, but the fault is %q", len(bad), fault)
	}
	if len(bad) > 0 {
		return
	}
	for name := range kept {
		found := false
		for _, f := range in {
			found = found || f.name == name
		}
		if !found {
			t.Fatalf("the undeclared field %q was kept", name)
		}
	}
	if _, err := json.Marshal(kept); err != nil {
		t.Fatal(err)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"4242424242424242": true, "4242424242424241": false, "4111111111111111": true, "0000": false, "42424242x4242424": false} {
		if got := luhn(s); got != want {
			t.Errorf("luhn(%q) = %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]bool{"DE89370400440532013000": true, "DE89370400440532013001": false, "DE": false, "de89370400440532013000": false, person(3).iban: true} {
		if got := mod97(s); got != want {
			t.Errorf("mod97(%q) = %v, want %v", s, got, want)
		}
	}
}
