package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/dossier"
	"drawbridge/internal/portfolio"
	"drawbridge/internal/register"
	"drawbridge/internal/web/view"
)

// partners is the list of those that data goes to.
func (p *page) partners() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Partners", "Everybody who gets data from an integration, or is about to."
	after, err := readPlace(p.R.URL.Query().Get("after"))
	if err != nil {
		return nil, err
	}
	list, err := p.web.opt.Register.Partners(p.R.Context(), p.Actor, after, 50)
	if err != nil {
		return nil, err
	}
	ins, err := p.web.opt.Register.Integrations(p.R.Context(), p.Actor, register.IntegrationFilter{Order: "risk"}, nil, register.MaxPage)
	if err != nil {
		return nil, err
	}
	g := p.grid("Partners", "partner", "Partner", "Country", "Integrations", "Worst tier", "Highest residual", "Changed")
	for _, x := range list.Items {
		n, worst, high := 0, drawbridge.Tier(""), 0.0
		for _, i := range ins.Items {
			if i.Partner != x.ID {
				continue
			}
			n++
			high = max(high, i.Residual)
			if slices.Index(drawbridge.Tiers(), i.Tier) > slices.Index(drawbridge.Tiers(), worst) {
				worst = i.Tier
			}
		}
		to := "/partners/" + string(x.ID)
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: cmp.Or(x.Name, string(x.ID)), To: to, Note: string(x.ID)},
			{Text: x.Country},
			{Kind: view.NumberSlot, Text: view.Count(n, "integration"), To: to + "#integrations"},
			{Kind: view.TierSlot, Tier: worst},
			{Kind: view.NumberSlot, Text: view.Figure(high)},
			{Kind: view.TimeSlot, At: x.UpdatedAt},
		})
	}
	p.turn(&g, list.Next)
	g.None, g.Next = "There are no partners yet.", "A partner comes on record with the first manifest that names it, or by hand."
	if p.may(access.PartnerWrite) {
		g.Do = []view.Link{{Text: "Add a partner", To: "/partners/new"}}
	}
	return view.GridPage(g), nil
}

func (p *page) partnerNew() (templ.Component, error) {
	p.shell.Title, p.shell.Lead = "Add a partner", "Somebody whose first manifest did not come yet."
	p.shell.Trail = []view.Link{{Text: "Partners", To: "/partners"}}
	p.wrong()
	f := p.partnerForm(drawbridge.Partner{}, "/partners/new")
	f.Fields = append([]view.FormField{{Field: view.Field{Name: "id", Label: "Id", Help: "As manifests name it: small letters, digits and hyphens.", Value: p.said("id"), Required: true, Limit: 64}}}, f.Fields...)
	f.Submit, f.Class = "Add the partner", "main"
	return view.OneForm("partner", "The partner", f), nil
}

// kept is what a field of the form holds: what was typed, when the form comes back.
func (p *page) kept(name, stored string) string {
	if p.failed != nil && p.R.PostForm.Has(name) {
		return p.said(name)
	}
	return stored
}

// version puts the version that is shown into a form.
func versionOf(m drawbridge.Meta) []view.Option {
	return []view.Option{{Value: "version", Text: view.Whole(m.Version)}}
}

func (p *page) partnerForm(x drawbridge.Partner, to string) view.Form {
	return view.Form{
		To: to, Once: p.once(), Hidden: versionOf(x.Meta), Submit: "Save",
		Fields: []view.FormField{
			{Field: view.Field{Name: "name", Label: "Name", Value: p.kept("name", x.Name), Required: true, Limit: 200}},
			{Field: view.Field{Name: "country", Label: "Country of the head office", Help: "Two capital letters, like IE.", Value: p.kept("country", x.Country), Limit: 2}},
			{Field: view.Field{Name: "website", Label: "Website", Value: p.kept("website", x.Website), Limit: 500}},
			{As: "text", Field: view.Field{Name: "why", Label: "Why it changes", Value: p.kept("why", ""), Limit: 1000}},
		},
	}
}

func (p *page) partnerEdit(id string, owner drawbridge.PersonID) register.PartnerEdit {
	return register.PartnerEdit{
		Partner: drawbridge.Partner{Meta: drawbridge.Meta{Version: p.version()}, ID: drawbridge.PartnerID(id), Name: p.said("name"), Country: p.said("country"), Website: p.said("website"), Owner: owner},
		Reason:  p.said("why"), Key: p.key(),
	}
}

func (p *page) doAddPartner() (string, error) {
	x, err := p.web.opt.Register.CreatePartner(p.R.Context(), p.Actor, p.partnerEdit(p.said("id"), ""))
	return "/partners/" + string(x.ID) + "?done=partner-saved", err
}

