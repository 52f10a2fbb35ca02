package action_test

import (
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/store"
	"drawbridge/internal/testkit"
)

// TestLinks holds a partner's link to its row: an actor that was recognised
// before the link ended gets nothing read and nothing written.
func TestLinks(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		d := open(t, url)
		links := map[string]drawbridge.Link{
			"lnk_good":    {ExpiresAt: start.Add(time.Hour)},
			"lnk_expired": {ExpiresAt: start},
			"lnk_revoked": {ExpiresAt: start.Add(time.Hour), RevokedAt: start.Add(-time.Minute)},
			"lnk_preview": {ExpiresAt: start.Add(time.Hour), Preview: true},
			"lnk_other":   {ExpiresAt: start.Add(time.Hour), Inquiry: "inq_2"},
		}
		_, _, err := action.Do(t.Context(), d, setup, func(tx *store.Tx) (int, error) {
			for id, l := range links {
				if l.ID, l.Hash = drawbridge.LinkID(id), id; l.Inquiry == "" {
					l.Inquiry = "inq_1"
				}
				if err := tx.Links().Add(&l); err != nil {
					return 0, err
				}
			}
			return 0, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			link        string
			read, write drawbridge.Kind
		}{
			{"lnk_good", "", ""},
			{"lnk_expired", drawbridge.Unauthenticated, drawbridge.Unauthenticated},
			{"lnk_revoked", drawbridge.Unauthenticated, drawbridge.Unauthenticated},
			{"lnk_preview", "", drawbridge.Denied},
			{"lnk_other", drawbridge.Unauthenticated, drawbridge.Unauthenticated},
			{"lnk_none", drawbridge.Unauthenticated, drawbridge.Unauthenticated},
		} {
			act := action.Act{
				Actor:  access.Actor{ID: tt.link, Roles: []drawbridge.Role{drawbridge.PartnerContact}, Inquiry: "inq_1", Via: "api"},
				Action: access.InquiryAnswer, Object: access.Object{Kind: "inquiry", ID: "inq_1", Inquiry: "inq_1"},
			}
			_, _, err := action.Do(t.Context(), d, act, func(*store.Tx) (int, error) { return 0, nil })
			if got := kindOf(err); got != tt.write {
				t.Errorf("a write by %s = %q, want %q", tt.link, got, tt.write)
			}
			act.Action = access.InquiryRead
			if got := kindOf(d.View(t.Context(), act, func(*store.Tx) error { return nil })); got != tt.read {
				t.Errorf("a read by %s = %q, want %q", tt.link, got, tt.read)
			}
		}
	})
}

func kindOf(err error) drawbridge.Kind {
	if err == nil {
		return ""
	}
	return drawbridge.KindOf(err)
}
