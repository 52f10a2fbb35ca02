package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"drawbridge/internal/ledger"
)

// spec is the example of the C2SP tlog-checkpoint specification.
const spec = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" +
	"— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"

func known(tb testing.TB, keys ...string) note.Verifiers {
	tb.Helper()
	var list []note.Verifier
	for _, k := range keys {
		v, err := ledger.ParseKey(k)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, v)
	}
	return note.VerifierList(list...)
}

func TestCheckpointOfTheSpecification(t *testing.T) {
	t.Parallel()
	cp, err := ledger.ParseCheckpoint([]byte(spec))
	if err != nil || cp.Origin != "example.com/behind-the-sofa" || cp.Size != 20852163 || cp.Root.String() != "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=" || cp.Extra != nil {
		t.Errorf("ParseCheckpoint = %+v, %v", cp, err)
	}
}

// TestSignCheckpoint holds the bytes, and checks them by nothing of ours: the
// signature is Ed25519 over the text up to the empty line.
func TestSignCheckpoint(t *testing.T) {
	t.Parallel()
	signer, public := key(t, origin, 1)
	cp := ledger.Checkpoint{Origin: origin, Size: 5, Root: ledger.Hash([]byte("x")), Extra: []string{"at 2026-11-21", "— not a signature"}}
	got, err := ledger.SignCheckpoint(cp, signer)
	if err != nil {
		t.Fatal(err)
	}
	text := origin + "\n5\n" + base64.StdEncoding.EncodeToString(cp.Root[:]) + "\nat 2026-11-21\n— not a signature\n"
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	id := sha256.Sum256(append([]byte(origin+"\n\x01"), private[32:]...))
	want := text + "\n— " + origin + " " + base64.StdEncoding.EncodeToString(append(id[:4], ed25519.Sign(private, []byte(text))...)) + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("SignCheckpoint (-want +got):\n%s", diff)
	}
	back, err := ledger.OpenCheckpoint(got, known(t, public))
	if diff := cmp.Diff(cp, back); err != nil || diff != "" {
		t.Errorf("OpenCheckpoint: %v\n%s", err, diff)
	}
}

