// Package ledger is the append-only record of who changed what: entries in an
// RFC 6962 tree, checkpoints, proofs, the exported file, and the verification of
// all of these away from the server that wrote them. It is pure: no database, no
// clock, no network, and no judgement of whether an act was allowed.
//
// What it can show depends on what the reader holds. With the file alone, that
// its parts fit each other. With the log's key, that the holder of the key wrote
// it. With a checkpoint kept from earlier, that history was not rewritten since:
// only this last one binds the holder of the key too.
//
//	report, err := ledger.Verify(ctx, file, ledger.Trust{Keys: []string{key}}, nil)
package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// SaltSize is how many random bytes a salt should have; fewer than MinSalt are refused.
const (
	SaltSize = 32
	MinSalt  = 16
)

// Hash returns the hash of a leaf, which is an encoded entry (RFC 6962 section 2.1).
func Hash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// Append returns the hashes to store for a leaf that joins a tree of size
// leaves, in order, the first at the index tlog.StoredHashCount(size).
func Append(size int64, leaf []byte, r tlog.HashReader) ([]tlog.Hash, error) {
	if size < 0 {
		return nil, fmt.Errorf("append to a tree of size %d", size)
	}
	hashes, err := tlog.StoredHashesForRecordHash(size, Hash(leaf), r)
	if err != nil {
		return nil, fmt.Errorf("append leaf %d: %w", size, err)
	}
	return hashes, nil
}

// Root returns the root of the tree of the first size leaves. The root of the
// empty tree is the hash of nothing.
func Root(size int64, r tlog.HashReader) (tlog.Hash, error) {
	if size < 0 {
		return tlog.Hash{}, fmt.Errorf("root of a tree of size %d", size)
	}
	root, err := tlog.TreeHash(size, r)
	if err != nil {
		return tlog.Hash{}, fmt.Errorf("root of %d leaves: %w", size, err)
	}
	return root, nil
}

// Commit binds an entry to its detail without telling it. Once the salt is
// gone nobody can try out what the detail was. The digest is SHA-256 over a
// tag, the salt's length as 8 bytes (big endian), the salt and the detail.
func Commit(salt, detail []byte) string {
	h := sha256.New()
	h.Write([]byte("drawbridge-detail/1\n"))
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(salt)))
	h.Write(size[:])
	h.Write(salt)
	h.Write(detail)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// CheckCommit reports whether a commitment is to this detail under this salt.
// A short salt is refused: it hides nothing.
func CheckCommit(commitment string, salt, detail []byte) bool {
	return len(salt) >= MinSalt && Commit(salt, detail) == commitment
}

// peaks is a tree that can only grow and tell its root: the roots of its
// complete subtrees, largest first. It holds at most 63 hashes.
type peaks struct {
	size   int64
	hashes []tlog.Hash
}

func (p *peaks) add(leaf tlog.Hash) {
	for n := p.size; n&1 == 1; n >>= 1 { // each trailing one is a subtree that this leaf completes
		last := len(p.hashes) - 1
		leaf = tlog.NodeHash(p.hashes[last], leaf)
		p.hashes = p.hashes[:last]
	}
	p.hashes = append(p.hashes, leaf)
	p.size++
}

func (p *peaks) root() tlog.Hash {
	if p.size == 0 {
		return sha256.Sum256(nil)
	}
	i := len(p.hashes) - 1
	root := p.hashes[i]
	for i--; i >= 0; i-- {
		root = tlog.NodeHash(p.hashes[i], root)
	}
	return root
}
