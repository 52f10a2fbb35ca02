package questionnaire_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/questionnaire"
)

// branching has a chain of conditions: c depends on b, which depends on a.
const branching = `
name: branching
version: 1.0.0
lang: en
title: Branching
sections:
- id: s
  title: All
  questions:
  - {id: a, text: "Any?", type: bool, weight: 2, required: true, controls: [tls-version], length: short}
  - id: b
    text: Which?
    type: single
    when: a
    weight: 1
    required: true
    options: [{value: good, points: 1}, {value: fair, points: 0.5}, {value: bad}]
    controls: [rate-limit]
    na: true
    length: short
  - {id: c, text: "Why bad?", type: text, when: b == "bad", required: true, length: short}
  - {id: d, text: "How many?", type: number, tests: [TLS-01, TLS-04], length: standard}
  - {id: e, text: "Many?", type: bool, when: d > 10, evidence: ["evidence:pentest", "evidence:soc2"], length: standard}
  - {id: f, text: "Which of them?", type: multi, weight: 1, options: [{value: x, points: 0.5}, {value: y, points: 0.5}, {value: z, points: 0.5}, {value: none}], length: extended}
  - {id: ours, text: "Ours?", type: bool, audience: internal, options: [{value: "yes"}, {value: "no", points: 1}], weight: 1, controls: [owners-named], length: short}
`

type answers = map[string]questionnaire.Answer