func (p *page) doPartner() (string, error) {
	id := p.R.PathValue("id")
	had, err := p.web.opt.Register.Partner(p.R.Context(), p.Actor, drawbridge.PartnerID(id))
	if err != nil {
		return "", err
	}
	_, err = p.web.opt.Register.UpdatePartner(p.R.Context(), p.Actor, p.partnerEdit(id, had.Owner))
	return "/partners/" + id + "?done=partner-saved", err
}

// identifierKinds are what a company can be known by.
func identifierKinds() []string { return []string{"lei", "euid", "vat", "duns"} }

// partnerHead reads a partner, and makes the head of its pages.
func (p *page) partnerHead() (drawbridge.Partner, error) {
	id := drawbridge.PartnerID(p.R.PathValue("id"))
	x, err := p.web.opt.Register.Partner(p.R.Context(), p.Actor, id)
	if err != nil {
		return x, err
	}
	p.shell.Title = cmp.Or(x.Name, string(id))
	p.shell.Trail = []view.Link{{Text: "Partners", To: "/partners"}}
	p.wrong()
	return x, nil
}

// partnerTabs are the views of a partner.
func (p *page) partnerTabs(id drawbridge.PartnerID, here string) []view.Tab {
	to := "/partners/" + string(id)
	tabs := []view.Tab{{Link: view.Link{Text: "Overview", To: to}}, {Link: view.Link{Text: "Sub-processors", To: to + "/subprocessors"}}}
	if p.may(access.ContractRead) {
		tabs = append(tabs, view.Tab{Link: view.Link{Text: "Contracts and notices", To: to + "/contracts"}})
	}
	if p.may(access.RiskRead) {
		tabs = append(tabs, view.Tab{Link: view.Link{Text: "Risks", To: "/risks?partner=" + string(id)}})
	}
	for i := range tabs {
		tabs[i].Here = tabs[i].Text == here
	}
	return tabs
}

// partner is one partner: what is known of it, its integrations, evidence.
func (p *page) partner() (templ.Component, error) {
	x, err := p.partnerHead()
	if err != nil {
		return nil, err
	}
	prof, err := p.web.opt.Portfolio.Profile(p.R.Context(), p.Actor, x.ID)
	if err != nil {
		return nil, err
	}
	p.shell.Lead = prof.LegalName
	out := view.Partner{Now: p.now, Today: drawbridge.DateOf(p.now), Facts: partnerFacts(&x, &prof), Tabs: p.partnerTabs(x.ID, "Overview")}
	if p.may(access.PartnerWrite) {
		profile, err := p.profileForm(&prof)
		if err != nil {
			return nil, err
		}
		out.Acts = []view.Act{
			{Title: "Change the record", Form: p.partnerForm(x, "/partners/"+string(x.ID)+"/record"), Open: p.failed != nil && p.R.PostForm.Has("website")},
			{Title: "Change the profile", Form: profile, Open: p.failed != nil && p.R.PostForm.Has("legal_name")},
		}
	}
	for _, part := range []func(*view.Partner, drawbridge.PartnerID) error{p.partnersIntegrations, p.partnersPapers} {
		if err := part(&out, x.ID); err != nil {
			return nil, err
		}
	}
	if p.may(access.PortfolioRead) {
		out.Fall = "/concentration/fall?kind=partner&name=" + string(x.ID)
	}
	return view.PartnerPage(out), nil
}

// partnerOthers are those who work for a partner and get data.
func (p *page) partnerOthers() (templ.Component, error) {
	x, err := p.partnerHead()
	if err != nil {
		return nil, err
	}
	p.shell.Lead = "Who works for the partner and gets data of ours: on record, and as manifests name them."
	out := view.Partner{Now: p.now, Today: drawbridge.DateOf(p.now), Tabs: p.partnerTabs(x.ID, "Sub-processors")}
	if p.may(access.PartnerWrite) {
		out.Acts = []view.Act{{Title: "Add a sub-processor", Form: p.subprocessorForm(x.ID), Open: p.failed != nil}}
	}
	if err := p.partnersOthers(&out, x.ID); err != nil {
		return nil, err
	}
	return view.PartnerOthers(out), nil
}

