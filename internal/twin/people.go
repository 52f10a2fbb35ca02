package twin

import (
	"fmt"
	"strings"
)

// individual is an invented person. Addresses and numbers come from ranges that
// are reserved for fiction (RFC 2606, the telephone regulators' drama numbers).
type individual struct {
	name, email, phone, street, iban, card string
}

func person(i int) individual {
	first := []string{"Ana", "Bo", "Carla", "Dirk", "Eva", "Finn", "Greta", "Hugo", "Ines", "Jan", "Kaya", "Lars", "Mona", "Nils"}
	last := []string{"Duarte", "Lindqvist", "Okafor", "Peters", "Quinn", "Rossi", "Silva", "Tanaka", "Ulm", "Varga", "Weiss"}
	f, l := first[i%len(first)], last[i*3%len(last)]
	account := fmt.Sprintf("%010d", 532013000+i)
	return individual{
		name: f + " " + l, email: strings.ToLower(f+"."+l) + "@mail.example", phone: fmt.Sprintf("+442079460%03d", 100+i%900),
		street: fmt.Sprintf("%d Harbour Street", 1+i), iban: iban("DE", "37040044"+account), card: "4111111111111111",
	}
}

// iban computes the check digits (ISO 13616).
func iban(country, account string) string {
	return fmt.Sprintf("%s%02d%s", country, 98-remainder(account+country+"00"), account)
}

func mod97(s string) bool { return len(s) > 4 && remainder(s[4:]+s[:4]) == 1 }

// remainder reads letters as 10 to 35 and divides by 97.
func remainder(s string) int {
	n := 0
	for _, c := range s {
		switch {
		case c >= '0' && c <= '9':
			n = (n*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			n = (n*100 + int(c-'A') + 10) % 97
		default:
			return 0
		}
	}
	return n
}

// luhn checks a card number (ISO 7812).
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		d := int(s[len(s)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return len(s) >= 13 && sum%10 == 0
}
