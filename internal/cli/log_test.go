package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"drawbridge"
	"drawbridge/internal/cli"
	"drawbridge/internal/ledger"
	"drawbridge/internal/seal"
)

var update = flag.Bool("update", false, "make the sample log of the script anew")

const logScript = "../../testdata/script/log-verify.txtar"

// TestLogSample holds the sample log of the script to the program: it verifies
// under the first key, and each tampered copy differs from it. With -update it
// makes sample and copies anew, with new keys.
func TestLogSample(t *testing.T) {
	t.Parallel()
	script, err := txtar.ParseFile(logScript)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		files, key := sampleLog(t)
		script.Comment = regexp.MustCompile(`(?m)^env KEY=.*$`).ReplaceAll(script.Comment, []byte("env KEY="+key))
		script.Files = files
		if err := os.WriteFile(logScript, txtar.Format(script), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{}
	for _, f := range script.Files {
		files[f.Name] = f.Data
	}
	for name, data := range files {
		report, err := ledger.Verify(t.Context(), bytes.NewReader(data), ledger.Trust{}, nil)
		if err != nil || report.OK {
			t.Errorf("%s verifies without a way to check its change of keys: %+v, %v", name, report, err)
		}
		if name != "log.jsonl" && bytes.Equal(data, files["log.jsonl"]) {
			t.Errorf("%s is the log as it was", name)
		}
	}
	if len(files) != 9 {
		t.Errorf("the script has %d files, want 9", len(files))
	}
}

// TestLogExit holds the exit codes: a tampered log is the answer no, not trouble.
func TestLogExit(t *testing.T) {
	t.Parallel()
	script, err := txtar.ParseFile(logScript)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range script.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]int{
		"log.jsonl": drawbridge.ExitOK, "proof.json": drawbridge.ExitOK, "changed.jsonl": drawbridge.ExitNo, "reason.jsonl": drawbridge.ExitNo,
		"missing.jsonl": drawbridge.ExitNo, "swapped.jsonl": drawbridge.ExitNo, "checkpoint.txt": drawbridge.ExitNo,
		"older.jsonl --anchor latest.txt": drawbridge.ExitNo, "nowhere": drawbridge.ExitError, "log.jsonl --key x": drawbridge.ExitUsage, "": drawbridge.ExitUsage,
	} {
		got := cli.Run(t.Context(), cli.Env{
			Args: append([]string{"log", "verify"}, strings.Fields(args)...), Environ: func(string) string { return "" },
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Dir: dir, Now: time.Now, Version: "test",
		})
		if got != want {
			t.Errorf("log verify %s: exit %d, want %d", args, got, want)
		}
	}
}

