package api

import (
	"context"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/client"
	"drawbridge/internal/job"
)

func (a *API) jobs(c *call, in client.JobFilter) (client.List[client.Job], error) {
	q := job.Query{State: job.State(in.State), Kind: in.Kind}
	limit, err := c.part(in.Page, &q.Below)
	if err != nil {
		return client.List[client.Job]{}, err
	}
	q.Limit = limit + 1
	list, err := a.opt.Jobs.List(c.R.Context(), c.Actor, q)
	if err != nil {
		return client.List[client.Job]{}, err
	}
	told := make([]client.Job, len(list))
	for i, j := range list {
		told[i] = tellJob(j)
	}
	return pageOf(c, told, limit, func(j client.Job) string { return string(j.ID) })
}

func tellJob(j job.Job) client.Job {
	return client.Job{
		ID: j.ID, Kind: j.Kind, Subject: j.Subject, State: string(j.State), Failures: j.Failures, LastError: j.LastError,
		CreatedAt: j.CreatedAt, DueAt: j.DueAt, RetryAt: j.RetryAt, DoneAt: j.DoneAt,
	}
}

func (a *API) job(c *call, in client.ByID) (client.Job, error) {
	j, err := a.opt.Jobs.Get(c.R.Context(), c.Actor, drawbridge.EventID(in.ID))
	return tellJob(j), err
}

func (a *API) retryJob(c *call, in client.Because) (client.Job, error) {
	return a.controlJob(c, in, a.opt.Jobs.Retry)
}

func (a *API) cancelJob(c *call, in client.Because) (client.Job, error) {
	return a.controlJob(c, in, a.opt.Jobs.Cancel)
}

// controlJob does something to a job, and tells how it stands then.
func (a *API) controlJob(c *call, in client.Because, do func(context.Context, access.Actor, job.Change) (action.Receipt, error)) (client.Job, error) {
	if _, err := do(c.R.Context(), c.Actor, job.Change{ID: drawbridge.EventID(in.ID), Reason: in.Reason, Key: c.key}); err != nil {
		return client.Job{}, err
	}
	return a.job(c, in.ByID)
}
