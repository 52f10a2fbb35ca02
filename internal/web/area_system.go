package web

import (
	"slices"

	"drawbridge/internal/access"
)

// systemArea is what keeps the server and its record.
func systemArea() area {
	return area{
		name: "Administration",
		menu: []entry{
			{text: "People", to: "/people", key: "e", may: access.PersonWrite},
			{text: "Roles", to: "/roles", may: access.SystemRead},
			{text: "Log", to: "/log", key: "l", may: access.LogRead},
			{text: "Jobs", to: "/jobs", key: "j", may: access.JobRead},
			{text: "Webhooks", to: "/webhooks", key: "w", may: access.WebhookRead},
			{text: "Keys", to: "/keys", may: access.KeyRead},
			{text: "Retention", to: "/retention", may: access.RetentionRead},
			{text: "Backup", to: "/backup", key: "b", may: access.SystemRead},
		},
		routes: slices.Concat(peopleRoutes(), logRoutes(), adminRoutes()),
		dones: map[string]done{
			"renamed":    {text: "Renamed."},
			"roles":      {text: "The roles were changed. They count from the next request on."},
			"disabled":   {text: "The account was disabled, and everything signed out.", undo: "/people/{of}/enable"},
			"enabled":    {text: "The account can be used again."},
			"erased":     {text: "What was personal is gone."},
			"signed-out": {text: "They were signed out everywhere."},
			"accepted":   {text: "Your password is set. Sign in with it."},

			"job-again":     {text: "The job runs now."},
			"job-cancelled": {text: "The job was cancelled. What it has done stays done.", undo: "/jobs/{of}/retry"},
			"hook-changed":  {text: "Changed."},
			"hook-off":      {text: "The webhook is off: nothing is sent to it.", undo: "/webhooks/{of}/enable"},
			"hook-on":       {text: "The webhook is on.", undo: "/webhooks/{of}/disable"},
			"hook-removed":  {text: "The webhook was removed."},
			"hook-tested":   {text: "The test was delivered: the receiver took it."},
			"hook-again":    {text: "The message is on its way again."},
			"key-replaced":  {text: "The new key is in use. Copy the folder of keys now."},
			"period-set":    {text: "The period was changed. It counts from the next night on."},
			"held":          {text: "The hold is in force: what it covers is neither removed nor erased."},
			"lifted":        {text: "The hold was lifted."},
		},
	}
}

func logRoutes() []route {
	return []route{
		shows("/log", "/log", (*page).log),
		shows("/log/{seq}", "/log", (*page).logEntry),
		sends("/log/{seq}/proof", (*page).giveProof),
		shows("/log/checkpoint", "/log", (*page).checkpoint),
		sends("/log/checkpoint.txt", (*page).giveCheckpoint),
		sends("/log/export", (*page).giveLog),
	}
}

// adminRoutes are the pages of what keeps the server going.
func adminRoutes() []route {
	hook := func(path string, do func(*page) (string, error)) route {
		return acts("/webhooks/{id}"+path, "/webhooks", (*page).hook, do)
	}
	return []route{
		shows("/roles", "/roles", (*page).roles),
		shows("/jobs", "/jobs", (*page).jobs),
		shows("/jobs/{id}", "/jobs", (*page).job),
		acts("/jobs/{id}/retry", "/jobs", (*page).job, (*page).doRetryJob),
		acts("/jobs/{id}/cancel", "/jobs", (*page).job, (*page).doCancelJob),
		shows("/webhooks", "/webhooks", (*page).hooks),
		acts("/webhooks", "/webhooks", (*page).hooks, (*page).doAddHook),
		shows("/webhooks/{id}", "/webhooks", (*page).hook),
		hook("", (*page).doEditHook),
		hook("/test", (*page).doTryHook),
		hook("/enable", (*page).doEnableHook),
		hook("/disable", (*page).doDisableHook),
		hook("/remove", (*page).doRemoveHook),
		hook("/deliveries/{message}/retry", (*page).doRedeliver),
		shows("/keys", "/keys", (*page).keyring),
		acts("/keys", "/keys", (*page).keyring, (*page).doRotateKey),
		shows("/retention", "/retention", (*page).retention),
		acts("/retention/due", "/retention", (*page).retention, (*page).doShowDue),
		acts("/retention/purge", "/retention", (*page).retention, (*page).doPurge),
		acts("/retention/{kind}", "/retention", (*page).retention, (*page).doSetPeriod),
		acts("/holds", "/retention", (*page).retention, (*page).doPlaceHold),
		acts("/holds/{id}/lift", "/retention", (*page).retention, (*page).doLiftHold),
		shows("/backup", "/backup", (*page).backups),
	}
}
