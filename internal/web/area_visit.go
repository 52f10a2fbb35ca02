package web

import "drawbridge/internal/web/view"

// visitArea are the pages of a partner who came by a link. The cookie says which
// questionnaire it is, so no address names one.
func visitArea() area {
	return area{
		routes: []route{
			sends("/p/{token}", (*page).enter).with(public),
			shows("/partner", "", (*page).visit).with(visitor),
			acts("/partner/leave", "", nil, (*page).doLeave).with(visitor),
			acts("/partner/submit", "", (*page).visit, (*page).doHandIn).with(visitor),
			shows("/partner/questions/{section}", "", (*page).visitSection).with(visitor),
			acts("/partner/answers/{question}", "", (*page).visitAgain, (*page).doAnswer).with(visitor),
			shows("/partner/last", "", (*page).visitLast).with(visitor),
			acts("/partner/confirm", "", (*page).visitLast, (*page).doConfirm).with(visitor),
			shows("/partner/evidence", "", (*page).visitEvidence).with(visitor),
			acts("/partner/evidence", "", (*page).visitEvidence, (*page).doOffer).with(visitor | upload),
			shows("/partner/import", "", (*page).visitImport).with(visitor),
			acts("/partner/import", "", (*page).visitImport, (*page).doImport).with(visitor | upload),
			sends("/partner/sheet", (*page).visitSheet).with(visitor),
			sends("/partner/text", (*page).visitText).with(visitor),
			shows("/partner/links", "", (*page).visitLinks).with(visitor),
			acts("/partner/links", "", (*page).visitLinks, (*page).doPassOn).with(visitor),
			acts("/partner/links/{link}/revoke", "", (*page).visitLinks, (*page).doRevokePassed).with(visitor),
			shows("/partner/threads/{id}", "", (*page).visitThread).with(visitor),
			acts("/partner/threads/{id}/comments", "", (*page).visitThread, (*page).doReply).with(visitor),
		},
		dones: map[string]done{
			"answered":  {text: "Saved."},
			"confirmed": {text: "Confirmed: these answers count now."},
			"handed-in": {text: "Your answers were handed in."},
			"offered":   {text: "The document was taken in. It counts once somebody on the other side accepts it."},
			"taken-in":  {text: "The answers of the spreadsheet were taken in."},
			"no-link":   {text: "The link does not work any more, and those that came by it are out."},
			"replied":   {text: "Your comment is there for the other side."},
		},
	}
}

// visitTabs are the parts of a partner's pages.
func (p *page) visitTabs(links bool) []view.Tab {
	tabs := []view.Tab{{Link: view.Link{Text: "Overview", To: "/partner"}}}
	if links {
		tabs = append(tabs, view.Tab{Link: view.Link{Text: "Passed on", To: "/partner/links"}})
	}
	for i := range tabs {
		tabs[i].Here = tabs[i].To == p.R.URL.Path
	}
	return tabs
}
