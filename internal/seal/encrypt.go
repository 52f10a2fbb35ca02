package seal

import (
	"errors"
	"fmt"
	"io"
)

// ErrNotAuthentic is what opening sealed bytes gives when they were changed,
// cut short, sealed for another context, or sealed by other keys.
var ErrNotAuthentic = errors.New("sealed bytes are not authentic")

// Seal encrypts a row. The context names the place that the bytes belong to,
// such as table, id and column; they open only with the same context. Its parts
// must be joined so that no two places give the same context.
func (k *Keyring) Seal(plain, context []byte) ([]byte, error) {
	sealed, err := k.ring.Load().rows.Encrypt(plain, context)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open decrypts what Seal made, whichever key of the keyring sealed it.
func (k *Keyring) Open(sealed, context []byte) ([]byte, error) {
	plain, err := k.ring.Load().rows.Decrypt(sealed, context)
	if err != nil {
		return nil, fmt.Errorf("open a sealed row: %w", ErrNotAuthentic)
	}
	return plain, nil
}

// SealStream encrypts a blob to w. Until Close returns nil the blob is
// incomplete and does not open. Close does not close w.
func (k *Keyring) SealStream(w io.Writer, context []byte) (io.WriteCloser, error) {
	inner, err := k.ring.Load().blobs.NewEncryptingWriter(w, context)
	if err != nil {
		return nil, fmt.Errorf("seal a stream: %w", err)
	}
	return &sealer{inner: inner}, nil
}

// OpenStream decrypts what SealStream made. What Read gives is authentic; that
// it is all of it is known at io.EOF and not before.
func (k *Keyring) OpenStream(r io.Reader, context []byte) (io.Reader, error) {
	source := &source{inner: r}
	inner, err := k.ring.Load().blobs.NewDecryptingReader(source, context)
	if err != nil {
		return nil, fmt.Errorf("open a sealed stream: %w", err)
	}
	return &opener{inner: inner, source: source}, nil
}

// sealer makes the first error stay: a stream with a gap is never finished.
type sealer struct {
	inner io.WriteCloser
	err   error
}

func (s *sealer) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	var n int
	n, s.err = s.inner.Write(p)
	return n, s.err
}

func (s *sealer) Close() error {
	if s.err == nil {
		s.err = s.inner.Close()
	}
	return s.err
}

// opener makes the first error stay, since Tink's reader says io.EOF after it,
// and tells a bad source from bad bytes.
type opener struct {
	inner  io.Reader
	source *source
	err    error
}

func (o *opener) Read(p []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.inner.Read(p)
	switch {
	case err == nil:
		return n, nil
	case o.source.err != nil:
		err = fmt.Errorf("open a sealed stream: %w", o.source.err)
	case !errors.Is(err, io.EOF):
		err = fmt.Errorf("open a sealed stream: %w", ErrNotAuthentic)
	}
	o.err = err
	return n, err
}

// source remembers why reading failed.
type source struct {
	inner io.Reader
	err   error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.inner.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
