package access

import (
	"slices"
	"strings"

	"drawbridge"
)

// Action is something that can be done, as noun.verb.
type Action string

// The actions. A read action of a noun decides whether its objects can be seen at all.
const (
	IntegrationRead   Action = "integration.read"
	IntegrationPush   Action = "integration.push" // a new revision; also the first, which creates it
	IntegrationCreate Action = "integration.create"
	IntegrationAssign Action = "integration.assign" // owner and members
	IntegrationAssess Action = "integration.assess" // score again, now
	PartnerRead       Action = "partner.read"
	PartnerWrite      Action = "partner.write"
	PersonRead        Action = "person.read"
	PersonWrite       Action = "person.write" // invite, rename, disable
	PersonErase       Action = "person.erase"
	RoleAssign        Action = "role.assign"
	CredentialWrite   Action = "credential.write" //nolint:gosec // the name of an act, no secret: own password and second factor
	CredentialReset   Action = "credential.reset" //nolint:gosec // as above: somebody else's
	SessionRead       Action = "session.read"
	SessionRevoke     Action = "session.revoke"
	TokenRead         Action = "token.read"
	TokenCreate       Action = "token.create"
	TokenRevoke       Action = "token.revoke"
	MachineCreate     Action = "machine.create" // a token for one integration
	LogRead           Action = "log.read"       // entries, proofs, export
	CheckpointRead    Action = "checkpoint.read"
	JobRead           Action = "job.read"
	JobControl        Action = "job.control" // retry, cancel
	InboxRead         Action = "inbox.read"  // own messages
	ViewUse           Action = "view.use"    // own saved views of lists, and those that are shared
	ViewShare         Action = "view.share"  // with everybody
	BulkUse           Action = "bulk.use"    // own acts on many things; each asks for its own permission besides
	WebhookRead       Action = "webhook.read"
	WebhookWrite      Action = "webhook.write"
	RetentionRead     Action = "retention.read"
	RetentionWrite    Action = "retention.write" // periods
	HoldWrite         Action = "hold.write"      // legal hold: place, lift
	Purge             Action = "retention.purge"
	KeyRead           Action = "keys.read"
	KeyRotate         Action = "keys.rotate"
	SystemRead        Action = "system.read" // doctor, metrics
	Backup            Action = "system.backup"

	// The review, and what keeps its decision true.
	ReviewRead         Action = "review.read"
	ReviewOpen         Action = "review.open"
	ReviewSubmit       Action = "review.submit"
	ReviewTriage       Action = "review.triage"
	ReviewReady        Action = "review.ready"
	ReviewSign         Action = "review.sign"
	ReviewDecide       Action = "review.decide"
	ReviewWithdraw     Action = "review.withdraw"
	ApprovalRead       Action = "approval.read"
	DelegationRead     Action = "delegation.read"
	DelegationWrite    Action = "delegation.write"
	InquiryRead        Action = "inquiry.read"
	InquirySend        Action = "inquiry.send"
	InquiryAnswer      Action = "inquiry.answer"
	InquiryAccept      Action = "inquiry.accept"
	LinkRead           Action = "link.read"
	LinkWrite          Action = "link.write"
	EvidenceRead       Action = "evidence.read"
	EvidenceAdd        Action = "evidence.add"
	EvidenceAccept     Action = "evidence.accept"
	ThreadRead         Action = "thread.read"
	ThreadWrite        Action = "thread.write"
	ThreadResolve      Action = "thread.resolve"
	ContractRead       Action = "contract.read"
	ContractWrite      Action = "contract.write"
	MeasureWrite       Action = "measure.write"
	NoticeRead         Action = "notice.read"
	NoticeWrite        Action = "notice.write"
	NoticeDecide       Action = "notice.decide"
	RunWrite           Action = "run.write"
	RulingWrite        Action = "ruling.write"
	ConditionWrite     Action = "condition.write"
	ConditionMeet      Action = "condition.meet"
	ConditionDrop      Action = "condition.drop"
	ExceptionPropose   Action = "exception.propose"
	ExceptionConfirm   Action = "exception.confirm"
	RiskRead           Action = "risk.read"
	RiskWrite          Action = "risk.write"
	RiskClose          Action = "risk.close"
	TriggerWrite       Action = "trigger.write"
	TriggerHandle      Action = "trigger.handle"
	AttestationWrite   Action = "attestation.write"
	IntegrationLive    Action = "integration.go_live"
	IntegrationSuspend Action = "integration.suspend"
	IntegrationLeave   Action = "integration.leave"
	IntegrationRetire  Action = "integration.retire"
	ThreatReviewWrite  Action = "threat_review.write"
	PortfolioRead      Action = "portfolio.read"
	PackPreview        Action = "pack.preview"
	PackAnnounce       Action = "pack.announce"

	// The acts of the process itself.
	Setup  Action = "system.setup" // the first administrator
	SignIn Action = "session.create"
	Deny   Action = "access.denied" // the record of refusals
	Expire Action = "system.expire"
	Seed   Action = "system.seed"

	Restore Action = "system.restore" // the record goes on from a backup
)

