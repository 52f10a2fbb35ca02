package drawbridge

import (
	"encoding/json"
	"time"
)

// Meta is carried by every stored record.
type Meta struct {
	// Version counts the writes, from 1. An update names the version that it
	// read; when another write came first it is a conflict.
	Version int64 `json:"version"`
}

// Role is what a person or a token may be. One person may hold several.
type Role string

// The roles.
const (
	Administrator      Role = "administrator"       // people, roles, keys, settings; decides nothing about partners
	ProgrammeOwner     Role = "programme_owner"     // runs the programme: partners, owners, policy
	Requester          Role = "requester"           // brings integrations, sees their own
	ReviewerSecurity   Role = "reviewer_security"   // reviews by discipline
	ReviewerPrivacy    Role = "reviewer_privacy"    // .
	ReviewerLegal      Role = "reviewer_legal"      // .
	ReviewerProduct    Role = "reviewer_product"    // .
	ReviewerOperations Role = "reviewer_operations" // .
	Approver           Role = "approver"            // signs
	Operator           Role = "operator"            // kill switch, gateways, jobs
	Tester             Role = "tester"              // runs live checks
	Machine            Role = "machine"             // a token that is limited to one integration
	PartnerContact     Role = "partner"             // by link alone
	Auditor            Role = "auditor"             // reads everything, changes nothing
	Leadership         Role = "leadership"          // reads results
)

// Roles lists every role in the order of the documents.
func Roles() []Role {
	return []Role{
		Administrator, ProgrammeOwner, Requester, ReviewerSecurity, ReviewerPrivacy, ReviewerLegal, ReviewerProduct,
		ReviewerOperations, Approver, Operator, Tester, Machine, PartnerContact, Auditor, Leadership,
	}
}

// PersonRoles lists the roles that a person can be given. Machine belongs to
// tokens, partner to links.
func PersonRoles() []Role {
	var out []Role
	for _, r := range Roles() {
		if r != Machine && r != PartnerContact {
			out = append(out, r)
		}
	}
	return out
}

// IntegrationState is where an integration is in its life.
type IntegrationState string

// The states of an integration, in order.
const (
	Proposed  IntegrationState = "proposed"
	Live      IntegrationState = "live"
	Suspended IntegrationState = "suspended"
	Exiting   IntegrationState = "exiting"
	Retired   IntegrationState = "retired"
)