// partnerContracts are a partner's contracts, and what is missing between them,
// the manifests and the data that moves.
func (p *page) partnerContracts() (templ.Component, error) {
	x, err := p.partnerHead()
	if err != nil {
		return nil, err
	}
	out := view.Partner{Now: p.now, Today: drawbridge.DateOf(p.now), Tabs: p.partnerTabs(x.ID, "Contracts and notices")}
	if err := p.partnersContracts(&out, x.ID); err != nil {
		return nil, err
	}
	if err := p.partnersNotices(&out, x.ID); err != nil {
		return nil, err
	}
	if p.may(access.ContractWrite) {
		out.Contracts.Do = []view.Link{{Text: "Put a contract on file", To: "/contracts/new?partner=" + string(x.ID)}}
	}
	return view.PartnerContracts(out), nil
}

func partnerFacts(x *drawbridge.Partner, prof *drawbridge.ProfileView) []view.Known {
	facts := []view.Known{{Name: "Id", Slot: view.Slot{Kind: view.CodeSlot, Text: string(x.ID)}}}
	add := func(name, text, to string) {
		if text != "" {
			facts = append(facts, view.Known{Name: name, Slot: view.Slot{Text: text, To: to}})
		}
	}
	add("Status", prof.Status, "")
	add("Head office", x.Country, "")
	add("Website", x.Website, "")
	add("Legal or natural person", prof.PersonType, "")
	if prof.Parent != "" {
		add("Belongs to", string(prof.Parent), "/partners/"+string(prof.Parent))
	}
	if prof.Group != x.ID && prof.Group != prof.Parent {
		add("Group", string(prof.Group), "/partners/"+string(prof.Group))
	}
	for _, c := range prof.Children {
		add("Owns", string(c), "/partners/"+string(c))
	}
	for _, k := range slices.Sorted(maps.Keys(prof.Identifiers)) {
		add(strings.ToUpper(k), prof.Identifiers[k], "")
	}
	add("Security contact", prof.SecurityContact, "")
	add("Privacy contact", prof.PrivacyContact, "")
	add("Tags", strings.Join(prof.Tags, ", "), "")
	return append(facts, view.Known{Name: "Changed", Slot: view.Slot{Kind: view.TimeSlot, At: x.UpdatedAt}})
}

func (p *page) profileForm(x *drawbridge.ProfileView) (view.Form, error) {
	status := view.Field{Name: "status", Label: "Status", Value: p.kept("status", x.Status), Options: []view.Option{{Value: "", Text: "unknown"}}}
	for _, s := range []string{"prospect", "active", "exiting", "former"} {
		status.Options = append(status.Options, view.Option{Value: s, Text: s})
	}
	f := view.Form{To: "/partners/" + string(x.ID) + "/profile", Once: p.once(), Hidden: versionOf(x.Meta), Submit: "Save"}
	line := func(name, text, value string) {
		f.Fields = append(f.Fields, view.FormField{Field: view.Field{Name: name, Label: text, Value: p.kept(name, value), Limit: 200}})
	}
	line("legal_name", "Legal name", x.LegalName)
	f.Fields = append(f.Fields, view.FormField{As: "choice", Field: status}, view.FormField{As: "choice", Field: view.Field{
		Name: "person_type", Label: "Person", Value: p.kept("person_type", x.PersonType),
		Options: []view.Option{{Value: "", Text: "unknown"}, {Value: "legal", Text: "legal"}, {Value: "natural", Text: "natural"}},
	}})
	parent, err := p.partnerField("parent", "Belongs to", "Another partner: a name from the list.", string(x.Parent))
	if err != nil {
		return f, err
	}
	f.Fields = append(f.Fields, parent)
	for _, k := range identifierKinds() {
		line("id-"+k, strings.ToUpper(k), x.Identifiers[k])
	}
	line("security_contact", "Security contact", x.SecurityContact)
	line("privacy_contact", "Privacy contact", x.PrivacyContact)
	f.Fields = append(f.Fields, view.FormField{As: "text", Field: view.Field{Name: "tags", Label: "Tags", Help: "One a line.", Value: p.kept("tags", strings.Join(x.Tags, "\n"))}})
	line("profile-why", "Why it changes", "")
	return f, nil
}

