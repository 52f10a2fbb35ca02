package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// asMain has this binary be the product.
const asMain = "DRAWBRIDGE_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestClock holds the product to the machine's clock: what steps the clock of the
// scripts (a file in their folder, and two variables) moves nothing here.
func TestClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".clock"), []byte("87600h"), 0o600); err != nil {
		t.Fatal(err)
	}
	example, err := filepath.Abs("../../examples/queue/integration.yaml")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "assess", "--format", "json", "--fail-on", "none", example)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), asMain+"=1", "WORK="+dir, "CLOCK=running")
	before := time.Now()
	data, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		At time.Time `json:"as_of"`
	}
	if err := json.Unmarshal(data, &said); err != nil {
		t.Fatal(err)
	}
	if said.At.Before(before) || said.At.After(time.Now()) {
		t.Errorf("the program says that it is %s, want the present", said.At)
	}
}
