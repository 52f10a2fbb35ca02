package testkit

import "syscall"

// group puts a child into a process group of its own, and ends it with the test
// binary, however that ends.
func group() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
