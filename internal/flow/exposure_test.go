package flow_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/flow"
	"drawbridge/internal/manifest"
	"drawbridge/internal/taxonomy"
)

func TestAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		level     drawbridge.Level
		transform string
		want      drawbridge.Level
		crosses   bool
	}{
		{4, "", 4, true},
		{4, "keep", 4, true},
		{4, "mask", 3, true},
		{2, "mask", 2, true},
		{1, "mask", 1, true},
		{4, "fpe", 3, true},
		{4, "hmac", 2, true},
		{3, "token", 2, true},
		{0, "token", 0, true},
		{2, "generalise", 1, true},
		{4, "redact", 1, true},
		{0, "synth", 0, true},
		{4, "drop", 4, false},
		{-1, "redact", -1, true},
		{-1, "drop", -1, false},
		{3, "no such transform", 3, true},
	}
	for _, tt := range tests {
		if got, crosses := flow.After(tt.level, tt.transform); got != tt.want || crosses != tt.crosses {
			t.Errorf("After(%v, %q) = %v, %v, want %v, %v", tt.level, tt.transform, got, crosses, tt.want, tt.crosses)
		}
	}
}

// TestEveryTransform holds the table to the manifest's own list of transforms,
// and every row to never raising a level.
func TestEveryTransform(t *testing.T) {
	t.Parallel()
	ops := slices.Sorted(slices.Values(taxonomy.Builtin().Ops()))
	if got := slices.Sorted(slices.Values(flow.Effects())); !slices.Equal(got, ops) {
		t.Errorf("the table knows %v, the taxonomy %v", got, ops)
	}
	for _, op := range ops {
		last := drawbridge.LevelUnknown
		for l := drawbridge.LevelUnknown; l <= drawbridge.LevelRestricted; l++ {
			got, _ := flow.After(l, op)
			if got > l || got < last {
				t.Errorf("After(%v, %s) = %v, after %v: a level rises or the order turns", l, op, got, last)
			}
			last = got
		}
	}
}

func TestOutside(t *testing.T) {
	t.Parallel()
	tests := []struct{ origin, where, want []string }{
		{[]string{"DE"}, []string{"IE", "US", "IN", "US"}, []string{"IN", "US"}},
		{[]string{"EEA"}, []string{"FR", "NO", "GB"}, []string{"GB"}},
		{[]string{"DE", "US"}, []string{"US"}, []string{"US"}},
		{nil, []string{"US"}, nil},
		{[]string{"CH"}, []string{"CH"}, nil},
	}
	for _, tt := range tests {
		if got := flow.Outside(tt.origin, tt.where); !slices.Equal(got, tt.want) {
			t.Errorf("Outside(%v, %v) = %v, want %v", tt.origin, tt.where, got, tt.want)
		}
	}
}

// example is the worked example of the formula.
func example() *manifest.Bundle {
	b := payments()
	in := b.Integration
	f := in.Flows[3]
	f.Data = []manifest.DataElement{
		{At: drawbridge.AtRequest, Field: "/email", Category: "contact.email"},
		{At: drawbridge.AtRequest, Field: "/pan", Category: "finance.card.pan", Transform: "mask"},
	}
	in.Flows = []manifest.Flow{f}
	return b
}

func TestExposureExample(t *testing.T) {
	t.Parallel()
	x := edge(t, build(t, example()), "charge").Exposure
	got := fmt.Sprintf("%.0f %.0f saved %.2f, possible %.2f", x.Points, x.Raw, x.Saved, x.Possible)
	if want := "112 369 saved 0.70, possible 0.70"; got != want {
		t.Errorf("points = %s, want %s", got, want)
	}
	factors := ""
	for _, f := range x.Factors {
		factors += fmt.Sprintf("%s (%s) %.2f; ", f.Name, f.Input, f.Value)
	}
	want := "sensitivity (1 sensitive, 1 personal) 10.00; records (20000 a day) 4.30; recipients (1 onward) 1.25; retention (400d) 1.66; region (US outside DE) 1.25; "
	if factors != want {
		t.Errorf("factors = %s, want %s", factors, want)
	}
	if len(x.Assumed) != 0 {
		t.Errorf("assumed %q although everything is known", x.Assumed)
	}
}

