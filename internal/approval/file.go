package approval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/seal"
)

// MaxFile bounds an approval file, in bytes.
const MaxFile = 4 << 20

// Limits on what a file lists.
const (
	maxConditions = 500
	maxSignoffs   = 100
	maxPacks      = 100
)

// Open verifies an approval file by the given verifier keys (name+hash+base64)
// and reads it. A key that travels with the file counts for nothing.
func Open(data []byte, keys []string) (*Approval, error) {
	if len(data) > MaxFile {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "the approval file is larger than %d bytes", MaxFile)
	}
	if len(keys) == 0 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "an approval needs a key to be verified by; give the one of the server that signed it")
	}
	var shape struct {
		Signatures []json.RawMessage `json:"signatures"`
	}
	if err := json.Unmarshal(data, &shape); err == nil && len(shape.Signatures) != 1 {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the approval has %d signatures; exactly one is accepted", len(shape.Signatures))
	}
	payloadType, payload, _, err := seal.VerifyEnvelope(data, keys)
	if err != nil {
		return nil, err
	}
	if payloadType != PayloadType {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "the file holds %.80q, which is no approval", payloadType)
	}
	a := &Approval{}
	if err := exactly(payload, a); err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "approval: %w", err)
	}
	return a, a.check()
}

// exactly reads canonical JSON with no unknown key.
func exactly(data []byte, into any) error {
	if canonical, err := seal.JSON(data); err != nil || !bytes.Equal(canonical, data) {
		return errors.New("it is not canonical JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("it has another shape: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("text follows it")
	}
	return nil
}

// check holds an approval to its form, before it is signed and after it is read.
func (a *Approval) check() error {
	bad := func(format string, args ...any) error {
		return drawbridge.Errorf(drawbridge.Invalid, "approval: "+format, args...)
	}
	switch {
	case a.Version != FileVersion:
		return bad("its version is %.40q; this program reads %s", a.Version, FileVersion)
	case !a.Outcome.Decided():
		return bad("%.40q is no outcome of a decision", a.Outcome)
	case seal.Digest(a.Manifest) != a.Material:
		return bad("the manifest in it does not have the digest %.80s", a.Material)
	case len(a.Conditions) > maxConditions || len(a.Signoffs) > maxSignoffs || len(a.Packs) > maxPacks:
		return bad("it lists more than %d conditions, %d sign-offs or %d packs", maxConditions, maxSignoffs, maxPacks)
	case a.NotBefore.IsZero():
		return bad("it does not say from when it holds")
	}
	if _, err := drawbridge.ParseDate(string(a.Until)); err != nil {
		return bad("its last day: %w", err)
	}
	b, err := manifest.FromView(a.Manifest)
	if err != nil {
		return bad("%w", err)
	}
	if b.Integration.ID != a.Integration || b.Integration.Environment != a.Environment {
		return bad("it is for %.80s (%.20s), and the manifest in it for %.80s (%.20s)", a.Integration, a.Environment, b.Integration.ID, b.Integration.Environment)
	}
	return nil
}

// Covers answers whether the approval covers a manifest at a time: the very one
// that was decided, or a narrowing of it.
func (a *Approval) Covers(b *manifest.Bundle, asOf time.Time) (Answer, error) {
	digest, err := manifest.ContentDigest(b)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{
		Digest: digest, Decided: a.Content, Decision: a.Decision, Review: a.Review, Tier: a.Tier, NotBefore: a.NotBefore, Until: a.Until,
		Conditions: append([]Condition{}, a.Conditions...), Differences: []Difference{}, Reasons: []string{},
	}
	if b.Integration.ID != a.Integration || b.Integration.Environment != a.Environment {
		return out.say(Unknown, "The approval is for %s (%s), not for %s (%s).", a.Integration, a.Environment, b.Integration.ID, b.Integration.Environment), nil
	}
	if digest != a.Content {
		view, err := manifest.Material(b)
		if err != nil {
			return Answer{}, err
		}
		d := &differ{}
		if err := d.manifest(a.Manifest, view.JSON); err != nil {
			return Answer{}, err
		}
		out.Differences = append(out.Differences, d.out...)
	}
	return out.Judge(a.Outcome, asOf), nil
}

// Judge sets the status of an answer from what it holds and the outcome of the
// decision. The server and the file answer by it alike.
func (x Answer) Judge(outcome drawbridge.ReviewState, asOf time.Time) Answer {
	switch {
	case outcome == drawbridge.Rejected:
		return x.say(Rejected, "The decision %s was no.", x.Decision)
	case outcome == drawbridge.Deferred:
		return x.say(Deferred, "The decision %s put it off.", x.Decision)
	case !outcome.Decided():
		return x.say(Undecided, "Nobody has decided.")
	case asOf.Before(x.NotBefore):
		return x.say(NotYet, "The approval holds from %s on.", x.NotBefore.UTC().Format("2006-01-02 15:04 MST"))
	case x.Until.Past(asOf):
		return x.say(Expired, "The last day of the approval was %s; the reassessment is due.", x.Until)
	}
	if void := slices.DeleteFunc(slices.Clone(x.Differences), func(d Difference) bool { return !d.Kind.Stale() }); len(void) > 0 {
		x = x.say(StaleApproval, "What was approved is not what is there now. Not covered:")
		for _, d := range void {
			x.Reasons = append(x.Reasons, d.Text)
		}
		return x
	}
	if outcome == drawbridge.ApprovedWithConditions || len(x.Conditions) > 0 {
		return x.say(ApprovedWithConditions, "Approved with %s.", drawbridge.Count(len(x.Conditions), "open condition", "open conditions"))
	}
	return x.say(Approved, "Approved until %s.", x.Until)
}

// halts is what an integration says no by, whatever was decided about it, and what
// to do next.
var halts = map[drawbridge.IntegrationState]string{
	drawbridge.Suspended: "The integration is suspended. drawbridge integration life tells what resuming it waits for.",
	drawbridge.Exiting:   "The integration is being left, and nothing of it goes live any more. Ask for a new one with drawbridge review intake.",
	drawbridge.Retired:   "The integration was retired. Ask for a new one with drawbridge review intake.",
}

// In answers no for an integration that is out of use. What else keeps it from a
// yes stays among the reasons.
func (x Answer) In(state drawbridge.IntegrationState) Answer {
	why, halted := halts[state]
	if !halted {
		return x
	}
	if x.Status.OK() {
		x.Reasons = nil
	}
	x.Status, x.Reasons = Status(state), append([]string{why}, x.Reasons...)
	return x
}

func (x Answer) say(status Status, format string, args ...any) Answer {
	x.Status, x.Reasons = status, append(slices.Clone(x.Reasons), fmt.Sprintf(format, args...))
	return x
}
