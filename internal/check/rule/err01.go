package rule

import (
	"context"
	"regexp"

	"drawbridge"
	"drawbridge/internal/check"
)

// err01 asks whether errors tell how the partner's software is built.
type err01 struct{}

// Info describes the check.
func (err01) Info() check.Info {
	return check.Info{
		ID: "ERR-01", Title: "Errors tell internals", Severity: drawbridge.Medium,
		Why: "A stack trace or a debugging page names files, versions, queries and sometimes secrets.",
		CWE: []int{209}, OWASP: "API8:2023", ASVS: []string{"v5.0.0-16.5.1", "v5.0.0-13.4.2"},
		Needs: []check.Need{check.NeedSpec, check.NeedIdentity}, Safety: check.Active,
		Sends: "To each operation with a body or an id: a body that does not parse, values of the wrong type, an id of the wrong form.",
		Fix:   "Catch every error at one place, log it there, and answer with a general message and an id to find it by.", Explains: []string{"ERR-02"},
	}
}

// traces are what only software that shows its inside writes.
var traces = []struct {
	what string
	re   *regexp.Regexp
}{
	{"Java stack trace", regexp.MustCompile(`\bat (?:[\w$]+\.){2,}[\w$<>]+\([\w$]+\.(?:java|kt|scala):\d+\)`)},
	{"Python stack trace", regexp.MustCompile(`Traceback \(most recent call last\)|File \\?"[^"]+\.py\\?", line \d+`)},
	{".NET stack trace", regexp.MustCompile(`\bat (?:[\w` + "`" + `]+\.)+[\w<>]+\([^)]*\) in [^\s]+:line \d+|System\.[A-Z]\w+Exception`)},
	{"Node stack trace", regexp.MustCompile(`\bat (?:async )?(?:[\w.<>$]+ )?\(?(?:file://)?/?[^\s()]+\.[cm]?[jt]s:\d+:\d+\)?`)},
	{"Go stack trace", regexp.MustCompile(`goroutine \d+ \[[a-z ]+\]:|\bruntime/debug\.Stack`)},
	{"PHP error", regexp.MustCompile(`(?:Fatal error|Warning|Notice|Parse error|Stack trace)\b.{0,300}\bin /[^\s]+\.php(?: on line |:)\d+|#\d+ /[^\s]+\.php\(\d+\)`)},
	{"Ruby stack trace", regexp.MustCompile(`[^\s:"]+\.rb:\d+:in [` + "`" + `']`)},
	{"Rust panic", regexp.MustCompile(`thread '[^']+' panicked at`)},
	{"database error", regexp.MustCompile(`You have an error in your SQL syntax|ORA-\d{5}|SQLSTATE\[|PG::\w+Error|pq: \w|sqlite3\.\w+Error|com\.mysql\.|org\.postgresql\.|Unclosed quotation mark after`)},
	{"debugging page", regexp.MustCompile(`Werkzeug Debugger|DEBUG = True|Whoops, looks like something went wrong|Laravel\\\\?Ignition|Symfony Exception|better_errors|ASP\.NET is configured to show verbose`)},
	{"environment", regexp.MustCompile(`\b(?:AWS_SECRET_ACCESS_KEY|DATABASE_URL|DB_PASSWORD|SECRET_KEY_BASE)\b\s*[=:"]`)},
}

// trace names what a body shows, or "". Texts in JSON are read as they are meant.
func trace(body []byte) string {
	for _, l := range leaves(body) {
		if text, ok := l.value.(string); ok && len(text) > 20 {
			if what := traceIn([]byte(text)); what != "" {
				return what
			}
		}
	}
	return traceIn(body)
}

func traceIn(text []byte) string {
	for _, t := range traces {
		if t.re.Match(text) {
			return t.what
		}
	}
	return ""
}

// Run sends each invalid request once and reads the answer; one result an operation.
func (c err01) Run(ctx context.Context, s *check.Session) []check.Result {
	var out []check.Result
	id := s.Identities[0]
	for _, o := range spoilable(s, id) {
		if s.Stopped(ctx) {
			break
		}
		out = append(out, c.judge(ctx, s, o, id))
	}
	return out
}

func (c err01) judge(ctx context.Context, s *check.Session, o *check.Operation, id *check.Identity) check.Result {
	info := c.Info()
	good := s.Baseline(o, id).Answer
	if what := trace(good.Body); what != "" {
		return s.Verdict(info, o, drawbridge.Inconclusive, "the good answer already looks like a "+what)
	}
	for _, bad := range spoil(ctx, s, o, id) {
		got, err := s.Probe(ctx, id, bad.request)
		if err != nil {
			return undecided(s, info, o, err)
		}
		settled(s, o, id, got)
		what := trace(got.Body)
		if what == "" {
			continue
		}
		repeat, err := s.Do(ctx, id, bad.request)
		if err != nil {
			return undecided(s, info, o, err)
		}
		settled(s, o, id, repeat)
		if trace(repeat.Body) != what {
			continue
		}
		return s.Verdict(info, o, drawbridge.Fail, bad.what+" is answered with a "+what, s.Exchange("baseline", good), s.Exchange("attack", got), s.Exchange("repeat", repeat))
	}
	return s.Verdict(info, o, drawbridge.Pass, "invalid requests are answered without internals")
}
