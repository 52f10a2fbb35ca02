package store

import (
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"drawbridge"
	"drawbridge/internal/seal"
)

// Blobs are content-addressed files, compressed and encrypted at rest: a file is
// named by the SHA-256 of its content and never changes. A file is durable before the
// transaction that names it commits, so a record never names a missing file; a
// crash between the two leaves a file that nothing names, which fsck lists.
type Blobs struct{ dir string }

// blobContext binds a file's encryption to being a blob.
var blobContext = []byte("drawbridge blob 2")

func openBlobs(dir string) (*Blobs, error) {
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "folder for files %s: %w", dir, err)
	}
	return &Blobs{dir: dir}, nil
}

// Dir is the folder of the files.
func (b *Blobs) Dir() string { return b.dir }

// Path is where the content with a digest lies.
func (b *Blobs) Path(digest string) (string, error) { return BlobPath(b.dir, digest) }

// BlobPath is where the content with a digest lies in a folder of files.
func BlobPath(dir, digest string) (string, error) {
	sum, ok := strings.CutPrefix(digest, "sha256:")
	if raw, err := hex.DecodeString(sum); !ok || err != nil || len(raw) != sha256.Size || hex.EncodeToString(raw) != sum {
		return "", drawbridge.Errorf(drawbridge.Invalid, "%q is not a digest", digest)
	}
	return filepath.Join(dir, sum[:2], sum), nil
}

// Put keeps at most limit bytes of r and returns their digest and size. What is
// longer is refused, and nothing is kept of it.
func (b *Blobs) Put(r io.Reader, limit int64, keys *seal.Keyring) (digest string, size int64, err error) {
	f, err := os.CreateTemp(filepath.Join(b.dir, "tmp"), "put-*")
	if err != nil {
		return "", 0, unavailable("keep a file", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name()) // it was renamed, or is rubbish that fsck lists
	}()
	w, err := shrink(f, keys)
	if _, disk := errors.AsType[*fs.PathError](err); disk { // it has written a header
		err = diskError(err)
	}
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	if size, err = io.Copy(io.MultiWriter(w, sum), io.LimitReader(r, limit+1)); err != nil {
		return "", 0, diskError(err)
	}
	if size > limit {
		return "", 0, drawbridge.Errorf(drawbridge.TooLarge, "the content is larger than %d bytes", limit)
	}
	if err := errors.Join(w.Close(), f.Sync()); err != nil {
		return "", 0, diskError(err)
	}
	digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	path, err := b.Path(digest)
	if err != nil {
		return "", 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", 0, diskError(err)
	}
	if err := os.Rename(f.Name(), path); err != nil { // over the same content too: a sweep spares what is young
		return "", 0, diskError(err)
	}
	return digest, size, diskError(errors.Join(syncDir(filepath.Dir(path)), syncDir(b.dir)))
}

// shrink compresses and then encrypts to w. A document of an assessment, which
// is what most files are, takes a tenth of its size.
func shrink(w io.Writer, keys *seal.Keyring) (io.WriteCloser, error) {
	sealed, err := keys.SealStream(w, blobContext)
	if err != nil {
		return nil, fmt.Errorf("encrypt a file: %w", err)
	}
	small, err := flate.NewWriter(sealed, flate.BestSpeed)
	return shrinker{small, sealed}, err
}

type shrinker struct {
	*flate.Writer
	sealed io.Closer
}

func (s shrinker) Close() error { return errors.Join(s.Writer.Close(), s.sealed.Close()) }

// grow is the way back: nothing may follow what was compressed, so that a
// changed file shows at its very end too.
func grow(sealed io.Reader) io.Reader {
	all := bufio.NewReader(sealed)
	return io.MultiReader(flate.NewReader(all), nothing{all})
}

type nothing struct{ rest *bufio.Reader }

func (n nothing) Read([]byte) (int, error) {
	if _, err := n.rest.ReadByte(); err != nil {
		return 0, err
	}
	return 0, errors.New("something follows the end of a file")
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // a folder of ours
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// diskError tells the person what failed, without the path.
func diskError(err error) error {
	if err == nil {
		return nil
	}
	return &drawbridge.Error{Kind: drawbridge.Unavailable, Message: "the file could not be kept: the disk is full or failing; nothing was changed", Err: err}
}

// Open reads the content with a digest. It is checked while it is read: content
// that differs ends with an error in place of io.EOF.
func (b *Blobs) Open(digest string, keys *seal.Keyring) (io.ReadCloser, error) {
	path, err := b.Path(digest)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path) //nolint:gosec // named by a digest that was checked
	if errors.Is(err, fs.ErrNotExist) {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "the content %s is not kept any more", digest)
	}
	if err != nil {
		return nil, unavailable("open a file", err)
	}
	r, err := keys.OpenStream(f, blobContext)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("decrypt %s: %w", digest, err), f.Close())
	}
	return &checked{r: grow(r), f: f, sum: sha256.New(), want: digest}, nil
}

// Read is Open for content that is known to fit into memory.
func (b *Blobs) Read(digest string, limit int64, keys *seal.Keyring) ([]byte, error) {
	r, err := b.Open(digest, keys)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", digest, err)
	}
	if int64(len(data)) > limit {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "the content %s is larger than %d bytes", digest, limit)
	}
	return data, nil
}

// Remove deletes a file that no record names any more.
func (b *Blobs) Remove(digest string) error {
	path, err := b.Path(digest)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskError(err)
	}
	return diskError(syncDir(filepath.Dir(path)))
}

type checked struct {
	r    io.Reader
	f    *os.File
	sum  hash.Hash
	want string
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if got := "sha256:" + hex.EncodeToString(c.sum.Sum(nil)); got != c.want {
			return n, fmt.Errorf("content %s reads as %s: it was changed", c.want, got)
		}
	}
	return n, err
}

func (c *checked) Close() error { return c.f.Close() }

// AddBlob notes a file that is kept. The same content twice is one record. The
// file must be there now, under the writer's lock: a sweep, which holds the same
// lock, may have removed it since it was put.
func (tx *Tx) AddBlob(b *Blob) error {
	if had, err := blobRows.find(tx, "id = ?", b.ID); err != nil || len(had) > 0 {
		return err
	}
	path, err := tx.store.blobs.Path(b.ID)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return unavailable("name a file", err)
	}
	return blobRows.insert(tx, b)
}

// Blob reads the record of a file.
func (tx *Tx) Blob(digest string) (*Blob, error) { return blobRows.get(tx, digest) }

// BlobsAfter lists the records of files in the order of their digests.
func (tx *Tx) BlobsAfter(after string, limit int) ([]Blob, error) {
	return blobRows.find(tx, "id > ? ORDER BY id LIMIT ?", after, limit)
}

// RemoveBlob deletes the record of a file. The file goes with the next sweep:
// an act that keeps the same content right now must not lose it.
func (tx *Tx) RemoveBlob(digest string) error { return blobRows.remove(tx, digest) }
