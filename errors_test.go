package drawbridge_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"drawbridge"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	base := drawbridge.Errorf(drawbridge.NotFound, "there is no %s", "x")
	for name, tt := range map[string]struct {
		err  error
		want drawbridge.Kind
	}{
		"plain":    {io.EOF, drawbridge.Internal},
		"none":     {nil, drawbridge.Internal},
		"direct":   {base, drawbridge.NotFound},
		"wrapped":  {fmt.Errorf("load: %w", base), drawbridge.NotFound},
		"outer":    {drawbridge.Errorf(drawbridge.Denied, "no: %w", base), drawbridge.Denied},
		"joined":   {errors.Join(io.EOF, base), drawbridge.NotFound},
		"conflict": {drawbridge.Errorf(drawbridge.Conflict, "twice"), drawbridge.Conflict},
	} {
		if got := drawbridge.KindOf(tt.err); got != tt.want {
			t.Errorf("%s: KindOf(%v) = %s, want %s", name, tt.err, got, tt.want)
		}
	}
}

func TestErrorfKeepsTheCause(t *testing.T) {
	t.Parallel()
	err := drawbridge.Errorf(drawbridge.Unavailable, "the partner does not answer: %w", io.ErrUnexpectedEOF)
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "the partner does not answer: unexpected EOF" {
		t.Errorf("Errorf = %v", err)
	}
}

func TestKindTable(t *testing.T) {
	t.Parallel()
	for kind, status := range map[drawbridge.Kind]int{
		drawbridge.Invalid: 400, drawbridge.Unauthenticated: 401, drawbridge.Denied: 403, drawbridge.NotFound: 404, drawbridge.Conflict: 409, drawbridge.Precondition: 428,
		drawbridge.TooLarge: 413, drawbridge.Limited: 429, drawbridge.Unavailable: 503, drawbridge.Internal: 500, "made up": 500,
	} {
		if kind.Status() != status || kind.Exit() != drawbridge.ExitError {
			t.Errorf("%s: status %d, exit %d, want %d, %d", kind, kind.Status(), kind.Exit(), status, drawbridge.ExitError)
		}
	}
}

func TestWordsAreOrdered(t *testing.T) {
	t.Parallel()
	for i, s := range drawbridge.Severities() {
		if s.Rank() != i {
			t.Errorf("%s ranks %d, want %d", s, s.Rank(), i)
		}
	}
	if drawbridge.Severity("grave").Rank() != -1 {
		t.Error("an unknown severity has a rank")
	}
	for l, want := range map[drawbridge.Level]drawbridge.Level{
		drawbridge.LevelUnknown: drawbridge.LevelRestricted, drawbridge.LevelPublic: drawbridge.LevelPublic, 9: drawbridge.LevelRestricted, drawbridge.LevelSensitive: drawbridge.LevelSensitive,
	} {
		if got := l.Worst(); got != want {
			t.Errorf("%d.Worst() = %s, want %s", l, got, want)
		}
	}
	if len(drawbridge.InterfaceKinds()) != 9 || len(drawbridge.Ats()) != 6 || len(drawbridge.Tiers()) != 4 {
		t.Error("a list of words lost or gained a member; the documents name them all")
	}
}
