package portfolio

import (
	"context"
	"strings"
	"unicode/utf8"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/store"
)

// Bounds of a search.
const (
	minSearch = 2   // characters
	maxSearch = 100 // bytes
	maxWords  = 12
	mostHits  = 20 // of each kind
	someHits  = 8  // of each kind, when nobody says how many
)

// Search finds integrations, partners, reviews, findings, risks, people and
// questionnaires by their names, among those that the actor may see; limit is of each kind.
func (d *Desk) Search(ctx context.Context, actor access.Actor, text string, limit int) ([]drawbridge.Hit, error) {
	text = strings.TrimSpace(text)
	words := strings.Fields(strings.ToLower(text))
	switch {
	case utf8.RuneCountInString(text) < minSearch || len(text) > maxSearch:
		return nil, bad("search for %d characters or more, and at most %d bytes", minSearch, maxSearch)
	case len(words) > maxWords:
		return nil, bad("search for at most %d words", maxWords)
	case limit < 0 || limit > mostHits:
		return nil, bad("a search shows 1 to %d of each kind, not %d", mostHits, limit)
	case limit == 0:
		limit = someHits
	}
	scope := func(act access.Action) access.Scope { return d.door.Table().Scope(actor, act) }
	out := []drawbridge.Hit{}
	err := d.door.List(ctx, actor, access.IntegrationRead, func(tx *store.Tx, s access.Scope) error {
		found, err := tx.Search(store.Search{
			Words: words, Whole: text, Limit: limit, Integrations: s, Partners: scope(access.PartnerRead), Reviews: scope(access.ReviewRead),
			Inquiries: scope(access.InquiryRead), Risks: scope(access.RiskRead), People: scope(access.PersonRead),
		})
		out = append(out, found...)
		return err
	})
	return out, err
}
