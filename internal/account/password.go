package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"drawbridge"
	"drawbridge/internal/seal"
)

const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes

	saltSize = 16
	tagSize  = 32

	hashSlots = 2  // at the same time: each takes the memory of its parameters
	hashQueue = 64 // who may wait for one
)

// params are the costs of argon2id.
type params struct {
	memory  uint32 // KiB
	time    uint32 // passes
	threads uint8
}

// present is what new hashes cost: the first choice of the OWASP Password
// Storage Cheat Sheet, 46 MiB in one pass. A sign-in brings older ones up to it.
var present = params{memory: 46 * 1024, time: 1, threads: 1}

// derive is argon2.IDKey.
type derive func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte

// hasher computes password hashes, few at a time.
type hasher struct {
	derive derive
	params params
	dummy  string // a hash that no password has
	slots  chan struct{}
	queue  chan struct{}
}

func newHasher(p params) *hasher {
	tag, salt := make([]byte, tagSize), make([]byte, saltSize)
	rand.Read(tag)
	rand.Read(salt)
	return &hasher{
		derive: argon2.IDKey, params: p, dummy: phc(p, salt, tag),
		slots: make(chan struct{}, hashSlots), queue: make(chan struct{}, hashQueue),
	}
}

// compute waits for its turn and derives a tag.
func (h *hasher) compute(ctx context.Context, password seal.Hidden, p params, salt []byte) ([]byte, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, limited("too many people sign in at this moment", retryBusy)
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
	return h.derive([]byte(password.Reveal()), salt, p.time, p.memory, p.threads, tagSize), nil
}

// hash makes what is kept of a password.
func (h *hasher) hash(ctx context.Context, password seal.Hidden) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	tag, err := h.compute(ctx, password, h.params, salt)
	if err != nil {
		return "", err
	}
	return phc(h.params, salt, tag), nil
}

// check compares a password with what is kept, and costs the same when nothing
// is. It reports too whether the costs have grown since.
func (h *hasher) check(ctx context.Context, password seal.Hidden, kept string) (ok, old bool, err error) {
	nothing := kept == ""
	if nothing {
		kept = h.dummy
	}
	p, salt, want, err := readPHC(kept)
	if err != nil {
		return false, false, err
	}
	tag, err := h.compute(ctx, password, p, salt)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(tag, want) == 1 && !nothing, p != h.params, nil
}

// phc writes a hash in the PHC string format.
func phc(p params, salt, tag []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads, b64.EncodeToString(salt), b64.EncodeToString(tag))
}

// readPHC reads what phc writes. Costs that no version of this program would
// choose are refused: a changed row must not stop the machine.
func readPHC(s string) (p params, salt, tag []byte, err error) {
	bad := fmt.Errorf("account: the kept password hash cannot be read")
	parts := strings.Split(s, "$")
	if len(s) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return params{}, nil, nil, bad
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return params{}, nil, nil, bad
	}
	var n [3]uint64
	for i, c := range []struct {
		name string
		max  uint64
	}{{"m=", 1 << 20}, {"t=", 16}, {"p=", 16}} {
		text, ok := strings.CutPrefix(costs[i], c.name)
		if n[i], err = strconv.ParseUint(text, 10, 32); !ok || err != nil || n[i] == 0 || n[i] > c.max {
			return params{}, nil, nil, bad
		}
	}
	p = params{memory: uint32(n[0]), time: uint32(n[1]), threads: uint8(n[2])} //nolint:gosec // bounded above
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	tag, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(tag) != tagSize || phc(p, salt, tag) != s {
		return params{}, nil, nil, bad
	}
	return p, salt, tag, nil
}

// checkPassword refuses a password that is too short, too long, or known to
// everybody who knows the person.
func checkPassword(password seal.Hidden, email, name string) error {
	s := password.Reveal()
	local, _, _ := strings.Cut(email, "@")
	switch {
	case len(s) > maxPassword:
		return drawbridge.Errorf(drawbridge.TooLarge, "the password is longer than %d bytes", maxPassword)
	case !utf8.ValidString(s):
		return drawbridge.Errorf(drawbridge.Invalid, "the password is not text (UTF-8)")
	case utf8.RuneCountInString(s) < minPassword:
		return drawbridge.Errorf(drawbridge.Invalid, "the password is too short: take at least %d characters, such as four words", minPassword)
	case strings.EqualFold(s, email), strings.EqualFold(s, name), strings.EqualFold(s, local):
		return drawbridge.Errorf(drawbridge.Invalid, "the password is the name or the address of the account: take another")
	}
	return nil
}
