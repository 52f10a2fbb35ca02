package web

import (
	"drawbridge/internal/access"
)

// integrationArea is the list of integrations, and the dossier of each.
func integrationArea() area {
	const in, home = "/integrations/{id}", "/integrations"
	return area{
		name: "Work",
		menu: []entry{{text: "Integrations", to: home, key: "n", may: access.IntegrationRead}},
		routes: []route{
			shows(home, home, (*page).integrations),

			// The dossier.
			shows(in, home, (*page).integration),
			sends(in+"/report.md", (*page).markdown),
			shows(in+"/map", home, (*page).dossierMap),
			sends(in+"/map.svg", (*page).mapFile),
			shows(in+"/threats", home, (*page).dossierThreats),
			shows(in+"/evidence", home, (*page).dossierEvidence),
			acts(in+"/evidence", home, (*page).dossierEvidence, (*page).doOfferHere).with(upload),
			acts(in+"/evidence/{evidence}/{step}", home, (*page).dossierEvidence, (*page).doEvidence),
			sends(in+"/evidence/{evidence}/file", (*page).evidenceFile),
			sends("/evidence/{id}", (*page).evidenceAt),
			shows(in+"/tests", home, (*page).dossierTests),
			shows(in+"/tests/{run}", home, (*page).dossierRun),
			acts(in+"/tests/{run}/stop", home, (*page).dossierRun, (*page).doStop),
			sends(in+"/tests/{run}/file", (*page).runFile),
			shows(in+"/questionnaires", home, (*page).dossierQuestionnaires),
			shows(in+"/approvals", home, (*page).dossierApprovals),
			sends(in+"/approvals/{review}/file", (*page).approvalOf),
			acts(in+"/conditions/{condition}/{step}", home, (*page).dossierApprovals, (*page).doCondition),
			acts(in+"/exceptions", home, (*page).dossierApprovals, (*page).doPropose),
			acts(in+"/exceptions/{exception}/{step}", home, (*page).dossierApprovals, (*page).doException),
			shows(in+"/lifecycle", home, (*page).dossierLife),
			acts(in+"/steps/{step}", home, (*page).dossierLife, (*page).doMove),
			acts(in+"/leaving/{part}", home, (*page).dossierLife, (*page).doPlanLeaving),
			acts(in+"/attestations", home, (*page).dossierLife, (*page).doAttest),
			acts(in+"/attestations/{attestation}/revoke", home, (*page).dossierLife, (*page).doRevokeAttestation),
			shows(in+"/history", home, (*page).dossierHistory),
			shows(in+"/history/acts", home, (*page).dossierActs),
			shows(in+"/difference", home, (*page).difference),
			acts(in+"/assess", home, (*page).dossierHistory, (*page).doAssess),
			acts(in+"/owner", home, (*page).dossierHistory, (*page).doAssign),
		},
		dones: map[string]done{
			"evd-offered":   {text: "The document is on file. It counts once a reviewer accepts it."},
			"evd-accept":    {text: "Accepted. The score is counted again."},
			"evd-refuse":    {text: "Refused. Who handed it in is told why."},
			"evd-withdraw":  {text: "Withdrawn. It counts no more."},
			"evd-supersede": {text: "The other document takes its place."},
			"run-stop":      {text: "Asked to stop. It stops when it speaks next."},
			"run-forgotten": {text: "Taken off the list. Nothing of it counted."},
			"cnd-meet":      {text: "The condition is met."},
			"cnd-drop":      {text: "The condition was dropped."},
			"exc-proposed":  {text: "Proposed. It covers nothing until an approver confirms it."},
			"exc-confirm":   {text: "Confirmed. The integration is assessed again."},
			"exc-refuse":    {text: "The proposal was turned down."},
			"exc-renew":     {text: "The exception was renewed."},
			"exc-revoke":    {text: "Revoked. What it covered counts again."},
			"int-go_live":   {text: "The integration is live."},
			"int-suspend":   {text: "The integration is suspended. Operators were asked to shut it."},
			"int-resume":    {text: "The integration is live again."},
			"int-leave":     {text: "Leaving has begun. Its tasks stand below."},
			"lea-saved":     {text: "Saved."},
			"int-retire":    {text: "The integration is retired."},
			"int-assessed":  {text: "Assessed again, now."},
			"int-assigned":  {text: "Others answer for it now."},
			"att-made":      {text: "Attested."},
			"att-revoked":   {text: "The attestation was taken back."},
		},
	}
}
