package policy

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/seal"
)

// File is one file of a pack.
type File struct {
	Path   string `json:"path"` // slashes, relative to the pack
	Size   int64  `json:"size"`
	Digest string `json:"digest"` // sha256:<hex> of its bytes
}

// Listing returns the files of a pack, sorted by path byte by byte. Links,
// devices and names that another system could read differently are refused.
func Listing(fsys fs.FS) ([]File, error) {
	var out []File
	var total int64
	folders := 0
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", name, err)
		case name == ".":
			return nil
		}
		if err := cleanName(name); err != nil {
			return err
		}
		if d.IsDir() {
			if folders++; folders > MaxPackFiles {
				return drawbridge.Errorf(drawbridge.TooLarge, "the pack has more than %d folders", MaxPackFiles)
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return drawbridge.Errorf(drawbridge.Invalid, "%s is not a plain file; a pack holds plain files only", name)
		}
		data, err := readFile(fsys, name)
		if err != nil {
			return err
		}
		if total += int64(len(data)); total > MaxPackBytes {
			return drawbridge.Errorf(drawbridge.TooLarge, "the pack has more than %d bytes", MaxPackBytes)
		}
		if len(out) == MaxPackFiles {
			return drawbridge.Errorf(drawbridge.TooLarge, "the pack has more than %d files", MaxPackFiles)
		}
		sum := sha256.Sum256(data)
		out = append(out, File{Path: name, Size: int64(len(data)), Digest: "sha256:" + hex.EncodeToString(sum[:])})
		return nil
	})
	if err != nil {
		if _, ok := errors.AsType[*drawbridge.Error](err); ok {
			return nil, err
		}
		return nil, fmt.Errorf("list the pack: %w", err)
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	if len(out) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the pack holds no file")
	}
	return out, nil
}

// DigestFS returns the digest of a pack: the SHA-256 of its listing, one line
// for each file in the order of the paths, "<sha256 in hex> <size> <path>\n".
// docs/method.md has a test vector.
func DigestFS(fsys fs.FS) (string, error) {
	files, err := Listing(fsys)
	if err != nil {
		return "", err
	}
	return digestOf(files), nil
}

func digestOf(files []File) string { return seal.Digest(listing(files)) }

// listing writes the canonical listing.
func listing(files []File) []byte {
	var b bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&b, "%s %d %s\n", strings.TrimPrefix(f.Digest, "sha256:"), f.Size, f.Path)
	}
	return b.Bytes()
}

// cleanName refuses file names that are not plain everywhere.
func cleanName(name string) error {
	if len(name) > 200 || strings.Count(name, "/") > 4 || path.Clean(name) != name || !fs.ValidPath(name) {
		return drawbridge.Errorf(drawbridge.Invalid, "the path %q is too long, too deep or not clean", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part[0] == '.' || part[0] == '-' || part[len(part)-1] == '.' {
			return drawbridge.Errorf(drawbridge.Invalid, "the path %q: a part starts with a dot or hyphen or ends with a dot", name)
		}
	}
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("/._-", c) {
			return drawbridge.Errorf(drawbridge.Invalid, "the path %q holds %q; letters, digits, dot, underscore and hyphen are accepted", name, c)
		}
	}
	return nil
}
