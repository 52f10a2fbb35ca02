package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// asked is how often the requests of a route asked the database.
type asked struct {
	Route string  `json:"route"`
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	Over  int64   `json:"over"` // how many asked more often than the target

	sum    float64
	within int64
}

// since is what came after an earlier look.
func (a asked) since(b asked) asked {
	out := asked{Route: a.Route, Count: a.Count - b.Count, sum: a.sum - b.sum, within: a.within - b.within}
	out.Over = out.Count - out.within
	if out.Count > 0 {
		out.Mean = out.sum / float64(out.Count)
	}
	return out
}

// maxMetrics bounds what is read of the metrics.
const maxMetrics = 8 << 20

var queryLine = regexp.MustCompile(`^drawbridge_request_queries_(bucket|sum|count)\{route="([^"]*)"(?:,le="([^"]*)")?\} (\S+)$`)

// queries reads the server's metrics; none without an address.
func queries(ctx context.Context, address string) (map[string]asked, error) {
	out := map[string]asked{}
	if address == "" {
		return out, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the metrics: %s", resp.Status)
	}
	lines := bufio.NewScanner(io.LimitReader(resp.Body, maxMetrics))
	for lines.Scan() {
		m := queryLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		value, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			return nil, fmt.Errorf("read the metrics: %w", err)
		}
		a := out[m[2]]
		switch a.Route = m[2]; {
		case m[1] == "sum":
			a.sum = value
		case m[1] == "count":
			a.Count = int64(value)
		case m[3] == strconv.Itoa(targetQueries):
			a.within = int64(value)
		}
		out[m[2]] = a
	}
	return out, lines.Err()
}
