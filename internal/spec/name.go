package spec

import (
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/publicsuffix"

	"drawbridge"
)

const maxID = 63

// slug makes an id of s: lower-case letters, digits and hyphens; "" when
// nothing of s can stand in one.
func slug(s string) string {
	var b strings.Builder
	gap, lower := false, false
	for _, c := range s {
		if c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			gap, lower = true, false
			continue
		}
		if (gap || lower && unicode.IsUpper(c)) && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap, lower = false, !unicode.IsUpper(c)
		b.WriteRune(unicode.ToLower(c))
	}
	return strings.Trim(clipTo(b.String(), maxID), "-")
}

func clipTo(s string, n int) string { return s[:min(len(s), n)] }

var hostLabel = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)

// validHost reports whether s is a host with an optional port, as a manifest writes it.
func validHost(s string) bool {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		port, err := strconv.Atoi(s[i+1:])
		if err != nil || port < 1 || port > 65535 {
			return false
		}
		host = s[:i]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		return closed && err == nil && a.Is6() && a.Zone() == ""
	}
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if !hostLabel.MatchString(label) {
			return false
		}
	}
	return true
}

// company returns the name in a registered domain: acme of api.acme.co.uk.
func company(host string) string {
	host, _, _ = strings.Cut(host, ":")
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil || !strings.Contains(host, ".") {
		return ""
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host))
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(domain, ".")
	return name
}

// home looks for the partner's domain in the addresses that a description gives.
func home(info *node) string {
	contact := info.get("contact")
	_, mail, _ := strings.Cut(contact.text("email"), "@")
	for _, h := range []string{info.text("termsOfService"), "//" + mail, contact.text("url")} {
		if u, err := url.Parse(h); err == nil && company(u.Hostname()) != "" {
			return u.Hostname()
		}
	}
	return ""
}

// Select returns the ids of the operations that the patterns name, in the
// description's order: an id, a pattern like pay* over ids, "METHOD /path", or
// tag:NAME. No pattern at all selects everything.
func (a *API) Select(patterns []string) ([]string, error) {
	all := slices.Concat(a.Operations, a.Webhooks)
	if len(patterns) == 0 {
		all = append(all, a.Callbacks...)
	}
	hit := make([]bool, len(patterns))
	var out []string
	for i := range all {
		use := len(patterns) == 0
		for j, p := range patterns {
			if all[i].matches(p) {
				use, hit[j] = true, true
			}
		}
		if use {
			out = append(out, all[i].ID)
		}
	}
	for j, p := range patterns {
		if !hit[j] {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "--operations %q matches nothing in the description; %s", clip(p, 80), a.suggest(p))
		}
	}
	return out, nil
}

func (o *Operation) matches(pattern string) bool {
	if tag, ok := strings.CutPrefix(pattern, "tag:"); ok {
		hit, err := path.Match(tag, o.Tag)
		return strings.EqualFold(tag, o.Tag) || err == nil && hit
	}
	if pattern == o.ID || strings.EqualFold(pattern, o.Method+" "+o.Path) {
		return true
	}
	hit, err := path.Match(pattern, o.ID)
	return err == nil && hit
}

// suggest lists what a pattern may have meant.
func (a *API) suggest(pattern string) string {
	want := strings.ToLower(strings.Trim(strings.TrimPrefix(pattern, "tag:"), "*"))
	var tags, ids []string
	for _, o := range slices.Concat(a.Operations, a.Webhooks) {
		if !slices.Contains(tags, o.Tag) && o.Tag != "" && len(tags) < 8 {
			tags = append(tags, o.Tag)
		}
		if len(ids) < 5 && (strings.Contains(strings.ToLower(o.ID), want) || len(o.ID) > 3 && strings.Contains(want, strings.ToLower(o.ID))) {
			ids = append(ids, o.ID)
		}
	}
	switch {
	case strings.HasPrefix(pattern, "tag:") && len(tags) > 0:
		return "its tags are " + strings.Join(tags, ", ")
	case len(ids) > 0:
		return "did you mean " + strings.Join(ids, ", ") + "?"
	case len(a.Operations) > 0:
		return "an operation is written like " + a.Operations[0].ID
	}
	return "look into the description for its operation ids"
}