// property is what is true of an action besides who may do it.
type property struct {
	action    Action
	sees      Action // the action that decides whether the object can be seen
	sensitive bool   // needs a fresh proof of identity
	system    bool   // the process itself may do it
}

// properties lists every action, in the order of the documents.
var properties = []property{
	{action: IntegrationRead, sees: IntegrationRead, system: true},
	{action: IntegrationCreate, system: true},
	{action: IntegrationPush, sees: IntegrationRead, system: true},
	{action: IntegrationAssign, sees: IntegrationRead, system: true},
	{action: IntegrationAssess, sees: IntegrationRead, system: true},
	{action: PartnerRead, sees: PartnerRead, system: true},
	{action: PartnerWrite, sees: PartnerRead, system: true},
	{action: PersonRead, sees: PersonRead, system: true},
	{action: PersonWrite, sees: PersonRead, sensitive: true, system: true},
	{action: PersonErase, sees: PersonRead, sensitive: true},
	{action: RoleAssign, sees: PersonRead, sensitive: true, system: true},
	{action: CredentialWrite, sees: PersonRead, sensitive: true},
	{action: CredentialReset, sees: PersonRead, sensitive: true, system: true}, // the way back in, from the data folder
	{action: SessionRead, sees: SessionRead},
	{action: SessionRevoke, sees: SessionRead, system: true},
	{action: TokenRead, sees: TokenRead, system: true},
	{action: TokenCreate, sensitive: true, system: true},
	{action: TokenRevoke, sees: TokenRead, system: true},
	{action: MachineCreate, sees: IntegrationRead, sensitive: true, system: true},
	{action: LogRead, sees: LogRead, system: true},
	{action: CheckpointRead, sees: CheckpointRead, system: true},
	{action: JobRead, sees: JobRead, system: true},
	{action: JobControl, sees: JobRead, system: true},
	{action: InboxRead, sees: InboxRead, system: true},
	{action: ViewUse, sees: ViewUse},
	{action: ViewShare},
	{action: BulkUse, sees: BulkUse},
	{action: WebhookRead, sees: WebhookRead, system: true},
	{action: WebhookWrite, sees: WebhookRead, sensitive: true, system: true},
	{action: RetentionRead, sees: RetentionRead, system: true},
	{action: RetentionWrite, sees: RetentionRead, sensitive: true, system: true},
	{action: HoldWrite, sees: RetentionRead, sensitive: true, system: true}, // by the keeper of the data folder
	{action: Purge, sees: RetentionRead, system: true},
	{action: KeyRead, sees: KeyRead, system: true},
	{action: KeyRotate, sees: KeyRead, sensitive: true, system: true},
	{action: SystemRead, sees: SystemRead, system: true},
	{action: Backup, sees: SystemRead, system: true},
	{action: ReviewRead, sees: ReviewRead, system: true},
	{action: ReviewOpen, sees: IntegrationRead, system: true},
	{action: ReviewSubmit, sees: ReviewRead, system: true},
	{action: ReviewTriage, sees: ReviewRead, system: true},
	{action: ReviewReady, sees: ReviewRead, system: true},
	{action: ReviewSign, sees: ReviewRead, sensitive: true},
	{action: ReviewDecide, sees: ReviewRead, sensitive: true},
	{action: ReviewWithdraw, sees: ReviewRead, system: true},
	{action: ApprovalRead, sees: ReviewRead, system: true},
	{action: DelegationRead, sees: DelegationRead, system: true},
	{action: DelegationWrite, sees: DelegationRead, sensitive: true},
	{action: InquiryRead, sees: InquiryRead, system: true},
	{action: InquirySend, sees: ReviewRead, system: true},
	{action: InquiryAnswer, sees: InquiryRead, system: true},
	{action: InquiryAccept, sees: InquiryRead, system: true},
	{action: LinkRead, sees: InquiryRead, system: true},
	{action: LinkWrite, sees: InquiryRead, system: true},
	{action: EvidenceRead, sees: EvidenceRead, system: true},
	{action: EvidenceAdd, sees: EvidenceRead, system: true},
	{action: EvidenceAccept, sees: EvidenceRead, system: true},
	{action: ThreadRead, sees: ThreadRead, system: true},
	{action: ThreadWrite, sees: ThreadRead, system: true},
	{action: ThreadResolve, sees: ThreadRead, system: true},
	{action: ContractRead, sees: ContractRead, system: true},
	{action: ContractWrite, sees: ContractRead, system: true},
	{action: MeasureWrite, sees: ContractRead, system: true},
	{action: NoticeRead, sees: NoticeRead, system: true},
	{action: NoticeWrite, sees: NoticeRead, system: true},
	{action: NoticeDecide, sees: NoticeRead, system: true},
	{action: RunWrite, sees: IntegrationRead, system: true},
	{action: RulingWrite, sees: IntegrationRead, system: true},
	{action: ConditionWrite, sees: ReviewRead, system: true},
	{action: ConditionMeet, sees: ReviewRead},
	{action: ConditionDrop, sees: ReviewRead},
	{action: ExceptionPropose, sees: IntegrationRead, system: true},
	{action: ExceptionConfirm, sees: IntegrationRead, sensitive: true},
	{action: RiskRead, sees: RiskRead, system: true},
	{action: RiskWrite, sees: RiskRead, system: true},
	{action: RiskClose, sees: RiskRead},
	{action: TriggerWrite, sees: IntegrationRead, system: true},
	{action: TriggerHandle, sees: IntegrationRead, system: true},
	{action: AttestationWrite, sees: IntegrationRead, sensitive: true},
	{action: IntegrationLive, sees: IntegrationRead},
	{action: IntegrationSuspend, sees: IntegrationRead, system: true},
	{action: IntegrationLeave, sees: IntegrationRead},
	{action: IntegrationRetire, sees: IntegrationRead},
	{action: ThreatReviewWrite, sees: IntegrationRead, system: true},
	{action: PortfolioRead, sees: PortfolioRead, system: true},
	{action: PackPreview, sees: PortfolioRead, system: true},
	{action: PackAnnounce, sees: PortfolioRead, system: true},
	{action: Setup, system: true},
	{action: SignIn, system: true},
	{action: Deny, system: true},
	{action: Expire, system: true},
	{action: Seed, system: true},
	{action: Restore, system: true},
}

