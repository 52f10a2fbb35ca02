package policy_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"drawbridge"
	"drawbridge/internal/policy"
	"drawbridge/internal/seal"
)

const (
	ownHead    = "name: ours\nkind: policy\nversion: 1.0.0\nextends: builtin\n"
	ownControl = `id: own-control
version: 1
title: Our own
domain: own
criterion: The name of the purpose is at most one word.
per: integration
holds: integration.purpose != ""
weight: 1
why: We say so.
required_from: low
owner: security
settles: ["evidence:contract"]
cases:
  holds: {integration.purpose: payment}
  fails: {integration.purpose: ""}
`
)

// packDir writes a pack's files into a folder.
func packDir(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func own() map[string]string {
	return map[string]string{"pack.yaml": ownHead, "controls/own-control.yaml": ownControl}
}

// TestDigestVector is the test vector of docs/method.md.
func TestDigestVector(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"pack.yaml":       {Data: []byte("name: ours\n")},
		"controls/a.yaml": {Data: []byte("id: a\n")},
	}
	got, err := policy.DigestFS(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if want := "sha256:059a10155e87e5adb2789a7fd6df8999de778d8fb90c3aca215d1370e3a307cc"; got != want {
		t.Errorf("DigestFS = %s, want %s", got, want)
	}
}

func TestBuiltinWorkspace(t *testing.T) {
	t.Parallel()
	ws, err := policy.OpenWorkspace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, p := range ws.Packs() {
		if p.Origin != "builtin" || !strings.HasPrefix(p.Digest, "sha256:") || p.Version == "" {
			t.Errorf("pack %+v is not named in full", p)
		}
		kinds = append(kinds, p.Kind)
	}
	if diff := cmp.Diff([]string{"policy", "threats", "taxonomy", "transfers"}, kinds); diff != "" || ws.Name() != "builtin" {
		t.Errorf("workspace %s: %s", ws.Name(), diff)
	}
}

func TestWorkspaceSearchStopsAtTheRepository(t *testing.T) {
	t.Parallel()
	top := packDir(t, map[string]string{policy.WorkspaceFile: "apiVersion: drawbridge/v1\nkind: Workspace\npacks: []\n", "repo/.git/HEAD": "x", "repo/sub/a": "x", "other/sub/a": "x"})
	if file, err := policy.FindWorkspace(filepath.Join(top, "repo", "sub")); file != "" || err != nil {
		t.Errorf("found %q, %v above the repository", file, err)
	}
	if file, err := policy.FindWorkspace(filepath.Join(top, "other", "sub")); filepath.Base(file) != policy.WorkspaceFile || err != nil {
		t.Errorf("found %q, %v", file, err)
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, before string // the workspace file before; empty for none
		want         string // a line that has to be in it afterwards, without the digest
		keep         []string
	}{
		{name: "made", want: "- {name: ours, kind: policy, version: 1.0.0, digest: "},
		{name: "empty list", before: "apiVersion: drawbridge/v1\nkind: Workspace\npacks: [] # none yet\n", want: "- {name: ours,", keep: []string{"# none yet"}},
		{name: "no list", before: "# top\napiVersion: drawbridge/v1\nkind: Workspace\n", want: "- {name: ours,", keep: []string{"# top"}},
		{name: "key without a value", before: "apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n# the end\n", want: "- {name: ours,", keep: []string{"# the end"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, policy.WorkspaceFile)
			if tt.before != "" {
				if err := os.WriteFile(file, []byte(tt.before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := policy.Add(file, packDir(t, own())); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range append(tt.keep, tt.want) {
				if !strings.Contains(string(got), s) {
					t.Errorf("the workspace file lacks %q:\n%s", s, got)
				}
			}
			ws, err := policy.OpenWorkspace(dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := ws.Policy.Control("own-control"); !ok || len(ws.Policy.Controls()) != len(builtin(t).Controls())+1 {
				t.Error("the pack's own control is not in force")
			}
			if _, differences, err := policy.Verify(file); err != nil || len(differences) != 0 {
				t.Errorf("verify: %v, %v", differences, err)
			}
		})
	}
}

// TestAddReplacesInPlace: a second pack and a new version leave everything else
// of the workspace file as a person wrote it.
func TestAddReplacesInPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, policy.WorkspaceFile)
	if _, err := policy.Add(file, packDir(t, own())); err != nil {
		t.Fatal(err)
	}
	pins, err := policy.ReadPins(file)
	if err != nil {
		t.Fatal(err)
	}
	text := "# ours\napiVersion: drawbridge/v1\nkind: Workspace\npacks:\n  # agreed in March\n  - name: ours # the bank's\n    kind: policy\n    version: 1.0.0\n    digest: " + pins[0].Digest + " # by hand\n\n# the end\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	newer := own()
	newer["pack.yaml"] = strings.Replace(ownHead, "1.0.0", "1.1.0", 1)
	added, err := policy.Add(file, packDir(t, newer))
	if err != nil || added.Before != "1.0.0" {
		t.Fatalf("Add = %+v, %v", added, err)
	}
	want := strings.NewReplacer("1.0.0", "1.1.0", pins[0].Digest, added.Pin.Digest).Replace(text)
	if got, _ := os.ReadFile(file); string(got) != want {
		t.Errorf("workspace file: %s", cmp.Diff(want, string(got)))
	}
	second := packDir(t, map[string]string{
		"pack.yaml":           "name: words\nkind: taxonomy\nversion: 1.0.0\n",
		"categories/own.yaml": "version: 1\nleaves:\n- {id: own.badge, name: Badge, level: 2, ident: direct, tags: [gdpr.personal], keys: [badge], test: synth, share: mask}\n",
	})
	if _, err := policy.Add(file, second); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(file)
	if !strings.Contains(string(got), " # by hand\n  - {name: words, kind: taxonomy") || !strings.HasSuffix(string(got), "\n# the end\n") {
		t.Errorf("workspace file:\n%s", got)
	}
	ws, err := policy.OpenWorkspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := ws.Taxonomy.Category("own.badge"); !ok {
		t.Error("the pack's own category is not in force")
	}
}

// TestTampering changes the copy of a pack in every way; each is named, and
// nothing is loaded.
func TestTampering(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(folder string) error
		want string
	}{
		{"one byte", func(f string) error {
			name := filepath.Join(f, "controls", "own-control.yaml")
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			data[len(data)/2] ^= 1
			return os.WriteFile(name, data, 0o644)
		}, "controls/own-control.yaml is changed"},
		{"a file more", func(f string) error {
			return os.WriteFile(filepath.Join(f, "gate.yaml"), []byte("version: 1\n"), 0o644)
		}, "gate.yaml is added"},
		{"a file less", func(f string) error { return os.Remove(filepath.Join(f, "controls", "own-control.yaml")) }, "controls/own-control.yaml is missing"},
		{"a link in place of a file", func(f string) error {
			if err := os.Remove(filepath.Join(f, "pack.yaml")); err != nil {
				return err
			}
			return os.Symlink("/etc/hostname", filepath.Join(f, "pack.yaml"))
		}, "not a plain file"},
		{"no folder", os.RemoveAll, "is missing"},
		{"listing changed with the file", func(f string) error {
			return errors.Join(os.WriteFile(filepath.Join(f, "pack.yaml"), []byte("x: y\n"), 0o644), os.WriteFile(f+".sum", []byte("0 0 pack.yaml\n"), 0o644))
		}, "cannot be named"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, policy.WorkspaceFile)
			added, err := policy.Add(file, packDir(t, own()))
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.do(filepath.Join(dir, filepath.FromSlash(added.Folder))); err != nil {
				t.Fatal(err)
			}
			if _, err := policy.OpenWorkspace(dir); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("OpenWorkspace: %v, want %q", err, tt.want)
			}
			if _, differences, err := policy.Verify(file); err != nil || len(differences) == 0 {
				t.Errorf("Verify: %v, %v, want a difference", differences, err)
			}
		})
	}
}

