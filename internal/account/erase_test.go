package account_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/account"
	"drawbridge/internal/action"
	"drawbridge/internal/seal"
	"drawbridge/internal/store"
)

func TestErase(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		_, ann := w.signIn(annsAddress, annsPassword)
		bobP, session, bob := w.join(ann, bobsAddress, "Bob Canary-Name", bobsPassword, drawbridge.Requester)
		secret, _, _ := w.signInByToken(bob)
		id := w.integration("acme-pay", bobP.ID)
		w.integration("member-of", "", bobP.ID)
		machine, _, err := w.CreateMachine(w.ctx(), bob, account.NewToken{Name: "canary-token-name", Integration: id})
		if err != nil {
			w.t.Fatal(err)
		}
		in := account.Change{Person: bobP.ID, Reason: "asked for it"}
		_, err = w.Erase(w.ctx(), ann, account.Change{Person: bobP.ID})
		want(w.t, "Erase without a reason", err, drawbridge.Invalid, "reason")
		_, err = w.Erase(w.ctx(), ann, in)
		want(w.t, "Erase of an owner", err, drawbridge.Conflict, "owns 1 integrations", "acme-pay (production)")
		w.giveAway(id)

		if before := w.verify(); !strings.Contains(before, "Canary-Name") || !strings.Contains(before, "canary-token-name") || !strings.Contains(before, `"slug":"member-of"`) {
			w.t.Fatal("the ledger's details do not hold what is to be erased")
		}
		account.EraseAtOnce(w.Desk, 5) // so that it takes several acts
		got, err := w.Erase(w.ctx(), ann, in)
		if err != nil || !got.Erased || !got.Disabled || got.Email != "" || got.Name != "" || len(got.Roles) != 0 || got.ID != bobP.ID {
			w.t.Fatalf("Erase = %+v %v", got, err)
		}
		details := w.verify()
		for _, word := range []string{"Canary-Name", "canary-token-name", bobsAddress, `"slug":"member-of"`} {
			if strings.Contains(details, word) {
				w.t.Errorf("the ledger's details still hold %s", word)
			}
		}
		if !strings.Contains(details, "asked for it") || !strings.Contains(details, annsAddress) {
			w.t.Error("the ledger's details do not say why, or lost another's")
		}
		for name, s := range map[string]seal.Hidden{"session": session, "token": secret, "machine token": machine} {
			_, err := w.Authenticate(w.ctx(), s, "api", "")
			want(w.t, "the "+name+" of an erased person", err, drawbridge.Unauthenticated)
		}
		if got, err := w.Person(w.ctx(), ann, bobP.ID); err != nil || !got.Erased {
			w.t.Errorf("Person = %+v %v, want the identifier to stay", got, err)
		}
		_, err = w.Enable(w.ctx(), ann, account.Change{Person: bobP.ID})
		want(w.t, "Enable of an erased person", err, drawbridge.Conflict, "erased")
		_, err = w.ResetCredential(w.ctx(), ann, account.Change{Person: bobP.ID, Reason: "x"})
		want(w.t, "ResetCredential of an erased person", err, drawbridge.Conflict, "erased")
		if _, err := w.Erase(w.ctx(), ann, in); err != nil {
			w.t.Errorf("Erase again = %v", err)
		}
		if list, err := w.Tokens(w.ctx(), ann, "", 0); err != nil || len(list) != 0 {
			w.t.Errorf("Tokens = %v %v, want none left", list, err)
		}
		err = w.store.View(w.ctx(), func(tx *store.Tx) error {
			list, err := tx.MembershipsOf(bobP.ID, 10)
			if len(list) > 0 {
				w.t.Errorf("memberships = %v, want none", list)
			}
			return err
		})
		if err != nil {
			w.t.Error(err)
		}
		w.join(ann, bobsAddress, "Another Bob", bobsPassword, drawbridge.Requester) // the address is free
		w.verify()
	})
}

