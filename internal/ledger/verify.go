package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxDifferences is how many differences a report lists; the rest are counted.
const MaxDifferences = 100

// Difference is one thing that is not as the log's owner signed it.
type Difference struct {
	Seq  int64  `json:"seq"` // the entry's place in the file; -1 for the file as a whole
	What string `json:"what"`
}

// Report is the outcome of a verification.
type Report struct {
	OK          bool         `json:"ok"`
	Origin      string       `json:"origin"`
	Size        int64        `json:"size"`    // entries in the file
	Root        tlog.Hash    `json:"root"`    // their root, as far as they could be read
	KeyID       string       `json:"key_id"`  // the key that signed the checkpoint
	Trusted     bool         `json:"trusted"` // a key that the reader gave vouches for it; else it is only the file's word
	Anchored    bool         `json:"anchored"`
	Erased      int64        `json:"erased"`      // details that are gone and said to be
	Differences []Difference `json:"differences"` // the first MaxDifferences
	More        int64        `json:"more"`        // differences beyond these
	Notes       []string     `json:"notes"`
}

// Verify reads an exported log once and says whether it is whole and as its
// owner signed it. Beside one line it keeps two bits for each entry. The error
// tells of trouble with reading or with trust; what is wrong with the log is in
// the report. progress may be nil.
func Verify(ctx context.Context, r io.Reader, trust Trust, progress func(n int64)) (Report, error) {
	if err := trust.check(); err != nil {
		return Report{}, err
	}
	v := &verifier{trust: trust, report: Report{Differences: []Difference{}, Notes: []string{}}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, MaxLine)
	lines.Split(wholeLine)
	for n := int64(0); !v.stop && lines.Scan(); n++ {
		if n%1024 == 0 {
			if err := ctx.Err(); err != nil {
				return Report{}, err
			}
			if progress != nil {
				progress(v.report.Size)
			}
		}
		v.line(n, lines.Bytes())
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		v.differ(v.report.Size, "the line is longer than %d bytes", MaxLine)
	case err != nil:
		return Report{}, fmt.Errorf("read the log: %w", err)
	}
	v.finish()
	return v.report, nil
}

// wholeLine splits into lines and leaves them their end, so that a line that
// was cut short can be told.
func wholeLine(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i+1], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// verifier is the state between two lines.
type verifier struct {
	trust  Trust
	report Report
	header Header
	chain  []string // the keys so far, a beginning of those of the header
	tree   peaks
	broken bool // an entry could not be read or placed: the root tells nothing any more
	closed bool // the checkpoint was read
	stop   bool

	missing, held bitset // details that are not here, and that are
	last          time.Time
	jumps, kept   tally
	handovers     tally // changes of the key whose proof is not in the file
}

// tally counts what gets one note in all.
type tally struct{ count, first int64 }

func (t *tally) add(seq int64) {
	if t.count == 0 {
		t.first = seq
	}
	t.count++
}

func (v *verifier) differ(seq int64, format string, args ...any) {
	if len(v.report.Differences) >= MaxDifferences {
		v.report.More++
		return
	}
	v.report.Differences = append(v.report.Differences, Difference{seq, fmt.Sprintf(format, args...)})
}

func (v *verifier) line(n int64, line []byte) {
	line, whole := bytes.CutSuffix(line, []byte("\n"))
	switch {
	case v.closed:
		v.differ(-1, "something follows the checkpoint, which is the last line")
		v.stop = true
	case !whole:
		v.differ(v.report.Size, "the file ends in the middle of a line")
		v.stop = true
	case n == 0:
		v.open(line)
	case bytes.HasPrefix(line, []byte(noteSeam)):
		v.closed = true
		v.checkpoint(line)
	default:
		v.entry(line)
	}
}

func (v *verifier) open(line []byte) {
	err := json.Unmarshal(line, &v.header)
	if err == nil {
		err = v.header.check()
	}
	if err == nil {
		if again, _ := json.Marshal(v.header); !bytes.Equal(again, line) {
			err = errLine
		}
	}
	if err != nil {
		v.differ(-1, "the first line is not the header of an exported log: %v", err)
		v.stop = true
		return
	}
	v.report.Origin = v.header.Origin
	v.chain = v.header.Keys[:1:1]
	if a := v.trust.Anchor; a != nil && a.Origin != v.header.Origin {
		v.differ(-1, "the checkpoint that you kept is of the log %s, this is %s", a.Origin, v.header.Origin)
	}
	v.anchor()
}

func (v *verifier) entry(line []byte) {
	seq := v.report.Size
	v.report.Size++
	raw, detail, salt, err := cutLine(line)
	var e Entry
	if err == nil {
		e, err = Decode(raw)
	}
	if err != nil {
		v.differ(seq, "%v", err)
		v.broken = true
		return
	}
	if e.Seq != seq {
		v.differ(seq, "entry %d stands where entry %d belongs", e.Seq, seq)
		v.broken = true
		if e.Seq > seq && e.Seq-seq < 1<<32 {
			v.report.Size = e.Seq + 1 // go on from there, so that one gap is told once
		}
	}
	if e.At.Before(v.last) {
		v.jumps.add(e.Seq)
	}
	v.last = e.At
	good := v.detail(e, detail, salt)
	if e.Action == RotateAction {
		v.rotate(e, detail, good)
	}
	v.erasures(e)
	v.tree.add(Hash(raw))
	v.anchor()
}

