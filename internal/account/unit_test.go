package account

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/seal"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// TestTOTPVectors are the test vectors of RFC 6238 appendix B, at six digits.
func TestTOTPVectors(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode(secret, unix/totpPeriod); got != want {
			t.Errorf("code at %d = %s, want %s", unix, got, want)
		}
	}
}

func TestTOTPStep(t *testing.T) {
	t.Parallel()
	secret := []byte("12345678901234567890")
	now := time.Unix(1234567890, 0)
	step := now.Unix() / totpPeriod
	for _, tt := range []struct {
		name string
		code string
		used int64
		want int64
	}{
		{"the present step", totpCode(secret, step), 0, step},
		{"one step late", totpCode(secret, step-1), 0, step - 1},
		{"one step early", totpCode(secret, step+1), 0, step + 1},
		{"two steps late", totpCode(secret, step-2), 0, 0},
		{"two steps early", totpCode(secret, step+2), 0, 0},
		{"a step that was used", totpCode(secret, step), step, 0},
		{"a step before one that was used", totpCode(secret, step-1), step, 0},
		{"a step after one that was used", totpCode(secret, step+1), step, step + 1},
		{"no code", "", 0, 0},
		{"a code with a digit too many", totpCode(secret, step) + "0", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := totpStep(secret, tt.code, now, tt.used)
			if got != tt.want || ok != (tt.want != 0) {
				t.Errorf("totpStep = %d %v, want %d", got, ok, tt.want)
			}
		})
	}
}

func TestTOTPURI(t *testing.T) {
	t.Parallel()
	got := totpURI("Draw bridge/x", "ann+a@drawbridge.example", []byte("12345678901234567890"))
	const want = "otpauth://totp/Draw%20bridge/x:ann+a@drawbridge.example?algorithm=SHA1&digits=6&issuer=Draw%20bridge%2Fx&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got != want {
		t.Errorf("totpURI = %s\n want %s", got, want)
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	l := newLimiter(3, time.Minute)
	now := noon
	for range 3 {
		if wait := l.take("a", now); wait != 0 {
			t.Fatalf("take = %s, want none to wait", wait)
		}
	}
	if wait := l.take("a", now); wait != time.Minute {
		t.Errorf("take of an empty bucket = %s, want a minute", wait)
	}
	if wait := l.take("b", now); wait != 0 {
		t.Errorf("another key waits %s", wait)
	}
	if wait := l.take("a", now.Add(45*time.Second)); wait != 15*time.Second {
		t.Errorf("take after 45 s = %s, want 15 s", wait)
	}
	if wait := l.take("a", now.Add(-time.Hour)); wait == 0 {
		t.Error("a clock that jumps back filled the bucket")
	}
	if wait := l.take("a", now.Add(-time.Hour+time.Minute)); wait != 0 {
		t.Errorf("a minute later on the new clock: %s, want none to wait", wait)
	}
	l.giveBack("a", now)
	l.giveBack("never seen", now)
	for range 9 {
		l.giveBack("b", now)
	}
	for range 3 {
		l.take("b", now)
	}
	if wait := l.take("b", now); wait == 0 {
		t.Error("giving back filled a bucket beyond its size")
	}
}

func TestLimiterIsBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter(3, time.Minute)
	for range 3 {
		l.take("victim", noon)
	}
	for i := range maxBuckets + 500 {
		l.take(fmt.Sprint("flood", i), noon)
	}
	if n := len(l.buckets); n > maxBuckets {
		t.Errorf("%d buckets, want at most %d", n, maxBuckets)
	}
	if wait := l.take("victim", noon); wait == 0 {
		t.Error("a flood of names made the limiter forget the one under attack")
	}
	l.take("later", noon.Add(time.Hour))
	if n := len(l.buckets); n > 2 {
		t.Errorf("%d buckets after an hour, want those that are full again forgotten", n)
	}
}