// Actions lists every action in the order of the documents.
func Actions() []Action {
	out := make([]Action, len(properties))
	for i, p := range properties {
		out[i] = p.action
	}
	return out
}

func (a Action) property() property {
	if i := slices.IndexFunc(properties, func(p property) bool { return p.action == a }); i >= 0 {
		return properties[i]
	}
	return property{}
}

func (a Action) known() bool    { return a.property().action != "" }
func (a Action) bySystem() bool { return a.property().system }
func (a Action) sees() Action   { return a.property().sees }

// Sensitive reports whether the action needs a fresh proof of identity.
func (a Action) Sensitive() bool { return a.property().sensitive }

// grants is the table, a line for each action: who, and on what condition.
// "all" stands for every role that a person can hold, "review" for the five disciplines.
const grants = `
integration.read    all:any requester:own machine:bound
integration.create  programme_owner:any requester:any
integration.push    programme_owner:any requester:own machine:bound
integration.assign  programme_owner:any requester:own
integration.assess  programme_owner:any requester:own review:any tester:any operator:any machine:bound
partner.read        all:any
partner.write       programme_owner:any reviewer_legal:any
person.read         administrator:any programme_owner:any auditor:any all:own
person.write        administrator:any
person.erase        administrator:any
role.assign         administrator:any
credential.write    all:own
credential.reset    administrator:any
session.read        administrator:any all:own
session.revoke      administrator:any all:own
token.read          administrator:any auditor:any all:own
token.create        all:own
token.revoke        administrator:any all:own
machine.create      programme_owner:any requester:own
log.read            administrator:any programme_owner:any auditor:any
checkpoint.read     all:any machine:any
job.read            administrator:any operator:any auditor:any
job.control         administrator:any operator:any
inbox.read          all:own
view.use            all:own
bulk.use            all:own
view.share          administrator:any programme_owner:any review:any approver:any
webhook.read        administrator:any operator:any auditor:any
webhook.write       administrator:any
retention.read      administrator:any programme_owner:any reviewer_legal:any reviewer_privacy:any auditor:any
retention.write     administrator:any
hold.write          reviewer_legal:any
retention.purge     administrator:any
keys.read           administrator:any operator:any auditor:any
keys.rotate         administrator:any
system.read         administrator:any operator:any auditor:any
system.backup       administrator:any operator:any
review.read           all:any requester:own machine:bound
review.open           programme_owner:any requester:own review:any
review.submit         programme_owner:any requester:own
review.triage         programme_owner:any review:any
review.ready          programme_owner:any review:any
review.sign           review:any
review.decide         approver:any
review.withdraw       programme_owner:any requester:own
approval.read         all:any requester:own machine:bound
delegation.read       programme_owner:any review:any approver:any auditor:any
delegation.write      programme_owner:any review:own
inquiry.read          programme_owner:any review:any approver:any auditor:any leadership:any requester:own partner:linked
inquiry.send          programme_owner:any review:any requester:own
inquiry.answer        programme_owner:any review:any requester:own partner:linked
inquiry.accept        programme_owner:any review:any
link.read             programme_owner:any review:any auditor:any requester:own
link.write            programme_owner:any review:any requester:own partner:linked
evidence.read         programme_owner:any review:any approver:any auditor:any operator:any requester:own partner:linked
evidence.add          programme_owner:any review:any requester:own operator:any partner:linked
evidence.accept       review:any
thread.read           all:any requester:own partner:linked
thread.write          programme_owner:any review:any approver:any operator:any tester:any requester:own partner:linked
thread.resolve        programme_owner:any review:any requester:own
contract.read         programme_owner:any review:any approver:any auditor:any leadership:any operator:any
contract.write        programme_owner:any reviewer_legal:any
measure.write         programme_owner:any operator:any reviewer_operations:any
notice.read           programme_owner:any review:any approver:any auditor:any leadership:any operator:any partner:linked
notice.write          programme_owner:any review:any operator:any partner:linked
notice.decide         programme_owner:any reviewer_privacy:any reviewer_legal:any reviewer_security:any
run.write             tester:any operator:any requester:own machine:bound
ruling.write          review:any
condition.write       programme_owner:any review:any approver:any
condition.meet        review:any
condition.drop        approver:any
exception.propose     programme_owner:any review:any requester:own
exception.confirm     approver:any
risk.read             all:any requester:own
risk.write            programme_owner:any review:any requester:own
risk.close            programme_owner:any review:any
trigger.write         programme_owner:any review:any operator:any
trigger.handle        programme_owner:any review:any operator:any
attestation.write     operator:any
integration.go_live   programme_owner:any operator:any requester:own
integration.suspend   programme_owner:any operator:any
integration.leave     programme_owner:any requester:own
integration.retire    programme_owner:any
threat_review.write   programme_owner:any reviewer_security:any reviewer_privacy:any
portfolio.read        programme_owner:any review:any approver:any operator:any auditor:any leadership:any
pack.preview          programme_owner:any review:any auditor:any
pack.announce         programme_owner:any
`

// Builtin returns the permissions of the product.
func Builtin() *Table {
	t := &Table{rows: map[Action]map[drawbridge.Role]Condition{}}
	for line := range strings.Lines(strings.TrimSpace(grants)) {
		words := strings.Fields(line)
		row := map[drawbridge.Role]Condition{}
		for _, word := range words[1:] {
			who, on, _ := strings.Cut(word, ":")
			for _, role := range group(who) {
				if had, ok := row[role]; !ok || who == string(role) || had == Own {
					row[role] = Condition(on)
				}
			}
		}
		t.rows[Action(words[0])] = row
	}
	return t
}

// group spells out a group of roles.
func group(who string) []drawbridge.Role {
	switch who {
	case "all":
		return drawbridge.PersonRoles()
	case "review":
		return []drawbridge.Role{
			drawbridge.ReviewerSecurity, drawbridge.ReviewerPrivacy, drawbridge.ReviewerLegal,
			drawbridge.ReviewerProduct, drawbridge.ReviewerOperations,
		}
	}
	return []drawbridge.Role{drawbridge.Role(who)}
}
