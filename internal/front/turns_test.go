package front

import (
	"context"
	"testing"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	turns := NewTurns(3, 2)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	take := func(ctx context.Context, who string) func() {
		leave, err := turns.Take(ctx, who)
		if err != nil {
			return nil
		}
		return leave
	}
	first, second := take(t.Context(), "mallory"), take(t.Context(), "mallory")
	if take(done, "mallory") != nil {
		t.Error("mallory has a third turn")
	}
	ann := take(t.Context(), "ann")
	if ann == nil || take(done, "bob") != nil {
		t.Error("ann has no turn, or there is a fourth")
	}
	first()
	second()
	ann()
	if len(turns.mine) != 0 || len(turns.all) != 0 {
		t.Errorf("%d callers and %d turns are left", len(turns.mine), len(turns.all))
	}
	if leave := take(t.Context(), "mallory"); leave == nil {
		t.Error("no turn is free again")
	} else {
		leave()
	}
}
