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
			{text: "Log", to: "/log", key: "l", may: access.LogRead},
		},
		routes: slices.Concat(peopleRoutes(), logRoutes()),
		dones: map[string]done{
			"renamed":    {text: "Renamed."},
			"roles":      {text: "The roles were changed. They count from the next request on."},
			"disabled":   {text: "The account was disabled, and everything signed out.", undo: "/people/{of}/enable"},
			"enabled":    {text: "The account can be used again."},
			"erased":     {text: "What was personal is gone."},
			"signed-out": {text: "They were signed out everywhere."},
			"accepted":   {text: "Your password is set. Sign in with it."},
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
