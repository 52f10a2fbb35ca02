package store

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/testkit"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)

func openAt(tb testing.TB, dir, url string) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), Options{Dir: dir, Database: url})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// eachTable runs a test for each kind of record, on both databases.
func eachTable(t *testing.T, test func(t *testing.T, s *Store, k kind)) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := openAt(t, t.TempDir(), url)
		for _, k := range kinds() {
			t.Run(k.name, func(t *testing.T) { test(t, s, k) })
		}
	})
}

// kind is a table whose type is forgotten, so that one test serves all.
type kind struct {
	name                  string
	columns               []field
	fresh                 func() any
	insert, update, erase func(*Tx, any) error
	remove                func(*Tx, string) error
	get                   func(*Tx, string) (any, error)
	change                func(any, fill) // every field but the identifier and the version
	identify              func(any, string)
	typ                   reflect.Type
}

func kindOf[T any](t *table[T]) kind {
	set := func(rec any, f fill, all bool) {
		v := reflect.ValueOf(rec).Elem()
		for _, c := range t.fields {
			if c.name != "version" && (all || c.name != t.key) {
				f(c.name, v.FieldByIndex(c.index))
			}
		}
	}
	return kind{
		name: t.kind, columns: t.fields, typ: reflect.TypeFor[T](),
		fresh:  func() any { return new(T) },
		insert: func(tx *Tx, r any) error { return t.insert(tx, r.(*T)) },
		update: func(tx *Tx, r any) error { return t.update(tx, r.(*T)) },
		erase:  func(tx *Tx, r any) error { return t.erase(tx, r.(*T)) },
		remove: t.remove,
		get:    func(tx *Tx, id string) (any, error) { return t.get(tx, id) },
		change: func(r any, f fill) { set(r, f, false) },
		identify: func(r any, id string) {
			set(r, func(name string, v reflect.Value) {
				if name == t.key {
					v.SetString(id)
				}
			}, true)
		},
	}
}

func kinds() []kind {
	return []kind{
		kindOf(partners), kindOf(integrations), kindOf(members), kindOf(revisions), kindOf(assessments), kindOf(people),
		kindOf(credentials), kindOf(tokens), kindOf(blobRows), kindOf(webhooks), kindOf(periods), kindOf(holds), kindOf(reviews),
		kindOf(signoffs), kindOf(delegations), kindOf(decisions), kindOf(standings), kindOf(rulings), kindOf(runs), kindOf(inquiries),
		kindOf(answers), kindOf(links), kindOf(evidences), kindOf(threads), kindOf(comments), kindOf(contracts), kindOf(measures),
		kindOf(subprocessors), kindOf(notices), kindOf(profiles), kindOf(conditions), kindOf(exceptions), kindOf(risks),
		kindOf(triggers), kindOf(attestations), kindOf(departures), kindOf(threatReviews), kindOf(footprints),
	}
}

// TestKinds holds the list above to the store's own.
func TestKinds(t *testing.T) {
	t.Parallel()
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	if diff := cmp.Diff(Kinds(), names); diff != "" {
		t.Errorf("the suite does not run for every kind of record (-want +got):\n%s", diff)
	}
}

// fill gives one field of a record a value.
type fill func(name string, v reflect.Value)

// unique are columns of which no two rows may be equal.
var unique = []string{"email", "slug", "hash", "person", "number", "setup"}

// indexed are columns that are looked up. PostgreSQL keeps no long text in an
// index; TestLongKey shows what it answers.
var indexed = []string{
	"slug", "environment", "integration", "person", "partner", "owner", "content", "bundle", "document", "hash", "email", "setup", "subject", "scope",
	"review", "state", "to_person", "role", "until", "inquiry", "question", "visit", "expires", "ends", "name", "thread", "contract", "due", "file", "object",
}

