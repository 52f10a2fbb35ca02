package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"drawbridge"
)

// ProofFormat names the proof document; MaxProof bounds it, in bytes.
const (
	ProofFormat = "drawbridge-proof/1"
	MaxProof    = 32 << 20
)

// Proof is a document that shows, without the log, either that an entry is in
// the log (Entry is set; its seq says where), or that an older checkpoint's
// history is the beginning of a newer one's (Older is set).
type Proof struct {
	Format     string          `json:"format"` // ProofFormat; empty means that too
	Entry      json.RawMessage `json:"entry,omitempty"`
	Older      string          `json:"older,omitempty"` // a signed checkpoint
	Hashes     []tlog.Hash     `json:"hashes"`
	Checkpoint string          `json:"checkpoint"` // signed
	// Keys are verifier keys from one that readers may trust to the one that
	// signed Checkpoint; Rotations are the details of the RotateAction entries
	// that lead from each to the next.
	Keys      []string `json:"keys"`
	Rotations []string `json:"rotations,omitempty"`
}

// Proved is what a proof has shown.
type Proved struct {
	Checkpoint Checkpoint  `json:"checkpoint"`
	KeyID      string      `json:"key_id"`          // the key that signed the checkpoint
	Trusted    bool        `json:"trusted"`         // a key that the reader gave vouches for it
	Entry      *Entry      `json:"entry,omitempty"` // of a proof of inclusion
	Older      *Checkpoint `json:"older,omitempty"` // of a proof of consistency
}

// ProveInclusion returns the hashes that lead from the entry seq to the root of
// the first size entries.
func ProveInclusion(seq, size int64, r tlog.HashReader) ([]tlog.Hash, error) {
	if seq < 0 || seq >= size {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "entry %d is not in a log of %d entries", seq, size)
	}
	hashes, err := tlog.ProveRecord(size, seq, r)
	if err != nil {
		return nil, fmt.Errorf("prove entry %d of %d: %w", seq, size, err)
	}
	return hashes, nil
}

// ProveConsistency returns the hashes that show that the first older entries of
// a log of newer entries are those of its older root.
func ProveConsistency(older, newer int64, r tlog.HashReader) ([]tlog.Hash, error) {
	if older < 0 || older > newer {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "a log of %d entries has no beginning of %d entries", newer, older)
	}
	if older == 0 { // the empty log is the beginning of every log
		return []tlog.Hash{}, nil
	}
	hashes, err := tlog.ProveTree(newer, older, r)
	if err != nil {
		return nil, fmt.Errorf("prove %d entries of %d: %w", older, newer, err)
	}
	return hashes, nil
}

// Encode writes the document in its only spelling.
func (p Proof) Encode() ([]byte, error) {
	if p.Format == "" {
		p.Format = ProofFormat
	}
	if p.Hashes == nil {
		p.Hashes = []tlog.Hash{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("encode proof: %w", err)
	}
	return b.Bytes(), nil
}

// VerifyProof verifies a proof document. The error says what does not hold.
func VerifyProof(data []byte, trust Trust) (Proved, error) {
	if err := trust.check(); err != nil {
		return Proved{}, err
	}
	if len(data) > MaxProof {
		return Proved{}, drawbridge.Errorf(drawbridge.TooLarge, "proof: %d bytes; at most %d are read", len(data), MaxProof)
	}
	var p Proof
	if err := json.Unmarshal(data, &p); err != nil {
		return Proved{}, unproven("it cannot be read: %w", err)
	}
	again, err := p.Encode()
	switch {
	case p.Format != ProofFormat:
		return Proved{}, unproven("the format %.40q is not known; this program reads %s", p.Format, ProofFormat)
	case err != nil || !bytes.Equal(again, data):
		return Proved{}, unproven("it is not in the canonical form; keep the file exactly as it was made")
	case (len(p.Entry) == 0) == (p.Older == ""):
		return Proved{}, unproven("it must hold either an entry or an older checkpoint")
	}
	out, err := p.signed(trust)
	if err != nil {
		return Proved{}, err
	}
	if len(p.Entry) > 0 {
		err = p.inclusion(&out)
	} else {
		err = p.consistency(&out)
	}
	if err != nil {
		return Proved{}, err
	}
	return out, trust.anchored(out)
}

func unproven(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, "proof: "+format, args...)
}

