package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"drawbridge/internal/ledger"
)

// tree is the definition of RFC 6962 section 2.1, word by word.
func tree(leaves [][]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	left, right := tree(leaves[:k]), tree(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// TestKnownRoots holds the roots that certificate transparency publishes for its test tree.
func TestKnownRoots(t *testing.T) {
	t.Parallel()
	var store hashes
	for i, row := range []struct{ leaf, root string }{
		{"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
		{"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
		{"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
		{"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
		{"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
		{"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
		{"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
		{"606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	} {
		leaf, err := hex.DecodeString(row.leaf)
		if err != nil {
			t.Fatal(err)
		}
		more, err := ledger.Append(int64(i), leaf, store)
		if err != nil {
			t.Fatal(err)
		}
		store = append(store, more...)
		root, err := ledger.Root(int64(i)+1, store)
		if got := hex.EncodeToString(root[:]); err != nil || got != row.root {
			t.Errorf("Root(%d) = %s, %v, want %s", i+1, got, err, row.root)
		}
	}
}

// TestTree holds that every tree is the one of the definition, that every entry
// and every beginning can be proved, and that no other can.
func TestTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.SliceOfN(rapid.SliceOf(rapid.Byte()), 1, 70).Draw(t, "leaves")
		var store hashes
		for i, leaf := range leaves {
			if int64(len(store)) != tlog.StoredHashCount(int64(i)) {
				t.Fatalf("%d hashes before leaf %d, want %d", len(store), i, tlog.StoredHashCount(int64(i)))
			}
			more, err := ledger.Append(int64(i), leaf, store)
			if err != nil {
				t.Fatal(err)
			}
			store = append(store, more...)
		}
		size := int64(len(leaves))
		older := rapid.Int64Range(0, size).Draw(t, "older")
		seq := rapid.Int64Range(0, size-1).Draw(t, "seq")
		root, err := ledger.Root(size, store)
		if err != nil || root != tree(leaves) {
			t.Fatalf("Root(%d) = %v, %v, want %x", size, root, err, tree(leaves))
		}
		before, err := ledger.Root(older, store)
		if err != nil || before != tree(leaves[:older]) {
			t.Fatalf("Root(%d) = %v, %v, want %x", older, before, err, tree(leaves[:older]))
		}
		path, err := ledger.ProveInclusion(seq, size, store)
		if err != nil || tlog.CheckRecord(path, size, root, seq, ledger.Hash(leaves[seq])) != nil {
			t.Fatalf("ProveInclusion(%d, %d) = %v, %v, which does not hold", seq, size, path, err)
		}
		if tlog.CheckRecord(path, size, root, seq, ledger.Hash(append(leaves[seq], 0))) == nil {
			t.Fatal("a proof holds for another leaf")
		}
		path, err = ledger.ProveConsistency(older, size, store)
		if err != nil || older > 0 && tlog.CheckTree(path, size, root, older, before) != nil {
			t.Fatalf("ProveConsistency(%d, %d) = %v, %v, which does not hold", older, size, path, err)
		}
	})
}

func TestOutOfRange(t *testing.T) {
	t.Parallel()
	b := newBook(t).add("a.b", nil)
	for name, err := range map[string]error{
		"append below zero": second(ledger.Append(-1, nil, b.hashes)),
		"append past end":   second(ledger.Append(3, nil, b.hashes)),
		"root below zero":   second(ledger.Root(-1, b.hashes)),
		"root past end":     second(ledger.Root(2, b.hashes)),
		"entry past end":    second(ledger.ProveInclusion(1, 1, b.hashes)),
		"entry below zero":  second(ledger.ProveInclusion(-1, 1, b.hashes)),
		"older is newer":    second(ledger.ProveConsistency(2, 1, b.hashes)),
		"not stored":        second(ledger.ProveInclusion(0, 2, b.hashes)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestCommit(t *testing.T) {
	t.Parallel()
	salt, detail := []byte(strings.Repeat("s", ledger.SaltSize)), []byte("reason")
	c := ledger.Commit(salt, detail)
	if want := "sha256:0f2e0554e1ea9c3c0ee2a2be9652ca57866045b75c748a1872dc0b85b807f3ca"; c != want {
		t.Errorf("Commit = %s, want %s", c, want)
	}
	for name, tt := range map[string]struct {
		salt, detail string
		want         bool
	}{
		"right":         {string(salt), string(detail), true},
		"other detail":  {string(salt), "Reason", false},
		"other salt":    {strings.Repeat("t", ledger.SaltSize), "reason", false},
		"moved a byte":  {string(salt) + "r", "eason", false},
		"no salt":       {"", string(salt) + "reason", false},
		"longer detail": {string(salt), "reason ", false},
	} {
		if got := ledger.CheckCommit(c, []byte(tt.salt), []byte(tt.detail)); got != tt.want {
			t.Errorf("%s: CheckCommit = %v, want %v", name, got, tt.want)
		}
	}
	if short := []byte("0123456789abcde"); ledger.CheckCommit(ledger.Commit(short, detail), short, detail) {
		t.Error("CheckCommit takes a salt of 15 bytes")
	}
}