// filled gives every field a value of a family; n makes the unique ones differ.
func filled(values edge, n int64) fill {
	var give fill
	give = func(name string, v reflect.Value) {
		switch x := v.Addr().Interface().(type) {
		case *time.Time:
			*x = values.at
		case *json.RawMessage:
			*x = json.RawMessage(fmt.Sprintf(`{"n":%d,"t":%q}`, n, "x"))
		case *[]byte:
			*x = values.bytes
		default:
			switch v.Kind() {
			case reflect.String:
				v.SetString(values.text)
				if slices.Contains(indexed, name) {
					v.SetString(values.text[:min(len(values.text), 500)])
				}
				if slices.Contains(unique, name) {
					v.SetString(fmt.Sprintf("%s%d", v.String(), n))
				}
			case reflect.Int64:
				v.SetInt(values.whole)
				if slices.Contains(unique, name) {
					v.SetInt(n)
				}
			case reflect.Float64:
				v.SetFloat(values.number)
			case reflect.Bool:
				v.SetBool(values.flag)
			case reflect.Slice:
				list := reflect.MakeSlice(v.Type(), 2, 2)
				for i := range 2 {
					give("", list.Index(i))
				}
				v.Set(list)
			case reflect.Map:
				one := reflect.New(v.Type().Elem()).Elem()
				give("", one)
				v.Set(reflect.MakeMap(v.Type()))
				v.SetMapIndex(reflect.ValueOf("k"), one)
			case reflect.Pointer:
				v.Set(reflect.New(v.Type().Elem()))
				give("", v.Elem())
			case reflect.Struct:
				for _, f := range v.Fields() {
					give("", f)
				}
			default:
				panic("no value for " + name)
			}
		}
	}
	return give
}

// edge is a family of values in which databases differ.
type edge struct {
	name   string
	text   string
	bytes  []byte
	whole  int64
	number float64
	flag   bool
	at     time.Time
}

var edges = []edge{
	{name: "zero"},
	{name: "plain", text: "Ann", bytes: []byte("b"), whole: 7, number: 1.5, flag: true, at: start},
	{name: "empty bytes", text: " ", bytes: []byte{}, at: start.Truncate(time.Second)},
	{name: "nul bytes", text: "a\tb\nc\r", bytes: []byte{0, 0xff, 0}, number: math.Copysign(0, -1), at: time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)},
	{name: "unicode", text: "Żółć 漢字 🙂 e\u0301 é \u200b \u202e \ufeff", bytes: []byte("漢"), at: start.In(time.FixedZone("x", 3600))},
	{name: "like numbers", text: "0123", whole: 1<<53 - 1, number: math.MaxFloat64, at: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
	{name: "small numbers", text: "1e3", whole: -(1<<53 - 1), number: math.SmallestNonzeroFloat64},
	{name: "odd numbers", text: "NULL", whole: -1, number: 0.1 + 0.2},
	{name: "quotes", text: `'"\;--?$1%_{}`, bytes: []byte(`\x00`)},
	{name: "long", text: strings.Repeat("long ", 10_000), bytes: make([]byte, 100_000)},
}

// same compares records as the store promises to keep them: times in
// microseconds and UTC, nothing and empty alike.
var same = cmp.Options{
	cmpopts.EquateEmpty(),
	cmp.Transformer("time", func(t time.Time) string { return Time(t) }),
	cmpopts.IgnoreFields(drawbridge.Meta{}, "Version"),
}

// TestRoundTrip writes and reads every edge in every column of every kind.
func TestRoundTrip(t *testing.T) {
	eachTable(t, func(t *testing.T, s *Store, k kind) {
		for i, e := range edges {
			id := fmt.Sprintf("id-%d", i)
			rec := k.fresh()
			k.change(rec, filled(e, int64(i)))
			k.identify(rec, id)
			act(t, s, func(tx *Tx) error { return k.insert(tx, rec) })
			check(t, s, k, id, rec, e.name+" after insert", 1)

			other := edges[(i+1)%len(edges)]
			k.change(rec, filled(other, int64(100+i)))
			act(t, s, func(tx *Tx) error { return k.update(tx, rec) })
			check(t, s, k, id, rec, e.name+" after update to "+other.name, 2)

			salt := saltOf(t, s, k, id)
			act(t, s, func(tx *Tx) error { return k.erase(tx, rec) })
			check(t, s, k, id, rec, e.name+" after erase", 3)
			if got := saltOf(t, s, k, id); got == salt {
				t.Errorf("%s: an erasure kept the salt", e.name)
			}
		}
		intact(t, s)
		act(t, s, func(tx *Tx) error { return k.remove(tx, "id-0") })
		err := s.View(t.Context(), func(tx *Tx) error { _, err := k.get(tx, "id-0"); return err })
		if drawbridge.KindOf(err) != drawbridge.NotFound {
			t.Errorf("get after remove = %v, want not_found", err)
		}
		intact(t, s)
	})
}

