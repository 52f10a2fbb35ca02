package register_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/manifest"
	"drawbridge/internal/register"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
	"drawbridge/internal/testkit/world"
)

// TestOthersIntegration tries every method on somebody else's integration, by
// identifier and by key: as a requester, and with the token of another integration.
func TestOthersIntegration(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann, bob := r.Person(t, "ann", drawbridge.Requester), r.Person(t, "bob", drawbridge.Requester)
		hers, err := r.Push(t.Context(), ann, world.Example(t, "hers"))
		if err != nil {
			t.Fatal(err)
		}
		his, err := r.Push(t.Context(), bob, world.Example(t, "his"))
		if err != nil {
			t.Fatal(err)
		}
		for who, actor := range map[string]access.Actor{"bob": bob, "machine": machine(his.Integration.ID)} {
			for how, ref := range map[string]register.Ref{"id": register.ByID(hers.Integration.ID), "key": register.ByKey("hers", "production")} {
				for name, err := range attempts(t, r, actor, ref, hers) {
					world.WantKind(t, who+" by "+how+": "+name, err, drawbridge.NotFound)
				}
			}
			own := register.ByID(his.Integration.ID)
			_, err := r.Pull(t.Context(), actor, own, hers.Revision.ID)
			world.WantKind(t, who+" pulls her revision as one of his", err, drawbridge.NotFound)
			_, err = r.Difference(t.Context(), actor, own, "", hers.Revision.ID)
			world.WantKind(t, who+" compares his with her revision", err, drawbridge.NotFound)
			_, _, err = r.Document(t.Context(), actor, own, hers.Assessment.ID)
			world.WantKind(t, who+" reads her document as one of his", err, drawbridge.NotFound)
			if g, err := r.Gate(t.Context(), actor, own, hers.Revision.Content); err != nil || g.Known {
				t.Errorf("%s: the gate of his knows her digest: %v %v", who, g.Known, err)
			}
			if page, err := r.Findings(t.Context(), actor, register.FindingFilter{}, nil, 200); err != nil || len(page.Items) == 0 || page.Items[0].Integration != his.Integration.ID {
				t.Errorf("%s sees %d findings %v, want his alone", who, len(page.Items), err)
			}
			if page, err := r.Integrations(t.Context(), actor, register.IntegrationFilter{Text: "H"}, nil, 0); err != nil || len(page.Items) != 1 || page.Items[0].ID != his.Integration.ID {
				t.Errorf("%s sees %d integrations %v, want his alone", who, len(page.Items), err)
			}
		}
		// Who may create learns that a key is taken, and no more.
		_, err = r.Push(t.Context(), bob, world.Example(t, "hers"))
		world.WantKind(t, "bob creates what is hers", err, drawbridge.Conflict)
		for _, secret := range []string{string(hers.Integration.ID), string(hers.Revision.ID), ann.ID, hers.Revision.Content} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the conflict tells %s: %v", secret, err)
			}
		}
		// A key that bob used lets him see nothing of hers.
		mine := world.Example(t, "his", prose...)
		mine.Base, mine.Reason, mine.Key = his.Revision.ID, "new name", "k"
		if _, err := r.Push(t.Context(), bob, mine); err != nil {
			t.Fatal(err)
		}
		for _, dry := range []bool{true, false} {
			p := world.Example(t, "hers")
			p.Key, p.DryRun = "k", dry
			out, err := r.Push(t.Context(), bob, p)
			world.WantKind(t, "bob pushes to hers with a key of his", err, drawbridge.Conflict)
			if out.Integration.ID != "" {
				t.Errorf("bob was shown %s", out.Integration.ID)
			}
		}
		if now, err := r.Integration(t.Context(), ann, register.ByID(hers.Integration.ID)); err != nil || now.Version != hers.Integration.Version {
			t.Errorf("her integration is at version %d %v, want it untouched", now.Version, err)
		}
	})
}

