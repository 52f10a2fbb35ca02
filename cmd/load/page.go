package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// pages are what people with a browser look at, and how often. {in} is an
// integration that they know.
var pages = []op{
	page("/", 8),
	page("/integrations?order=risk", 6),
	page("/integrations/{in}", 8),
	page("/integrations/{in}/map", 2),
	page("/integrations/{in}/threats", 3),
	page("/integrations/{in}/evidence", 2),
	page("/integrations/{in}/approvals", 2),
	page("/integrations/{in}/history", 2),
	page("/reviews", 4),
	page("/findings?severity=critical", 4),
	page("/partners", 3),
	page("/risks", 3),
	page("/search?q=pay", 4),
}

// client of pages: a browser keeps its connections too.
var browser = &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// page reads one page whole.
func page(path string, weight int) op {
	name := "page " + strings.SplitN(path, "?", 2)[0]
	return op{name, weight, false, nil, func(ctx context.Context, p *person, s *samples) error {
		to := path
		if strings.Contains(path, "{in}") {
			in, err := p.some(ctx, s)
			if err != nil {
				return ignoreNothing(err)
			}
			to = strings.ReplaceAll(path, "{in}", string(in.ID))
		}
		_, err := timed(p, s, name, false, func() (int64, error) { return p.look(ctx, to) })
		return err
	}}
}

// look gets a page as the person who is signed in, and returns its size in bytes.
func (p *person) look(ctx context.Context, path string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.opt.Server+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+p.token.Reveal())
	res, err := browser.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("page %s: %s", path, res.Status)
	}
	return n, err
}
