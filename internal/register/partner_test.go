package register_test

import (
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/register"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestPartnerProposal holds that a push makes a partner's record, and never
// changes one: what differs comes back as a proposal.
func TestPartnerProposal(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, bob := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "bob", drawbridge.Requester)
		owner := r.Person(t, "owner", drawbridge.ProgrammeOwner)
		first, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
		if err != nil || len(first.Proposals) != 0 {
			t.Fatalf("push = %v, proposals %v", err, first.Proposals)
		}
		made, err := r.Partner(t.Context(), bob, "acme-pay")
		if err != nil || made.Name != "Acme Pay" || made.Country != "IE" || made.Owner != ann.Person {
			t.Fatalf("partner = %+v %v, want it as in the file", made, err)
		}
		p := world.Example(t, "pay")
		p.Files["partners/acme-pay.yaml"] = []byte(strings.Replace(string(p.Files["partners/acme-pay.yaml"]), "country: IE", "country: US", 1))
		p.Base, p.Reason = first.Revision.ID, "they moved"
		next, err := r.Push(t.Context(), ann, p)
		want := []register.Proposal{{Partner: "acme-pay", Field: "country", Record: "IE", Proposed: "US"}}
		if err != nil || !gocmp.Equal(next.Proposals, want) || !next.Widens {
			t.Errorf("push of another country = %s %v, proposals %v; want %v", brief(next), err, next.Proposals, want)
		}
		if now, err := r.Partner(t.Context(), owner, "acme-pay"); err != nil || now != made {
			t.Errorf("the record became %+v %v", now, err)
		}
		// The partner's history tells bob of the partner alone, not of what ann pushed.
		history, err := r.History(t.Context(), bob, "partner", "acme-pay", nil, 0)
		if err != nil || len(history.Items) != 1 || len(history.Items[0].Changes) != 1 || history.Items[0].Changes[0].Kind != "partner" || history.Items[0].Reason != "" {
			t.Errorf("history = %+v %v, want the creation of the partner alone", history.Items, err)
		}
	})
}

func TestPartnerEdit(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		owner, ann := r.Person(t, "owner", drawbridge.ProgrammeOwner), r.Person(t, "ann", drawbridge.Requester)
		edit := register.PartnerEdit{Partner: drawbridge.Partner{ID: "quartz", Name: " Quartz AG ", Country: "DE", Website: "https://quartz.example"}, Reason: "first talk"}
		_, err := r.CreatePartner(t.Context(), ann, edit)
		world.WantKind(t, "a requester creates a partner", err, drawbridge.Denied)
		made, err := r.CreatePartner(t.Context(), owner, edit)
		if err != nil || made.Name != "Quartz AG" || made.Version != 1 {
			t.Fatalf("CreatePartner = %+v %v", made, err)
		}
		_, err = r.CreatePartner(t.Context(), owner, edit)
		world.WantKind(t, "a partner twice", err, drawbridge.Conflict)
		edit.Partner = made
		edit.Partner.Country = "AT"
		now, err := r.UpdatePartner(t.Context(), owner, edit)
		if err != nil || now.Version != 2 || now.Country != "AT" || !now.CreatedAt.Equal(made.CreatedAt) {
			t.Fatalf("UpdatePartner = %+v %v", now, err)
		}
		_, err = r.UpdatePartner(t.Context(), owner, edit)
		world.WantKind(t, "an update over another version", err, drawbridge.Conflict)
		history, err := r.History(t.Context(), ann, "partner", "quartz", nil, 1)
		if err != nil || len(history.Items) != 1 || history.Next == nil || history.Items[0].Reason != "first talk" ||
			history.Items[0].Changes[0].Old["country"] != "DE" || history.Items[0].Changes[0].New["country"] != "AT" {
			t.Errorf("history = %+v %v", history, err)
		}
		for name, bad := range map[string]drawbridge.Partner{
			"slug":    {ID: "Quartz AG", Name: "x"},
			"no name": {ID: "x"},
			"lines":   {ID: "x", Name: "a\nb"},
			"long":    {ID: "x", Name: strings.Repeat("n", 201)},
			"country": {ID: "x", Name: "x", Country: "Germany"},
			"website": {ID: "x", Name: "x", Website: "javascript:alert(1)"},
			"owner":   {ID: "x", Name: "x", Owner: "per_nobody"},
		} {
			_, err := r.CreatePartner(t.Context(), owner, register.PartnerEdit{Partner: bad})
			world.WantKind(t, "a partner with a bad "+name, err, drawbridge.Invalid)
		}
		_, err = r.UpdatePartner(t.Context(), owner, register.PartnerEdit{Partner: drawbridge.Partner{ID: "none", Name: "x"}})
		world.WantKind(t, "an update of none", err, drawbridge.NotFound)
		page, err := r.Partners(t.Context(), ann, nil, 0)
		if err != nil || len(page.Items) != 1 {
			t.Errorf("%d partners %v, want one", len(page.Items), err)
		}
	})
}

func TestAssign(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, bob, eve := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "bob", drawbridge.Requester), r.Person(t, "eve", drawbridge.Requester)
		out, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
		if err != nil {
			t.Fatal(err)
		}
		ref := register.ByID(out.Integration.ID)
		assign := func(version int64, owner drawbridge.PersonID, members ...drawbridge.PersonID) (register.Assigned, error) {
			return r.Assign(t.Context(), ann, ref, register.Assignment{Version: version, Owner: owner, Members: &members, Reason: "helps"})
		}
		now, err := assign(1, "", bob.Person, bob.Person)
		if err != nil || now.Integration.Version != 2 || !gocmp.Equal(now.Members, []drawbridge.PersonID{bob.Person}) || now.Integration.Owner != ann.Person {
			t.Fatalf("Assign = %+v %v", now, err)
		}
		if _, err := r.Pull(t.Context(), bob, ref, ""); err != nil {
			t.Errorf("a member pulls: %v", err)
		}
		_, err = assign(1, eve.Person)
		world.WantKind(t, "Assign over another version", err, drawbridge.Conflict)
		_, err = assign(2, "per_nobody")
		world.WantKind(t, "Assign to nobody", err, drawbridge.Invalid)
		_, err = assign(2, "", "per_nobody")
		world.WantKind(t, "a member that does not exist", err, drawbridge.Invalid)
		if now, err = assign(2, eve.Person); err != nil || len(now.Members) != 0 || now.Integration.Owner != eve.Person {
			t.Fatalf("Assign = %+v %v", now, err)
		}
		for who, err := range map[string]error{"ann": errOf(r.Pull(t.Context(), ann, ref, "")), "bob": errOf(r.Pull(t.Context(), bob, ref, ""))} {
			world.WantKind(t, who+" pulls what is eve's", err, drawbridge.NotFound)
		}
		if members, err := r.Members(t.Context(), eve, ref); err != nil || len(members) != 0 {
			t.Errorf("members = %v %v", members, err)
		}
		history, err := r.History(t.Context(), eve, "member", string(out.Integration.ID)+"/"+string(bob.Person), nil, 0)
		if err != nil || len(history.Items) != 2 {
			t.Errorf("the history of a membership that ended has %d entries %v, want two", len(history.Items), err)
		}
	})
}
