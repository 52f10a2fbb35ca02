package manifest

import (
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

var (
	slug     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	formID   = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$`)
	formRef  = regexp.MustCompile(`^(team|role):[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`)
	formZone = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}(/[a-z0-9][a-z0-9-]{0,62}){0,7}$`)
	formCat  = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)
	formRisk = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,31}@[^\s@]`)
	label    = regexp.MustCompile(`^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?$`)
)

// form is the shape of a text, named by the tag "is".
type form struct {
	ok   func(string) bool
	what string // completes: "x" is not ...
	hint string
	hide bool // the text may be a secret: never repeat it
}

// forms lists every form. The pattern of a form, where it has one, is in
// [formPatterns] for the JSON Schema.
var forms = sync.OnceValue(func() map[string]form {
	return map[string]form{
		"slug":     {slug.MatchString, "a short name", "use lower-case letters, digits and inner hyphens, at most 63", false},
		"id":       {formID.MatchString, "a short name", "use letters, digits and inner dots, hyphens or underscores, at most 64", false},
		"name":     {isName, "a name", "use at most 200 printable characters, with no space at either end", false},
		"ref":      {formRef.MatchString, "a team or a role", "write team:payments or role:dpo, never a person", false},
		"zone":     {formZone.MatchString, "a zone", "write lower-case names nested by /, like internal/pci", false},
		"country":  {isCountry, "a country code", "write the two letters of ISO 3166-1, like IE, or EEA or EU", false},
		"host":     {isHost, "a host name", "write api.acme.example or api.acme.example:8443, without scheme or path", false},
		"url":      {func(s string) bool { return isURL(s, true) }, "a web address", "write it like https://api.acme.example/path, without user name or password", true},
		"uri":      {func(s string) bool { return isURL(s, false) }, "an absolute address", "write it like https://app.acme.example/callback", true},
		"secret":   {isSecretRef, "a reference to a secret", "keep the secret elsewhere and write env:NAME, file:PATH, vault:PATH or openbao:PATH", true},
		"category": {formCat.MatchString, "a data category", "write it like contact.email", false},
		"threat":   {formRisk.MatchString, "a threat id", "write rule @ element, like T017@charges", false},
		"file":     {isLocal, "a file of this folder", "write a path relative to the manifest that does not leave its folder, like ./openapi.yaml", false},
	}
})

// formPatterns are the forms that a regular expression describes in full.
func formPatterns() map[string]string {
	return map[string]string{ //nolint:gosec // patterns, no credentials
		"slug": slug.String(), "id": formID.String(), "ref": formRef.String(), "zone": formZone.String(), "category": formCat.String(),
		"threat": formRisk.String(), "secret": `^(env|file|vault|openbao):.`, "country": `^([A-Z]{2}|EEA)$`,
	}
}

func isName(s string) bool {
	return len(s) <= 200 && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// isLocal reports whether a slash-separated path stays below its folder.
func isLocal(s string) bool {
	c := path.Clean(s)
	return !path.IsAbs(s) && c != ".." && !strings.HasPrefix(c, "../") && c != "." && !strings.ContainsAny(s, "\\\x00") && !strings.Contains(s, ":")
}

func isHost(s string) bool {
	host := s
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		port, err := strconv.Atoi(s[i+1:])
		if err != nil || port < 1 || port > 65535 {
			return false
		}
		host = s[:i]
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		addr, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && addr.Is6() && strings.HasSuffix(inner, "]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return !strings.Contains(host, ":")
	}
	host = strings.TrimPrefix(host, "*.")
	if host == "" || len(host) > 253 {
		return false
	}
	for part := range strings.SplitSeq(host, ".") {
		if !label.MatchString(part) {
			return false
		}
	}
	return true
}

func isURL(s string, web bool) bool {
	u, err := url.Parse(s)
	if err != nil || u.User != nil || u.Scheme == "" || u.Fragment != "" {
		return false
	}
	if web || u.Scheme == "http" || u.Scheme == "https" {
		return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && isHost(u.Host)
	}
	return len(s) > len(u.Scheme)+1
}

func isSecretRef(s string) bool {
	for _, p := range []string{"env:", "file:", "vault:", "openbao:"} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			return rest != "" && rest == strings.TrimSpace(rest)
		}
	}
	return false
}

// secretParams are keys of an identity's params whose value would be a secret.
func secretParam(key string) bool {
	key = strings.ReplaceAll(strings.ToLower(key), "-", "_")
	return slices.Contains([]string{"password", "passphrase", "secret", "client_secret", "token", "access_token", "refresh_token", "api_key", "apikey", "private_key", "key"}, key)
}

// countries are the officially assigned codes of ISO 3166-1 alpha-2, and the
// two groups of countries that the rules know.
const countries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ " +
	"CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR " +
	"GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP " +
	"KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ " +
	"NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW " +
	"SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ " +
	"UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW EU EEA XK"

func isCountry(s string) bool {
	return len(s) >= 2 && !strings.Contains(s, " ") && strings.Contains(" "+countries+" ", " "+s+" ")
}
