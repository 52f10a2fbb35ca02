package custody

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"drawbridge"
)

// A backup is a tar archive: what it is (backup.json), the rows of each table
// as compressed lines of JSON, the files as they are, the keys when the archive
// is encrypted, and manifest.json. The manifest has the digest of each member
// and of every byte before it, so it is the last member, and nothing can be
// changed, left out or added that it does not show.
const (
	headerName   = "backup.json"
	keysName     = "keys/keyring.json"
	manifestName = "manifest.json"
)

// Limits of what is read of a backup.
const (
	maxHeader   = 1 << 20
	maxManifest = 1 << 30
	maxMember   = 8<<30 - 1 // what the header of a member can say
	tarBlock    = 512
)

// member is one line of the manifest.
type member struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Sum  string `json:"sha256"`
}

// manifest is the end of a backup.
type manifest struct {
	Format  string           `json:"format"`
	Entries int64            `json:"entries"` // of the ledger
	Root    string           `json:"root"`    // of the ledger
	Rows    map[string]int64 `json:"rows"`
	Files   int64            `json:"files"`
	Before  string           `json:"before"` // SHA-256 of every byte before the manifest
	Members []member         `json:"members"`
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// packer writes an archive.
type packer struct {
	out *tar.Writer
	all hash.Hash // of every byte
	man manifest
}

func newPacker(w io.Writer) *packer {
	p := &packer{all: sha256.New(), man: manifest{Format: BackupFormat, Rows: map[string]int64{}, Members: []member{}}}
	p.out = tar.NewWriter(io.MultiWriter(w, p.all))
	return p
}

func tarHeader(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
}

// add writes one member of a known size.
func (p *packer) add(name string, size int64, r io.Reader) error {
	if err := p.out.WriteHeader(tarHeader(name, size)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(p.out, sum), io.LimitReader(r, size))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	p.man.Members = append(p.man.Members, member{name, size, hexSum(sum)})
	return nil
}

// close ends the archive with its manifest.
func (p *packer) close() error {
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	p.man.Before = hexSum(p.all)
	data, err := json.Marshal(p.man)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	if err := p.add(manifestName, int64(len(data)), bytes.NewReader(data)); err != nil {
		return err
	}
	return p.out.Close()
}

// damaged is the answer to an archive that is not as it was written.
func damaged(format string, args ...any) error {
	return drawbridge.Errorf(drawbridge.Invalid, "the backup is damaged or was changed, and nothing was restored: "+format, args...)
}

// unpacker reads an archive, and counts on nothing that it says.
type unpacker struct {
	in   *lagging
	tar  *tar.Reader
	man  manifest // of what was read
	sum  hash.Hash
	body io.Reader // of the present member
	had  *tar.Header
}

func newUnpacker(r io.Reader) *unpacker {
	in := &lagging{in: r, sum: sha256.New()}
	return &unpacker{in: in, tar: tar.NewReader(in), man: manifest{Format: BackupFormat, Rows: map[string]int64{}, Members: []member{}}}
}

// next goes to the next member.
func (u *unpacker) next() (*tar.Header, error) {
	if err := u.settle(); err != nil {
		return nil, err
	}
	h, err := u.tar.Next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, damaged("its end is missing")
	case err != nil:
		return nil, unreadable(err)
	case h.Typeflag != tar.TypeReg || h.Size < 0 || h.Size > maxMember || len(h.PAXRecords) > 0:
		return nil, damaged("the member %.100q is no plain file", h.Name)
	}
	u.had, u.sum = h, sha256.New()
	u.body = io.TeeReader(u.tar, u.sum)
	return h, nil
}

// settle reads the rest of the present member and notes its digest.
func (u *unpacker) settle() error {
	if u.had == nil {
		return nil
	}
	if _, err := io.Copy(io.Discard, u.body); err != nil {
		return unreadable(err)
	}
	u.man.Members = append(u.man.Members, member{u.had.Name, u.had.Size, hexSum(u.sum)})
	u.had = nil
	return nil
}

// end compares the rest of the archive, whose manifest the present member is,
// with what the archive has to end with, byte by byte.
func (u *unpacker) end() error {
	size := u.had.Size
	if size > maxManifest {
		return damaged("its manifest has %s", drawbridge.Size(size))
	}
	u.man.Before = hexSum(u.in.sum) // the last block that was read is the manifest's header
	var want bytes.Buffer
	data, err := json.Marshal(u.man)
	if err != nil {
		return fmt.Errorf("compare the manifest: %w", err)
	}
	out := tar.NewWriter(&want)
	if err := errors.Join(out.WriteHeader(tarHeader(manifestName, int64(len(data)))), writeAll(out, data), out.Close()); err != nil {
		return fmt.Errorf("compare the manifest: %w", err)
	}
	rest, err := io.ReadAll(io.LimitReader(u.in.in, size+4*tarBlock))
	if err != nil {
		return unreadable(err)
	}
	got := append(bytes.Clone(u.in.late), rest...)
	if !bytes.Equal(got, want.Bytes()) {
		return u.differs(got[min(tarBlock, len(got)):])
	}
	return nil
}

func writeAll(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}

// differs names the first member that is not as the manifest says.
func (u *unpacker) differs(rest []byte) error {
	var said manifest
	if err := json.NewDecoder(bytes.NewReader(rest)).Decode(&said); err != nil {
		return damaged("its manifest cannot be read")
	}
	for i, m := range u.man.Members {
		if i >= len(said.Members) || said.Members[i] != m {
			return damaged("%s is not as the manifest says", m.Name)
		}
	}
	return damaged("it is not as its manifest says")
}

// unreadable tells a damaged archive from a disk that fails.
func unreadable(err error) error {
	if _, ok := errors.AsType[*drawbridge.Error](err); ok {
		return err
	}
	return damaged("it cannot be read to its end (%w)", err)
}

// lagging passes bytes on and hashes all but the last block of them: what tar
// has read when it tells of a member ends with that member's header.
type lagging struct {
	in   io.Reader
	sum  hash.Hash
	late []byte // at most one block
}

func (l *lagging) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if n >= tarBlock {
		l.sum.Write(l.late)
		l.sum.Write(p[:n-tarBlock])
		l.late = append(l.late[:0], p[n-tarBlock:n]...)
		return n, err
	}
	l.late = append(l.late, p[:n]...)
	if over := len(l.late) - tarBlock; over > 0 {
		l.sum.Write(l.late[:over])
		l.late = append(l.late[:0], l.late[over:]...)
	}
	return n, err
}
