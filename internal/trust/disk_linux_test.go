package trust_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/testkit"
)

// calls are the system calls by which an act changes the disk.
var calls = []string{"write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "ftruncate", "unlink", "unlinkat", "mkdirat", "openat"}

// TestActSurvivesFailingDisk lets each system call by which one act reaches the
// disk fail once: by EIO, by ENOSPC, and by SIGKILL in its place. The act is a
// push, or an account's, on SQLite; once more with so long a log that the act's
// commit also carries it over into the database. Whatever was answered, the
// record is whole, what was acknowledged is there, and a repetition with the same
// key has the same answer and no second effect.
func TestActSurvivesFailingDisk(t *testing.T) {
	t.Parallel()
	needStrace(t)
	for _, state := range []struct {
		name string
		full bool
		step int
	}{{"new log", false, times(7, 1)}, {"full log", true, times(28, 1)}} {
		seed := plant(t, state.full)
		for _, act := range []string{actPush, actInvite} {
			positions := count(t, seed, act)
			for _, how := range []string{"error=EIO", "error=ENOSPC", "signal=SIGKILL"} {
				t.Run(state.name+"/"+act+"/"+how, func(t *testing.T) {
					t.Parallel()
					told := breakDisk(t, seed, act, how, positions, state.step)
					if state.full { // carrying the log over may fail: the next commit tries again
						return
					}
					delete(told, "unlinkat") // of a temporary file, which was renamed
					delete(told, "mkdirat")  // of a folder that chance put there before
					if told["fsync"]--; told["fsync"] > 0 || len(told) > 1 {
						t.Errorf("acknowledged in spite of a fault: %v; SQLite takes no heed of one sync, of its folder, and of no other", told)
					}
				})
			}
		}
	}
}

func needStrace(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("there is no strace; scripts/tools strace installs it")
	}
	if out, err := exec.Command("strace", "-qq", "-e", "trace=none", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may trace nothing here: %v: %s", err, out)
	}
}

// plant makes an installation in which one integration has one revision. With a
// full log, the next commit is the one that carries it over.
func plant(t *testing.T, full bool) *seed {
	t.Helper()
	live, s := t.TempDir(), &seed{Dir: t.TempDir()}
	d := &desk{}
	if err := d.open(live, ""); err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if err := d.plant(s); err != nil {
		t.Fatal(err)
	}
	const page, limit = 4096 + 24, 1000 // a frame of the log, and how many SQLite lets it have
	for used := logSize(live); full; {
		if err := d.fill(s); err != nil {
			t.Fatal(err)
		}
		now := logSize(live)
		if now > limit*page {
			t.Fatal("the log was carried over before it was full")
		}
		if now+(now-used) > limit*page { // the next small act does not fit
			break
		}
		used = now
	}
	s.Entries = d.entries(t)
	if !full {
		d.close() // carries the log over
	}
	copyFolder(t, live, s.Dir)
	return s
}