// listed are the lines of a field that say something.
func (p *page) listed(name string) []string {
	var out []string
	for s := range strings.SplitSeq(p.said(name), "\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func (p *page) doProfile() (string, error) {
	parent, err := p.partnerNamed(p.said("parent"))
	if err != nil {
		return "", err
	}
	x := drawbridge.Profile{
		Meta: drawbridge.Meta{Version: p.version()}, ID: drawbridge.PartnerID(p.R.PathValue("id")), LegalName: p.said("legal_name"), PersonType: p.said("person_type"),
		Identifiers: map[string]string{}, Parent: parent, Status: p.said("status"),
		SecurityContact: p.said("security_contact"), PrivacyContact: p.said("privacy_contact"), Tags: p.listed("tags"),
	}
	for _, k := range identifierKinds() {
		x.Identifiers[k] = p.said("id-" + k)
	}
	_, err = p.web.opt.Portfolio.SetProfile(p.R.Context(), p.Actor, portfolio.ProfileEdit{Profile: x, Reason: p.said("profile-why"), Key: p.key()})
	return "/partners/" + string(x.ID) + "?done=partner-saved", err
}

func (p *page) partnersIntegrations(out *view.Partner, id drawbridge.PartnerID) error {
	list, err := p.web.opt.Register.Integrations(p.R.Context(), p.Actor, register.IntegrationFilter{Partner: id, Order: "risk"}, nil, register.MaxPage)
	out.Integrations = p.grid("Integrations of the partner", "integration", "Integration", "Tier", "Gate", "Residual", "State")
	for _, i := range list.Items {
		gate := view.Slot{Text: cmp.Or(view.Words(string(i.Outcome)), "not assessed"), Tone: view.OutcomeTone(i.Outcome)}
		out.Integrations.Rows = append(out.Integrations.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: i.Name, To: "/integrations/" + string(i.ID), Note: i.Slug + ", " + i.Environment},
			{Kind: view.TierSlot, Tier: i.Tier},
			gate,
			{Kind: view.NumberSlot, Text: view.Figure(i.Residual)},
			{Text: view.Words(string(i.State))},
		})
	}
	out.Integrations.None, out.Integrations.Next = "No integration that you may see.", "Push a manifest that names this partner."
	return err
}

func (p *page) partnersOthers(out *view.Partner, id drawbridge.PartnerID) error {
	list, err := p.web.opt.Portfolio.Subprocessors(p.R.Context(), p.Actor, id)
	out.Unknown = list.Unknown
	for _, s := range list.Items {
		row := view.Other{Name: s.Name, Service: s.Service, Country: s.Country, Source: s.Source, Categories: strings.Join(s.Categories, ", "), Ended: !s.EndedAt.IsZero()}
		if s.ID != "" && !row.Ended && p.may(access.PartnerWrite) {
			row.End = "/partners/" + string(id) + "/subprocessors/" + s.ID + "/end"
		}
		if s.Notice != "" && p.may(access.NoticeRead) {
			row.Notice = "/notices/" + s.Notice
		}
		out.Others = append(out.Others, row)
	}
	return err
}

func (p *page) partnersContracts(out *view.Partner, id drawbridge.PartnerID) error {
	a, err := p.web.opt.Portfolio.Agreements(p.R.Context(), p.Actor, id)
	if err != nil {
		return err
	}
	g := p.contractGrid(a.Contracts)
	out.Contracts = &g
	for _, x := range a.Gaps {
		gap := view.Gap{Subject: x.Subject, Text: x.Text}
		switch {
		case x.Contract != "":
			gap.To = "/contracts/" + string(x.Contract)
		case x.Integration != "":
			gap.To = "/integrations/" + string(x.Integration)
		}
		out.Gaps = append(out.Gaps, gap)
	}
	return nil
}

func (p *page) partnersNotices(out *view.Partner, id drawbridge.PartnerID) error {
	if !p.may(access.NoticeRead) {
		return nil
	}
	list, err := p.web.opt.Portfolio.Notices(p.R.Context(), p.Actor, portfolio.NoticeFilter{Partner: id}, nil, 20)
	g := p.noticeGrid(list.Items)
	out.Notices = &g
	return err
}

func (p *page) partnersPapers(out *view.Partner, id drawbridge.PartnerID) error {
	if !p.may(access.EvidenceRead) {
		return nil
	}
	list, err := p.web.opt.Dossier.List(p.R.Context(), p.Actor, dossier.EvidenceFilter{Partner: id}, nil, 50)
	g := p.grid("Evidence", "document", "Document", "Kind", "State", "Counts until")
	for _, e := range list.Items {
		tone, word := view.Idle, e.State
		if e.Counts {
			tone, word = view.Good, "counts"
		}
		g.Rows = append(g.Rows, []view.Slot{
			{Kind: view.HeadSlot, Text: e.Title, To: "/evidence/" + string(e.ID), Note: e.FileName}, {Text: kindName(e.Kind)}, {Text: word, Tone: tone}, {Kind: view.DaySlot, Day: e.Until()},
		})
	}
	g.None, g.Next = "No evidence is on file.", "Documents come with a questionnaire's answers, or are added by hand."
	out.Papers = &g
	return err
}
