package review_test

import (
	"strings"
	"testing"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/review"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

func (r *rig) laid(tb testing.TB, who string, id drawbridge.ReviewID) map[string]drawbridge.ReviewItem {
	tb.Helper()
	list, err := r.Items(tb.Context(), r.as(who), id)
	if err != nil {
		tb.Fatal(err)
	}
	out := map[string]drawbridge.ReviewItem{}
	for _, it := range list.Items {
		out[it.Key] = it
	}
	return out
}

// TestViewed holds a tick to the state that was looked at: what says something else
// is open again, for this person alone.
func TestViewed(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		id := r.the(t, r.push(t).Integration.ID).ID
		const flow, other = "map:flow/print", "map:system/shop"
		first := r.laid(t, "sec", id)
		if first[flow].Viewed != "" || first[other].Viewed != "" || len(first) < 4 {
			t.Fatalf("the items before anybody looked: %v", first)
		}
		tick := func(who string, v review.Viewing) error {
			v.Review = id
			_, err := r.Tick(t.Context(), r.as(who), v)
			return err
		}
		if err := tick("sec", review.Viewing{Items: map[string]string{flow: first[flow].Digest, other: ""}}); err != nil {
			t.Fatal(err)
		}
		if got := r.laid(t, "sec", id); got[flow].Viewed != drawbridge.ItemViewed || got[other].Viewed != drawbridge.ItemViewed {
			t.Errorf("ticked: %v %v", got[flow], got[other])
		}
		if got := r.laid(t, "priv", id); got[flow].Viewed != "" {
			t.Errorf("somebody else's tick shows: %v", got[flow])
		}
		r.push(t, "category: content.public", "category: contact.email")
		got := r.laid(t, "sec", id)
		if got[flow].Viewed != drawbridge.ItemChanged || !strings.Contains(got[flow].Was, "declared") || got[other].Viewed != drawbridge.ItemViewed {
			t.Errorf("after a push: %v %v", got[flow], got[other])
		}
		if err := tick("sec", review.Viewing{Items: map[string]string{flow: first[flow].Digest}}); err != nil || r.laid(t, "sec", id)[flow].Viewed != drawbridge.ItemChanged {
			t.Errorf("a tick on a state that is gone: %v %v", err, r.laid(t, "sec", id)[flow])
		}
		if err := tick("sec", review.Viewing{All: true}); err != nil {
			t.Fatal(err)
		}
		all, err := r.Items(t.Context(), r.as("sec"), id)
		if err != nil || all.Looked.IsZero() || all.Head == "" {
			t.Errorf("after a look at all of it: %v %v", all.Looked, err)
		}
		for _, it := range all.Items {
			if it.Viewed != drawbridge.ItemViewed {
				t.Errorf("%s is %q after a look at all of it", it.Key, it.Viewed)
			}
		}
		if err := tick("sec", review.Viewing{Items: map[string]string{flow: ""}, Undo: true}); err != nil || r.laid(t, "sec", id)[flow].Viewed != "" {
			t.Errorf("a tick taken away: %v", err)
		}
		if err := tick("sec", review.Viewing{Items: map[string]string{"map:flow/none": ""}}); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("an item that is not there: %v", err)
		}
		if err := tick("sec", review.Viewing{Items: map[string]string{flow: "x"}}); drawbridge.KindOf(err) != drawbridge.Invalid {
			t.Errorf("no digest: %v", err)
		}
		if err := tick("eve", review.Viewing{All: true}); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("somebody who does not see the review: %v", err)
		}
	})
}

// TestRespond signs, objects, holds and proposes in one act: all of it, or nothing.
func TestRespond(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		r := open(t, url)
		id := r.the(t, r.push(t).Integration.ID).ID
		r.walk(t, id)
		say := func(who string, in review.Response) (review.Responded, error) {
			in.Review = id
			return r.Respond(t.Context(), r.as(who), in)
		}
		view := r.progress(t, id).View
		term := review.Term{Text: "Agree on a retention", Verifier: "privacy", Due: r.Days(30)}
		hold, err := say("sec", review.Response{Answer: "hold", Comment: "The contract is missing"})
		if err != nil || hold.Thread == nil || !hold.Thread.Blocks || hold.Signoff != nil {
			t.Fatalf("hold: %+v %v", hold, err)
		}
		if _, err := say("sec", review.Response{Answer: "sign", Role: "privacy", View: view, Terms: []review.Term{term}}); drawbridge.KindOf(err) != drawbridge.Denied {
			t.Errorf("signing for another role: %v", err)
		}
		r.Look(t, func(tx *store.Tx) error {
			n, err := tx.Conditions().Count(store.Query{Equal: map[string]any{"review": string(id)}})
			if n != 0 {
				t.Errorf("a refused answer left %d conditions", n)
			}
			return err
		})
		signed, err := say("sec", review.Response{Answer: "sign", Role: "security", View: view, Comment: "fine", Terms: []review.Term{term}, Viewed: true})
		if err != nil || signed.Signoff == nil || len(signed.Conditions) != 1 || signed.Thread != nil {
			t.Fatalf("sign: %+v %v", signed, err)
		}
		p := r.progress(t, id)
		if signed.Signoff.View != p.View || len(p.Signoffs) != 1 || !p.Signoffs[0].Counts {
			t.Errorf("a signature with a condition binds to %s, and the view is %s: %+v", signed.Signoff.View, p.View, p.Signoffs)
		}
		for name, in := range map[string]review.Response{
			"no words":      {Answer: "comment"},
			"no answer":     {Answer: "approve", Comment: "x"},
			"a bad term":    {Answer: "comment", Comment: "x", Terms: []review.Term{{Text: "x"}}},
			"an empty view": {Answer: "object", Comment: "x", Role: "security", View: "sha256:0"},
		} {
			if _, err := say("sec2", in); drawbridge.KindOf(err) != drawbridge.Invalid && drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := say("eve", review.Response{Answer: "comment", Comment: "x"}); drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("somebody who does not see the review: %v", err)
		}
		s, err := r.Sheet(t.Context(), r.as("sec2"), id)
		if err != nil || len(s.Talks) != 1 || len(s.Talks[0].Comments) != 1 || s.Names[string(r.people["sec"].Person)] != "sec" || !s.May[access.ReviewSign] || s.May[access.ReviewDecide] || len(s.Roles) != 1 {
			t.Errorf("the sheet: %+v %v", s, err)
		}
	})
}
