package drawbridge

import (
	"errors"
	"fmt"
)

// Kind classifies an error for the person and for the machine that called.
type Kind string

// The kinds of error. Everything that carries none is Internal.
const (
	Invalid         Kind = "invalid"
	Unauthenticated Kind = "unauthenticated"
	Denied          Kind = "denied"
	NotFound        Kind = "not_found"
	Conflict        Kind = "conflict"
	Precondition    Kind = "precondition" // the request must name the version that it changes
	TooLarge        Kind = "too_large"
	Limited         Kind = "limited"
	Unavailable     Kind = "unavailable"
	Internal        Kind = "internal"
)

// kinds is the one table from a kind to an HTTP status and an exit code.
var kinds = []struct {
	kind   Kind
	status int
	exit   int
}{
	{Invalid, 400, 1},
	{Unauthenticated, 401, 1},
	{Denied, 403, 1},
	{NotFound, 404, 1},
	{Conflict, 409, 1},
	{Precondition, 428, 1},
	{TooLarge, 413, 1},
	{Limited, 429, 1},
	{Unavailable, 503, 1},
	{Internal, 500, 1},
}

// Kinds lists every kind of error.
func Kinds() []Kind {
	out := make([]Kind, len(kinds))
	for i, row := range kinds {
		out[i] = row.kind
	}
	return out
}

// Error is an error whose message is safe to show to the person.
type Error struct {
	Kind    Kind
	Message string
	Err     error // the cause, for the operator; may be nil
}

// Error returns the message for the person.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of a kind with a message that is safe to show. A %w
// verb keeps the cause.
func Errorf(kind Kind, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Message: err.Error(), Err: errors.Unwrap(err)}
}

// KindOf returns the kind of the first [Error] in err's chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Status returns the HTTP status of a kind.
func (k Kind) Status() int {
	for _, row := range kinds {
		if row.kind == k {
			return row.status
		}
	}
	return 500
}

// Exit codes of the command line.
const (
	ExitOK    = 0 // fine
	ExitError = 1 // could not do it, bad input included
	ExitUsage = 2 // wrong flags or arguments
	ExitNo    = 3 // the answer is no
)

// Exit returns the exit code of a kind.
func (k Kind) Exit() int {
	for _, row := range kinds {
		if row.kind == k {
			return row.exit
		}
	}
	return ExitError
}
