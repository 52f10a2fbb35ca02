//go:build unix

package app

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the file without waiting, for this process alone or with others
// that share it. The system gives it free when the process ends, however it ends.
func tryLock(f *os.File, shared bool) (bool, error) {
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
	}
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
