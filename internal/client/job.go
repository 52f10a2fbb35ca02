package client

import (
	"context"
	"time"

	"drawbridge"
)

// JobFilter says which jobs to list; what is empty does not restrict.
type JobFilter struct {
	Page
	State string `json:"-" query:"state" doc:"open, done, failed or cancelled"`
	Kind  string `json:"-" query:"kind"`
}

// Job is a piece of work, and how far it came.
type Job struct {
	ID        drawbridge.EventID `json:"id"`
	Kind      string             `json:"kind"`
	Subject   string             `json:"subject" doc:"identifier of what it is about"`
	State     string             `json:"state" doc:"scheduled, queued, running, done, failed or cancelled"`
	Failures  int64              `json:"failures"`
	LastError string             `json:"last_error"`
	CreatedAt time.Time          `json:"created_at"`
	DueAt     time.Time          `json:"due_at"`
	RetryAt   time.Time          `json:"retry_at,omitzero" doc:"present when it failed and is tried again"`
	DoneAt    time.Time          `json:"done_at,omitzero" doc:"absent while it is open"`
}

// Jobs lists jobs, newest first.
func (c *Client) Jobs(ctx context.Context, f JobFilter) (List[Job], error) {
	out, _, err := call[List[Job]](ctx, c, "GET /api/v1/jobs", f)
	return out, err
}

// Job reads one job.
func (c *Client) Job(ctx context.Context, id drawbridge.EventID) (Job, error) {
	out, _, err := call[Job](ctx, c, "GET /api/v1/jobs/{id}", ByID{string(id)})
	return out, err
}

// RetryJob runs a job again, now.
func (c *Client) RetryJob(ctx context.Context, in Because) (Job, error) {
	out, _, err := create[Job](ctx, c, "POST /api/v1/jobs/{id}/retry", in)
	return out, err
}

// CancelJob ends a job that has not ended.
func (c *Client) CancelJob(ctx context.Context, in Because) (Job, error) {
	out, _, err := create[Job](ctx, c, "POST /api/v1/jobs/{id}/cancel", in)
	return out, err
}
