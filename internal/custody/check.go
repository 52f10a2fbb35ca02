package custody

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/action"
	"drawbridge/internal/ledger"
	"drawbridge/internal/store"
)

// CheckOptions say how thorough a check is.
type CheckOptions struct {
	Quick    bool // the files are only looked for, not read
	Progress func(part string, done, all int64)
}

// Difference is one thing that the ledger does not account for.
type Difference struct {
	Kind string `json:"kind"` // ledger, tree, index, blob, or a kind of record
	ID   string `json:"id"`
	What string `json:"what"`
}

// CheckReport is the outcome of a check.
type CheckReport struct {
	OK          bool         `json:"ok"`
	Entries     int64        `json:"entries"`
	Rows        int64        `json:"rows"`
	Files       int64        `json:"files"`
	Root        string       `json:"root"` // of the ledger, base64
	Differences []Difference `json:"differences"`
	More        int64        `json:"more"`    // differences beyond the first that are listed
	Orphans     []string     `json:"orphans"` // files that nothing names: left by a crash, harmless
}

// maxDifferences is how many differences a report lists; the rest are counted.
const maxDifferences = 1000

// young is how long a file that nothing names may belong to an act that is under way.
const young = time.Hour

// Check compares state, files and ledger, as of one moment, and names each
// difference. Nothing is changed.
func (d *Desk) Check(ctx context.Context, actor access.Actor, opt CheckOptions) (CheckReport, error) {
	c := &checker{desk: d, opt: opt, report: CheckReport{Differences: []Difference{}, Orphans: []string{}}}
	if opt.Progress == nil {
		c.opt.Progress = func(string, int64, int64) {}
	}
	err := d.door.View(ctx, action.Act{Actor: actor, Action: access.LogRead, Object: theLog}, func(tx *store.Tx) error {
		c.tx = tx
		for _, step := range []func(context.Context) error{c.ledger, c.tree, c.rows, c.findings, c.files} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	c.report.OK = len(c.report.Differences) == 0
	return c.report, err
}

type checker struct {
	desk   *Desk
	opt    CheckOptions
	tx     *store.Tx
	report CheckReport
}

func (c *checker) differ(kind, id, format string, args ...any) {
	if len(c.report.Differences) >= maxDifferences {
		c.report.More++
		return
	}
	c.report.Differences = append(c.report.Differences, Difference{kind, id, fmt.Sprintf(format, args...)})
}

// ledger verifies the ledger as somebody would to whom it was exported.
func (c *checker) ledger(ctx context.Context) error {
	size, note, err := c.tx.Head()
	if err != nil {
		return err
	}
	if size == 0 {
		leaves, err := c.tx.Leaves(0, 1)
		if err == nil && (len(leaves) > 0 || note != "") {
			c.differ("ledger", "head", "the head is missing or empty, and there are entries")
		}
		return err
	}
	if beyond, err := c.tx.Leaves(size, 1); err != nil {
		return err
	} else if len(beyond) > 0 {
		c.differ("ledger", fmt.Sprint(beyond[0].Seq), "the entry lies beyond the signed head of %d entries", size)
	}
	r, w := io.Pipe()
	exported := make(chan error, 1)
	go func() {
		err := export(ctx, c.tx, c.desk.door.Keys(), w, func(done, all int64) { c.opt.Progress("ledger", done, all) })
		w.CloseWithError(err)
		exported <- err
	}()
	keys := c.desk.door.Keys().VerifierKeys()
	report, err := ledger.Verify(ctx, r, ledger.Trust{Keys: keys, Rotation: Handover}, nil)
	_ = r.CloseWithError(err) // lets the export end when the verification gave up
	if bad := <-exported; bad != nil && ctx.Err() == nil {
		c.differ("ledger", "", "it cannot be exported whole: %v", bad)
		return nil
	}
	if err != nil {
		return err
	}
	c.report.Entries, c.report.Root = report.Size, report.Root.String()
	for _, x := range report.Differences {
		id := ""
		if x.Seq >= 0 {
			id = fmt.Sprint(x.Seq)
		}
		c.differ("ledger", id, "%s", x.What)
	}
	c.report.More += report.More
	return ctx.Err()
}

// tree recomputes the stored hashes and the index from the entries, since rows
// are compared by the index and proofs are made from the hashes.
func (c *checker) tree(ctx context.Context) error {
	size, _, err := c.tx.Head()
	if err != nil {
		return err
	}
	var peaks []tlog.Hash // of the full subtrees so far, largest first
	for at := int64(0); at < size; at += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.opt.Progress("tree", at, size)
		below := min(at+batch, size)
		leaves, err := c.tx.Leaves(at, int(below-at))
		if err != nil {
			return err
		}
		stored, err := c.tx.StoredHashes(tlog.StoredHashIndex(0, at), tlog.StoredHashIndex(0, below))
		if err != nil {
			return err
		}
		for _, l := range leaves {
			peaks = c.hashes(l, peaks, stored)
		}
		if err := c.index(leaves, at, below); err != nil {
			return err
		}
	}
	return nil
}

// hashes compares the hashes that one leaf completes.
func (c *checker) hashes(l store.Leaf, peaks []tlog.Hash, stored map[int64]tlog.Hash) []tlog.Hash {
	h := ledger.Hash(l.Data)
	for level := 0; ; level++ {
		idx := tlog.StoredHashIndex(level, l.Seq>>level)
		if stored[idx] != h {
			c.differ("tree", fmt.Sprint(idx), "the stored hash is not that of the entries below it")
		}
		if l.Seq>>level&1 == 0 || len(peaks) == 0 {
			return append(peaks, h)
		}
		h = tlog.NodeHash(peaks[len(peaks)-1], h)
		peaks = peaks[:len(peaks)-1]
	}
}

// index compares what the index says of a range of entries with what they say.
func (c *checker) index(leaves []store.Leaf, from, below int64) error {
	lines, err := c.tx.Subjects(from, below)
	if err != nil {
		return err
	}
	have := map[store.Subject]bool{}
	for _, s := range lines {
		have[s] = true
	}
	for _, l := range leaves {
		e, err := ledger.Decode(l.Data)
		if err != nil {
			continue // told by the ledger's own check
		}
		last := map[[2]string]string{}
		for _, x := range e.Changes {
			last[[2]string{x.Kind, x.ID}] = x.After
		}
		for k, sum := range last {
			s := store.Subject{Seq: l.Seq, Kind: k[0], ID: k[1], Sum: sum}
			if !have[s] {
				c.differ("index", fmt.Sprint(l.Seq), "the index does not say what the entry says of %s %s", k[0], k[1])
			}
			delete(have, s)
		}
	}
	for s := range have {
		c.differ("index", fmt.Sprint(s.Seq), "the index says of %s %s what the entry does not", s.Kind, s.ID)
	}
	return nil
}

// rows compares every row of every kind with the last entry about it.
func (c *checker) rows(ctx context.Context) error {
	for _, kind := range store.Kinds() {
		for after := ""; ; {
			if err := ctx.Err(); err != nil {
				return err
			}
			rows, err := c.tx.Digests(kind, after, batch)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			if err := c.compare(kind, rows); err != nil {
				return err
			}
			c.report.Rows += int64(len(rows))
			c.opt.Progress("rows", c.report.Rows, 0)
			after = rows[len(rows)-1].ID
		}
		if err := c.missing(ctx, kind); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) compare(kind string, rows []store.Digest) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	last, err := c.tx.LastDigestsOf(kind, ids)
	if err != nil {
		return err
	}
	for _, r := range rows {
		switch want, known := last[r.ID]; {
		case !known:
			c.differ(kind, r.ID, "the row was written behind the record's back: no entry of the ledger made it")
		case want == "":
			c.differ(kind, r.ID, "the row is there, and the ledger says that it was deleted")
		case want != r.Sum:
			c.differ(kind, r.ID, "the row was changed behind the record's back: it is not as the ledger's last entry left it")
		}
	}
	return nil
}

// missing looks for rows that the ledger knows and the database does not.
func (c *checker) missing(ctx context.Context, kind string) error {
	for after := ""; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		last, err := c.tx.LastDigests(kind, after, batch)
		if err != nil {
			return err
		}
		if len(last) == 0 {
			return nil
		}
		var ids []string
		for _, l := range last {
			if l.Sum != "" {
				ids = append(ids, l.ID)
			}
		}
		have, err := c.tx.Existing(kind, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if !have[id] {
				c.differ(kind, id, "the row is gone, and the ledger does not say that it was deleted")
			}
		}
		after = last[len(last)-1].ID
	}
}

