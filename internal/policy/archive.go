package policy

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"drawbridge"
)

// maxArchive bounds the packed size of an archive.
const maxArchive = 4 << 20

// ReadSource reads a pack from a folder or from a .tar.gz archive into memory,
// within the limits of a pack. Nothing is written.
func ReadSource(name string) (fs.FS, error) { return readSource(name) }

func readSource(name string) (memFS, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, drawbridge.Errorf(drawbridge.NotFound, "%s does not exist; name the folder of a pack or its .tar.gz", name)
	case err != nil:
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", name, err)
	case info.IsDir():
		root, err := os.OpenRoot(name)
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be opened: %w", name, err)
		}
		defer root.Close()
		files, _, err := readAll(root.FS())
		return files, err
	case !info.Mode().IsRegular():
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s is neither a folder nor a plain file", name)
	case info.Size() > maxArchive:
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; an archive of a pack has at most %d", name, info.Size(), maxArchive)
	}
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be opened: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxArchive+1))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", name, err)
	}
	files, err := unpack(data)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.KindOf(err), "%s: %w", path.Base(filepath.ToSlash(name)), err)
	}
	return files, nil
}

// unpack reads a .tar.gz in memory. Paths that leave the pack, links, devices,
// repeated names and archives that grow past the limits are refused. A single
// folder around everything is taken off.
func unpack(data []byte) (memFS, error) {
	if len(data) > maxArchive {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "the archive has more than %d bytes", maxArchive)
	}
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "this is no gzip archive; a pack comes as a folder or as .tar.gz")
	}
	defer zr.Close()
	// Headers and padding count too: a bomb of empty entries stops here as well.
	limited := &io.LimitedReader{R: zr, N: MaxPackBytes + 3*512*MaxPackFiles}
	tr := tar.NewReader(limited)
	files := memFS{}
	lower := map[string]string{}
	var total int64
	for entries := 0; ; entries++ {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if limited.N <= 0 || entries > 2*MaxPackFiles {
			return nil, drawbridge.Errorf(drawbridge.TooLarge, "the archive unpacks to more than %d bytes or %d entries", MaxPackBytes, 2*MaxPackFiles)
		}
		if err != nil {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the archive is damaged: %w", err)
		}
		body, name, err := entry(h, tr)
		if err != nil {
			return nil, err
		}
		if body == nil {
			continue
		}
		if first, twice := lower[strings.ToLower(name)]; twice {
			return nil, drawbridge.Errorf(drawbridge.Invalid, "the archive holds %q and %q, which are one file on some systems", first, name)
		}
		lower[strings.ToLower(name)] = name
		if total += int64(len(body)); total > MaxPackBytes || len(files) == MaxPackFiles {
			return nil, drawbridge.Errorf(drawbridge.TooLarge, "the archive unpacks to more than %d bytes or %d files", MaxPackBytes, MaxPackFiles)
		}
		files[name] = body
	}
	files = files.unwrapped()
	if _, err := Listing(files); err != nil {
		return nil, err
	}
	return files, nil
}

// entry reads one entry of an archive; a folder has no body.
func entry(h *tar.Header, r io.Reader) (body []byte, name string, err error) {
	name = strings.TrimPrefix(h.Name, "./")
	switch h.Typeflag {
	case tar.TypeDir:
		if name = strings.TrimSuffix(name, "/"); name == "" || name == "." {
			return nil, "", nil
		}
		return nil, name, cleanName(name)
	case tar.TypeReg:
	case tar.TypeXGlobalHeader:
		return nil, "", nil
	default:
		return nil, "", drawbridge.Errorf(drawbridge.Invalid, "the archive holds %q, which is no plain file; links and devices are refused", h.Name)
	}
	if err := cleanName(name); err != nil {
		return nil, "", err
	}
	if h.Size > MaxPackFile {
		return nil, "", drawbridge.Errorf(drawbridge.TooLarge, "%s has %d bytes; at most %d are accepted", name, h.Size, MaxPackFile)
	}
	body, err = io.ReadAll(io.LimitReader(r, MaxPackFile+1))
	if err != nil {
		return nil, "", drawbridge.Errorf(drawbridge.Invalid, "the archive is damaged in %s: %w", name, err)
	}
	return append([]byte{}, body...), name, nil
}

// unwrapped takes off a single folder that holds everything.
func (m memFS) unwrapped() memFS {
	if _, ok := m["pack.yaml"]; ok || len(m) == 0 {
		return m
	}
	outer := ""
	for name := range m {
		first, _, deeper := strings.Cut(name, "/")
		if !deeper || outer != "" && outer != first {
			return m
		}
		outer = first
	}
	out := make(memFS, len(m))
	for name, data := range m {
		out[strings.TrimPrefix(name, outer+"/")] = data
	}
	return out
}