// attempts are the errors of every method on an integration.
func attempts(t *testing.T, r *rig, actor access.Actor, ref register.Ref, hers register.Pushed) map[string]error {
	t.Helper()
	ctx := t.Context()
	p := world.Example(t, "hers", wider...)
	p.Base, p.Reason = hers.Revision.ID, "mine now"
	dry, same := p, world.Example(t, "hers")
	dry.DryRun, same.Base = true, hers.Revision.ID
	out := map[string]error{}
	_, out["push"] = r.Push(ctx, actor, p)
	_, out["dry push"] = r.Push(ctx, actor, dry)
	_, out["push of the same"] = r.Push(ctx, actor, same)
	_, out["integration"] = r.Integration(ctx, actor, ref)
	_, out["pull"] = r.Pull(ctx, actor, ref, "")
	_, out["revisions"] = r.Revisions(ctx, actor, ref, nil, 0)
	_, out["revision"] = r.Revision(ctx, actor, ref, hers.Revision.ID)
	_, out["difference"] = r.Difference(ctx, actor, ref, "", "")
	_, out["assess"] = r.Assess(ctx, actor, ref, "")
	_, out["assess due"] = r.AssessDue(ctx, actor, hers.Integration.ID)
	_, out["assessments"] = r.Assessments(ctx, actor, ref, nil, 0)
	_, out["assessment"] = r.Assessment(ctx, actor, ref, hers.Assessment.ID)
	_, _, out["document"] = r.Document(ctx, actor, ref, hers.Assessment.ID)
	_, out["findings"] = r.Findings(ctx, actor, register.FindingFilter{Integration: hers.Integration.ID}, nil, 0)
	_, out["gate"] = r.Gate(ctx, actor, ref, hers.Revision.Content)
	_, out["members"] = r.Members(ctx, actor, ref)
	_, out["assign"] = r.Assign(ctx, actor, ref, register.Assignment{Version: hers.Integration.Version, Owner: actor.Person})
	for kind, id := range map[string]string{
		"integration": string(hers.Integration.ID), "revision": string(hers.Revision.ID), "assessment": string(hers.Assessment.ID),
		"member": string(hers.Integration.ID) + "/" + hers.Revision.Author, "person": hers.Revision.Author,
	} {
		_, out["history of "+kind] = r.History(ctx, actor, kind, id, nil, 0)
	}
	return out
}

// TestMachine lets a machine push to its own integration, and create none.
func TestMachine(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		first, err := r.Push(t.Context(), r.Person(t, "ann", drawbridge.Requester), world.Example(t, "pay"))
		if err != nil {
			t.Fatal(err)
		}
		ci := machine(first.Integration.ID)
		_, err = r.Push(t.Context(), ci, world.Example(t, "other"))
		world.WantKind(t, "a machine creates an integration", err, drawbridge.NotFound)
		p := world.Example(t, "pay", wider...)
		p.Files["partners/acme-pay.yaml"] = []byte(strings.Replace(string(p.Files["partners/acme-pay.yaml"]), "display_name: Acme Pay", "display_name: Acme", 1))
		p.Base, p.Reason = first.Revision.ID, "deployed"
		out, err := r.Push(t.Context(), ci, p)
		if err != nil || out.Revision.Author != ci.ID || len(out.Proposals) != 0 {
			t.Errorf("push = %s %v, proposals %v; want it taken in, and nothing told of the partner's record", brief(out), err, out.Proposals)
		}
		_, err = r.Partners(t.Context(), ci, nil, 0)
		world.WantKind(t, "a machine lists partners", err, drawbridge.NotFound)
		_, err = r.History(t.Context(), ci, "partner", "acme-pay", nil, 0)
		world.WantKind(t, "a machine reads a partner's history", err, drawbridge.NotFound)
	})
}

func TestBadPush(t *testing.T) {
	t.Parallel()
	r := open(t, "")
	ann := r.Person(t, "ann", drawbridge.Requester)
	push := func(text string, more ...string) register.Push {
		files := manifest.Files{"m.yaml": []byte(text)}
		for _, name := range more {
			files[name] = []byte("x")
		}
		return register.Push{Main: "m.yaml", Files: files}
	}
	const good = "apiVersion: drawbridge/v1\nkind: Integration\nid: a\nenvironment: test\n"
	wide := push(good)
	for i := range manifest.MaxFiles {
		wide.Files[strings.Repeat("d/", i%50)+"f"+strings.Repeat("x", i%90)+time.Duration(i).String()] = nil
	}
	for name, tt := range map[string]struct {
		push register.Push
		kind drawbridge.Kind
		says string
	}{
		"nothing":        {register.Push{}, drawbridge.Invalid, "not among the files"},
		"no YAML":        {push("a: [", ""), drawbridge.Invalid, ""},
		"broken":         {push("a: ["), drawbridge.Invalid, "m.yaml:1:"},
		"unknown key":    {push(good + "shape: x\n"), drawbridge.Invalid, "m.yaml:5:1: shape"},
		"category":       {push(good + "interfaces: [{id: i, kind: http_api, direction: outbound}]\nsystems: [{id: s}]\nflows: [{id: f, from: s, to: i, data: [{at: request, field: /a, category: contact.emial}]}]\n"), drawbridge.Invalid, "m.yaml:7:"},
		"deep":           {push(strings.Repeat("[", 100_000)), drawbridge.Invalid, "m.yaml:"},
		"aliases":        {push("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n"), drawbridge.Invalid, "m.yaml:"},
		"large manifest": {push(good + "name: " + strings.Repeat("x", 5<<20)), drawbridge.TooLarge, "m.yaml"},
		"traversal":      {push(good, "../../etc/passwd"), drawbridge.Invalid, "no name of a file"},
		"stray file":     {push(good, "notes.txt"), drawbridge.Invalid, "does not refer"},
		"many files":     {wide, drawbridge.TooLarge, ""},
		"spec outside":   {push(good + "interfaces: [{id: i, kind: http_api, direction: outbound, spec: ../../etc/passwd}]\n"), drawbridge.Invalid, "m.yaml:5:"},
		"long key":       {register.Push{Main: "m.yaml", Files: push(good).Files, Key: strings.Repeat("k", 201)}, drawbridge.Invalid, "idempotency"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := r.Push(t.Context(), ann, tt.push)
			world.WantKind(t, "push", err, tt.kind)
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("push = %.300v, want it to say %q", err, tt.says)
			}
		})
	}
}