// check reads a record and compares it.
func check(t *testing.T, s *Store, k kind, id string, want any, when string, version int64) {
	t.Helper()
	var got any
	if err := s.View(t.Context(), func(tx *Tx) (err error) { got, err = k.get(tx, id); return err }); err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("%s (-want +got):\n%.2000s", when, diff)
	}
	if v := reflect.ValueOf(got).Elem().FieldByName("Version").Int(); v != version {
		t.Errorf("%s: version %d, want %d", when, v, version)
	}
}

func saltOf(t *testing.T, s *Store, k kind, id string) string {
	t.Helper()
	var salt []byte
	err := s.View(t.Context(), func(tx *Tx) error { return tx.one([]any{&salt}, "SELECT salt FROM "+k.name+" WHERE id = ?", id) })
	if err != nil || len(salt) != 16 {
		t.Fatalf("salt of %s = %d bytes, %v", id, len(salt), err)
	}
	return string(salt)
}

// act runs one transaction and appends what it changed, as action does.
func act(t *testing.T, s *Store, fn func(*Tx) error) {
	t.Helper()
	if err := tryAct(t, s, fn); err != nil {
		t.Fatal(err)
	}
}

func tryAct(t *testing.T, s *Store, fn func(*Tx) error) error {
	t.Helper()
	return s.Update(t.Context(), func(tx *Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		seq, _, err := tx.Head()
		if err != nil {
			return err
		}
		leaf := fmt.Appendf(nil, "entry %d", seq)
		hashes, err := tlog.StoredHashes(seq, leaf, tx)
		if err != nil {
			return err
		}
		return tx.Append(seq, leaf, hashes, tx.Changes(), fmt.Sprint("note ", seq))
	})
}

