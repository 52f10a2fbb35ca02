// Package trust_test holds the whole program to what the record promises, by
// breaking the machine under it: processes are killed amid their work, writes to
// the disk fail, the database goes away, and callers send what they should not.
// It is not for what one package can show alone.
//
//	scripts/postgres run -- go test ./internal/trust/          # the short form
//	PROVE=1 scripts/postgres run -- go test ./internal/trust/  # the long one
package trust_test

import "os"

// proving reports whether the long form was asked for.
func proving() bool { return os.Getenv("PROVE") != "" }

// times is how often something is done: in the short form, and in the long one.
func times(short, long int) int {
	if proving() {
		return long
	}
	return short
}