func TestPinsRefuse(t *testing.T) {
	t.Parallel()
	digest := "sha256:" + strings.Repeat("a", 64)
	tests := []struct{ name, text, want string }{
		{"empty", "", "is empty"},
		{"another kind", "apiVersion: drawbridge/v1\nkind: Integration\n", "write Workspace"},
		{"unknown key", "apiVersion: drawbridge/v1\nkind: Workspace\npaks: []\n", "paks"},
		{"twice", "apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n- {name: a, kind: threats, version: 1.0.0, digest: " + digest + "}\n- {name: a, kind: threats, version: 1.0.1, digest: " + digest + "}\n", "stands twice"},
		{"two policies", "apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n- {name: a, kind: policy, version: 1.0.0, digest: " + digest + "}\n- {name: b, kind: policy, version: 1.0.0, digest: " + digest + "}\n", "name one"},
		{"path as a name", "apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n- {name: ../x, kind: policy, version: 1.0.0, digest: " + digest + "}\n", "lower-case letters"},
		{"path as a version", "apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n- {name: x, kind: policy, version: 1/../..0.0, digest: " + digest + "}\n", "three numbers"},
		{"upper case digest", "apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n- {name: x, kind: policy, version: 1.0.0, digest: sha256:" + strings.Repeat("A", 64) + "}\n", "64 hexadecimal digits"},
		{"duplicate key", "apiVersion: drawbridge/v1\nkind: Workspace\nkind: Workspace\n", "kind"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := packDir(t, map[string]string{policy.WorkspaceFile: tt.text})
			if _, err := policy.OpenWorkspace(dir); err == nil || !strings.Contains(err.Error(), tt.want) || drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Errorf("OpenWorkspace: %v, want %q", err, tt.want)
			}
		})
	}
}

