package store

import "drawbridge"

// AddCredential writes how a new person proves who they are.
func (tx *Tx) AddCredential(c *drawbridge.Credential) error { return credentials.insert(tx, c) }

// SetCredential writes a credential over the version that was read.
func (tx *Tx) SetCredential(c *drawbridge.Credential) error { return credentials.update(tx, c) }

// Credential reads how a person proves who they are.
func (tx *Tx) Credential(id drawbridge.PersonID) (*drawbridge.Credential, error) {
	return credentials.get(tx, string(id))
}

// CredentialBySetup reads the credential that waits for a one-time secret.
func (tx *Tx) CredentialBySetup(hash string) (*drawbridge.Credential, error) {
	return credentials.first(tx, "setup = ? AND setup <> ''", hash)
}

// RemoveCredential deletes a credential.
func (tx *Tx) RemoveCredential(id drawbridge.PersonID) error {
	return credentials.remove(tx, string(id))
}
