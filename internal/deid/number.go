package deid

import "strings"

// phone matches E.164 (ITU-T): a plus, a country code that does not start with
// 0, 8 to 15 digits in all, with single spaces, dots, hyphens or brackets.
func phone(text []byte, i int) (Match, bool) {
	if wordBefore(text, i) {
		return Match{}, false
	}
	n, end, joints := 0, i+1, 0
	for j := i + 1; j < len(text) && j-i <= 24; j++ {
		c := text[j]
		if digit(c) {
			if n == 0 && c == '0' {
				return Match{}, false
			}
			n++
			end, joints = j+1, 0
			continue
		}
		if joints++; joints > 2 || n == 0 || !strings.ContainsRune(" .-()", rune(c)) {
			break
		}
	}
	if n < 8 || n > 15 || end < len(text) && word(text[end]) {
		return Match{}, false
	}
	return Match{Category: Phone, Start: i, End: end, Confidence: 0.9}, true
}

// card matches 13 to 19 digits, bare or in groups, that fit an issuer's range
// and the Luhn formula (ISO/IEC 7812-1).
func card(text []byte, i int) (Match, bool) {
	var d [19]byte
	n, end := 0, i
	var joint byte
	for j := i; j < len(text); j++ {
		c := text[j]
		if digit(c) {
			if n == len(d) {
				return Match{}, false
			}
			d[n] = c - '0'
			n++
			end = j + 1
			continue
		}
		if c != ' ' && c != '-' || joint != 0 && c != joint || j+1 >= len(text) || !digit(text[j+1]) || n%4 != 0 && n != 10 {
			break
		}
		joint = c
	}
	if n < 13 || end < len(text) && (word(text[end]) || text[end] == '.' && end+1 < len(text) && digit(text[end+1])) {
		return Match{}, false
	}
	if !issuer(d[:n]) || !luhn(d[:n]) {
		return Match{}, false
	}
	return Match{Category: Card, Start: i, End: end, Confidence: 0.95}, true
}

// issuer reports whether the digits start and end as a card network's do.
func issuer(d []byte) bool {
	head := 0
	for _, c := range d[:4] {
		head = head*10 + int(c)
	}
	n := len(d)
	switch {
	case head/1000 == 4: // Visa
		return n == 13 || n == 16 || n == 19
	case head/100 >= 51 && head/100 <= 55, head >= 2221 && head <= 2720: // Mastercard
		return n == 16
	case head/100 == 34, head/100 == 37: // American Express
		return n == 15
	case head == 6011, head/100 == 65, head/10 >= 644 && head/10 <= 649: // Discover
		return n == 16 || n == 19
	case head >= 3528 && head <= 3589: // JCB
		return n >= 16
	case head/100 == 36, head/100 == 38, head/10 >= 300 && head/10 <= 305: // Diners Club
		return n == 14 || n == 16
	case head/100 == 62: // UnionPay
		return n >= 16
	case head/100 == 50, head/100 >= 56 && head/100 <= 58, head/100 == 67: // Maestro
		return true
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i, c := range d {
		v := int(c)
		if (len(d)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// ibanLengths is the IBAN registry's length by country (ISO 13616).
var ibanLengths = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28, "CH": 21,
	"CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FO": 18, "FR": 27,
	"GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26,
	"IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27,
	"MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
	"QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23,
	"TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}

// iban matches a bank account number by country, length and the remainder of
// ISO 7064 MOD 97-10; groups may be separated by single spaces.
func iban(text []byte, i int) (Match, bool) {
	if i+4 > len(text) || !upper(text[i+1]) || !digit(text[i+2]) || !digit(text[i+3]) {
		return Match{}, false
	}
	want := ibanLengths[string(text[i:i+2])]
	if want == 0 {
		return Match{}, false
	}
	var b [34]byte
	n, j := 0, i
	for ; j < len(text) && n < want; j++ {
		c := text[j]
		if c == ' ' && n%4 == 0 && n > 0 {
			continue
		}
		if !upper(c) && !digit(c) {
			return Match{}, false
		}
		b[n] = c
		n++
	}
	if n < want || j < len(text) && word(text[j]) {
		return Match{}, false
	}
	rem := 0
	for k := range n {
		c := b[(k+4)%n]
		if digit(c) {
			rem = (rem*10 + int(c-'0')) % 97
		} else {
			rem = (rem*100 + int(c-'A') + 10) % 97
		}
	}
	if rem != 1 {
		return Match{}, false
	}
	return Match{Category: IBAN, Start: i, End: j, Confidence: 0.99}, true
}
