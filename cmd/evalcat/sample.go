package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The sample that stands in the repository. Another seed draws another one.
const (
	seed        = "drawbridge-eval-1"
	uniformSize = 222
	clusterSize = 222
	perName     = 2 // one field name appears at most so often among the clusters
)

// specFiles are the specifications from which the sample is drawn.
var specFiles = []string{
	"adyen-checkoutservice-v72.json", "adyen-webhooks-v1.json", "github-rest.json",
	"slack-web-api-swagger2.json", "twilio-api-v2010.json", "twilio-verify-v2.json",
}

// cluster is a set of words; a field belongs to it when its name has one of
// them as a word. It says nothing about the category: look-alikes are welcome.
type cluster struct {
	id    string
	words string
}

var clusters = []cluster{
	{"account", "account iban bank routing bic accounts"},
	{"address", "address street city postal zip state country province house postcode"},
	{"birth", "birth dob birthday age minor child gender sex salutation infant"},
	{"card", "card cvc cvv expiry expire bin pan holder last4 brand pin"},
	{"company", "company organization employer department title job profile bio blog merchant"},
	{"consent", "consent settings preference prefs opt subscribe privacy notification notifications presence"},
	{"date", "date time created ts timestamp at updated"},
	{"email", "email mail emails"},
	{"file", "file attachment attachments media diff patch download blob content files"},
	{"flag", "count enabled verified version template status policy total size"},
	{"id", "id sid reference uuid"},
	{"ip", "ip ips agent browser device fingerprint screen cookie host"},
	{"key", "key apikey pem keys signature hash certificate"},
	{"location", "location latitude longitude lat lng geo timezone tz region locale language lang"},
	{"look-alike", "race health condition union religion medical insurance disability orientation treatment diagnosis political conviction vulnerability dependents"},
	{"message", "message text body comment note topic reason transcription recording query purpose"},
	{"money", "amount balance price currency payment transaction income cost fraud risk score bill"},
	{"name", "name firstname lastname fullname first last owner nickname"},
	{"phone", "phone telephone mobile to from caller msisdn number"},
	{"secret", "secret secrets password passcode otp code pass credential challenge"},
	{"tax", "tax ssn national passport license social identification vat person entity identity"},
	{"token", "token jwt session bearer authorization cursor nonce state"},
	{"url", "url uri link href avatar image photo picture icon website"},
	{"user", "user users username login member actor author customer shopper assignee"},
}

// richSize is the number of fields from each of the rich clusters, which were
// added because the first draw held too few fields of the upper levels.
const richSize = 24

var rich = []cluster{
	{"level-4", "cvc cvv iban bank ssn password passcode secret otp pin totp private encrypted bearer jwt token seed security binding"},
	{"level-3", "birth message text body content note comment latitude longitude coordinates expiry tax recording transcription signature snippet"},
	{"level-2", "firstname lastname first last middle holder owner gender infix nickname login phone email telephone ip street postal zip author company"},
}

// drawn is a field of the sample.
type drawn struct {
	location
	Stratum string
	Half    string
}

// rank orders locations by a seeded hash, which stands for chance.
func rank(purpose string, l location) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{seed, purpose, l.File, l.Pointer}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// draw takes the sample from the locations of all files: half uniformly over
// the distinct pairs of name and parent, the files in turn; half from the
// clusters in turn.
func draw(all []location) []drawn {
	pool := shuffled("draw", distinct(all))
	taken := map[string]bool{}
	var out []drawn
	for _, l := range inTurn(pool, uniformSize, func(l location) string { return l.File }) {
		taken[l.File+l.Pointer] = true
		out = append(out, drawn{location: l, Stratum: "uniform"})
	}
	names := map[string]int{}
	take := func(stratum string, list []cluster, size int) {
		for _, next := range fromClusters(pool, list, size, taken, names) {
			next.Stratum = stratum + "/" + next.Stratum
			out = append(out, next)
		}
	}
	take("cluster", clusters, clusterSize)
	take("rich", rich, richSize*len(rich))
	return halve(out)
}