// intact holds every row to what the ledger says of it, and the tree to its leaves.
func intact(t *testing.T, s *Store) {
	t.Helper()
	err := s.View(t.Context(), func(tx *Tx) error {
		for _, kind := range Kinds() {
			rows, err := tx.Digests(kind, "", 10_000)
			if err != nil {
				return err
			}
			said, err := tx.LastDigests(kind, "", 10_000)
			if err != nil {
				return err
			}
			said = slices.DeleteFunc(said, func(d Digest) bool { return d.Sum == "" })
			if diff := cmp.Diff(said, rows, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: the rows are not what the ledger says (-ledger +rows):\n%s", kind, diff)
			}
		}
		size, _, err := tx.Head()
		if err != nil {
			return err
		}
		leaves, err := tx.Leaves(0, 10_000)
		if err != nil || int64(len(leaves)) != size {
			return fmt.Errorf("%d leaves, head %d: %w", len(leaves), size, err)
		}
		for _, l := range leaves {
			h, err := tx.ReadHashes([]int64{tlog.StoredHashIndex(0, l.Seq)})
			if err != nil || h[0] != tlog.RecordHash(l.Data) {
				return fmt.Errorf("leaf %d: %w", l.Seq, errors.Join(err, errors.New("its hash differs")))
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestText refuses what only one of the databases would keep.
func TestText(t *testing.T) {
	eachTable(t, func(t *testing.T, s *Store, k kind) {
		for name, text := range map[string]string{"NUL": "a\x00b", "invalid UTF-8": "a\xffb", "half a character": "\xe6\xbc"} {
			rec := k.fresh()
			k.change(rec, filled(edge{text: text}, 1))
			k.identify(rec, "text")
			err := tryAct(t, s, func(tx *Tx) error { return k.insert(tx, rec) })
			if drawbridge.KindOf(err) != drawbridge.Invalid && hasText(k) {
				t.Errorf("%s: insert = %v, want invalid", name, err)
			}
			err = s.View(t.Context(), func(tx *Tx) error { _, err := k.get(tx, text); return err })
			if drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Errorf("%s: get = %v, want invalid", name, err)
			}
		}
		for _, number := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			rec := k.fresh()
			k.change(rec, filled(edge{number: number}, 1))
			k.identify(rec, "number")
			err := tryAct(t, s, func(tx *Tx) error { return k.insert(tx, rec) })
			if hasNumber(k) && err == nil {
				t.Errorf("insert with %v worked", number)
			}
		}
		intact(t, s)
	})
}

func hasText(k kind) bool {
	return slices.ContainsFunc(k.columns, func(f field) bool { return f.name != "id" && k.typ.FieldByIndex(f.index).Type.Kind() == reflect.String })
}

func hasNumber(k kind) bool {
	return slices.ContainsFunc(k.columns, func(f field) bool { return k.typ.FieldByIndex(f.index).Type.Kind() == reflect.Float64 })
}

// TestLongKey shows that a text which is too long to be looked up is refused as
// such where the database refuses it.
func TestLongKey(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := openAt(t, t.TempDir(), url)
		var long strings.Builder
		for i := range 5000 {
			fmt.Fprintf(&long, "%x", sha256.Sum256([]byte{byte(i), byte(i >> 8)}))
		}
		err := tryAct(t, s, func(tx *Tx) error {
			return tx.AddIntegration(&drawbridge.Integration{ID: "int_1", Slug: long.String(), CreatedAt: start, UpdatedAt: start})
		})
		if got := drawbridge.KindOf(err); s.Postgres() && got != drawbridge.TooLarge || !s.Postgres() && err != nil {
			t.Errorf("insert with a key of %d bytes = %v", long.Len(), err)
		}
		intact(t, s)
	})
}

// TestVersions lets nobody overwrite what they have not read.
func TestVersions(t *testing.T) {
	eachTable(t, func(t *testing.T, s *Store, k kind) {
		rec := k.fresh()
		k.change(rec, filled(edges[1], 1))
		k.identify(rec, "v")
		act(t, s, func(tx *Tx) error { return k.insert(tx, rec) })
		var mine, yours any
		err := s.View(t.Context(), func(tx *Tx) (err error) {
			mine, err = k.get(tx, "v")
			if err == nil {
				yours, err = k.get(tx, "v")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		act(t, s, func(tx *Tx) error { return k.update(tx, mine) })
		for name, write := range map[string]func(*Tx, any) error{"update": k.update, "erase": k.erase} {
			if err := tryAct(t, s, func(tx *Tx) error { return write(tx, yours) }); drawbridge.KindOf(err) != drawbridge.Conflict {
				t.Errorf("%s over a newer version = %v, want conflict", name, err)
			}
		}
		if err := tryAct(t, s, func(tx *Tx) error { return k.insert(tx, rec) }); drawbridge.KindOf(err) != drawbridge.Conflict {
			t.Errorf("insert twice = %v, want conflict", err)
		}
		for name, write := range map[string]func(*Tx) error{
			"update": func(tx *Tx) error { none := k.fresh(); k.identify(none, "none"); return k.update(tx, none) },
			"remove": func(tx *Tx) error { return k.remove(tx, "none") },
		} {
			if err := tryAct(t, s, write); drawbridge.KindOf(err) != drawbridge.NotFound {
				t.Errorf("%s of nothing = %v, want not_found", name, err)
			}
		}
		intact(t, s)
	})
}

// TestEdited finds any row whose content was changed behind the record's back.
func TestEdited(t *testing.T) {
	eachTable(t, func(t *testing.T, s *Store, k kind) {
		rec := k.fresh()
		k.change(rec, filled(edges[1], 1))
		k.identify(rec, "e")
		act(t, s, func(tx *Tx) error { return k.insert(tx, rec) })
		sum := func() (d []Digest) {
			err := s.View(t.Context(), func(tx *Tx) (err error) { d, err = tx.Digests(k.name, "", 10); return err })
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		before := sum()
		for _, f := range append(slices.Clone(k.columns), field{name: "salt", form: formBytes}) {
			change := "'7'"
			switch typ := fieldType(k, f); {
			case f.form == formBytes:
				change = `CAST('x' AS BYTEA)`
				if !s.Postgres() {
					change = `x'78'`
				}
			case typ == reflect.Int64 || typ == reflect.Float64:
				change = f.name + " + 1"
			case typ == reflect.Bool:
				change = "NOT " + f.name
			}
			err := s.Update(t.Context(), func(tx *Tx) error {
				if _, err := tx.exec("UPDATE " + k.name + " SET " + f.name + " = " + change); err != nil {
					return err
				}
				after, err := tx.Digests(k.name, "", 10)
				if err == nil && cmp.Equal(before, after) {
					t.Errorf("a changed %s does not show", f.name)
				}
				return errors.Join(err, errTakeBack)
			})
			if !errors.Is(err, errTakeBack) || err.Error() != errTakeBack.Error() {
				t.Errorf("%s: %v", f.name, err)
			}
		}
		if diff := cmp.Diff(before, sum()); diff != "" {
			t.Errorf("something was not taken back:\n%s", diff)
		}
		act(t, s, func(tx *Tx) error { return k.remove(tx, "e") })
	})
}

var errTakeBack = errors.New("take it back")

func fieldType(k kind, f field) reflect.Kind {
	if f.index == nil {
		return reflect.Slice
	}
	return k.typ.FieldByIndex(f.index).Type.Kind()
}

// TestActs makes random acts: what the ledger says of a row is what the row is,
// after every one, and a failed act leaves nothing.
func TestActs(t *testing.T) {
	t.Parallel()
	testkit.Databases(t, func(t *testing.T, url string) {
		s := openAt(t, t.TempDir(), url)
		all := kinds()
		n := int64(1000)
		rapid.Check(t, func(r *rapid.T) {
			live := map[string]any{} // kind/id to the record as it was written last
			for range rapid.IntRange(1, 6).Draw(r, "acts") {
				fails := rapid.IntRange(0, 3).Draw(r, "fails") == 0
				next := maps.Clone(live)
				err := tryAct(t, s, func(tx *Tx) error {
					for range rapid.IntRange(1, 4).Draw(r, "rows") {
						k := rapid.SampledFrom(all).Draw(r, "kind")
						n++
						if err := randomStep(r, tx, k, next, n); err != nil {
							return err
						}
					}
					if fails {
						return errTakeBack
					}
					return nil
				})
				if fails != errors.Is(err, errTakeBack) || !fails && err != nil {
					r.Fatal(err)
				}
				if !fails {
					live = next
				}
			}
			for key := range live {
				name, id, _ := strings.Cut(key, "/")
				k := all[slices.IndexFunc(all, func(k kind) bool { return k.name == name })]
				if err := s.View(t.Context(), func(tx *Tx) error { _, err := k.get(tx, id); return err }); err != nil {
					r.Fatalf("%s: %v", key, err)
				}
			}
		})
		intact(t, s)
	})
}

// randomStep inserts, changes, erases or removes one row.
func randomStep(r *rapid.T, tx *Tx, k kind, live map[string]any, n int64) error {
	e := edges[rapid.IntRange(0, len(edges)-2).Draw(r, "edge")] // not the long one
	var keys []string
	for key := range live {
		if strings.HasPrefix(key, k.name+"/") {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	if len(keys) == 0 || rapid.Bool().Draw(r, "new") {
		rec := k.fresh()
		k.change(rec, filled(e, n))
		sum := sha256.Sum256(fmt.Append(nil, n))
		id := fmt.Sprintf("r%x", sum[:6])
		k.identify(rec, id)
		live[k.name+"/"+id] = rec
		return k.insert(tx, rec)
	}
	key := rapid.SampledFrom(keys).Draw(r, "row")
	id := strings.TrimPrefix(key, k.name+"/")
	rec, err := k.get(tx, id)
	if err != nil {
		return err
	}
	k.change(rec, filled(e, n))
	switch rapid.IntRange(0, 2).Draw(r, "how") {
	case 0:
		return k.update(tx, rec)
	case 1:
		return k.erase(tx, rec)
	}
	delete(live, key)
	return k.remove(tx, id)
}