// sampleLog makes a log of seven entries, with an erased detail and a change of
// keys, what a person keeps of it, and copies that were tampered with.
func sampleLog(t *testing.T) (files []txtar.File, key string) {
	t.Helper()
	at := time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)
	keys, err := seal.CreateKeyring(t.TempDir()+"/keys", "log.example.com", at)
	if err != nil {
		t.Fatal(err)
	}
	key = keys.VerifierKeys()[0]
	s := &sample{t: t}
	digest := seal.Digest([]byte("row"))
	row := ledger.Change{Kind: "integration", ID: "int_1", Op: ledger.Create, After: digest}
	s.add(ledger.Entry{At: at, Actor: "anonymous", Via: "setup", Action: "setup.first"}, "")
	s.add(ledger.Entry{At: at.Add(time.Hour), Actor: "per_1", Via: "cli", Action: "integration.push", Changes: []ledger.Change{row}}, `{"reason":"A first draft"}`)
	s.add(ledger.Entry{At: at.Add(2 * time.Hour), Actor: "per_2", Via: "api", Action: "integration.push"}, `{"reason":"They moved to eu-north-1"}`)
	early := s.checkpoint(keys.Signer())
	pending, err := keys.PrepareRotation(seal.PurposeSign, at)
	if err != nil {
		t.Fatal(err)
	}
	handover, err := json.Marshal(map[string]any{"notes": map[string]string{"rotation": string(pending.Statement)}})
	if err != nil {
		t.Fatal(err)
	}
	s.add(ledger.Entry{At: at.Add(3 * time.Hour), Actor: "per_1", Via: "cli", Action: ledger.RotateAction}, string(handover))
	if err := keys.Activate(pending.ID); err != nil {
		t.Fatal(err)
	}
	s.erase(1, at.Add(4*time.Hour))
	s.add(ledger.Entry{At: at.Add(5 * time.Hour), Actor: "tok_1", Via: "api", Action: "integration.push"}, "")
	older := s.export(keys)
	s.add(ledger.Entry{At: at.Add(6 * time.Hour), Actor: "system:retention", Via: "job", Action: "job.done"}, "")
	log, late := s.export(keys), s.checkpoint(keys.Signer())
	path, err := ledger.ProveInclusion(2, 7, s.hashes)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := ledger.Proof{Entry: s.raw[2], Hashes: path, Checkpoint: string(late), Keys: keys.VerifierKeys(), Rotations: []string{string(handover)}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	lines := slices.Collect(strings.Lines(string(log)))
	return []txtar.File{
		{Name: "log.jsonl", Data: log},
		{Name: "checkpoint.txt", Data: early},
		{Name: "latest.txt", Data: late},
		{Name: "proof.json", Data: proof},
		{Name: "older.jsonl", Data: older},
		{Name: "changed.jsonl", Data: bytes.Replace(log, []byte(`"tok_1"`), []byte(`"tok_2"`), 1)},
		{Name: "reason.jsonl", Data: bytes.Replace(log, []byte("eu-north-1"), []byte("eu-north-2"), 1)},
		{Name: "missing.jsonl", Data: []byte(strings.Join(slices.Delete(slices.Clone(lines), 6, 7), ""))},
		{Name: "swapped.jsonl", Data: []byte(strings.Join([]string{lines[0], lines[2], lines[1], strings.Join(lines[3:], "")}, ""))},
	}, key
}

// sample is a log that is made for the script.
type sample struct {
	t              *testing.T
	raw            [][]byte
	details, salts [][]byte
	hashes         hashList
}

type hashList []tlog.Hash

func (h hashList) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, n := range indexes {
		out[i] = h[n]
	}
	return out, nil
}

func (s *sample) add(e ledger.Entry, detail string) {
	s.t.Helper()
	e.V, e.Seq = ledger.Version, int64(len(s.raw))
	var text, salt []byte
	if detail != "" {
		text, salt = []byte(detail), bytes.Repeat([]byte{byte(e.Seq)}, ledger.MinSalt)
		e.Detail = ledger.Commit(salt, text)
	}
	raw, err := ledger.Encode(e)
	if err != nil {
		s.t.Fatal(err)
	}
	more, err := ledger.Append(e.Seq, raw, s.hashes)
	if err != nil {
		s.t.Fatal(err)
	}
	s.raw, s.details, s.salts, s.hashes = append(s.raw, raw), append(s.details, text), append(s.salts, salt), append(s.hashes, more...)
}

func (s *sample) erase(seq int, at time.Time) {
	s.t.Helper()
	s.details[seq], s.salts[seq] = nil, nil
	s.add(ledger.Entry{
		At: at, Actor: "system:retention", Via: "job", Action: "retention.purge",
		Changes: []ledger.Change{{Kind: ledger.DetailKind, ID: fmt.Sprint(seq), Op: ledger.Erase}},
	}, "")
}

func (s *sample) checkpoint(signer note.Signer) []byte {
	s.t.Helper()
	size := int64(len(s.raw))
	root, err := ledger.Root(size, s.hashes)
	if err != nil {
		s.t.Fatal(err)
	}
	data, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: signer.Name(), Size: size, Root: root}, signer)
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func (s *sample) export(keys *seal.Keyring) []byte {
	s.t.Helper()
	var out bytes.Buffer
	w, err := ledger.NewExportWriter(&out, ledger.Header{Origin: keys.Origin(), Keys: keys.VerifierKeys()})
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range s.raw {
		if err := w.Entry(s.raw[i], s.details[i], s.salts[i]); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(s.checkpoint(keys.Signer())); err != nil {
		s.t.Fatal(err)
	}
	return out.Bytes()
}
