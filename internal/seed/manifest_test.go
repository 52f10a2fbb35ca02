package seed

import (
	"testing"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// TestManifests shows that whatever comes out of a template can be pushed, as
// far as its history may go, and that the larger finds more.
func TestManifests(t *testing.T) {
	t.Parallel()
	ws, err := policy.BuiltinWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	with := &partner{id: "amberbay-pay", name: "Amberbay Pay", country: "DE", seed: 3}
	for _, name := range templateNames {
		for care := range 3 {
			for number := range uint64(2) {
				it := &item{slug: "one", name: "One", template: name, partner: with, seed: number, care: care, size: 1 + int(number)}
				for _, revision := range []int{1, 2, MaxHistory} {
					files, reason, err := it.files(revision)
					if err != nil {
						t.Fatal(err)
					}
					if (reason == "") != (revision == 1) {
						t.Errorf("%s: revision %d has the reason %q", name, revision, reason)
					}
					if _, err := manifest.LoadFiles(mainFile, files, ws.ManifestOptions()...); err != nil {
						t.Errorf("%s, care %d, seed %d, revision %d: %v", name, care, number, revision, err)
					}
				}
			}
		}
	}
}

func TestNamesDiffer(t *testing.T) {
	t.Parallel()
	p := &plan{holders: map[drawbridge.Role][]int{}}
	r := (&item{seed: 1}).rand()
	p.addPeople(r, 3000, "")
	p.addPartners(r, 3000, "")
	seen := map[string]bool{}
	for _, who := range p.people {
		seen[who.email] = true
	}
	for _, with := range p.partners {
		seen[with.id] = true
	}
	if len(seen) != 6000 {
		t.Errorf("%d names differ of 6000", len(seen))
	}
	if len(p.owners) < 1000 || len(p.keepers) < 10 {
		t.Errorf("%d people bring integrations, %d keep partners", len(p.owners), len(p.keepers))
	}
}
