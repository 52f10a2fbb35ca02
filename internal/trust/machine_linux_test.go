package trust_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/manifest"
	"drawbridge/internal/testkit"
)

// TestFullDisk fills the disk under a server. Reading goes on, writing says what
// is wrong, and once there is room everything goes on, with nothing lost.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, "")
	const mount = `mount -t tmpfs -o size=24m tmpfs "$DRAWBRIDGE_DATA" && exec "$@"`
	private := func(args ...string) *exec.Cmd { // a folder system of its own, which ends with it
		cmd := in.command()
		cmd.Path, cmd.Args = "/usr/bin/unshare", append([]string{"unshare", "-Urm", "sh", "-c", mount, "sh"}, args...)
		return cmd
	}
	if out, err := private("true").CombinedOutput(); err != nil {
		t.Skipf("there can be no small disk here: %v: %s", err, out)
	}
	s := in.serving(private(in.binary, "serve", "--listen", "127.0.0.1:0"))
	s.add(s.sign("ann"), "otto", drawbridge.ProgrammeOwner)
	otto := s.sign("otto")
	folder := fmt.Sprintf("/proc/%d/root%s", s.PID(), in.data) // as the server sees it
	filler := filepath.Join(folder, "filler")
	for round := range 2 {
		told, refused := s.fill(t, otto, filler, round)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		for _, q := range refused { // with the same key
			told = append(told, s.must(otto, q))
		}
		s.must(otto, ask{method: "POST", path: "/api/v1/tokens", key: fmt.Sprint("room", round), body: document(client.NewToken{Name: "room again"})})
		image := s.image(t, folder)
		entries, _, err := image.log(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range told {
			if e := entries[a.entry]; a.request != e.Request {
				t.Errorf("round %d: what was told to be entry %d is %+v", round, a.entry, e)
			}
		}
		if err := image.fsck(); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
	}
}

// image copies a folder at one moment, as a crash would leave it.
func (s *server) image(t *testing.T, folder string) *installation {
	t.Helper()
	out := *s.installation
	out.data = t.TempDir()
	for _, step := range []func() error{
		func() error { return syscall.Kill(s.PID(), syscall.SIGSTOP) },
		func() error { copyFolder(t, folder, out.data); return nil },
		func() error { return syscall.Kill(s.PID(), syscall.SIGCONT) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return &out
}

// fill takes all room away and writes until the server says three times that it
// cannot. It returns what was done, and what was not.
func (s *server) fill(t *testing.T, secret, filler string, round int) (told []answer, refused []ask) {
	t.Helper()
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	var p struct {
		Integration drawbridge.Integration `json:"integration"`
	}
	for i := 0; len(refused) < 3; i++ {
		if i > 200 {
			t.Fatal("the disk does not fill")
		}
		q := ask{method: "POST", path: "/api/v1/partners", key: fmt.Sprintf("full-%d-%d", round, i), body: document(client.NewPartner{
			ID: drawbridge.PartnerID(fmt.Sprintf("p-%d-%d", round, i)), PartnerEdit: client.PartnerEdit{Name: strings.Repeat("a", 200), Reason: strings.Repeat("b", 3000)},
		})}
		if i%5 == 0 {
			q = pushOf(q.key, client.Push{Files: manifest.Files{"integration.yaml": bytes.Replace(testkit.BigManifest(4, 3), []byte("id: generated"), []byte("id: "+q.key), 1)}})
		}
		a, err := s.send(t.Context(), secret, q)
		switch {
		case err != nil:
			t.Fatal(err)
		case a.ok():
			told = append(told, a)
		case a.problem().Kind == drawbridge.Unavailable && strings.Contains(a.problem().Detail, "disk is full"):
			refused = append(refused, q)
		default:
			t.Fatalf("on a full disk: %v", a)
		}
	}
	if err := s.get(t.Context(), secret, "/api/v1/partners", &p); err != nil {
		t.Errorf("reading on a full disk: %v", err)
	}
	return told, refused
}

// TestReadOnlyFolder takes the right to make files from a server and gives it
// back.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	in := newInstallation(t, "")
	cmd := in.command("serve", "--listen", "127.0.0.1:0")
	if os.Geteuid() == 0 { // whom no mode hinders
		if err := errors.Join(os.Chown(in.data, 65534, 65534), os.Chmod(filepath.Dir(in.data), 0o711)); err != nil {
			t.Fatal(err)
		}
		cmd.Path, cmd.Args = "/usr/bin/setpriv", append([]string{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"}, cmd.Args...)
		if err := exec.Command(cmd.Path, append(cmd.Args[1:6:6], in.binary, "version")...).Run(); err != nil {
			t.Skipf("nobody else may run the program here: %v", err)
		}
	}
	s := in.serving(cmd)
	s.add(s.sign("ann"), "otto", drawbridge.ProgrammeOwner)
	otto := s.sign("otto")
	mode := func(dir string, m fs.FileMode) {
		t.Helper()
		if err := os.Chmod(filepath.Join(in.data, dir), m); err != nil {
			t.Fatal(err)
		}
	}
	var head drawbridge.RevisionID
	for round, dir := range []string{"blobs/tmp", "blobs", ""} {
		mode(dir, 0o500)
		text := bytes.Replace(testkit.BigManifest(4, 3), []byte("purpose: Measure\n"), fmt.Appendf(nil, "purpose: Measure %d\n", round), 1)
		q := pushOf(fmt.Sprint("k", round), client.Push{Base: head, Reason: "it grows", Files: manifest.Files{"integration.yaml": text}})
		a, err := s.send(t.Context(), otto, q)
		if err != nil || !a.ok() && a.problem().Kind != drawbridge.Unavailable || a.ok() && dir != "" {
			t.Errorf("a push while %q is read-only: %v %v", dir, a, err)
		}
		if err := s.get(t.Context(), otto, "/api/v1/integrations", &struct{}{}); err != nil {
			t.Errorf("reading while %q is read-only: %v", dir, err)
		}
		mode(dir, 0o700)
		var p client.Pushed
		if err := decode(s.must(otto, q), &p); err != nil {
			t.Fatal(err)
		}
		if head = p.Revision.ID; p.Revision.Number != int64(round+1) {
			t.Errorf("after %q was read-only, the push made revision %d", dir, p.Revision.Number)
		}
	}
	if code := s.Stop(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if err := in.fsck(); err != nil {
		t.Error(err)
	}
}
