package ledger

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"drawbridge"
)

// MaxCheckpoint bounds a signed checkpoint, in bytes.
const MaxCheckpoint = 64 << 10

// Checkpoint says what a log held at one moment: its first Size entries and
// nothing else have this root. On paper it is a C2SP tlog-checkpoint in a C2SP
// signed note: origin, size, root, extra lines, an empty line, signatures.
type Checkpoint struct {
	Origin string    `json:"origin"` // the log's name, which is its key's name too
	Size   int64     `json:"size"`
	Root   tlog.Hash `json:"root"`
	Extra  []string  `json:"extra,omitempty"`
}

// SignCheckpoint writes a checkpoint with its signatures. Exactly one signer
// bears the name of the origin; the others are witnesses.
func SignCheckpoint(cp Checkpoint, signers ...note.Signer) ([]byte, error) {
	own := 0
	for _, s := range signers {
		if s.Name() == cp.Origin {
			own++
		}
	}
	if own != 1 {
		return nil, fmt.Errorf("sign checkpoint: %d signers are called %q, want one", own, cp.Origin)
	}
	data, err := note.Sign(&note.Note{Text: cp.text()}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	if back, err := ParseCheckpoint(data); err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	} else if !equal(back, cp) {
		return nil, fmt.Errorf("sign checkpoint: %+v reads as %+v", cp, back)
	}
	return data, nil
}

// OpenCheckpoint reads a checkpoint and verifies its signature by the log, and
// those of the witnesses that are known. Signatures of unknown witnesses are
// passed over; a second signature in the log's own name is refused.
func OpenCheckpoint(data []byte, known note.Verifiers) (Checkpoint, error) {
	cp, err := ParseCheckpoint(data)
	if err != nil {
		return Checkpoint{}, err
	}
	n, err := note.Open(data, known)
	if err != nil {
		return Checkpoint{}, wrong("%w", err)
	}
	if !slices.ContainsFunc(n.Sigs, func(s note.Signature) bool { return s.Name == cp.Origin }) {
		return Checkpoint{}, wrong("no trusted key of %s has signed it", cp.Origin)
	}
	return cp, nil
}

// ParseCheckpoint reads a checkpoint strictly and believes it: the signatures
// must have the right form, and are not verified. It is for a copy that the
// reader kept.
func ParseCheckpoint(data []byte) (Checkpoint, error) {
	if len(data) > MaxCheckpoint {
		return Checkpoint{}, drawbridge.Errorf(drawbridge.TooLarge, "checkpoint: %d bytes; at most %d are read", len(data), MaxCheckpoint)
	}
	text, signatures, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(text), "\n")
	if !found || len(lines) < 3 {
		return Checkpoint{}, wrong("it has no origin, size, root and signature")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return Checkpoint{}, wrong("the size %.40q is not a number", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, wrong("the root %.80q is not a hash", lines[2])
	}
	cp := Checkpoint{Origin: lines[0], Size: size, Root: root, Extra: lines[3:]}
	if len(cp.Extra) == 0 {
		cp.Extra = nil
	}
	if size < 0 || cp.text() != string(text)+"\n" {
		return Checkpoint{}, wrong("the size or the root is not in its canonical form")
	}
	if !isName(cp.Origin) || slices.ContainsFunc(cp.Extra, func(s string) bool { return s == "" || !isPlain(s) }) {
		return Checkpoint{}, wrong("the origin %.80q is not a name, or an extra line is not a line of text", cp.Origin)
	}
	return cp, checkSignatures(cp.Origin, string(signatures))
}

// checkSignatures holds the signature lines to their canonical form, which
// note.Open does not: it lets pass base64 with stray last bits, and signatures
// that it drops because their key has signed above already.
func checkSignatures(origin, lines string) error {
	seen := map[string]bool{}
	own := 0
	for line := range strings.Lines(lines) {
		body, ended := strings.CutSuffix(line, "\n")
		name, b64, _ := strings.Cut(strings.TrimPrefix(body, "— "), " ")
		raw, err := base64.StdEncoding.DecodeString(b64)
		if err != nil || len(raw) < 5 || !isName(name) || "— "+name+" "+base64.StdEncoding.EncodeToString(raw) != body || !ended {
			return wrong("the signature line %.80q is not in the canonical form", body)
		}
		key := keyID(name, binary.BigEndian.Uint32(raw))
		if seen[key] {
			return wrong("the key %s has signed twice", key)
		}
		seen[key] = true
		if name == origin {
			own++
		}
	}
	if own != 1 {
		return wrong("it has %d signatures of %s, want one", own, origin)
	}
	return nil
}

func (cp Checkpoint) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d\n%s\n", cp.Origin, cp.Size, cp.Root)
	for _, line := range cp.Extra {
		b.WriteString(line + "\n")
	}
	return b.String()
}

func equal(a, b Checkpoint) bool {
	return a.Origin == b.Origin && a.Size == b.Size && a.Root == b.Root && slices.Equal(a.Extra, b.Extra)
}

func wrong(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, "checkpoint: "+format, args...)
}

// isName reports whether s can name a log or a key: visible ASCII without a plus
// sign, and with nothing that JSON escapes.
func isName(s string) bool { return isWord(s) && !strings.Contains(s, "+") }

// isPlain reports whether s is UTF-8 text without control characters, which is
// what a signed note may hold.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' })
}

// ParseKey reads a verifier key, name+hash+base64, in its canonical form only.
func ParseKey(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%.120q is not a verifier key: %w; write name+hash+key as the log's owner published it", key, err)
	}
	id, b64, _ := strings.Cut(strings.TrimPrefix(key, v.Name()+"+"), "+")
	raw, err := base64.StdEncoding.DecodeString(b64)
	if err != nil || !isName(v.Name()) || key != keyID(v.Name(), v.KeyHash())+"+"+base64.StdEncoding.EncodeToString(raw) {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the verifier key %.120q (%s) is not in its canonical form", key, id)
	}
	return v, nil
}

// keyID names a key as people compare it: name+hash.
func keyID(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }
