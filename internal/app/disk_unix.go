//go:build linux || darwin || freebsd

package app

import "syscall"

// diskFree is how many bytes may still be written below a folder.
func diskFree(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:gosec,unconvert // their types differ by system
}
