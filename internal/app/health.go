package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"drawbridge"
)

// health adds what a supervisor asks. The answers name what is wrong and nothing else.
func (a *App) health(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		what, err := a.Ready(ctx)
		if err != nil {
			a.Log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("check", what), slog.Any("error", err))
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "not ready", "failed": what})
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ready"})
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side may be gone
}

// Ready says whether the installation can do its work: the database answers,
// its schema is this program's, and the ledger's head bears our signature. It
// returns which of them failed.
func (l *Local) Ready(ctx context.Context) (string, error) {
	have, want, err := l.Store.Schema(ctx)
	switch {
	case err != nil:
		return "database", err
	case have != want:
		return "schema", drawbridge.Errorf(drawbridge.Unavailable, "the database has schema %d, and this program needs %d", have, want)
	}
	if _, err := l.CheckHead(ctx); err != nil {
		return "ledger", err
	}
	return "", nil
}
