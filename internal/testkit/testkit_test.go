package testkit_test

import (
	"fmt"
	"runtime"
	"testing"
)

// probe is a testing.TB that notes how a helper ended the test.
type probe struct {
	testing.TB
	skipped, failed bool
	said            string
}

func (p *probe) Helper() {}

func (p *probe) Skipf(format string, args ...any) {
	p.skipped, p.said = true, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (p *probe) Fatalf(format string, args ...any) {
	p.failed, p.said = true, fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// watch runs a helper that may end its test, and tells how it ended.
func watch(t *testing.T, helper func(testing.TB)) *probe {
	t.Helper()
	p := &probe{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		helper(p)
	}()
	<-done
	return p
}
