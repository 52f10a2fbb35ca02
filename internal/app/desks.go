package app

import (
	"drawbridge/internal/action"
	"drawbridge/internal/dossier"
	"drawbridge/internal/inquiry"
	"drawbridge/internal/lifecycle"
	"drawbridge/internal/policy"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/programme"
	"drawbridge/internal/register"
	"drawbridge/internal/review"
)

// Desks are the desks of the review, each above those before it.
type Desks struct {
	Dossier   *dossier.Desk
	Inquiry   *inquiry.Desk
	Review    *review.Desk
	Lifecycle *lifecycle.Desk
	Programme *programme.Desk
	Portfolio *portfolio.Desk
}

// NewDesks puts the desks of the review together.
func NewDesks(door *action.Door, record *register.Desk, workspace func() *policy.Workspace) Desks {
	var d Desks
	d.Dossier = dossier.New(door, dossier.Options{Register: record})
	record.SetEvidence(dossier.AcceptedFor)
	d.Portfolio = portfolio.New(door, portfolio.Options{Register: record, Workspace: workspace})
	d.Inquiry = inquiry.New(door, inquiry.Options{Register: record, Dossier: d.Dossier, Workspace: workspace})
	record.SetClaims(d.Inquiry.ClaimsFor)
	d.Review = review.New(door, review.Options{Register: record, Inquiry: d.Inquiry, Workspace: workspace})
	d.Lifecycle = lifecycle.New(door, lifecycle.Options{Register: record, Status: d.Review.StatusOf, Testable: d.Review.Testable, Workspace: workspace})
	d.Programme = programme.New(door, programme.Options{Register: record, Review: d.Review, Lifecycle: d.Lifecycle, Workspace: workspace})
	return d
}