func TestVisible(t *testing.T) {
	t.Parallel()
	it := items(load(t, branching))
	na := questionnaire.Answer{NA: true, Reason: "so"}
	cases := []struct {
		name    string
		answers answers
		want    string
	}{
		{"nothing is known", nil, "a b c d e f ours"},
		{"false hides", answers{"a": value("false")}, "a d e f ours"},
		{"an answer to a hidden question does not count", answers{"a": value("false"), "b": value(`"bad"`)}, "a d e f ours"},
		{"true shows, and the next waits", answers{"a": value("true")}, "a b c d e f ours"},
		{"decided", answers{"a": value("true"), "b": value(`"good"`)}, "a b d e f ours"},
		{"what does not apply is unknown", answers{"a": value("true"), "b": na}, "a b c d e f ours"},
		{"an answer that does not fit is unknown", answers{"a": value(`"no"`)}, "a b c d e f ours"},
		{"numbers", answers{"d": value("3")}, "a b c d f ours"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(it.Visible(tc.answers), " "); got != tc.want {
				t.Errorf("Visible = %s, want %s", got, tc.want)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	set := load(t, branching)
	cases := []struct {
		name, length, audience string
		settled                questionnaire.Settled
		want, skipped          string
	}{
		{"all", "", "", questionnaire.Settled{}, "a b c d e f ours", ""},
		{"short", "short", "partner", questionnaire.Settled{}, "a b c", ""},
		{"standard", "standard", "partner", questionnaire.Settled{}, "a b c d e", ""},
		{"internal", "full", "internal", questionnaire.Settled{}, "ours", ""},
		{"one kind of evidence is enough", "full", "partner", questionnaire.Settled{Evidence: map[string]string{"evidence:soc2": "accepted on Monday"}}, "a b c d f", "e by evidence:soc2: accepted evidence answers it: accepted on Monday"},
		{"one check of two is not", "full", "partner", questionnaire.Settled{Checks: map[string]string{"TLS-01": ""}}, "a b c d e f", ""},
		{"both are", "full", "partner", questionnaire.Settled{Checks: map[string]string{"TLS-01": "", "TLS-04": "passed on Monday"}}, "a b c e f", "d by TLS-01,TLS-04: passed tests answer it: TLS-01; passed on Monday"},
		{"a length that does not reach the evidence", "short", "partner", questionnaire.Settled{Evidence: map[string]string{"evidence:soc2": ""}}, "a b c", ""},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			it := set.Select(tc.length, tc.audience, tc.settled)
			var ids, skipped []string
			for _, q := range it.Questions {
				ids = append(ids, q.ID)
			}
			for _, s := range it.Skipped {
				skipped = append(skipped, s.Question+" by "+strings.Join(s.By, ",")+": "+s.Why)
			}
			if got := strings.Join(ids, " "); got != tc.want {
				t.Errorf("asked %s, want %s", got, tc.want)
			}
			if got := strings.Join(skipped, "; "); got != tc.skipped {
				t.Errorf("skipped %s, want %s", got, tc.skipped)
			}
			data, err := json.Marshal(it)
			if err != nil {
				t.Fatal(err)
			}
			var again questionnaire.Items
			if err := json.Unmarshal(data, &again); err != nil {
				t.Fatalf("the snapshot cannot be read back: %v", err)
			}
			for _, given := range []answers{nil, {"a": value("false")}, {"a": value("true"), "b": value(`"good"`), "d": value("3")}} {
				if diff := cmp.Diff(it.Visible(given), again.Visible(given)); diff != "" {
					t.Errorf("the snapshot shows other questions after it was kept:\n%s", diff)
				}
			}
		})
	}
}

func TestScoreClaimsMissing(t *testing.T) {
	t.Parallel()
	it := items(load(t, branching))
	cases := []struct {
		name    string
		answers answers
		points  float64
		of      float64
		missing string
		claims  string
	}{
		{"nothing", nil, 0, 5, "a b c", ""},
		{"full points", answers{"a": value("true"), "b": value(`"good"`), "f": value(`["x","y","z"]`), "ours": value("false")}, 5, 5, "", "tls-version:true rate-limit:true owners-named:true"},
		{"some points deny the control", answers{"a": value("true"), "b": value(`"fair"`), "f": value(`["x"]`)}, 3, 5, "", "tls-version:true rate-limit:false"},
		{"hidden counts nowhere", answers{"a": value("false"), "b": value(`"good"`)}, 0, 4, "", "tls-version:false"},
		{"does not apply counts nowhere", answers{"a": value("true"), "b": {NA: true, Reason: "no"}}, 2, 4, "c", "tls-version:true"},
		{"a bad answer is none", answers{"a": value(`1`)}, 0, 5, "a b c", ""},
		{"points of yes and no", answers{"ours": value("true")}, 0, 5, "a b c", "owners-named:false"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := it.Score(tc.answers)
			if s.Points != tc.points || s.Of != tc.of || s.Share != tc.points/tc.of {
				t.Errorf("score = %v of %v (%v), want %v of %v", s.Points, s.Of, s.Share, tc.points, tc.of)
			}
			if got := strings.Join(it.Missing(tc.answers), " "); got != tc.missing {
				t.Errorf("missing %s, want %s", got, tc.missing)
			}
			var claims []string
			for _, c := range it.Claims(tc.answers, "answer:inq_1") {
				if c.Known != drawbridge.KnownClaim || c.Element != "" || !strings.HasPrefix(c.Source, "answer:inq_1/") {
					t.Errorf("claim %+v is not of an answer", c)
				}
				word := ":false"
				if c.Holds {
					word = ":true"
				}
				claims = append(claims, c.Control+word)
			}
			if got := strings.Join(claims, " "); got != tc.claims {
				t.Errorf("claims %s, want %s", got, tc.claims)
			}
		})
	}
}