// detail holds an entry's detail to its commitment, and reports whether it is here and right.
func (v *verifier) detail(e Entry, detail, salt []byte) bool {
	switch {
	case salt == nil && e.Detail == "":
	case salt == nil:
		if !v.broken {
			v.missing.set(e.Seq)
		}
	case e.Detail == "":
		v.differ(e.Seq, "it has a detail to which it does not commit")
	case !CheckCommit(e.Detail, salt, detail):
		v.differ(e.Seq, "its detail was changed: it does not match the commitment")
	default:
		if !v.broken {
			v.held.set(e.Seq)
		}
		return true
	}
	return false
}

func (v *verifier) rotate(e Entry, detail []byte, good bool) {
	if !good {
		v.handovers.add(e.Seq)
		return
	}
	next, err := v.trust.handover(detail, v.chain[len(v.chain)-1], v.header.Origin)
	switch {
	case err == nil && next == "": // another kind of key
	case err != nil:
		v.differ(e.Seq, "the change of the key cannot be believed: %v", err)
	case len(v.chain) == len(v.header.Keys) || next != v.header.Keys[len(v.chain)]:
		v.differ(e.Seq, "the key is changed to one that the header does not list next")
	default:
		v.chain = append(v.chain, next)
	}
}

// erasures notes the details that this entry says are gone.
func (v *verifier) erasures(e Entry) {
	for _, c := range e.Changes {
		if c.Kind != DetailKind || c.Op != Erase {
			continue
		}
		seq, err := strconv.ParseInt(c.ID, 10, 64)
		switch {
		case err != nil || seq < 0 || seq >= e.Seq || strconv.FormatInt(seq, 10) != c.ID:
			v.differ(e.Seq, "it erases the detail of %q, which is no earlier entry", c.ID)
		case v.missing.has(seq):
			v.missing.clear(seq)
			v.report.Erased++
		case v.held.has(seq):
			v.held.clear(seq)
			v.kept.add(seq)
		}
	}
}

// anchor compares with the checkpoint that the reader kept, at its size.
func (v *verifier) anchor() {
	a := v.trust.Anchor
	if a == nil || v.broken || v.tree.size != a.Size {
		return
	}
	if v.tree.root() != a.Root {
		v.differ(-1, "the first %d entries are not those of the checkpoint that you kept: history was rewritten", a.Size)
		return
	}
	v.report.Anchored = a.Origin == v.header.Origin
}

func (v *verifier) checkpoint(line []byte) {
	var doc struct {
		Checkpoint string `json:"checkpoint"`
	}
	if err := json.Unmarshal(line, &doc); err != nil || !bytes.Equal(appendCheckpoint(nil, []byte(doc.Checkpoint)), line) {
		v.differ(-1, "the last line: %v", errLine)
		return
	}
	signer, err := ParseKey(v.chain[len(v.chain)-1])
	if err != nil {
		v.differ(-1, "%v", err)
		return
	}
	if len(v.chain) != len(v.header.Keys) {
		v.differ(-1, "the header lists %d keys, the entries lead to %d of them", len(v.header.Keys), len(v.chain))
		if v.handovers.count > 0 {
			v.differ(v.handovers.first, "the key may have been changed here, and the proof of that is not in the file")
		}
	}
	v.report.KeyID = keyID(signer.Name(), signer.KeyHash())
	cp, err := OpenCheckpoint([]byte(doc.Checkpoint), note.VerifierList(signer))
	switch {
	case err != nil:
		v.differ(-1, "%v", err)
		return
	case cp.Size != v.report.Size:
		v.differ(-1, "the checkpoint was signed for %d entries, the file has %d", cp.Size, v.report.Size)
	case !v.broken && cp.Root != v.tree.root():
		v.differ(-1, "the entries are not those that were signed: at least one was changed")
	}
	v.report.Trusted = v.trust.vouches(v.chain)
	if len(v.trust.Keys) > 0 && !v.report.Trusted {
		v.differ(-1, "%s", v.trust.unknownKey(signer))
	}
}

// finish tells what only the end of the file shows.
func (v *verifier) finish() {
	r := &v.report
	r.Root = v.tree.root()
	if v.header.Origin == "" {
		if len(r.Differences) == 0 {
			v.differ(-1, "the file is empty")
		}
		return
	}
	if !v.closed {
		v.differ(-1, "the checkpoint is missing: the end of the file is gone")
	}
	if a := v.trust.Anchor; a != nil && a.Size > r.Size {
		v.differ(-1, "the checkpoint that you kept is of %d entries, the file has %d: the log was rolled back", a.Size, r.Size)
	}
	for from, to := range v.missing.runs() {
		which := fmt.Sprintf("the details of the entries %d to %d are", from, to-1)
		if to == from+1 {
			which = "its detail is"
		}
		v.differ(from, "%s missing, and no later entry says so", which)
	}
	r.OK = len(r.Differences) == 0
	v.notes()
}

func (v *verifier) notes() {
	r := &v.report
	if len(v.trust.Keys) == 0 {
		r.Notes = append(r.Notes, "no key was given: the key is the file's own word, and whoever made up the file could have made up the key too")
	}
	if v.trust.Anchor == nil {
		r.Notes = append(r.Notes, "no earlier checkpoint was given: that the key's holder has not rewritten history cannot be told")
	}
	if v.broken {
		r.Notes = append(r.Notes, "some entries could not be read or placed, so the root was not compared")
	}
	if v.jumps.count > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("times that the server's clock went backwards: %d, first at entry %d", v.jumps.count, v.jumps.first))
	}
	if v.kept.count > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("details that were erased and are in this file all the same: %d, first that of entry %d", v.kept.count, v.kept.first))
	}
}
