package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"drawbridge/internal/client"
)

// Sizes of a page, and how long its cursor can be used.
const (
	defaultPage = 50
	maxPage     = 200
	cursorLife  = 24 * time.Hour
	codeSize    = 32
)

// cursor says where a list goes on. It is bound to what was asked and to who
// asked: a code over all of it stands behind.
type cursor struct {
	After json.RawMessage `json:"a"` // the last item's place in the order of the list
	Until int64           `json:"u"` // when it ends, in seconds
}

// part reads which part of a list is asked for: where it begins goes into
// after, which stays as it is for the beginning.
func (c *call) part(p client.Page, after any) (limit int, err error) {
	switch {
	case p.Limit == 0:
		p.Limit = defaultPage
	case p.Limit > maxPage:
		return 0, invalid("limit is %d; a page has at most %d items", p.Limit, maxPage)
	}
	if p.Cursor == "" {
		return p.Limit, nil
	}
	bad := invalid("the cursor does not belong to this list: take next of the page before as it is, with the same filter, or begin without one")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(p.Cursor)
	if err != nil || len(raw) <= codeSize {
		return 0, bad
	}
	text, code := raw[:len(raw)-codeSize], raw[len(raw)-codeSize:]
	if !c.api.keys().CheckMAC("cursor", c.bound(text), code) {
		return 0, bad
	}
	var cur cursor
	if err := json.Unmarshal(text, &cur); err != nil {
		return 0, bad
	}
	if c.api.opt.Now().Unix() > cur.Until {
		return 0, invalid("the cursor is older than a day: begin the list again")
	}
	if err := json.Unmarshal(cur.After, after); err != nil {
		return 0, fmt.Errorf("read the cursor: %w", err)
	}
	return p.Limit, nil
}

// next makes the cursor of the page that follows.
func (c *call) next(after any) (string, error) {
	place, err := json.Marshal(after)
	if err != nil {
		return "", fmt.Errorf("write the cursor: %w", err)
	}
	text, err := json.Marshal(cursor{After: place, Until: c.api.opt.Now().Add(cursorLife).Unix()})
	if err != nil {
		return "", fmt.Errorf("write the cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(text, c.api.keys().MAC("cursor", c.bound(text))...)), nil
}

// bound is what a cursor's code covers: the list with its filter, who asks, and
// the cursor itself.
func (c *call) bound(text []byte) []byte {
	filter := c.R.URL.Query()
	filter.Del("cursor")
	filter.Del("limit")
	return fmt.Appendf(nil, "%q %q %q %q %s", c.route.Name, c.Actor.ID, c.R.URL.Path, filter.Encode(), text)
}

// pageOf makes a page of a list that was read one item further than it goes.
func pageOf[T any](c *call, items []T, limit int, place func(T) string) (client.List[T], error) {
	if len(items) <= limit {
		return client.List[T]{Items: items}, nil
	}
	next, err := c.next(place(items[limit-1]))
	return client.List[T]{Items: items[:limit], Next: next}, err
}
