package deid

const (
	maxLocal  = 64  // RFC 5321 section 4.5.3.1.1
	maxDomain = 253 // RFC 1035 section 2.3.4, in text
)

// email looks left and right of an @ for an address. It does not look before
// floor, where the match before it ended.
func email(text []byte, at, floor int) (Match, bool) {
	start := at
	for start > floor && at-start < maxLocal && local(text[start-1]) {
		start--
	}
	for start < at && text[start] == '.' {
		start++
	}
	if start == at || text[at-1] == '.' {
		return Match{}, false
	}
	end, labels, label := at+1, 0, 0
	lastLabel := end
	for end < len(text) && end-at <= maxDomain {
		c := text[end]
		switch {
		case letter(c) || digit(c) || c == '-' && label > 0:
			label++
		case c == '.' && label > 0:
			labels++
			label = 0
			lastLabel = end + 1
		default:
			return emailEnd(text, start, end, lastLabel, labels)
		}
		end++
	}
	return emailEnd(text, start, end, lastLabel, labels)
}

// emailEnd judges the domain: at least two labels, the last of letters.
func emailEnd(text []byte, start, end, lastLabel, labels int) (Match, bool) {
	if lastLabel == end && labels > 0 { // a full stop ended the sentence
		end--
		labels--
		lastLabel = end
		for lastLabel > start && text[lastLabel-1] != '.' && text[lastLabel-1] != '@' {
			lastLabel--
		}
	}
	if labels < 1 || end-lastLabel < 2 {
		return Match{}, false
	}
	for _, c := range text[lastLabel:end] {
		if !letter(c) {
			return Match{}, false
		}
	}
	return Match{Category: Email, Start: start, End: end, Confidence: 0.98}, true
}

func local(c byte) bool {
	switch c {
	case '.', '_', '%', '+', '-':
		return true
	}
	return letter(c) || digit(c)
}
