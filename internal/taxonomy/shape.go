package taxonomy

import (
	"net/netip"
	"strings"
)

// shapes are the forms of an example that tell something.
var shapes = []string{"iban", "jwt", "email", "card", "phone", "ip", "url", "date", "uuid"}

// maxExampleBytes bounds the examples that are looked at.
const maxExampleBytes = 256

// shapeOf returns the form of an example, or "" when it has none of them.
func shapeOf(s string) string {
	if len(s) < 4 || len(s) > maxExampleBytes {
		return ""
	}
	switch {
	case strings.HasPrefix(s, "eyJ") && strings.Count(s, ".") == 2:
		return "jwt"
	case strings.Contains(s, "://"):
		return "url"
	case isEmail(s):
		return "email"
	case isUUID(s):
		return "uuid"
	case isDate(s):
		return "date"
	case isIBAN(s):
		return "iban"
	case isPhone(s):
		return "phone"
	case isCard(s):
		return "card"
	case isIP(s):
		return "ip"
	}
	return ""
}

func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(domain) < 3 || strings.ContainsAny(s, " \t/:<>,;") || strings.Contains(domain, "@") {
		return false
	}
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-2
}

func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i := range len(s) {
		if s[i] != '-' && !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isDate accepts what starts like 2006-01-02.
func isDate(s string) bool {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' || len(s) > 10 && s[10] != 'T' && s[10] != ' ' {
		return false
	}
	for _, i := range []int{0, 1, 2, 3, 5, 6, 8, 9} {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s[5:7] <= "12" && s[8:10] <= "31"
}

// isIBAN checks form and check digits (ISO 13616, ISO 7064 mod 97-10).
func isIBAN(s string) bool {
	s = strings.ReplaceAll(s, " ", "")
	if len(s) < 15 || len(s) > 34 || !isUpper(s[0]) || !isUpper(s[1]) || !isDigit(s[2]) || !isDigit(s[3]) {
		return false
	}
	rest := 0
	for i := range len(s) {
		switch c := s[(i+4)%len(s)]; {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case isUpper(c):
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// isPhone accepts E.164: a plus and 8 to 15 digits, with the usual separators.
func isPhone(s string) bool {
	if s[0] != '+' || s[1] == '0' {
		return false
	}
	digits := 0
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case !strings.ContainsRune(" -().", rune(c)):
			return false
		}
	}
	return digits >= 8 && digits <= 15
}

// isCard accepts 13 to 19 digits with a card scheme's first digit and a valid
// check digit (Luhn).
func isCard(s string) bool {
	if s[0] < '2' || s[0] > '6' {
		return false
	}
	sum, digits := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		switch {
		case isDigit(s[i]):
			n := int(s[i] - '0')
			if digits%2 == 1 {
				n = n*2/10 + n*2%10
			}
			sum += n
			digits++
		case s[i] != ' ' && s[i] != '-':
			return false
		}
	}
	return digits >= 13 && digits <= 19 && sum%10 == 0
}

func isIP(s string) bool {
	if strings.Count(s, ".") != 3 && strings.Count(s, ":") < 2 {
		return false
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// patternShape recognises the few regular expressions that name a shape.
func patternShape(p string) string {
	switch {
	case p == "" || len(p) > maxExampleBytes:
		return ""
	case strings.Contains(p, `[1-9]\d{1,14}`), strings.Contains(p, `[1-9][0-9]{1,14}`):
		return "phone"
	case strings.Contains(p, "@") && strings.Contains(p, `\.`) && !strings.Contains(p, "/"):
		return "email"
	}
	return ""
}
