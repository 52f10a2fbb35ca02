package web

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/job"
	"drawbridge/internal/web/view"
)

// jobWords say what a kind of job does.
var jobWords = []view.Option{
	{Value: "assess", Text: "assess again when it is due"},
	{Value: "assess.touched", Text: "assess again after a change"},
	{Value: "evidence.counts", Text: "see what a document counts for"},
	{Value: "exception.ended", Text: "end an exception"},
	{Value: "exception.ending", Text: "tell of an exception that ends soon"},
	{Value: "link.expiring", Text: "tell of a link that ends soon"},
	{Value: "message", Text: "set a message on its way"},
	{Value: "message.mail", Text: "send a mail"},
	{Value: "message.sweep", Text: "remove old messages"},
	{Value: "message.webhook", Text: "deliver to a webhook"},
	{Value: "programme.assigned", Text: "look at a change of owner"},
	{Value: "programme.notice", Text: "look at a partner's notice"},
	{Value: "programme.sweep", Text: "look for what became due"},
	{Value: "retention.purge", Text: "remove what was kept long enough"},
	{Value: "review.pushed", Text: "hold a new revision against the decision"},
	{Value: "session.sweep", Text: "remove sessions that ended"},
}

var jobTones = map[job.State]view.Tone{
	job.Scheduled: view.Idle, job.Queued: view.Info, job.Running: view.Info, job.Done: view.Good, job.Failed: view.Bad, job.Cancelled: view.Warn,
}

// jobRow is a job as the pages tell it.
func (p *page) jobRow(j job.Job) view.AdminJob {
	out := view.AdminJob{
		ID: string(j.ID), To: "/jobs/" + string(j.ID), What: view.Words(strings.ReplaceAll(j.Kind, ".", " ")), Kind: j.Kind, Subject: p.jobAbout(j.Subject),
		State: string(j.State), Tone: cmp.Or(jobTones[j.State], view.Idle), Failures: int(j.Failures), Error: j.LastError, Made: j.CreatedAt, Done: j.DoneAt,
		Next: j.DueAt, Open: j.DoneAt.IsZero(), Key: p.once(),
	}
	if i := slices.IndexFunc(jobWords, func(o view.Option) bool { return o.Value == j.Kind }); i >= 0 {
		out.What = jobWords[i].Text
	}
	if !j.RetryAt.IsZero() {
		out.Next = j.RetryAt
	}
	if out.Open && out.Failures > 0 && j.State == job.Scheduled {
		out.State, out.Tone = "tried again", view.Warn
	}
	out.Again = !out.Open && j.State != job.Done || out.Open && !j.RetryAt.IsZero() && j.State != job.Running
	return out
}

// jobAbout is what a job is about, with its page where the person may open it.
func (p *page) jobAbout(subject string) view.Link {
	out := view.Link{Text: subject}
	for _, about := range []struct {
		prefix, to string
		may        access.Action
	}{
		{"int", "/integrations/", access.IntegrationRead}, {"evd", "/evidence/", access.EvidenceRead}, {"ntc", "/notices/", access.NoticeRead},
	} {
		if drawbridge.ValidID(about.prefix, subject) && p.may(about.may) {
			out.To = about.to + subject
		}
	}
	if _, hook, ok := strings.Cut(subject, "/"); ok && drawbridge.ValidID("whk", hook) && p.may(access.WebhookRead) {
		out = view.Link{Text: subject, To: "/webhooks/" + hook}
	}
	return out
}

// jobs is the queue, by the filters that stand in the address.
func (p *page) jobs() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Jobs", "What the server does by itself: what waits, what runs, what failed and why."
	q := p.R.URL.Query()
	f := job.Query{State: job.State(q.Get("state")), Kind: q.Get("kind"), Below: drawbridge.EventID(q.Get("below")), Limit: pageOf + 1}
	list, err := p.web.opt.Jobs.List(p.R.Context(), p.Actor, f)
	if err != nil {
		return nil, err
	}
	out := view.AdminJobs{Now: p.now, State: string(f.State), Kind: f.Kind, Kinds: jobWords, Filtered: f.State != "" || f.Kind != "", May: p.may(access.JobControl)}
	for i, j := range list {
		if i == pageOf {
			out.Next = address("/jobs", q, "below", string(list[i-1].ID))
			break
		}
		out.Rows = append(out.Rows, p.jobRow(j))
	}
	if f.Below != "" {
		out.First = address("/jobs", q, "below", "")
	}
	return view.AdminJobsPage(out), nil
}

// job is one job. While it is open, the page looks again by itself.
func (p *page) job() (templ.Component, error) {
	p.wrong()
	j, err := p.web.opt.Jobs.Get(p.R.Context(), p.Actor, drawbridge.EventID(p.R.PathValue("id")))
	if err != nil {
		return nil, err
	}
	row := p.jobRow(j)
	p.shell.Title, p.shell.Trail, p.shell.Back = strings.ToUpper(row.What[:1])+row.What[1:], []view.Link{{Text: "Jobs", To: "/jobs"}}, row.To
	if row.Open && row.Next.Sub(p.now) < time.Minute {
		p.shell.Refresh = 2
	}
	return view.AdminJobPage(row, p.now, p.may(access.JobControl)), nil
}

func (p *page) jobChange() job.Change {
	return job.Change{ID: drawbridge.EventID(p.R.PathValue("id")), Reason: p.said("reason"), Key: p.key()}
}

func (p *page) doRetryJob() (string, error) {
	c := p.jobChange()
	_, err := p.web.opt.Jobs.Retry(p.R.Context(), p.Actor, c)
	return "/jobs/" + string(c.ID) + "?done=job-again", err
}

func (p *page) doCancelJob() (string, error) {
	c := p.jobChange()
	_, err := p.web.opt.Jobs.Cancel(p.R.Context(), p.Actor, c)
	return "/jobs/" + string(c.ID) + "?done=job-cancelled&of=" + string(c.ID), err
}
