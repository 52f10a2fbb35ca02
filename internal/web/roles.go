package web

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/web/view"
)

// roleWords say in words what an action is, in the groups of the page. What is
// missing here is shown under its own name.
var roleWords = []struct {
	group string
	list  []struct {
		act  access.Action
		text string
	}
}{
	{"Integrations and partners", []said{
		{access.IntegrationRead, "read integrations, revisions, findings"},
		{access.IntegrationCreate, "bring a new integration"},
		{access.IntegrationPush, "push a new revision"},
		{access.IntegrationAssign, "change owner and members"},
		{access.IntegrationAssess, "assess again"},
		{access.PartnerRead, "read partners"},
		{access.PartnerWrite, "write partners, profiles, sub-processors"},
		{access.RunWrite, "hand in runs of live tests"},
		{access.RulingWrite, "rule on what claims and tests contradict"},
		{access.ThreatReviewWrite, "record a look at a threat model"},
	}},
	{"Reviews and decisions", []said{
		{access.ReviewRead, "read reviews"},
		{access.ReviewOpen, "open a review"},
		{access.ReviewSubmit, "submit a request"},
		{access.ReviewTriage, "triage"},
		{access.ReviewReady, "start, make ready, reopen"},
		{access.ReviewSign, "sign off, for their own discipline"},
		{access.ReviewDecide, "decide: go or no-go"},
		{access.ReviewWithdraw, "withdraw a review"},
		{access.ApprovalRead, "read signed approvals"},
		{access.DelegationRead, "read delegations"},
		{access.DelegationWrite, "delegate and revoke signing"},
		{access.ConditionWrite, "set conditions"},
		{access.ConditionMeet, "verify that a condition is met"},
		{access.ConditionDrop, "drop a condition"},
		{access.ExceptionPropose, "propose an exception"},
		{access.ExceptionConfirm, "confirm an exception"},
		{access.RiskRead, "read the register of risks"},
		{access.RiskWrite, "write risks"},
		{access.RiskClose, "close risks"},
		{access.TriggerWrite, "record what happened to an integration"},
		{access.TriggerHandle, "close a trigger"},
	}},
	{"Questionnaires, evidence, discussions", []said{
		{access.InquiryRead, "read questionnaires"},
		{access.InquirySend, "send questionnaires"},
		{access.InquiryAnswer, "answer"},
		{access.InquiryAccept, "accept or return answers"},
		{access.LinkRead, "see links of partners"},
		{access.LinkWrite, "make and end links"},
		{access.EvidenceRead, "read evidence"},
		{access.EvidenceAdd, "add evidence"},
		{access.EvidenceAccept, "accept or refuse evidence"},
		{access.ThreadRead, "read discussions"},
		{access.ThreadWrite, "discuss"},
		{access.ThreadResolve, "resolve a discussion"},
		{access.ContractRead, "read contracts"},
		{access.ContractWrite, "write contracts"},
		{access.MeasureWrite, "record measures of a contract"},
		{access.NoticeRead, "read notices"},
		{access.NoticeWrite, "take in notices"},
		{access.NoticeDecide, "decide on notices"},
	}},
	{"Operation", []said{
		{access.IntegrationLive, "take live"},
		{access.IntegrationSuspend, "suspend and resume"},
		{access.IntegrationLeave, "begin a departure"},
		{access.IntegrationRetire, "retire"},
		{access.AttestationWrite, "attest what was carried out"},
		{access.MachineCreate, "make a token for one integration"},
	}},
	{"Policy and portfolio", []said{
		{access.PortfolioRead, "read the portfolio and policies"}, {access.PackPreview, "try a policy on the portfolio"}, {access.PackAnnounce, "announce a policy"},
	}},
	{"People and the server", []said{
		{access.PersonRead, "read accounts"},
		{access.PersonWrite, "invite, rename, disable people"},
		{access.PersonErase, "erase people"},
		{access.RoleAssign, "assign roles"},
		{access.CredentialWrite, "change one's own password and second factor"},
		{access.CredentialReset, "reset somebody's password"},
		{access.SessionRead, "see where somebody is signed in"},
		{access.SessionRevoke, "sign somebody out"},
		{access.TokenRead, "see tokens"},
		{access.TokenCreate, "make tokens of one's own"},
		{access.TokenRevoke, "revoke tokens"},
		{access.InboxRead, "read one's own messages"},
		{access.LogRead, "read and prove the log"},
		{access.CheckpointRead, "read its checkpoint"},
		{access.JobRead, "see jobs"},
		{access.JobControl, "run again and cancel jobs"},
		{access.WebhookRead, "see webhooks"},
		{access.WebhookWrite, "make and change webhooks"},
		{access.RetentionRead, "see periods and holds"},
		{access.RetentionWrite, "change periods"},
		{access.HoldWrite, "place and lift legal holds"},
		{access.Purge, "remove what is past its period"},
		{access.KeyRead, "see keys"},
		{access.KeyRotate, "replace keys"},
		{access.SystemRead, "see how the server is"},
		{access.Backup, "make backups"},
	}},
}

