package review

import (
	"drawbridge"
	"drawbridge/internal/access"
)

// The kinds of messages that people get about reviews.
const (
	noticeOpened    = "review.opened"
	noticeSubmitted = "review.submitted"
	noticeTriaged   = "review.triaged"
	noticeReady     = "review.ready"
	noticeSigned    = "review.signed"
	noticeDecided   = "review.decided"
	noticeMoved     = "review.moved" // the head that it looks at is another one
)

// maxTold bounds how many people of one role are told.
const maxTold = 50

// tell writes to those who must act next, but not to who acts now.
func (l *look) tell(actor access.Actor, kind string, whom ...func() ([]drawbridge.PersonID, error)) error {
	told := map[drawbridge.PersonID]bool{"": true, actor.Person: true}
	for _, find := range whom {
		list, err := find()
		if err != nil {
			return err
		}
		for _, p := range list {
			if told[p] {
				continue
			}
			told[p] = true
			m := drawbridge.Message{
				ID: drawbridge.MessageID(drawbridge.NewID("msg", l.now)), Person: p, Kind: kind, Link: "/reviews/" + string(l.review.ID), CreatedAt: l.now,
				Params: map[string]string{"review": string(l.review.ID), "integration": string(l.in.ID)},
			}
			if err := l.tx.AddMessage(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// requester is who asked, and who answers for the integration.
func (l *look) requester() ([]drawbridge.PersonID, error) {
	return []drawbridge.PersonID{l.review.Requester, l.in.Owner}, nil
}

// triagers are who says what a review asks for.
func (l *look) triagers() ([]drawbridge.PersonID, error) { return l.holders(drawbridge.ProgrammeOwner) }

// reviewers are who may sign.
func (l *look) reviewers() ([]drawbridge.PersonID, error) {
	var roles []drawbridge.Role
	for _, d := range l.review.Roles {
		roles = append(roles, d.Reviewer())
	}
	return l.holders(roles...)
}

// approvers are who may decide.
func (l *look) approvers() ([]drawbridge.PersonID, error) { return l.holders(drawbridge.Approver) }

func (l *look) holders(roles ...drawbridge.Role) ([]drawbridge.PersonID, error) {
	var out []drawbridge.PersonID
	for _, role := range roles {
		list, err := l.tx.PeopleWithRole(role, maxTold)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			out = append(out, p.ID)
		}
	}
	return out, nil
}