// entry is one entry of a test's archive.
type entry struct {
	name, body string
	kind       byte
	link       string
}

func archive(tb testing.TB, entries ...entry) []byte {
	tb.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for _, e := range entries {
		if e.kind == 0 {
			e.kind = tar.TypeReg
		}
		if err := tw.WriteHeader(&tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.body)), Mode: 0o644}); err != nil {
			tb.Fatal(err)
		}
		if _, err := tw.Write([]byte(e.body)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func TestArchives(t *testing.T) {
	t.Parallel()
	good := []entry{{name: "pack.yaml", body: ownHead}, {name: "controls/own-control.yaml", body: ownControl}}
	bomb := make([]entry, 0, 4100)
	for range 4100 {
		bomb = append(bomb, entry{name: "controls/", kind: tar.TypeDir})
	}
	tests := []struct {
		name string
		data []byte
		want string // of the error; empty when it is accepted
	}{
		{"plain", archive(t, good...), ""},
		{"in one folder", archive(t, entry{name: "ours-1.0.0/", kind: tar.TypeDir}, entry{name: "ours-1.0.0/pack.yaml", body: ownHead}, entry{name: "ours-1.0.0/controls/own-control.yaml", body: ownControl}), ""},
		{"dot slash", archive(t, entry{name: "./pack.yaml", body: ownHead}, entry{name: "./controls/own-control.yaml", body: ownControl}), ""},
		{"empty", nil, "no gzip archive"},
		{"no archive", []byte("hello"), "no gzip archive"},
		{"nothing inside", archive(t), "holds no file"},
		{"truncated", archive(t, good...)[:80], "damaged"},
		{"parent step", archive(t, append(good, entry{name: "../evil.yaml", body: "x"})...), "not clean"},
		{"absolute", archive(t, append(good, entry{name: "/etc/evil.yaml", body: "x"})...), "not clean"},
		{"backslash", archive(t, append(good, entry{name: `..\evil.yaml`, body: "x"})...), "starts with a dot"},
		{"symbolic link", archive(t, append(good, entry{name: "gate.yaml", kind: tar.TypeSymlink, link: "/etc/passwd"})...), "links and devices"},
		{"hard link", archive(t, append(good, entry{name: "gate.yaml", kind: tar.TypeLink, link: "pack.yaml"})...), "links and devices"},
		{"device", archive(t, append(good, entry{name: "gate.yaml", kind: tar.TypeChar})...), "links and devices"},
		{"same name twice", archive(t, append(good, entry{name: "pack.yaml", body: ownHead})...), "one file on some systems"},
		{"case twice", archive(t, append(good, entry{name: "Pack.yaml", body: ownHead})...), "one file on some systems"},
		{"hidden", archive(t, append(good, entry{name: ".git/config", body: "x"})...), "starts with a dot"},
		{"large file", archive(t, append(good, entry{name: "big.yaml", body: strings.Repeat("a", policy.MaxPackFile+1)})...), "at most"},
		{"many entries", archive(t, bomb...), "entries"},
		{"bomb", archive(t, bombFiles()...), "more than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			source := filepath.Join(t.TempDir(), "pack.tar.gz")
			if err := os.WriteFile(source, tt.data, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := policy.Add(filepath.Join(dir, policy.WorkspaceFile), source)
			left, _ := os.ReadDir(dir)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("Add: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("Add: %v, want %q", err, tt.want)
			case tt.want != "" && len(left) > 0:
				t.Errorf("a refused archive left %v behind", left)
			}
		})
	}
}

func bombFiles() []entry {
	var out []entry
	body := strings.Repeat("a", policy.MaxPackFile)
	for i := range 40 {
		out = append(out, entry{name: "controls/f" + strings.Repeat("x", i+1) + ".yaml", body: body})
	}
	return out
}

func FuzzArchive(f *testing.F) {
	f.Add(archive(f, entry{name: "pack.yaml", body: ownHead}, entry{name: "controls/own-control.yaml", body: ownControl}))
	f.Add(archive(f, entry{name: "../x", body: "y"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		source := filepath.Join(t.TempDir(), "p.tar.gz")
		if err := os.WriteFile(source, data, 0o644); err != nil {
			t.Fatal(err)
		}
		fsys, err := policy.ReadSource(source)
		if err != nil {
			return
		}
		files, err := policy.Listing(fsys)
		if err != nil || len(files) == 0 {
			t.Fatalf("an accepted archive lists %v, %v", files, err)
		}
		for _, f := range files {
			if strings.Contains(f.Path, "..") || strings.HasPrefix(f.Path, "/") {
				t.Fatalf("the path %q was accepted", f.Path)
			}
		}
	})
}

func FuzzPins(f *testing.F) {
	f.Add("apiVersion: drawbridge/v1\nkind: Workspace\npacks:\n- {name: a, kind: threats, version: 1.0.0, digest: \"sha256:" + strings.Repeat("0", 64) + "\"}\n")
	f.Add("a: &x [*x]")
	f.Add("[[[[[[[[[[[[[[[[[[[[[[[")
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(t.TempDir(), policy.WorkspaceFile)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		pins, err := policy.ReadPins(file)
		for _, p := range pins {
			if err == nil && (strings.ContainsAny(p.Name+p.Version, "/\\") || p.Name == "") {
				t.Fatalf("pin %+v was accepted", p)
			}
		}
	})
}

