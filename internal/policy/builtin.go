package policy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

//go:embed pack
var builtinFiles embed.FS

// BuiltinFS returns the files of the pack that comes with the program.
func BuiltinFS() fs.FS {
	sub, err := fs.Sub(builtinFiles, "pack")
	if err != nil {
		panic(err) // the folder is embedded; every test catches it
	}
	return sub
}

var builtin = sync.OnceValues(func() (*Pack, error) {
	p, err := loadPack(BuiltinFS(), func() (*Pack, error) {
		return nil, errors.New("it cannot extend itself")
	})
	if err != nil {
		return nil, fmt.Errorf("built-in policy pack: %w", err)
	}
	return p, nil
})

// BuiltinPack returns the pack that comes with the program.
func BuiltinPack() (*Pack, error) { return builtin() }
