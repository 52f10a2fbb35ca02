package store

import (
	"drawbridge"
	"drawbridge/internal/access"
)

// AddPerson writes a new person.
func (tx *Tx) AddPerson(p *drawbridge.Person) error { return people.insert(tx, p) }

// SetPerson writes a person over the version that was read.
func (tx *Tx) SetPerson(p *drawbridge.Person) error { return people.update(tx, p) }

// ErasePerson writes a person whose personal parts the caller emptied.
func (tx *Tx) ErasePerson(p *drawbridge.Person) error { return people.erase(tx, p) }

// Person reads a person.
func (tx *Tx) Person(id drawbridge.PersonID) (*drawbridge.Person, error) {
	return people.get(tx, string(id))
}

// PersonByEmail reads the person with an address, in lower case.
func (tx *Tx) PersonByEmail(email string) (*drawbridge.Person, error) {
	return people.first(tx, "email = ? AND email <> ''", email)
}

// PeopleAfter lists people in the order of their identifiers.
func (tx *Tx) PeopleAfter(after drawbridge.PersonID, limit int) ([]drawbridge.Person, error) {
	return people.find(tx, "id > ? ORDER BY id LIMIT ?", string(after), limit)
}

// PeopleWithRole lists those with an open account who hold a role.
func (tx *Tx) PeopleWithRole(role drawbridge.Role, limit int) ([]drawbridge.Person, error) {
	return people.find(tx, "roles LIKE ? AND disabled = ? AND erased = ? ORDER BY id LIMIT ?", `%"`+string(role)+`"%`, false, false, limit)
}

// NoPeople reports whether nobody was ever added.
func (tx *Tx) NoPeople() (bool, error) {
	var n int64
	err := tx.one([]any{&n}, `SELECT COUNT(*) FROM (SELECT id FROM person LIMIT 1) AS p`)
	return n == 0, err
}

// PeopleInScope lists what of the people may be seen, in the order of their identifiers.
func (tx *Tx) PeopleInScope(s access.Scope, after drawbridge.PersonID, limit int) ([]drawbridge.Person, error) {
	return people.find(tx, "(? OR id = ?) AND id > ? ORDER BY id LIMIT ?", s.All, string(s.Person), string(after), limit)
}

// OtherAdministrators counts the administrators besides a person who can sign in.
func (tx *Tx) OtherAdministrators(than drawbridge.PersonID) (int64, error) {
	var n int64
	err := tx.one([]any{&n}, `SELECT COUNT(*) FROM person p JOIN credential c ON c.id = p.id
		WHERE p.id <> ? AND p.roles LIKE ? AND p.disabled = ? AND p.erased = ? AND c.password <> ''`,
		string(than), `%"`+string(drawbridge.Administrator)+`"%`, false, false)
	return n, err
}

// OwnedBy lists integrations that a person owns, and counts them all.
func (tx *Tx) OwnedBy(person drawbridge.PersonID, limit int) ([]drawbridge.Integration, int64, error) {
	var n int64
	if err := tx.one([]any{&n}, `SELECT COUNT(*) FROM integration WHERE owner = ?`, string(person)); err != nil {
		return nil, 0, err
	}
	list, err := integrations.find(tx, "owner = ? ORDER BY slug, environment LIMIT ?", string(person), limit)
	return list, n, err
}

// MembershipsOf lists the integrations that a person was added to.
func (tx *Tx) MembershipsOf(person drawbridge.PersonID, limit int) ([]drawbridge.Member, error) {
	return members.find(tx, "person = ? ORDER BY id LIMIT ?", string(person), limit)
}

// DropMembership takes a person off an integration.
func (tx *Tx) DropMembership(id string) error { return members.remove(tx, id) }
