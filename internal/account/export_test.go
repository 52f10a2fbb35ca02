package account

import (
	"sync/atomic"

	"drawbridge/internal/seal"
)

// Cheap makes password hashes that cost little, so that tests can make many, and
// counts them.
func Cheap(d *Desk) *atomic.Int64 {
	return count(d, params{memory: 64, time: 1, threads: 1})
}

// Dear makes hashes as the program does, and counts them.
func Dear(d *Desk) *atomic.Int64 { return count(d, present) }

func count(d *Desk, p params) *atomic.Int64 {
	n := new(atomic.Int64)
	d.hasher = newHasher(p)
	inner := d.hasher.derive
	d.hasher.derive = func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
		n.Add(1)
		return inner(password, salt, time, memory, threads, size)
	}
	return n
}

// OnHash runs f once, while the next password is hashed.
func OnHash(d *Desk, f func()) {
	inner := d.hasher.derive
	d.hasher.derive = func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte {
		d.hasher.derive = inner
		f()
		return inner(password, salt, time, memory, threads, size)
	}
}

// EraseAtOnce sets how many details one act erases.
func EraseAtOnce(d *Desk, n int) { d.maxErase = n }

// Code is the code that an authenticator app shows.
func Code(secret seal.Hidden, unix int64) string {
	raw, err := totpBase32.DecodeString(secret.Reveal())
	if err != nil {
		panic(err)
	}
	return totpCode(raw, unix/totpPeriod)
}