func FuzzPack(f *testing.F) {
	f.Add(ownHead, ownControl)
	f.Add("name: ours\nkind: policy\nversion: 1.0.0\nextends: builtin\ndrop: [tls-version]\n", ownControl)
	f.Fuzz(func(t *testing.T, head, control string) {
		p, err := policy.LoadPack(fstest.MapFS{"pack.yaml": {Data: []byte(head)}, "controls/own-control.yaml": {Data: []byte(control)}})
		if err != nil {
			return
		}
		if _, err := p.Test(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestApprovalKeys(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: drawbridge/v1\nkind: Workspace\npacks: []\n"
	good := "drawbridge.example/a+4c2ee3c5+ASPZQnJcVBNoQdDQqh3VfeqhGmGqYN3lzBYe7vuDZmUl"
	for name, tt := range map[string]struct {
		text string
		want int
		kind drawbridge.Kind
	}{
		"none":        {head, 0, ""},
		"no key":      {head + "approval_keys: [abc]\n", 0, drawbridge.Invalid},
		"broken key":  {head + "approval_keys: [\"" + good + "\"]\n", 0, drawbridge.Invalid},
		"another key": {head + "approval_key: []\n", 0, drawbridge.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, policy.WorkspaceFile), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			keys, err := policy.ApprovalKeys(dir)
			if len(keys) != tt.want || tt.kind != "" && drawbridge.KindOf(err) != tt.kind || tt.kind == "" && err != nil {
				t.Errorf("ApprovalKeys = %v, %v, want %d keys, %q", keys, err, tt.want, tt.kind)
			}
		})
	}
	dir := t.TempDir()
	k, err := seal.CreateKeyring(filepath.Join(dir, "keys"), "drawbridge.example/a", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	text := head + "approval_keys: [\"" + k.VerifierKeys()[0] + "\"]\n"
	if err := os.WriteFile(filepath.Join(dir, policy.WorkspaceFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if keys, err := policy.ApprovalKeys(dir); err != nil || len(keys) != 1 || keys[0] != k.VerifierKeys()[0] {
		t.Errorf("ApprovalKeys = %v, %v", keys, err)
	}
}