func TestRemoteKey(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]string{
		"": "", "192.0.2.7:4711": "192.0.2.7", "192.0.2.7": "192.0.2.7", "[::ffff:192.0.2.7]:80": "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64", "2001:db8:1:2::9%eth0": "2001:db8:1:2::/64",
		"@": "@", strings.Repeat("x", 100): strings.Repeat("x", 64),
	} {
		if got := remoteKey(remote); got != want {
			t.Errorf("remoteKey(%q) = %q, want %q", remote, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	if got := RetryAfter(limited("x", 1500*time.Millisecond)); got != 2*time.Second {
		t.Errorf("RetryAfter = %s, want 2s", got)
	}
	if got := RetryAfter(errWrong()); got != 0 {
		t.Errorf("RetryAfter of another error = %s", got)
	}
}

// TestHashQueue shows that few hashes run at once, and that too many who wait
// are sent away instead of kept.
func TestHashQueue(t *testing.T) {
	t.Parallel()
	h := newHasher(params{memory: 8, time: 1, threads: 1})
	running, release := make(chan struct{}, 1000), make(chan struct{})
	h.derive = func([]byte, []byte, uint32, uint32, uint8, uint32) []byte {
		running <- struct{}{}
		<-release
		return make([]byte, tagSize)
	}
	results := make(chan error, hashQueue)
	for range hashQueue {
		go func() {
			_, err := h.hash(t.Context(), seal.Hide("x"))
			results <- err
		}()
	}
	for range hashSlots {
		<-running
	}
	for len(h.queue) < hashQueue {
		runtime.Gosched()
	}
	if _, err := h.hash(t.Context(), seal.Hide("x")); drawbridge.KindOf(err) != drawbridge.Limited || RetryAfter(err) == 0 {
		t.Errorf("one too many: %v, want limited", err)
	}
	if n := len(running); n != 0 {
		t.Errorf("%d hashes more than %d run at once", n, hashSlots)
	}
	close(release)
	for range hashQueue {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, password string
		want           drawbridge.Kind
	}{
		{"long enough", "correct horse", ""},
		{"twelve letters of two bytes", strings.Repeat("é", 12), ""},
		{"eleven letters of two bytes", strings.Repeat("é", 11), drawbridge.Invalid},
		{"empty", "", drawbridge.Invalid},
		{"the longest", strings.Repeat("x", 1024), ""},
		{"too long", strings.Repeat("x", 1025), drawbridge.TooLarge},
		{"not UTF-8", "correct horse\xff", drawbridge.Invalid},
		{"the address", "Ann.Example.Person@drawbridge.example", drawbridge.Invalid},
		{"the address before the at", "ANN.example.person", drawbridge.Invalid},
		{"the name", "ann example of persons", drawbridge.Invalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := checkPassword(seal.Hide(tt.password), "ann.example.person@drawbridge.example", "Ann Example of Persons")
			if tt.want == "" && err != nil || tt.want != "" && drawbridge.KindOf(err) != tt.want || strings.Contains(fmt.Sprint(err), tt.password) && tt.password != "" {
				t.Errorf("checkPassword = %v, want %q", err, tt.want)
			}
		})
	}
}

// TestPresent holds the costs to the first choice of the OWASP cheat sheet, and
// the kept form to the PHC string format.
func TestPresent(t *testing.T) {
	t.Parallel()
	kept, err := newHasher(present).hash(t.Context(), seal.Hide("correct horse"))
	if err != nil || !strings.HasPrefix(kept, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Fatalf("hash = %s %v", kept, err)
	}
	for _, tt := range []struct {
		password, kept string
		want           bool
	}{{"correct horse", kept, true}, {"correct Horse", kept, false}, {"", kept, false}, {"correct horse", "", false}} {
		got, old, err := newHasher(present).check(t.Context(), seal.Hide(tt.password), tt.kept)
		if got != tt.want || old || err != nil {
			t.Errorf("check(%q) = %v %v %v, want %v", tt.password, got, old, err, tt.want)
		}
	}
}

func FuzzReadPHC(f *testing.F) {
	f.Add(phc(present, make([]byte, saltSize), make([]byte, tagSize)))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=0,t=0,p=0$$")
	f.Add("$argon2i$v=19$m=8,t=1$x$y")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, tag, err := readPHC(s)
		if err != nil {
			return
		}
		if phc(p, salt, tag) != s {
			t.Errorf("%q reads as another", s)
		}
		if p.memory == 0 || p.time == 0 || p.threads == 0 || p.memory > 1<<20 || p.time > 16 || p.threads > 16 {
			t.Errorf("%q costs %+v", s, p)
		}
	})
}

func FuzzReadSecret(f *testing.F) {
	secret, _ := newSecret(prefixSession)
	f.Add(secret)
	f.Add(secret[:len(secret)-1])
	f.Add(secret[:len(secret)-1] + "\n")
	f.Add("dbt_")
	f.Add(strings.Repeat("dbm_", 1000))
	f.Fuzz(func(t *testing.T, s string) {
		prefix, hash, ok := readSecret(seal.Hide(s))
		if ok && (!strings.HasPrefix(s, prefix) || len(s) != 4+43 || hash != hashOf(s)) {
			t.Errorf("%q was taken for a secret", s)
		}
	})
}