func points(t interface{ Fatal(...any) }, b *manifest.Bundle) flow.Exposure {
	return mustBuild(t, b).Exposure()
}

// anyFlow draws one flow of the example with any answers.
func anyFlow(t *rapid.T) manifest.Flow {
	f := example().Integration.Flows[0]
	categories := []string{"", "contact.email", "finance.card.pan", "system.operations", "business.public", "health.condition", "no.such.category"}
	f.Data = nil
	for i := range rapid.IntRange(0, 6).Draw(t, "elements") {
		d := manifest.DataElement{
			At:        rapid.SampledFrom(drawbridge.Ats()).Draw(t, "at"),
			Field:     drawbridge.FieldPath(fmt.Sprintf("/f%d", i)),
			Category:  rapid.SampledFrom(categories).Draw(t, "category"),
			Transform: rapid.SampledFrom(append(taxonomy.Builtin().Ops(), "")).Draw(t, "transform"),
		}
		if rapid.Bool().Draw(t, "needed known") {
			d.Needed = new(rapid.Bool().Draw(t, "needed"))
		}
		f.Data = append(f.Data, d)
	}
	f.Volume.RecordsPerDay = new(rapid.Int64Range(0, 1e12).Draw(t, "records"))
	f.Retention.Period = new(drawbridge.Span(rapid.Int64Range(0, 1e13).Draw(t, "retention")))
	countries := rapid.SliceOfN(rapid.SampledFrom([]string{"DE", "IE", "US", "IN", "CN", "BR", "GB", "CH"}), 0, 6)
	f.Origin = append(countries.Draw(t, "origin"), "DE")
	f.Region.Storage = append([]string{}, countries.Draw(t, "storage")...)
	f.Region.Processing = append([]string{}, countries.Draw(t, "processing")...)
	f.SharedWith = append([]string{}, rapid.SliceOfNDistinct(rapid.StringMatching("[a-z]{3}"), 0, 10, rapid.ID[string]).Draw(t, "shared")...)
	return f
}

// TestExposureRises changes one input of any flow for the worse, or takes its
// answer away: the points may never fall.
func TestExposureRises(t *testing.T) {
	t.Parallel()
	worse := map[string]func(*rapid.T, *manifest.Flow){
		"more records":    func(_ *rapid.T, f *manifest.Flow) { *f.Volume.RecordsPerDay *= 3 },
		"records unknown": func(_ *rapid.T, f *manifest.Flow) { f.Volume.RecordsPerDay = nil },
		"kept longer":     func(_ *rapid.T, f *manifest.Flow) { *f.Retention.Period *= 2 },
		"kept unknown":    func(_ *rapid.T, f *manifest.Flow) { f.Retention.Period = nil },
		"one more recipient": func(_ *rapid.T, f *manifest.Flow) {
			f.SharedWith = append(slices.Clone(f.SharedWith), "another")
		},
		"recipients unknown": func(_ *rapid.T, f *manifest.Flow) { f.SharedWith = nil },
		"one more country": func(_ *rapid.T, f *manifest.Flow) {
			f.Region.Processing = append(slices.Clone(f.Region.Processing), "SG")
		},
		"one more origin": func(_ *rapid.T, f *manifest.Flow) { f.Origin = append(slices.Clone(f.Origin), "JP") },
		"storage unknown": func(_ *rapid.T, f *manifest.Flow) { f.Region.Storage = nil },
		"origin unknown":  func(_ *rapid.T, f *manifest.Flow) { f.Origin = nil },
		"one more element": func(t *rapid.T, f *manifest.Flow) {
			if len(f.Data) > 0 { // none at all already counts as one unknown element
				f.Data = append(slices.Clone(f.Data), manifest.DataElement{At: rapid.SampledFrom(drawbridge.Ats()).Draw(t, "new at"), Field: "/new", Category: "contact.email"})
			}
		},
		"category unknown": func(_ *rapid.T, f *manifest.Flow) {
			if f.Data = slices.Clone(f.Data); len(f.Data) > 0 {
				f.Data[0].Category = ""
			}
		},
		"transform gone": func(_ *rapid.T, f *manifest.Flow) {
			if f.Data = slices.Clone(f.Data); len(f.Data) > 0 {
				f.Data[0].Transform = ""
			}
		},
		"need unknown": func(_ *rapid.T, f *manifest.Flow) {
			if f.Data = slices.Clone(f.Data); len(f.Data) > 0 {
				f.Data[0].Needed = nil
			}
		},
	}
	for name, change := range worse {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				b := example()
				b.Integration.Flows[0] = anyFlow(t)
				before := points(t, b)
				change(t, &b.Integration.Flows[0])
				after := points(t, b)
				if after.Points < before.Points || after.Raw < before.Raw || after.Minimal < before.Minimal {
					t.Fatalf("%s: %v became %v", name, before, after)
				}
			})
		})
	}
}