// Partner is a company whose service is used: facts shared by its integrations.
type Partner struct {
	Meta
	ID        PartnerID `json:"id"`
	Name      string    `json:"name"`
	Country   string    `json:"country"` // ISO 3166-1 alpha-2, empty when unknown
	Website   string    `json:"website"`
	Owner     PersonID  `json:"owner"` // who keeps the record; may be empty
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Integration is the unit of review: one partner service, for one purpose, in
// one environment. Its key is (Slug, Environment).
type Integration struct {
	Meta
	ID          IntegrationID    `json:"id"`
	Slug        string           `json:"slug"` // the manifest's id
	Environment string           `json:"environment"`
	Name        string           `json:"name"`
	Partner     PartnerID        `json:"partner"`
	State       IntegrationState `json:"state"`
	Owner       PersonID         `json:"owner"` // who brought it, or took it over
	Head        RevisionID       `json:"head"`  // the latest revision
	Revisions   int64            `json:"revisions"`
	Assessment  AssessmentID     `json:"assessment"` // the latest assessment of the head
	Tier        Tier             `json:"tier"`       // of that assessment, and so on down
	Inherent    float64          `json:"inherent"`
	Residual    float64          `json:"residual"`
	Outcome     Outcome          `json:"outcome"`
	CreatedAt   time.Time        `json:"created_at"`
	UpdatedAt   time.Time        `json:"updated_at"`
}

// Member lets a person see and change one integration besides its owner.
type Member struct {
	Meta
	ID          string        `json:"id"` // integration + "/" + person
	Integration IntegrationID `json:"integration"`
	Person      PersonID      `json:"person"`
	CreatedAt   time.Time     `json:"created_at"`
}

// Revision is one pushed state of an integration's manifest with all files that
// belong to it. It never changes.
type Revision struct {
	Meta
	ID          RevisionID      `json:"id"`
	Integration IntegrationID   `json:"integration"`
	Number      int64           `json:"number"`               // from 1
	Parent      RevisionID      `json:"parent"`               // empty for the first
	Content     string          `json:"content"`              // content digest
	Material    string          `json:"material"`             // digest of the material view
	Bundle      string          `json:"bundle" record:"file"` // digest of the blob with the files
	Changes     json.RawMessage `json:"changes"`              // the difference to the parent, as the manifest engine lists it, without the words that decide nothing
	Widens      bool            `json:"widens"`
	Reason      string          `json:"reason"`
	Author      string          `json:"author"` // person or token
	CreatedAt   time.Time       `json:"created_at"`
}

// Assessment is what the stateless line said about one revision at one time,
// with the server's packs.
type Assessment struct {
	Meta
	ID          AssessmentID    `json:"id"`
	Integration IntegrationID   `json:"integration"`
	Revision    RevisionID      `json:"revision"`
	Content     string          `json:"content"` // content digest of the revision
	AsOf        time.Time       `json:"as_of"`
	Packs       json.RawMessage `json:"packs"`
	Document    string          `json:"document" record:"file"` // digest of the blob with the whole document
	Tier        Tier            `json:"tier"`
	Inherent    float64         `json:"inherent"`
	Residual    float64         `json:"residual"`
	Outcome     Outcome         `json:"outcome"`
	Gate        json.RawMessage `json:"gate"`
	Findings    int64           `json:"findings"`        // how many rows of it stand in the list of findings
	FindingsSum string          `json:"findings_digest"` // over those rows, so that one edited row is found
	Origin      string          `json:"origin"`          // push, schedule or request
	CreatedAt   time.Time       `json:"created_at"`
}

// Finding is one row of an assessment: an open threat or a failed check. The
// rows can be made again from the assessment's document.
type Finding struct {
	Assessment  AssessmentID  `json:"assessment"`
	Fingerprint string        `json:"fingerprint"` // f1-…
	Integration IntegrationID `json:"integration"`
	Source      string        `json:"source"` // threat or check
	Rule        string        `json:"rule"`
	Element     string        `json:"element"`
	Severity    Severity      `json:"severity"`
	State       string        `json:"state"`
	Title       string        `json:"title"`
}

// Person is somebody with an account.
type Person struct {
	Meta
	ID        PersonID  `json:"id"`
	Email     string    `json:"email"` // lower case; empty after erasure
	Name      string    `json:"name"`
	Roles     []Role    `json:"roles"`
	Disabled  bool      `json:"disabled"`
	Erased    bool      `json:"erased"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Credential is how a person proves who they are. It is never shown.
type Credential struct {
	Meta
	ID        PersonID  `json:"id"`
	Password  string    `json:"password" record:"secret"` // argon2id, in PHC form
	TOTP      []byte    `json:"totp" record:"secret"`     // the sealed secret; empty when not enrolled
	TOTPStep  int64     `json:"totp_step"`                // the last time step that was used, so that a code works once
	Recovery  []string  `json:"recovery" record:"secret"` // hashes of unused recovery codes
	Setup     string    `json:"setup" record:"secret"`    // hash of the one-time secret that sets the password
	SetupEnds time.Time `json:"setup_ends"`               // until when that secret works
	UpdatedAt time.Time `json:"updated_at"`
}

// Session is where a person is signed in. It is no record: losing it signs
// somebody out. Only the hash of its secret is kept.
type Session struct {
	ID        SessionID `json:"id"`
	Person    PersonID  `json:"person"`
	ProvedAt  time.Time `json:"proved_at"`  // when the person last gave the password
	SeenAt    time.Time `json:"seen_at"`    // when it was last used, to a few minutes
	ExpiresAt time.Time `json:"expires_at"` // whatever happens
	CreatedAt time.Time `json:"created_at"`
}

// Token is a secret that acts for a person or, as a machine, for one
// integration. Only its hash is kept.
type Token struct {
	Meta
	ID          TokenID       `json:"id"`
	Name        string        `json:"name"`
	Hash        string        `json:"hash" record:"secret"`
	Person      PersonID      `json:"person"` // whose token; for a machine, who made it
	Machine     bool          `json:"machine"`
	Integration IntegrationID `json:"integration"` // a machine's only integration
	ExpiresAt   time.Time     `json:"expires_at"`
	RevokedAt   time.Time     `json:"revoked_at"` // zero while valid
	CreatedAt   time.Time     `json:"created_at"`
}
