package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"drawbridge"
	"drawbridge/internal/assess"
)

// junitHandler writes one suite for each integration: the gate, each required
// control and each live check is a case. Unknown and inconclusive are skipped,
// never passed.
type junitHandler struct {
	w      io.Writer
	suites []junitSuite
}

type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Failure *junitDetail `xml:"failure,omitempty"`
	Skipped *junitDetail `xml:"skipped,omitempty"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func (h *junitHandler) Result(a *assess.Assessment) error {
	s := junitSuite{Name: clean(a.Integration.ID + "/" + a.Integration.Environment), Time: a.AsOf.UTC().Format("2006-01-02T15:04:05")}
	s.add(junitGate(a))
	for _, c := range a.Controls {
		if !c.Required || !c.Applies {
			continue
		}
		tc := junitCase{Class: "control." + c.Domain, Name: c.ID + ": " + clean(c.Title)}
		switch {
		case c.Value == nil:
			tc.Skipped = &junitDetail{Message: "nobody answered", Text: clean(c.Because)}
		case *c.Value < 1:
			tc.Failure = &junitDetail{Message: clean(c.Criterion), Text: clean(c.Because)}
		}
		s.add(tc)
	}
	for _, c := range a.Checks {
		tc := junitCase{Class: "check." + c.Interface, Name: strings.TrimSpace(c.Check + " " + c.Operation + " " + clean(c.Location))}
		switch c.Verdict {
		case drawbridge.Pass:
		case drawbridge.Fail:
			tc.Failure = &junitDetail{Message: clean(c.Title + ": " + c.Reason), Text: transcript(c)}
		default:
			tc.Skipped = &junitDetail{Message: string(c.Verdict) + ": " + clean(c.Reason)}
		}
		s.add(tc)
	}
	h.suites = append(h.suites, s)
	return nil
}

// junitGate is the case that fails when the answer is no. Conditions are told,
// and do not fail.
func junitGate(a *assess.Assessment) junitCase {
	c := junitCase{Class: "gate", Name: "gate answers " + string(a.Gate.Outcome)}
	if a.Gate.Outcome == drawbridge.NoGo {
		var text strings.Builder
		for _, r := range a.Gate.Reasons {
			fmt.Fprintf(&text, "%s: %s%s\n", r.Outcome, clean(r.Text), clean(refs(r.Refs)))
		}
		c.Failure = &junitDetail{Message: "no-go", Text: text.String()}
	}
	return c
}

func (h *junitHandler) Done() error {
	doc := struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}{Suites: h.suites}
	if _, err := io.WriteString(h.w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(h.w)
	enc.Indent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	_, err := io.WriteString(h.w, "\n")
	return err
}
