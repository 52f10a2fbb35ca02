package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"drawbridge"
)

// maxSecret bounds a secret that is read from a file.
const maxSecret = 64 << 10

// secret resolves a credential's reference: env:NAME, or file:PATH, which is
// absolute or below the manifest's folder. The value is never shown.
func (e *Env) secret(dir string) func(ref string) (string, error) {
	return func(ref string) (string, error) {
		kind, name, _ := strings.Cut(ref, ":")
		switch kind {
		case "env":
			if v := e.Environ(name); v != "" {
				return strings.TrimSpace(v), nil
			}
			return "", drawbridge.Errorf(drawbridge.NotFound, "the environment variable %s is not set", name)
		case "file":
			return secretFile(dir, name)
		case "vault", "openbao":
			return "", drawbridge.Errorf(drawbridge.Unavailable, "%s cannot be read yet; for live checks write env:NAME or file:PATH", ref)
		}
		return "", drawbridge.Errorf(drawbridge.Invalid, "credential.ref %q is missing or not known; write env:NAME or file:PATH", ref)
	}
}

func secretFile(dir, name string) (string, error) {
	path := filepath.FromSlash(name)
	var f *os.File
	var err error
	if filepath.IsAbs(path) {
		f, err = os.Open(path) //nolint:gosec // the manifest's owner names the file
	} else {
		f, err = os.OpenInRoot(dir, path)
	}
	if err != nil {
		return "", drawbridge.Errorf(drawbridge.NotFound, "the secret's file %s cannot be read; it is absolute or below the manifest's folder", name)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil || len(data) > maxSecret {
		return "", drawbridge.Errorf(drawbridge.Invalid, "the secret's file %s cannot be read or is too large", name)
	}
	return strings.TrimSpace(string(data)), nil
}