// fromClusters takes fields from the clusters in turn, and within a cluster
// from the files in turn. It marks what it takes in taken and names.
func fromClusters(pool []location, list []cluster, size int, taken map[string]bool, names map[string]int) []drawn {
	queues := make([][]location, len(list))
	for i, c := range list {
		member := func(l location) bool { return !taken[l.File+l.Pointer] && c.has(l.Name) }
		queues[i] = inTurn(filter(pool, member), len(pool), func(l location) string { return l.File })
	}
	free := func(l location) bool {
		return !taken[l.File+l.Pointer] && names[strings.Join(words(l.Name), "_")] < perName
	}
	var out []drawn
	for before := -1; before < len(out) && len(out) < size; {
		before = len(out)
		for i := range queues {
			at := slices.IndexFunc(queues[i], free)
			if at < 0 || len(out) == size {
				continue
			}
			l := queues[i][at]
			queues[i] = queues[i][at+1:]
			names[strings.Join(words(l.Name), "_")]++
			taken[l.File+l.Pointer] = true
			out = append(out, drawn{location: l, Stratum: list[i].id})
		}
	}
	return out
}

// halve splits every stratum in two by another seeded hash.
func halve(sample []drawn) []drawn {
	slices.SortFunc(sample, func(a, b drawn) int {
		return cmp.Or(cmp.Compare(a.Stratum, b.Stratum), cmp.Compare(a.uniformFile(), b.uniformFile()),
			cmp.Compare(rank("half", a.location), rank("half", b.location)))
	})
	for i := range sample {
		sample[i].Half = []string{"look", "judge"}[i%2]
	}
	return sample
}

// uniformFile is the second key of the split: the uniform part is split file by file.
func (d drawn) uniformFile() string {
	if d.Stratum == "uniform" {
		return d.File
	}
	return ""
}

// numbers are read as one word: Parameter1 to Parameter99 are one name.
var numbers = regexp.MustCompile(`[0-9]+`)

// distinct keeps the first location of each file, name and parent.
func distinct(all []location) []location {
	seen := map[string]bool{}
	return filter(all, func(l location) bool {
		parent := ""
		if n := len(l.Parents); n > 0 {
			parent = l.Parents[n-1]
		}
		key := l.File + "\x00" + numbers.ReplaceAllString(strings.ToLower(l.Name+"\x00"+parent), "#")
		first := !seen[key]
		seen[key] = true
		return first
	})
}

func shuffled(purpose string, list []location) []location {
	return slices.SortedFunc(slices.Values(list), func(a, b location) int {
		return cmp.Compare(rank(purpose, a), rank(purpose, b))
	})
}

// inTurn takes up to n locations, one from each group after the other, each
// group in the order given.
func inTurn(list []location, n int, group func(location) string) []location {
	var keys []string
	groups := map[string][]location{}
	for _, l := range list {
		k := group(l)
		if _, ok := groups[k]; !ok {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], l)
	}
	slices.Sort(keys)
	var out []location
	for len(out) < min(n, len(list)) {
		for _, k := range keys {
			if len(groups[k]) > 0 && len(out) < n {
				out = append(out, groups[k][0])
				groups[k] = groups[k][1:]
			}
		}
	}
	return out
}

func filter(list []location, keep func(location) bool) []location {
	var out []location
	for _, l := range list {
		if keep(l) {
			out = append(out, l)
		}
	}
	return out
}

func (c cluster) has(name string) bool {
	list := strings.Fields(c.words)
	return slices.ContainsFunc(words(name), func(w string) bool { return slices.Contains(list, w) })
}

// words splits a field name at separators and at changes of case.
func words(name string) []string {
	var out []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			out = append(out, strings.ToLower(string(word)))
			word = nil
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			flush()
		}
		word = append(word, r)
	}
	flush()
	return out
}