// TestConcurrentPush pushes eight changes onto one base at once: one wins, the
// others learn whose came between, and nothing of the losers stays but files
// that no record names.
func TestConcurrentPush(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.ProgrammeOwner)
		first, err := r.Push(t.Context(), ann, world.Example(t, "pay"))
		if err != nil {
			t.Fatal(err)
		}
		const n = 8
		pushed := make([]register.Pushed, n)
		errs := make([]error, n)
		var group sync.WaitGroup
		for i := range n {
			p := world.Example(t, "pay", "name: Card payments with Acme Pay", "name: Version "+string(rune('a'+i)))
			p.Base, p.Reason = first.Revision.ID, "version"
			group.Go(func() { pushed[i], errs[i] = r.Push(t.Context(), ann, p) })
		}
		group.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won >= 0:
				t.Errorf("pushes %d and %d both won", won, i)
			case err == nil:
				won = i
			default:
				world.WantKind(t, "a push that came second", err, drawbridge.Conflict)
			}
		}
		if won < 0 {
			t.Fatalf("no push won: %v", errs)
		}
		now, err := r.Integration(t.Context(), ann, register.ByID(first.Integration.ID))
		if err != nil || now.Revisions != 2 || now.Head != pushed[won].Revision.ID || now.Name != pushed[won].Integration.Name {
			t.Errorf("integration = revision %d %q %v, want that of the winner", now.Revisions, now.Name, err)
		}
		wantBlobs(t, r)
		var history register.Page[register.HistoryEntry]
		if history, err = r.History(t.Context(), ann, "integration", string(now.ID), nil, 0); err != nil || len(history.Items) != 2 {
			t.Errorf("%d entries %v, want two", len(history.Items), err)
		}
	})
}

// wantBlobs holds that every record of a file has its file; files without a
// record are orphans that a sweep removes.
func wantBlobs(t *testing.T, r *rig) {
	t.Helper()
	blobs := r.Door.Store().Blobs()
	records := 0
	err := r.Door.Store().View(t.Context(), func(tx *store.Tx) error {
		list, err := tx.BlobsAfter("", 100)
		for _, b := range list {
			if _, err := blobs.Read(b.ID, b.Size, r.Door.Keys()); err != nil {
				t.Errorf("the file of %s %s: %v", b.Kind, b.ID, err)
			}
		}
		records = len(list)
		return err
	})
	files := 0
	walk := filepath.WalkDir(blobs.Dir(), func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files++
		}
		if err == nil && !e.IsDir() && strings.Contains(p, "tmp") && filepath.Base(filepath.Dir(p)) == "tmp" {
			t.Errorf("a temporary file was left: %s", filepath.Base(p))
		}
		return err
	})
	if err != nil || walk != nil || records != 4 || files < records {
		t.Errorf("%d records of files, %d files, %v %v; want 4 records and no fewer files", records, files, err, walk)
	}
}

// TestDoubleSubmission sends one push many times with one key, at once and
// later: one act, one answer.
func TestDoubleSubmission(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		ann := r.Person(t, "ann", drawbridge.Requester)
		create := world.Example(t, "pay")
		create.Key = "create"
		send := func(p register.Push) register.Pushed {
			t.Helper()
			const n = 4
			out := make([]register.Pushed, n)
			var group sync.WaitGroup
			for i := range n {
				group.Go(func() {
					var err error
					if out[i], err = r.Push(t.Context(), ann, p); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			for i := range out {
				if out[i].Revision.ID != out[0].Revision.ID || out[i].Assessment.ID != out[0].Assessment.ID {
					t.Errorf("answer %d = %s, want %s", i, brief(out[i]), brief(out[0]))
				}
			}
			return out[0]
		}
		first := send(create)
		p := world.Example(t, "pay", wider...)
		p.Key, p.Base, p.Reason = "change", first.Revision.ID, "one account"
		next := send(p)
		if again, err := r.Push(t.Context(), ann, create); err != nil || !again.Created || again.Revision.ID != first.Revision.ID {
			t.Errorf("the first push again = %s %v, want its answer", brief(again), err)
		}
		if again, err := r.Push(t.Context(), ann, p); err != nil || len(again.Changes) != 1 || again.Revision.ID != next.Revision.ID {
			t.Errorf("the second push again = %s %v, want its answer", brief(again), err)
		}
		p.Reason = "another"
		_, err := r.Push(t.Context(), ann, p)
		world.WantKind(t, "another push with the same key", err, drawbridge.Conflict)
		if page, err := r.Revisions(t.Context(), ann, register.ByID(first.Integration.ID), nil, 0); err != nil || len(page.Items) != 2 {
			t.Errorf("%d revisions %v, want two", len(page.Items), err)
		}
	})
}