// signed walks the keys and opens the checkpoint.
func (p Proof) signed(trust Trust) (Proved, error) {
	if len(p.Keys) == 0 || len(p.Keys) > maxKeys || len(p.Rotations) != len(p.Keys)-1 {
		return Proved{}, unproven("%d keys do not go with %d changes of the key", len(p.Keys), len(p.Rotations))
	}
	first, err := ParseKey(p.Keys[0])
	if err != nil {
		return Proved{}, err
	}
	for i, statement := range p.Rotations {
		if next, err := trust.handover([]byte(statement), p.Keys[i], first.Name()); err != nil {
			return Proved{}, unproven("change %d of the key cannot be believed: %w", i+1, err)
		} else if next != p.Keys[i+1] {
			return Proved{}, unproven("change %d of the key leads to another key", i+1)
		}
	}
	signer, err := ParseKey(p.Keys[len(p.Keys)-1])
	if err != nil {
		return Proved{}, err
	}
	cp, err := OpenCheckpoint([]byte(p.Checkpoint), note.VerifierList(signer))
	if err != nil {
		return Proved{}, err
	}
	out := Proved{Checkpoint: cp, KeyID: keyID(signer.Name(), signer.KeyHash()), Trusted: trust.vouches(p.Keys)}
	if len(trust.Keys) > 0 && !out.Trusted {
		return Proved{}, unproven("%s", trust.unknownKey(signer))
	}
	return out, nil
}

func (p Proof) inclusion(out *Proved) error {
	var raw bytes.Buffer
	if err := json.Compact(&raw, p.Entry); err != nil {
		return unproven("the entry cannot be read: %w", err)
	}
	e, err := Decode(raw.Bytes())
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p.Hashes, out.Checkpoint.Size, out.Checkpoint.Root, e.Seq, Hash(raw.Bytes())); err != nil {
		return unproven("entry %d, as it stands here, is not in the log", e.Seq)
	}
	out.Entry = &e
	return nil
}

func (p Proof) consistency(out *Proved) error {
	verifiers := make([]note.Verifier, 0, len(p.Keys))
	for _, key := range p.Keys {
		v, err := ParseKey(key)
		if err != nil {
			return err
		}
		verifiers = append(verifiers, v)
	}
	older, err := OpenCheckpoint([]byte(p.Older), note.VerifierList(verifiers...))
	if err != nil {
		return err
	}
	now := out.Checkpoint
	switch {
	case older.Size == 0 && len(p.Hashes) == 0 && older.Root == (&peaks{}).root():
	case older.Size == 0, tlog.CheckTree(p.Hashes, now.Size, now.Root, older.Size, older.Root) != nil:
		return unproven("the history of %d entries is not the beginning of the history of %d", older.Size, now.Size)
	}
	out.Older = &older
	return nil
}

// anchored holds what was proved to the checkpoint that the reader kept. An
// anchor of another size tells nothing here.
func (t Trust) anchored(p Proved) error {
	for _, cp := range []*Checkpoint{&p.Checkpoint, p.Older} {
		if t.Anchor == nil || cp == nil {
			continue
		}
		if cp.Origin != t.Anchor.Origin {
			return unproven("the checkpoint that you kept is of the log %s, this is %s", t.Anchor.Origin, cp.Origin)
		}
		if cp.Size == t.Anchor.Size && cp.Root != t.Anchor.Root {
			return unproven("at %d entries the log was not as the checkpoint that you kept says", cp.Size)
		}
	}
	return nil
}
