package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"drawbridge/internal/api"
)

// asks says which routes each command asks that talks to a server. The matrix
// of routes thereby is one of commands too.
var asks = map[string][]string{
	"login":       {"me", "session.create", "session.end", "tokens.create", "tokens.revoke"},
	"logout":      {"tokens.revoke"},
	"push":        {"integrations.find", "revisions.push"},
	"pull":        {"integrations.find", "integrations.list", "revisions.pull"},
	"status":      {"gate", "integrations.find", "me", "revisions.get", "revisions.push"},
	"gate":        {"gate"},
	"join":        {"invitation.accept", "me", "session.create", "session.end", "tokens.create", "tokens.revoke"},
	"me":          {"inbox.unread", "me", "me.factor", "me.factor_begin", "me.factor_confirm", "me.factor_remove", "me.password", "me.recovery", "session.create", "session.end", "sessions.end", "sessions.end_all", "sessions.list"},
	"people":      {"me", "people.disable", "people.erase", "people.find", "people.get", "people.invite", "people.list", "people.rename", "people.reset", "people.roles", "session.create", "session.end", "sessions.end_all", "sessions.list"},
	"token":       {"integrations.find", "integrations.list", "machines.create", "me", "session.create", "session.end", "tokens.create", "tokens.list", "tokens.revoke"},
	"inbox":       {"inbox.list", "inbox.mail", "inbox.read", "inbox.set_mail", "inbox.tasks", "inbox.unread", "inbox.unread_again"},
	"webhook":     {"me", "session.create", "session.end", "webhooks.create", "webhooks.deliveries", "webhooks.list", "webhooks.remove", "webhooks.retry", "webhooks.test", "webhooks.update"},
	"job":         {"jobs.cancel", "jobs.list", "jobs.retry"},
	"partner":     {"inquiries.preview", "links.create", "links.list", "links.revoke", "partners.create", "partners.get", "partners.list", "partners.update", "people.find", "people.get"},
	"integration": {"assessments.create", "assessments.list", "history", "integrations.assign", "integrations.find", "integrations.get", "integrations.list", "integrations.members", "integrations.try", "people.find", "people.get"},
	"questionnaire": {
		"inquiries.accept", "inquiries.answer", "inquiries.close", "inquiries.confirm", "inquiries.export", "inquiries.get", "inquiries.history",
		"inquiries.import", "inquiries.list", "inquiries.return", "inquiries.send", "inquiries.submit", "inquiries.text",
	},
	"evidence": {"evidence.accept", "evidence.file", "evidence.get", "evidence.list", "evidence.offer", "evidence.refuse", "evidence.supersede", "evidence.withdraw", "integrations.find", "integrations.list"},
	"thread":   {"integrations.find", "integrations.list", "people.find", "people.get", "threads.get", "threads.list", "threads.open", "threads.reply", "threads.resolve"},
	"dossier":  {"history", "integrations.dossier", "integrations.find", "integrations.list", "partners.dossier"},
	"finding":  {"findings.list", "integrations.find", "integrations.list", "rulings.create", "rulings.list", "rulings.revoke"},
	"lifecycle": {
		"attestations.create", "attestations.list", "attestations.revoke", "departure.get", "departure.plan", "integrations.find", "integrations.list", "life.get", "life.leave",
		"life.live", "life.resume", "life.retire", "life.suspend", "me", "session.create", "session.end",
	},
	"condition": {"conditions.create", "conditions.drop", "conditions.list", "conditions.meet", "integrations.find", "integrations.list", "people.find", "people.get"},
	"exception": {
		"exceptions.confirm", "exceptions.list", "exceptions.propose", "exceptions.refuse", "exceptions.renew", "exceptions.revoke", "integrations.find", "integrations.list", "me",
		"people.find", "people.get", "session.create", "session.end",
	},
	"result": {"integrations.find", "integrations.list", "live_runs.list", "live_runs.stop", "runs.create", "runs.document", "runs.list"},
	"test":   {"integrations.find", "live_runs.open", "live_runs.tell", "runs.create"},
	"register": {
		"integrations.find", "integrations.list", "people.find", "people.get", "register.list", "risks.add", "risks.close", "risks.edit", "risks.get", "risks.heat",
		"risks.list", "risks.move",
	},
	"review": {
		"decisions.find", "delegations.create", "delegations.list", "delegations.revoke", "integrations.find", "integrations.list", "integrations.standing", "me", "people.find", "people.get", "reviews.approval",
		"reviews.changes", "reviews.decide", "reviews.get", "reviews.list", "reviews.mine", "reviews.open", "reviews.progress", "reviews.ready", "reviews.reopen", "reviews.request", "reviews.sign", "reviews.start",
		"reviews.submit", "reviews.tracks", "reviews.triage", "reviews.withdraw", "revisions.push", "session.create", "session.end", "signoffs.withdraw",
	},
	"programme": {
		"integrations.find", "integrations.list", "programme.announce", "programme.calendar", "programme.impact", "programme.queue", "threat_reviews.create",
		"threats.difference", "triggers.create", "triggers.handle", "triggers.list",
	},
	"search": {"search"},
	"log":    {"log.list"},
	"bulk":   {"bulks.cancel", "bulks.create", "bulks.get", "bulks.items", "bulks.list", "bulks.preview", "bulks.undo", "people.find", "people.get"},
	"view":   {"views.list", "views.remove", "views.restore", "views.save"},
	"draft":  {"drafts.begin", "drafts.begin_from", "drafts.data", "drafts.discard", "drafts.get", "drafts.list", "drafts.operations", "drafts.preview", "drafts.restore", "drafts.save", "drafts.send"},
	"claims": {"claims.list", "integrations.find", "integrations.list"},
}