// TestScoreProperties: more points never lower the score, and what it counts is
// what is shown.
func TestScoreProperties(t *testing.T) {
	t.Parallel()
	it := items(load(t, branching))
	rapid.Check(t, func(rt *rapid.T) {
		given := answers{}
		for _, q := range it.Questions {
			if a := someAnswer(rt, it, q); rapid.Bool().Draw(rt, "answered") && it.Check(q.ID, a) == nil {
				given[q.ID] = a
			}
		}
		s := it.Score(given)
		if s.Share < 0 || s.Share > 1 || s.Answered > s.Asked || s.Asked != len(it.Visible(given)) {
			rt.Fatalf("score %+v over %v", s, given)
		}
		given["f"] = value(`["x","y"]`)
		if best := it.Score(given); best.Points < s.Points || best.Of < s.Of {
			rt.Errorf("full points took the score from %+v to %+v", s, best)
		}
		for _, id := range it.Missing(given) {
			if a, ok := given[id]; ok && a.Given() {
				rt.Errorf("%s is answered and missing", id)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	it := items(load(t, everyType))
	long := strings.Repeat("x", questionnaire.MaxText+1)
	cases := []struct {
		name, question string
		answer         questionnaire.Answer
		want           string // "" when it is fine
	}{
		{"nothing takes back", "q.bool", questionnaire.Answer{}, ""},
		{"a comment alone", "q.bool", questionnaire.Answer{Comment: "we ask around"}, ""},
		{"bool", "q.bool", value("true"), ""},
		{"bool as text", "q.bool", value(`"true"`), "true or false"},
		{"two values", "q.bool", value("true false"), "true or false"},
		{"no such question", "q.none", value("true"), "no question"},
		{"not applicable", "q.bool", questionnaire.Answer{NA: true, Reason: "no people"}, ""},
		{"without a reason", "q.bool", questionnaire.Answer{NA: true}, "say why"},
		{"both", "q.bool", questionnaire.Answer{NA: true, Reason: "x", Value: []byte("true")}, "either applies"},
		{"reason without", "q.bool", questionnaire.Answer{Value: []byte("true"), Reason: "x"}, "write a comment"},
		{"single", "q.single", value(`"a"`), ""},
		{"none of them", "q.single", value(`"d"`), "none of the options"},
		{"near", "q.table", value(`[{"nme":"x"}]`), "no column"},
		{"multi", "q.multi", value(`["z","x"]`), ""},
		{"twice", "q.multi", value(`["x","x"]`), "twice"},
		{"empty list", "q.multi", value(`[]`), "empty"},
		{"text", "q.text", value(`"=1+1\n\tok"`), ""},
		{"blank", "q.text", value(`" \n"`), "empty"},
		{"long", "q.text", value(`"` + long + `"`), "at most"},
		{"control character", "q.text", value(`"a\u0000b"`), "control characters"},
		{"control character at the end", "q.text", value(`"a\u000b"`), "control characters"},
		{"no character", "q.text", value(`"a\uffff"`), "control characters"},
		{"number", "q.number", value("-0.25"), ""},
		{"number as text", "q.number", value(`"1"`), "a number"},
		{"large", "q.number", value("1e16"), "too large"},
		{"not finite", "q.number", value("1e999"), "a number"},
		{"date", "q.date", value(`"2026-11-21"`), ""},
		{"no day", "q.date", value(`"2026-02-30"`), "is not a day"},
		{"files", "q.file", value(`["evd_1"]`), ""},
		{"file on two lines", "q.file", value(`["a\nb"]`), "one line"},
		{"table", "q.table", value(`[{"name":"x","country":"IE"},{"name":"y"}]`), ""},
		{"empty row", "q.table", value(`[{}]`), "row 1 is empty"},
		{"empty cell", "q.table", value(`[{"name":""}]`), "one line"},
		{"too many rows", "q.table", value("[" + strings.Repeat(`{"name":"x"},`, questionnaire.MaxRows) + `{"name":"x"}]`), "at most"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := it.Check(tc.question, tc.answer)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Check = %v, want %q", err, tc.want)
			}
			if drawbridge.KindOf(err) == drawbridge.Internal && err != nil {
				t.Errorf("Check = %v is no error for a person", err)
			}
		})
	}
	if err := items(load(t, branching)).Check("f", value(`["x","none"]`)); err == nil || !strings.Contains(err.Error(), "excludes") {
		t.Errorf("some and none: %v, want a refusal", err)
	}
	if err := items(load(t, branching)).Check("a", questionnaire.Answer{NA: true, Reason: "x"}); err == nil || !strings.Contains(err.Error(), "always applies") {
		t.Errorf("what always applies: %v, want a refusal", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	with := func(old, new string) string {
		if !strings.Contains(branching, old) {
			t.Fatalf("the template has no %q", old)
		}
		return strings.Replace(branching, old, new, 1)
	}
	cases := []struct{ name, src, want string }{
		{"unknown key", with("title: Branching", "titel: Branching"), "titel"},
		{"name", with("name: branching", "name: Branching"), "lower-case"},
		{"version", with("1.0.0", "1.0"), "three numbers"},
		{"language", with("lang: en", "lang: english!"), "name a language"},
		{"twice", with("id: d,", "id: A,"), "stands twice"},
		{"type", with("type: number", "type: integer"), "type is \"integer\""},
		{"length", with("length: extended", "length: long"), "length is \"long\""},
		{"audience", with("audience: internal", "audience: us"), "audience is \"us\""},
		{"points", with("points: 0.5", "points: 1.5"), "write 0 to 1"},
		{"taken", with("{value: fair, points: 0.5}", "{value: Good}"), "taken by an earlier option"},
		{"options of a number", with("type: number,", "type: number, options: [{value: x}, {value: y}],"), "has no options"},
		{"claim without weight", with("weight: 2, required: true, controls", "required: true, controls"), "claims no control"},
		{"weight without points", with("{value: good, points: 1}, {value: fair, points: 0.5}", "{value: good}, {value: fair}"), "earn its weight"},
		{"unknown name", with("when: a\n", "when: aa\n"), "not a declared name"},
		{"wrong type", with("when: d > 10", "when: d == \"x\""), "no matching overload"},
		{"no truth", with("when: d > 10", "when: d + 1.0"), "no true or false"},
		{"later question", with("when: a\n", "when: e\n"), "does not stand before"},
		{"itself", with(`when: b == "bad"`, `when: c == "bad"`), "does not stand before"},
		{"misspelled option", with(`b == "bad"`, `b == "worse"`), "misspelled"},
		{"always true", with(`b == "bad"`, `b != "worse"`), "no answer makes"},
		{"other audience", with("audience: internal,", "audience: internal, when: a,"), "another audience"},
		{"longer only", with(`when: b == "bad"`, `when: b == "bad" && d > 1`), "does not stand before"},
		{"nothing", "name: x\nversion: 1.0.0\nlang: en\ntitle: X\n", "asks nothing"},
		{"file and more", with("- id: s\n", "- id: s\n  file: x.yaml\n"), "says everything else there"},
		{"file outside", "name: x\nversion: 1.0.0\nlang: en\ntitle: X\nsections: [{file: ../../x.yaml}]\n", "leaves the folder"},
		{"file missing", "name: x\nversion: 1.0.0\nlang: en\ntitle: X\nsections: [{file: x.yaml}]\n", "is missing"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := questionnaire.Load(fstest.MapFS{"t.yaml": {Data: []byte(tc.src)}}, "t.yaml")
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want one with %q", err, tc.want)
			}
			if drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Errorf("%v is %s, want invalid", err, drawbridge.KindOf(err))
			}
		})
	}
}

// FuzzLoad reads templates: one that is accepted can be asked, kept and shown.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(branching))
	f.Add([]byte(everyType))
	data, err := os.ReadFile("set/templates/drawbridge/ai.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append([]byte("name: x\nversion: 1.0.0\nlang: en\ntitle: X\nsections:\n- "), strings.ReplaceAll(string(data), "\n", "\n  ")...))
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := questionnaire.Load(fstest.MapFS{"t.yaml": {Data: data}}, "t.yaml")
		if err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("Load blames itself: %v", err)
			}
			return
		}
		it := set.Select("full", "partner", questionnaire.Settled{})
		kept, err := json.Marshal(it)
		if err != nil {
			t.Fatal(err)
		}
		var again questionnaire.Items
		if err := json.Unmarshal(kept, &again); err != nil {
			t.Fatalf("what was asked cannot be read back: %v", err)
		}
		if diff := cmp.Diff(it.Visible(nil), again.Visible(nil)); diff != "" {
			t.Error(diff)
		}
	})
}