func TestSignCheckpointRefuses(t *testing.T) {
	t.Parallel()
	own, _ := key(t, origin, 1)
	second, _ := key(t, origin, 2)
	witness, _ := key(t, "witness.example.com", 3)
	spaced, _ := key(t, "a&b", 4)
	for name, tt := range map[string]struct {
		cp      ledger.Checkpoint
		signers []note.Signer
	}{
		"nobody":                   {ledger.Checkpoint{Origin: origin}, nil},
		"witness alone":            {ledger.Checkpoint{Origin: origin}, []note.Signer{witness}},
		"two of the log":           {ledger.Checkpoint{Origin: origin}, []note.Signer{own, second}},
		"witness twice":            {ledger.Checkpoint{Origin: origin}, []note.Signer{own, witness, witness}},
		"below zero":               {ledger.Checkpoint{Origin: origin, Size: -1}, []note.Signer{own}},
		"empty line":               {ledger.Checkpoint{Origin: origin, Extra: []string{""}}, []note.Signer{own}},
		"line break":               {ledger.Checkpoint{Origin: origin, Extra: []string{"a\nb"}}, []note.Signer{own}},
		"control":                  {ledger.Checkpoint{Origin: origin, Extra: []string{"a\tb"}}, []note.Signer{own}},
		"not UTF-8":                {ledger.Checkpoint{Origin: origin, Extra: []string{"\xff"}}, []note.Signer{own}},
		"origin that JSON escapes": {ledger.Checkpoint{Origin: "a&b"}, []note.Signer{spaced}},
		"too many by size":         {ledger.Checkpoint{Origin: origin, Extra: []string{strings.Repeat("x", ledger.MaxCheckpoint)}}, []note.Signer{own}},
	} {
		if got, err := ledger.SignCheckpoint(tt.cp, tt.signers...); err == nil {
			t.Errorf("%s: SignCheckpoint = %q, want an error", name, got)
		}
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	t.Parallel()
	own, public := key(t, origin, 1)
	_, other := key(t, origin, 2)
	witness, witnessKey := key(t, "witness.example.com", 3)
	cp := ledger.Checkpoint{Origin: origin, Size: 12, Root: ledger.Hash(nil)}
	data, err := ledger.SignCheckpoint(cp, own, witness)
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	if _, err := ledger.OpenCheckpoint(data, known(t, public)); err != nil {
		t.Fatal(err)
	}
	resign := func(text string) string {
		out, err := note.Sign(&note.Note{Text: text}, own)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	root := cp.Root.String()
	line := good[strings.Index(good, "\n\n")+2:]
	line = line[:strings.Index(line, "\n")+1]
	for name, tt := range map[string]struct {
		data string
		keys []string
	}{
		"unknown key":              {good, []string{other}},
		"no key":                   {good, nil},
		"witness alone is known":   {good, []string{witnessKey}},
		"stray bits in a witness":  {strings.Replace(good, "=\n", "B=\n", 1), []string{public}},
		"signature given twice":    {good + line, []string{public}},
		"same key, other bytes":    {good + line[:len(line)-6] + "AAA=\n", []string{public}},
		"second key of the log":    {good + "— " + origin + " " + base64.StdEncoding.EncodeToString(make([]byte, 68)) + "\n", []string{public}},
		"leading zero":             {resign(origin + "\n012\n" + root + "\n"), []string{public}},
		"plus sign":                {resign(origin + "\n+12\n" + root + "\n"), []string{public}},
		"below zero":               {resign(origin + "\n-1\n" + root + "\n"), []string{public}},
		"size too large":           {resign(origin + "\n9223372036854775808\n" + root + "\n"), []string{public}},
		"stray bits in the root":   {resign(origin + "\n12\n" + root[:42] + string(root[42]+1) + "=\n"), []string{public}},
		"short root":               {resign(origin + "\n12\nAAAA\n"), []string{public}},
		"no root":                  {resign(origin + "\n12\n"), []string{public}},
		"other origin":             {resign("other\n12\n" + root + "\n"), []string{public}},
		"empty extra line":         {resign(origin + "\n12\n" + root + "\n\nx\n"), []string{public}},
		"carriage return":          {strings.ReplaceAll(good, "\n", "\r\n"), []string{public}},
		"no last line break":       {strings.TrimSuffix(good, "\n"), []string{public}},
		"something behind":         {good + "\n", []string{public}},
		"no signature":             {origin + "\n12\n" + root + "\n\n", []string{public}},
		"a key that is no ed25519": {good + "— x " + base64.StdEncoding.EncodeToString([]byte("1234")) + "\n", []string{public}},
		"empty":                    {"", []string{public}},
		"large":                    {strings.Repeat("x", ledger.MaxCheckpoint+1), []string{public}},
	} {
		if cp, err := ledger.OpenCheckpoint([]byte(tt.data), known(t, tt.keys...)); err == nil {
			t.Errorf("%s: OpenCheckpoint(%q) = %+v, want an error", name, tt.data, cp)
		}
	}
}

// TestCheckpointFlips holds that no bit of a checkpoint can be turned over,
// those in the line of a witness that nobody knows apart.
func TestCheckpointFlips(t *testing.T) {
	t.Parallel()
	own, public := key(t, origin, 1)
	witness, witnessKey := key(t, "witness.example.com", 3)
	cp := ledger.Checkpoint{Origin: origin, Size: 12, Root: ledger.Hash(nil), Extra: []string{"more"}}
	data, err := ledger.SignCheckpoint(cp, own, witness)
	if err != nil {
		t.Fatal(err)
	}
	foreign := bytes.Index(data, []byte("— witness")) // the last line
	for i := range data {
		for bit := range 8 {
			bent := bytes.Clone(data)
			bent[i] ^= 1 << bit
			if _, err := ledger.OpenCheckpoint(bent, known(t, public)); err == nil && i < foreign {
				t.Fatalf("bit %d of byte %d turned: %q opens", bit, i, bent)
			}
			// With the key of the witness, its signature counts too; its name and
			// the id of its key only say whose it is.
			if _, err := ledger.OpenCheckpoint(bent, known(t, public, witnessKey)); err == nil && (i < foreign || i >= foreign+len("— witness.example.com AAAAAA")) {
				t.Fatalf("bit %d of byte %d turned: %q opens with the witness known", bit, i, bent)
			}
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	_, public := key(t, origin, 1)
	secret, _, err := note.GenerateKey(bytes.NewReader(make([]byte, 64)), origin)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.Split(public, "+")[1]
	_, markup := key(t, "a&b", 1)
	for name, bad := range map[string]string{
		"empty": "", "secret": secret, "name that JSON escapes": markup, "no hash": origin, "wrong hash": strings.Replace(public, id, "00000000", 1),
		"hash in capitals": strings.Replace(public, id, strings.ToUpper(id), 1), "line break": public + "\n", "break within": public[:60] + "\n" + public[60:],
	} {
		if bad == public {
			t.Fatalf("%s: the key has no letter to change", name)
		}
		if v, err := ledger.ParseKey(bad); err == nil {
			t.Errorf("%s: ParseKey(%q) = %v, want an error", name, bad, v)
		}
	}
}

// FuzzOpenCheckpoint holds that what opens is signed again into the same bytes.
func FuzzOpenCheckpoint(f *testing.F) {
	own, public := key(f, origin, 1)
	witness, _ := key(f, "witness.example.com", 3)
	for _, signers := range [][]note.Signer{{own}, {own, witness}} {
		data, err := ledger.SignCheckpoint(ledger.Checkpoint{Origin: origin, Size: 1 << 40, Extra: []string{"x"}}, signers...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(spec))
	f.Fuzz(func(t *testing.T, data []byte) {
		if cp, err := ledger.ParseCheckpoint(data); err == nil && cp.Size < 0 {
			t.Fatalf("ParseCheckpoint(%q) = %+v", data, cp)
		}
		cp, err := ledger.OpenCheckpoint(data, known(t, public))
		if err != nil {
			return
		}
		again, err := ledger.SignCheckpoint(cp, own)
		if err != nil || !bytes.HasPrefix(data, again[:bytes.Index(again, []byte("\n\n"))+2]) || !bytes.Contains(data, again[bytes.Index(again, []byte("\n\n"))+2:]) {
			t.Fatalf("%q opens, and is signed as %q, %v", data, again, err)
		}
	})
}
