package web

import "drawbridge/internal/access"

// reviewArea is the work on reviews and findings.
func reviewArea() area {
	step := func(name string, do func(*page) (string, error)) route {
		return acts("/reviews/{id}/"+name, "/reviews", (*page).review, do)
	}
	return area{
		name: "Work",
		menu: []entry{
			{text: "Queue", to: "/queue", key: "u", may: access.ReviewRead},
			{text: "Reviews", to: "/reviews", key: "r", may: access.ReviewRead, counts: "review."},
			{text: "Decisions", to: "/decisions", key: "s", may: access.ReviewRead},
			{text: "Findings", to: "/findings", key: "f", may: access.IntegrationRead},
		},
		routes: []route{
			shows("/queue", "/queue", (*page).queue),
			acts("/queue/{id}/open", "/queue", (*page).queue, (*page).doOpenReview),
			shows("/decisions", "/decisions", (*page).decisions),
			sends("/decisions.csv", (*page).decisionsFile),
			shows("/reviews", "/reviews", (*page).reviews),
			shows("/reviews/{id}", "/reviews", (*page).review),
			shows("/findings", "/findings", (*page).findingList),
			shows("/findings/{id}/{fingerprint}", "/findings", (*page).finding),
			acts("/findings/{id}/{fingerprint}/exception", "/findings", (*page).finding, (*page).doProposeFinding),
			acts("/findings/{id}/{fingerprint}/threads", "/findings", (*page).finding, (*page).doDiscussFinding),
			step("viewed", (*page).doTick),
			step("answer", (*page).doRespond),
			step("decision", (*page).doDecide),
			step("threads", (*page).doDiscuss),
			step("rule", (*page).doRule),
			step("submit", (*page).doSubmit),
			step("triage", (*page).doTriage),
			step("start", (*page).doStart),
			step("ready", (*page).doReady),
			step("reopen", (*page).doReopen),
			step("withdraw", (*page).doWithdraw),
			sends("/reviews/{id}/approval", (*page).approvalFile),
			acts("/signoffs/{id}/withdraw", "/reviews", nil, (*page).doUnsign),
			shows("/delegations", "/reviews", (*page).delegations),
			acts("/delegations", "/reviews", (*page).delegations, (*page).doDelegate),
			acts("/delegations/{id}/revoke", "/reviews", (*page).delegations, (*page).doRevokeDelegation),
			shows("/threads/{id}", "/reviews", (*page).thread),
			acts("/threads/{id}/reply", "/reviews", (*page).sayAgain, (*page).doSay),
		},
		dones: map[string]done{
			"review-opened":      {text: "The review is open. It carries forward what the one before knew."},
			"review.answered":    {text: "Your answer is on record."},
			"review.signed":      {text: "You signed exactly what is shown here."},
			"review.objected":    {text: "You object. The review is not approved while you do."},
			"review.held":        {text: "The review waits until the discussion is resolved."},
			"review.discussed":   {text: "The discussion is open."},
			"review.replied":     {text: "You replied."},
			"review.resolved":    {text: "The discussion is resolved."},
			"review.ruled":       {text: "You ruled on it. The assessment is made anew."},
			"review.unsigned":    {text: "You took your sign-off back. Sign again when you changed your mind."},
			"delegation.made":    {text: "They can sign for you until then."},
			"delegation.revoked": {text: "The delegation has ended. Nobody signs by it any more."},
			"review.moved":       {text: "The review moved on."},
			"review.withdrawn":   {text: "The review was withdrawn."},
			"review.proposed":    {text: "The exception is proposed. An approver confirms it."},
			"review.decided":     {text: "The review is decided."},
			"review.viewed":      {text: "Everything is ticked as viewed."},
		},
	}
}
