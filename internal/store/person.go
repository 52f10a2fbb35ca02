package store

import "drawbridge"

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
