package seal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"drawbridge"
)

// Export gives all keys as one text, for a backup that is encrypted itself.
func (k *Keyring) Export() (Hidden, error) {
	f, err := readFile(k.dir)
	if err != nil {
		return Hidden{}, err
	}
	data, err := json.Marshal(f)
	if err != nil {
		return Hidden{}, fmt.Errorf("export the keys: %w", err)
	}
	return Hide(string(data)), nil
}

// ImportKeyring makes a folder with the keys that [Keyring.Export] gave. It
// refuses a folder that has keys.
func ImportKeyring(dir string, keys Hidden) (*Keyring, error) {
	f, err := parseFile([]byte(keys.Reveal()))
	if err != nil {
		return nil, err
	}
	if err := makeFolder(dir); err != nil {
		return nil, err
	}
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, err := os.Lstat(filepath.Join(dir, fileName)); err == nil {
		return nil, drawbridge.Errorf(drawbridge.Conflict, "%s has keys already", dir)
	}
	k := &Keyring{dir: dir}
	return k, k.save(f)
}