// findings compares the rows of findings with the digest that their assessment holds.
func (c *checker) findings(ctx context.Context) error {
	for after := drawbridge.AssessmentID(""); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		list, err := c.tx.AssessmentsWithFindings(after, batch)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return nil
		}
		for _, a := range list {
			after = a
			record, err := c.tx.Assessment(a)
			if drawbridge.KindOf(err) == drawbridge.NotFound {
				c.differ("finding", string(a), "there are findings of an assessment that is not there")
				continue
			}
			if err != nil {
				return err
			}
			sum, err := c.tx.FindingsDigest(a)
			if err != nil {
				return err
			}
			if sum != record.FindingsSum {
				c.differ("finding", string(a), "the findings of the assessment were changed behind the record's back")
			}
		}
	}
}

// files looks for the content of every record of a file, and for files that no record names.
func (c *checker) files(ctx context.Context) error {
	blobs := c.desk.door.Store().Blobs()
	for after := ""; ; {
		list, err := c.tx.BlobsAfter(after, batch)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			break
		}
		for _, b := range list {
			if err := ctx.Err(); err != nil {
				return err
			}
			after = b.ID
			c.report.Files++
			c.opt.Progress("files", c.report.Files, 0)
			if what := c.file(b, blobs); what != "" {
				c.differ("blob", b.ID, "%s", what)
			}
		}
	}
	return c.desk.orphans(ctx, c.tx, func(rel string) { c.report.Orphans = append(c.report.Orphans, rel) })
}

// file says what is wrong with the content of a record, if anything.
func (c *checker) file(b store.Blob, blobs *store.Blobs) string {
	if c.opt.Quick {
		path, err := blobs.Path(b.ID)
		if err != nil {
			return "its digest cannot be read"
		}
		if _, err := os.Stat(path); err != nil {
			return "the file is missing"
		}
		return ""
	}
	r, err := blobs.Open(b.ID, c.desk.door.Keys())
	if drawbridge.KindOf(err) == drawbridge.NotFound {
		return "the file is missing"
	}
	if err != nil {
		return "the file cannot be opened: it was changed, or its key is missing"
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	switch {
	case err != nil:
		return "the content is not what its digest says: it was changed, or is cut short"
	case n != b.Size:
		return fmt.Sprintf("the content has %d bytes, and the record says %d", n, b.Size)
	}
	return ""
}