// TestExposureOrder holds the three figures to their order: minimising never
// costs, and no transform adds.
func TestExposureOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := example()
		b.Integration.Flows[0] = anyFlow(t)
		x := points(t, b)
		if x.Minimal > x.Points || x.Points > x.Raw || x.Saved < 0 || x.Saved > 1 || x.Possible < 0 || x.Possible > 1 {
			t.Fatalf("exposure %+v", x)
		}
	})
}

// TestUnknownIsStated holds every unknown to be listed among the assumptions.
func TestUnknownIsStated(t *testing.T) {
	t.Parallel()
	b := example()
	b.Integration.Flows[0] = manifest.Flow{ID: "charge", From: "checkout", To: "charges"}
	x := edge(t, build(t, b), "charge").Exposure
	if len(x.Assumed) != 5 {
		t.Errorf("assumed %q, want five unknowns", x.Assumed)
	}
	if want := 30 * 7.0 * 3 * 3 * 2; x.Points != want {
		t.Errorf("points = %v, want the worst case of %v", x.Points, want)
	}
}

func TestInsideFlowHasNoReceiver(t *testing.T) {
	t.Parallel()
	x := edge(t, build(t, payments()), "book").Exposure
	if want := 30 * 0.1 * 7.0; x.Points != want || len(x.Assumed) != 2 {
		t.Errorf("a flow of ours without data: %v points, assumed %q; want %v and two unknowns", x.Points, x.Assumed, want)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	m := build(t, example())
	known := map[string]bool{}
	for _, s := range m.Life {
		known[s.Name] = s.Known
	}
	want := map[string]bool{"collected": true, "sent": false, "processed": true, "stored": true, "shared": true, "deleted": false}
	for name, w := range want {
		if known[name] != w {
			t.Errorf("stage %s known = %v, want %v", name, known[name], w)
		}
	}
	var keys []string
	for _, g := range m.Gaps {
		keys = append(keys, g.Stage+" "+g.Element+" "+g.Key)
	}
	wantKeys := []string{
		"sent charges interfaces[charges].failure_modes",
		"sent events flows",
		"deleted integration contract.exit.deletion",
	}
	if !slices.Equal(keys, wantKeys) {
		t.Errorf("gaps = %q, want %q", keys, wantKeys)
	}
}

func TestLevelName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		edge flow.Edge
		want string
	}{
		{flow.Edge{Level: drawbridge.LevelSensitive, Elements: 2}, "sensitive"},
		{flow.Edge{Level: drawbridge.LevelSensitive, Elements: 2, Unknown: 1}, "sensitive or more"},
		{flow.Edge{Level: drawbridge.LevelRestricted, Elements: 2, Unknown: 1}, "restricted + unknown"}, // nothing is more
	} {
		if got := flow.LevelName(c.edge); got != c.want {
			t.Errorf("LevelName(%v, unknown %d) = %q, want %q", c.edge.Level, c.edge.Unknown, got, c.want)
		}
	}
}