type said = struct {
	act  access.Action
	text string
}

// duties are what nobody may do alone, whatever roles they hold.
var duties = []view.AdminDuty{
	{Rule: "Who asks does not sign", Says: "Neither the requester, nor the owner of the integration, nor who wrote what is reviewed signs off, whatever roles they hold."},
	{Rule: "Who asks does not decide", Says: "Another approver than the requester says go or no-go."},
	{Rule: "Nobody signs for two disciplines", Says: "A quorum is of different people. A delegate stands for who delegated, and both together count once."},
	{Rule: "Who asks for an exception does not confirm it", Says: "An approver who neither proposed it nor answers for it confirms, never without an end."},
	{Rule: "Administrators decide nothing about partners", Says: "They keep people, keys and the server."},
	{Rule: "Who sets the periods does not lift holds", Says: "Reviewers for legal place and lift legal holds; administrators set periods, and remove nothing that is held."},
	{Rule: "Auditors change nothing", Says: "They read everything, and prove it without the server."},
}

// roles is the table of who may do what.
func (p *page) roles() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Roles", "Who may do what. A person holds one role or several; what none of them allows is refused, and refusals are in the log."
	only := drawbridge.Role(p.R.URL.Query().Get("role"))
	if !slices.Contains(drawbridge.Roles(), only) {
		only = ""
	}
	out := view.AdminRoles{Role: string(only), Duties: duties, People: p.may(access.PersonWrite)}
	out.Tabs = append(out.Tabs, view.Tab{Link: view.Link{Text: "all roles", To: "/roles"}, Here: only == ""})
	for _, r := range drawbridge.Roles() {
		out.Tabs = append(out.Tabs, view.Tab{Link: view.Link{Text: view.Words(string(r)), To: "/roles?role=" + string(r)}, Here: r == only})
		if only == "" || only == r {
			out.Roles = append(out.Roles, view.AdminRole{Name: view.Words(string(r)), To: "/roles?role=" + string(r), Does: roleDoes[r]})
		}
	}
	held := map[access.Action]map[drawbridge.Role]access.Condition{}
	for _, row := range p.web.opt.Table.Rows() {
		if held[row.Action] == nil {
			held[row.Action] = map[drawbridge.Role]access.Condition{}
		}
		held[row.Action][row.Role] = row.Condition
	}
	told := map[access.Action]bool{}
	for _, g := range roleWords {
		group := view.AdminRights{Name: g.group}
		for _, x := range g.list {
			told[x.act] = true
			group.Rows = append(group.Rows, right(x.act, x.text, held[x.act], only)...)
		}
		if len(group.Rows) > 0 {
			out.Groups = append(out.Groups, group)
		}
	}
	rest := view.AdminRights{Name: "Others"}
	for _, act := range access.Actions() {
		if !told[act] && held[act] != nil {
			rest.Rows = append(rest.Rows, right(act, strings.ReplaceAll(string(act), ".", " "), held[act], only)...)
		}
	}
	if len(rest.Rows) > 0 {
		out.Groups = append(out.Groups, rest)
	}
	return view.AdminRolesPage(out), nil
}

// right is one line of the table; none where only one role is asked for, and it may not.
func right(act access.Action, text string, held map[drawbridge.Role]access.Condition, only drawbridge.Role) []view.AdminRight {
	out := view.AdminRight{Text: text, Action: string(act), Proof: act.Sensitive()}
	for _, r := range drawbridge.Roles() {
		if only != "" && only != r {
			continue
		}
		if only != "" && held[r] == "" {
			return nil
		}
		out.Held = append(out.Held, string(held[r]))
	}
	return []view.AdminRight{out}
}