// TestNoSecretShows runs through everything that takes or gives a secret, and
// looks for each of them in what is printed and in the files.
func TestNoSecretShows(t *testing.T) {
	both(t, func(w *world) {
		secrets := []string{annsPassword, bobsPassword, "canary-new long password", "canary-wrong password"}
		var shown []any
		note := func(values ...any) {
			for _, v := range values {
				switch v := v.(type) {
				case seal.Hidden:
					secrets = append(secrets, v.Reveal())
				case []seal.Hidden:
					for _, s := range v {
						secrets = append(secrets, s.Reveal())
					}
				}
				shown = append(shown, v)
			}
		}
		note(w.bootstrap())
		secret, session, err := w.try(annsAddress, annsPassword, "")
		note(secret, session, err, w.actor(secret))
		ann := w.actor(secret)
		p, setup, err := w.Invite(w.ctx(), ann, account.Invitation{Email: bobsAddress, Name: "Bob", Roles: []drawbridge.Role{drawbridge.Requester}, Key: "k1"})
		note(p, setup, err)
		p, err = w.AcceptInvite(w.ctx(), account.Acceptance{Via: "web", Secret: setup, Password: seal.Hide(bobsPassword)})
		note(p, err)
		bobs, bob := w.signIn(bobsAddress, bobsPassword)
		note(bobs, bob)
		personal, token, err := w.CreateToken(w.ctx(), bob, account.NewToken{Name: "laptop", Key: "k2"})
		note(personal, token, err)
		machine, token, err := w.CreateMachine(w.ctx(), bob, account.NewToken{Name: "ci", Integration: w.integration("acme-pay", p.ID)})
		note(machine, token, err)
		e, err := w.BeginSecondFactor(w.ctx(), bob)
		note(e, e.Secret, e.Ticket, err)
		codes, err := w.ConfirmSecondFactor(w.ctx(), bob, e.Ticket, w.code(e.Secret))
		note(codes, err)
		_, _, err = w.try(bobsAddress, "canary-wrong password", "canary-wrong code")
		note(err)
		renewed, session, err := w.Reprove(w.ctx(), ann, secret, seal.Hide(annsPassword), seal.Hidden{})
		note(renewed, session, err)
		note(w.ChangePassword(w.ctx(), ann, renewed, seal.Hide(annsPassword), seal.Hide("canary-new long password")))
		reset, err := w.ResetCredential(w.ctx(), ann, account.Change{Person: p.ID, Reason: "lost"})
		note(reset, err)
		list, err := w.Tokens(w.ctx(), ann, "", 0)
		note(list, err, account.SignIn{Password: seal.Hide(annsPassword)}, account.Acceptance{Via: "web", Secret: setup, Password: seal.Hide(bobsPassword)})

		var printed strings.Builder
		for _, v := range shown {
			data, err := json.Marshal(v)
			if err != nil {
				w.t.Fatal(err)
			}
			fmt.Fprintf(&printed, "%v %+v %#v %s\n", v, v, v, data)
		}
		printed.WriteString(w.verify())
		files := w.files()
		for _, s := range secrets {
			if strings.Contains(printed.String(), s) {
				w.t.Errorf("the secret %.12s… is printed", s)
			}
			if bytes.Contains(files, []byte(s)) {
				w.t.Errorf("the secret %.12s… is in the files", s)
			}
			if bytes.Contains(files, []byte(base64Of(s))) {
				w.t.Errorf("the secret %.12s… is in the files, in base64", s)
			}
		}
		if w.url == "" && !bytes.Contains(files, []byte(annsAddress)) {
			w.t.Error("the files were not read: they do not even hold the address")
		}
	})
}

// files reads everything in the data folder: the database, its WAL, the keys.
// On PostgreSQL the tables are read instead.
func (w *world) files() []byte {
	w.t.Helper()
	var all bytes.Buffer
	err := filepath.WalkDir(w.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all.Write(data)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if w.url == "" {
		return all.Bytes()
	}
	for _, table := range []string{"person", "credential", "token", "session", "idempotency", "ledger_entry", "ledger_detail"} {
		rows, err := w.store.Writer().QueryContext(w.ctx(), "SELECT CAST(t AS TEXT) FROM "+table+" AS t")
		if err != nil {
			w.t.Fatal(err)
		}
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				w.t.Fatal(err)
			}
			all.WriteString(text)
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
		rows.Close()
	}
	return all.Bytes()
}

func TestUnreachableRecord(t *testing.T) {
	both(t, func(w *world) {
		w.bootstrap()
		secret, _ := w.signIn(annsAddress, annsPassword)
		if err := w.store.Close(); err != nil {
			w.t.Fatal(err)
		}
		w.clock.add(time.Hour)
		for name, err := range map[string]error{
			"SignIn":       func() error { _, _, err := w.try(annsAddress, annsPassword, ""); return err }(),
			"Authenticate": func() error { _, err := w.Authenticate(w.ctx(), secret, "api", ""); return err }(),
			"SignOut":      w.SignOut(w.ctx(), secret, "api", ""),
		} {
			want(w.t, name+" without a database", err, drawbridge.Unavailable)
		}
		w.open()
		w.actor(secret)
	})
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// giveAway leaves an integration without an owner.
func (w *world) giveAway(id drawbridge.IntegrationID) {
	w.t.Helper()
	act := action.Act{Actor: access.System("test"), Action: access.IntegrationAssign, Object: access.Object{Kind: "integration", ID: string(id)}}
	_, _, err := action.Do(w.ctx(), w.door, act, func(tx *store.Tx) (int, error) {
		i, err := tx.Integration(id)
		if err != nil {
			return 0, err
		}
		i.Owner = ""
		return 0, tx.SetIntegration(i)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
