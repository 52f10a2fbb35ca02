package account

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238 as authenticator apps have it; HMAC does not need collision resistance
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// TOTP by RFC 6238: SHA-1, 30 seconds, 6 digits, as every authenticator app has it.
const (
	totpPeriod = 30
	totpDigits = 6
	totpDrift  = 1  // steps to either side
	totpSecret = 20 // bytes, RFC 4226 section 4
)

var totpBase32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// totpCode is the code of one step (RFC 4226 section 5.3).
func totpCode(secret []byte, step int64) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step))) //nolint:gosec // RFC 6238: an unsigned counter of eight bytes
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", totpDigits, n%1_000_000)
}

// totpStep finds the step whose code it is, among those around now that come
// after the last one used.
func totpStep(secret []byte, code string, now time.Time, used int64) (int64, bool) {
	present, found := now.Unix()/totpPeriod, int64(0)
	for step := present - totpDrift; step <= present+totpDrift; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 && step > used && found == 0 {
			found = step
		}
	}
	return found, found > 0
}

// totpURI is what an authenticator app reads from a QR code.
func totpURI(origin, email string, secret []byte) string {
	q := url.Values{
		"secret": {totpBase32.EncodeToString(secret)}, "issuer": {origin},
		"algorithm": {"SHA1"}, "digits": {fmt.Sprint(totpDigits)}, "period": {fmt.Sprint(totpPeriod)},
	}
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + origin + ":" + email, RawQuery: strings.ReplaceAll(q.Encode(), "+", "%20")}
	return u.String()
}