func logSize(dir string) int64 {
	info, err := os.Stat(filepath.Join(dir, "drawbridge.db-wal"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// count counts each of the calls in an act that nothing disturbs.
func count(t *testing.T, s *seed, act string) map[string]int {
	t.Helper()
	c := startChild(t)
	tid := c.open(t, s.copy(t))
	trace := filepath.Join(t.TempDir(), "trace")
	tracer := attach(t, tid, "-o", trace, "-e", "trace="+strings.Join(calls, ","))
	if got := c.act(s, act, "counted"); got.Error != "" {
		t.Fatalf("%s: %+v", act, got)
	}
	tracer.Stop()
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	positions := map[string]int{}
	for line := range strings.Lines(string(data)) {
		if name, _, ok := strings.Cut(line, "("); ok && slices.Contains(calls, name) {
			positions[name]++
		}
	}
	if positions["pwrite64"] == 0 || positions["fsync"]+positions["fdatasync"] == 0 || act == actPush && positions["rename"]+positions["renameat"] == 0 {
		t.Fatalf("%s makes %v: the calls that change the disk are not among them", act, positions)
	}
	t.Logf("%s makes %v", act, positions)
	return positions
}

// attach traces one thread.
func attach(t *testing.T, tid int, args ...string) *testkit.Process {
	t.Helper()
	tracer := testkit.Start(t, exec.Command("strace", append([]string{"-p", fmt.Sprint(tid)}, args...)...))
	tracer.Line("attached$")
	return tracer
}

// breakDisk lets an act fail at each position in turn.
// It returns how often the act was acknowledged nevertheless, by call.
func breakDisk(t *testing.T, s *seed, act, how string, positions map[string]int, step int) map[string]int {
	t.Helper()
	begin, tried, told := time.Now(), 0, map[string]int{}
	var c *child
	for _, call := range calls {
		for n := 1; n <= positions[call]; n += step {
			if c == nil {
				c = startChild(t)
			}
			at := fmt.Sprintf("%s %d of %d by %s", call, n, positions[call], how)
			dir := s.copy(t)
			tracer := attach(t, c.open(t, dir), "-o", "/dev/null", "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", call, how, n))
			key := fmt.Sprintf("%s-%d", call, n)
			first := c.act(s, act, key)
			tracer.Stop()
			if first.Error == "" {
				told[call]++
			}
			again := c.retry(t, s, dir, act, key)
			c.do(order{Do: "close"})
			switch {
			case again.Error != "":
				t.Errorf("%s: the retry: %+v (the first answer was %+v)", at, again, first)
			case first.Error == "" && first.ID != again.ID:
				t.Errorf("%s: was told %s, the retry %s", at, first.ID, again.ID)
			case first.Error != "" && !first.dead && first.Kind != drawbridge.Unavailable:
				t.Errorf("%s: is told to the person as %s: %s", at, first.Kind, first.Error)
			}
			if err := s.inspect(t, dir, 1); err != nil {
				t.Errorf("%s: after the retry: %v (the first answer was %+v)", at, err, first)
			}
			tried++
			if again.dead || first.dead {
				c = nil
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d positions in %v; acknowledged in spite of the fault: %v", tried, time.Since(begin).Round(time.Second), told)
	return told
}

// TestRetrySyncsWhatLiesThere fails the sync of the folder that a file was just
// renamed into. The retry finds the file, and must not take it to be durable.
func TestRetrySyncsWhatLiesThere(t *testing.T) {
	t.Parallel()
	needStrace(t)
	s := plant(t, false)
	c := startChild(t)
	tid := c.open(t, s.copy(t))
	trace := filepath.Join(t.TempDir(), "trace")
	folders := func() []string {
		data, err := os.ReadFile(trace)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range regexp.MustCompile(`fsync\(\d+<(.*/blobs/[0-9a-f]{2})>`).FindAllStringSubmatch(string(data), -1) {
			out = append(out, m[1])
		}
		return out
	}
	tracer := attach(t, tid, "-y", "-o", trace, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=2") // the first is of the file
	first := c.act(s, actPush, "k")
	tracer.Stop()
	failed := folders()
	if first.Kind != drawbridge.Unavailable || len(failed) != 1 {
		t.Fatalf("the push whose folder was not synced: %+v, folders %v", first, failed)
	}
	tracer = attach(t, tid, "-y", "-o", trace, "-e", "trace=fsync")
	again := c.act(s, actPush, "k")
	tracer.Stop()
	if again.Error != "" || !slices.Contains(folders(), failed[0]) {
		t.Errorf("the retry: %+v, synced folders %v, want %s among them", again, folders(), failed[0])
	}
}

// copy copies the installation.
func (s *seed) copy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyFolder(t, s.Dir, dir)
	return dir
}

// copyFolder keeps the modes: the keys are private.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, from))
		info, err := e.Info()
		if err != nil {
			return err
		}
		if e.IsDir() {
			if err := os.MkdirAll(target, 0o700); err != nil {
				return err
			}
			return os.Chmod(target, info.Mode().Perm())
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// inspect holds an installation to be whole, and to hold so many acts more than
// the seed: all of each, or nothing. A negative number is none or one.
func (s *seed) inspect(t *testing.T, dir string, acts int64) error {
	t.Helper()
	d := &desk{}
	if err := d.open(dir, ""); err != nil {
		return err
	}
	defer d.close()
	if err := d.check(t.Context()); err != nil {
		return err
	}
	if got := d.entries(t) - s.Entries; acts >= 0 && got != acts || acts < 0 && (got < 0 || got > 1) {
		return fmt.Errorf("%d entries more than in the seed", got)
	}
	return nil
}
