package portfolio

import (
	"regexp"
	"strings"
	"unicode"
)

// identifierForms say how public identifiers look. Letters are capital, and
// blanks, dots and hyphens between digits are left out.
var identifierForms = map[string]struct {
	form  *regexp.Regexp
	like  string
	check func(string) bool // nil when there is no check digit
}{
	"lei":  {regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{2}$`), "529900T8BM49AURSDO55", func(s string) bool { return mod97(s) == 1 }}, // ISO 17442, ISO 7064 MOD 97-10
	"euid": {regexp.MustCompile(`^[A-Z]{2}[A-Z0-9]{1,10}\.[A-Z0-9_/-]{1,30}(\.[0-9A-Z])?$`), "DEK1101R.HRB116737", nil},          // (EU) 2015/884
	"vat":  {regexp.MustCompile(`^[A-Z]{2}[0-9A-Z+*]{2,14}$`), "DE136695976", checkVAT},
	"duns": {regexp.MustCompile(`^[0-9]{9}$`), "150483782", nil}, // it had a check digit until 2006
}

// Identifier is a public identifier in its one spelling. It is refused when it
// does not look like one, or its check digits are wrong.
func Identifier(kind, text string) (string, error) {
	f, ok := identifierForms[kind]
	if !ok {
		return "", bad("%.40q is no kind of identifier; write lei, euid, vat or duns", kind)
	}
	s := strings.ToUpper(strings.TrimSpace(text))
	if kind != "euid" {
		s = strings.NewReplacer(" ", "", "-", "", ".", "").Replace(s)
	}
	if len(text) > 60 || !f.form.MatchString(s) {
		return "", bad("%s %.40q does not look like one; write it like %s", kind, text, f.like)
	}
	if f.check != nil && !f.check(s) {
		return "", bad("%s %.40q is mistyped: its check digits do not fit", kind, text)
	}
	return s, nil
}

// mod97 is the remainder of a text whose letters stand for 10 to 35 (ISO 7064).
func mod97(s string) int {
	n := 0
	for _, r := range s {
		if r >= 'A' {
			n = (n*100 + int(r-'A') + 10) % 97
		} else {
			n = (n*10 + int(r-'0')) % 97
		}
	}
	return n
}

// vats are the numbers of the Union, of Norway, Switzerland and the United Kingdom,
// behind the two letters: their form, and their check digits where these are
// checked here. Another country's number is taken as it is.
var vats = map[string]struct {
	form  *regexp.Regexp
	check func(string) bool // nil: the form alone
}{
	"BG": {regexp.MustCompile(`^[0-9]{9,10}$`), nil},
	"CH": {regexp.MustCompile(`^E[0-9]{9}(MWST|TVA|IVA)?$`), func(s string) bool {
		return (11-weighted(s[1:], 5, 4, 3, 2, 7, 6, 5, 4)%11)%11 == digit(s, 9)
	}},
	"CY": {regexp.MustCompile(`^[0-9]{8}[A-Z]$`), nil},
	"CZ": {regexp.MustCompile(`^[0-9]{8,10}$`), nil},
	"EE": {regexp.MustCompile(`^[0-9]{9}$`), nil},
	"ES": {regexp.MustCompile(`^([A-Z][0-9]{7}[0-9A-Z]|[0-9]{8}[A-Z])$`), nil},
	"GB": {britain, nil},
	"HR": {regexp.MustCompile(`^[0-9]{11}$`), mod11to10},
	"HU": {regexp.MustCompile(`^[0-9]{8}$`), nil},
	"IE": {regexp.MustCompile(`^([0-9]{7}[A-Z]{1,2}|[0-9][A-Z+*][0-9]{5}[A-Z])$`), nil},
	"LT": {regexp.MustCompile(`^([0-9]{9}|[0-9]{12})$`), nil},
	"LV": {regexp.MustCompile(`^[0-9]{11}$`), nil},
	"MT": {regexp.MustCompile(`^[0-9]{8}$`), nil},
	"NO": {regexp.MustCompile(`^[0-9]{9}(MVA)?$`), func(s string) bool {
		return (11-weighted(s, 3, 2, 7, 6, 5, 4, 3, 2)%11)%11 == digit(s, 8)
	}},
	"RO": {regexp.MustCompile(`^[0-9]{2,10}$`), nil},
	"SI": {regexp.MustCompile(`^[1-9][0-9]{7}$`), nil},
	"SK": {regexp.MustCompile(`^[1-9][0-9]{9}$`), nil},
	"XI": {britain, nil}, // Northern Ireland
	"AT": {regexp.MustCompile(`^U[0-9]{8}$`), func(s string) bool { return (luhnSum(s[1:8], 1)+4+digit(s, 8))%10 == 0 }},
	"BE": {regexp.MustCompile(`^[01][0-9]{9}$`), func(s string) bool { return number(s[:8])%97 == 97-number(s[8:]) }},
	"DE": {regexp.MustCompile(`^[1-9][0-9]{8}$`), mod11to10},
	"DK": {regexp.MustCompile(`^[1-9][0-9]{7}$`), func(s string) bool { return weighted(s, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }},
	"EL": {regexp.MustCompile(`^[0-9]{9}$`), func(s string) bool {
		return weighted(s, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == digit(s, 8)
	}},
	"FI": {regexp.MustCompile(`^[0-9]{8}$`), func(s string) bool { return weighted(s, 7, 9, 10, 5, 8, 4, 2, 1)%11 == 0 }},
	"FR": {regexp.MustCompile(`^[0-9A-Z]{2}[0-9]{9}$`), checkFR},
	"IT": {regexp.MustCompile(`^[0-9]{11}$`), func(s string) bool { return luhnSum(s, 1)%10 == 0 }},
	"LU": {regexp.MustCompile(`^[0-9]{8}$`), func(s string) bool { return number(s[:6])%89 == number(s[6:]) }},
	"NL": {regexp.MustCompile(`^[0-9A-Z+*]{9}B[0-9]{2}$`), checkNL},
	"PL": {regexp.MustCompile(`^[0-9]{10}$`), func(s string) bool { return weighted(s, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == digit(s, 9) }},
	"PT": {regexp.MustCompile(`^[1-9][0-9]{8}$`), func(s string) bool {
		return (11-weighted(s, 9, 8, 7, 6, 5, 4, 3, 2)%11)%11%10 == digit(s, 8)
	}},
	"SE": {regexp.MustCompile(`^[0-9]{10}01$`), func(s string) bool { return luhnSum(s[:10], 0)%10 == 0 }},
}

func checkVAT(s string) bool {
	v, ok := vats[s[:2]]
	return !ok || v.form.MatchString(s[2:]) && (v.check == nil || v.check(s[2:]))
}

var britain = regexp.MustCompile(`^([0-9]{9}|[0-9]{12}|(GD|HA)[0-9]{3})$`)

// Checked reports whether an identifier in its one spelling has check digits that
// were checked: of another, the form alone is known to be right.
func Checked(kind, text string) bool {
	f := identifierForms[kind]
	if kind != "vat" {
		return f.check != nil
	}
	if !f.form.MatchString(text) || text[:2] == "FR" && strings.ContainsFunc(text[2:4], unicode.IsLetter) { // see checkFR
		return false
	}
	return vats[text[:2]].check != nil
}

func digit(s string, i int) int { return int(s[i] - '0') }

func number(s string) int {
	n := 0
	for i := range s {
		n = n*10 + digit(s, i)
	}
	return n
}

// weighted adds up digits by their weights.
func weighted(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += w * digit(s, i)
	}
	return sum
}

// luhnSum adds up digits, doubling every second from the one that is named.
func luhnSum(s string, from int) int {
	sum := 0
	for i := range s {
		n := digit(s, i)
		if i >= from && (i-from)%2 == 0 {
			n = n*2/10 + n*2%10
		}
		sum += n
	}
	return sum
}

// mod11to10 is ISO 7064 MOD 11,10.
func mod11to10(s string) bool {
	p := 10
	for i := range len(s) - 1 {
		if p = (p + digit(s, i)) % 10; p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (11-p)%10 == digit(s, len(s)-1)
}

// checkFR checks a key of two digits; newer keys with letters are taken as they are.
func checkFR(s string) bool {
	if s[0] >= 'A' || s[1] >= 'A' {
		return true
	}
	return number(s[2:]+"12")%97 == number(s[:2])
}

// checkNL is MOD 11 of the number of a company, or MOD 97 of the whole since 2020.
func checkNL(s string) bool {
	if mod97(strings.NewReplacer("+", "36", "*", "37").Replace("NL"+s)) == 1 {
		return true
	}
	for i := range 9 {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return weighted(s, 9, 8, 7, 6, 5, 4, 3, 2)%11 == digit(s, 8)
}