// alsoIn names further files of a command.
var alsoIn = map[string][]string{"review": {"review_decide.go"}, "partner": {"link.go"}, "questionnaire": {"inquiry.go"}, "integration": {"try.go"}, "log": {"log_list.go"}, "test": {"test_live.go"}}

// helpers ask routes for the commands that call them.
var helpers = map[string][]string{
	`\bpushFlags\{`:                       {"revisions.push"},
	`proof: true|\.proven\(`:              {"me", "session.create", "session.end"},
	`\.shortly\(`:                         {"session.create", "session.end"},
	`\brevoke\(`:                          {"tokens.revoke"},
	`f\.login\.run\(`:                     {"me", "session.create", "session.end", "tokens.create", "tokens.revoke"},
	`\bintegrationOf\(`:                   {"integrations.find", "integrations.list"},
	`\b(personOf|personID)\(`:             {"people.find", "people.get"},
	`\bsessionsOf\(`:                      {"sessions.list"},
	`\(\*client\.Client\)\.AcceptInquiry`: {"inquiries.accept", "inquiries.close", "inquiries.return"},
}

// TestCommandsAndRoutes holds the table to the commands: each that takes a
// server is in it, and asks exactly the routes that it names.
func TestCommandsAndRoutes(t *testing.T) {
	t.Parallel()
	names := map[string]string{} // address to name
	for _, r := range api.Routes() {
		names[r.Method+" "+r.Pattern] = r.Name
	}
	calls := map[string]string{} // call of the client to name
	files, err := filepath.Glob("../client/*.go")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`(?s)func \(c \*Client\) (\w+)\(ctx [^\n]*\n(.*?)\n}\n`)
	address := regexp.MustCompile(`"([A-Z]+ /api/[^"]+)"|method: http\.MethodPost, pattern: "([^"]+)"`)
	for _, file := range files {
		for _, m := range form.FindAllSubmatch(code(t, file), -1) {
			if a := address.FindSubmatch(m[2]); a != nil {
				at := string(a[1])
				if at == "" {
					at = "POST " + string(a[2])
				}
				calls[string(m[1])] = names[at]
			}
		}
	}
	use := regexp.MustCompile(`\b(?:c|session|client)\.([A-Z]\w+)\(|\(\*client\.Client\)\.([A-Z]\w+)`)
	for name, want := range asks {
		var got []string
		text := code(t, name+".go")
		for _, more := range alsoIn[name] {
			text = append(text, code(t, more)...)
		}
		for _, m := range use.FindAllSubmatch(text, -1) {
			if route := calls[string(m[1])+string(m[2])]; route != "" && !slices.Contains(got, route) {
				got = append(got, route)
			}
		}
		for helper, routes := range helpers {
			if !regexp.MustCompile(helper).Match(text) {
				continue
			}
			for _, route := range routes {
				if !slices.Contains(got, route) {
					got = append(got, route)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s asks %v, and the table says %v", name, got, want)
		}
	}
	env := Env{Now: time.Now, Environ: func(string) string { return "" }, Stdin: &bytes.Buffer{}, Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}
	for _, cmd := range newRoot(&env).Commands() {
		if talks(cmd) && asks[cmd.Name()] == nil {
			t.Errorf("%s talks to a server, and the table does not say which routes it asks", cmd.Name())
		}
		if asks[cmd.Name()] != nil {
			holdsNoSecret(t, cmd)
		}
	}
}

// talks reports whether a command, or one below it, talks to a server.
func talks(cmd *cobra.Command) bool {
	return cmd.Flags().Lookup("ca-file") != nil || slices.ContainsFunc(cmd.Commands(), talks)
}

// holdsNoSecret refuses a flag whose value would be a secret: others see it.
func holdsNoSecret(t *testing.T, cmd *cobra.Command) {
	t.Helper()
	for _, name := range []string{"password", "token", "code", "secret"} {
		if cmd.Flags().Lookup(name) != nil {
			t.Errorf("%s takes a secret as the value of --%s", cmd.CommandPath(), name)
		}
	}
	for _, sub := range cmd.Commands() {
		holdsNoSecret(t, sub)
	}
}

func code(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
