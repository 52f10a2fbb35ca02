// Package deid finds personal data in text and JSON and names the category and
// the place. So far it knows e-mail addresses, telephone numbers in
// international form, IBANs and payment card numbers. It does not mask yet, and
// it never keeps what it found: a match has offsets, not the value.
//
//	for _, m := range deid.Find([]byte("write to ana@shop.example")) {
//		fmt.Println(m.Category, m.Start, m.End)
//	}
package deid

// Match is one find. Start and End are byte offsets into the text.
type Match struct {
	Category   string  // contact.email, contact.phone, finance.bank.account, finance.card.pan
	Start, End int     // the text lies in [Start, End)
	Confidence float64 // 0..1: how rarely such a text is something else
}

// The categories that Find knows, as the taxonomy spells them.
const (
	Email = "contact.email"
	Phone = "contact.phone"
	IBAN  = "finance.bank.account"
	Card  = "finance.card.pan"
)

// Find returns the matches in text, in order and without overlap. One pass: its
// time grows with the text, whatever the text holds.
func Find(text []byte) []Match {
	var out []Match
	for i := 0; i < len(text); {
		m, ok := Match{}, false
		switch c := text[i]; {
		case c == '@':
			m, ok = email(text, i, last(out))
		case c == '+':
			m, ok = phone(text, i)
		case digit(c) && !wordBefore(text, i):
			m, ok = card(text, i)
			if !ok {
				i = skipNumber(text, i)
				continue
			}
		case upper(c) && !wordBefore(text, i):
			m, ok = iban(text, i)
		}
		if !ok {
			i++
			continue
		}
		out = append(out, m)
		i = m.End
	}
	return out
}

func last(out []Match) int {
	if len(out) == 0 {
		return 0
	}
	return out[len(out)-1].End
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func upper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func letter(c byte) bool { return upper(c) || c >= 'a' && c <= 'z' }
func word(c byte) bool   { return letter(c) || digit(c) || c == '_' }

// wordBefore reports whether the byte before i belongs to the same word, in
// which case a number there is a part of something longer.
func wordBefore(text []byte, i int) bool {
	return i > 0 && (word(text[i-1]) || text[i-1] == '.' || text[i-1] == '-' && i > 1 && word(text[i-2]))
}

// skipNumber returns the offset after a run of digits, letters and joints.
func skipNumber(text []byte, i int) int {
	for i < len(text) && (word(text[i]) || text[i] == '.' || text[i] == '-') {
		i++
	}
	return i
}
