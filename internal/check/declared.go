package check

import (
	"slices"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// Declared is what the manifest says that moves over the interface.
type Declared struct {
	Known    bool // it declares data at all
	elements []element
}

type element struct {
	operations []string // ids; empty means every operation
	at         drawbridge.At
	path       drawbridge.FieldPath
	category   string
}

// declared collects the data elements of the interface's flows.
func declared(in *manifest.Integration, iface string) Declared {
	var d Declared
	for _, f := range in.Flows {
		if f.To != iface && f.From != iface {
			continue
		}
		for _, e := range f.Data {
			d.Known = true
			ops := e.Operations
			if len(ops) == 0 {
				ops = f.Operations
			}
			d.elements = append(d.elements, element{ops, e.At, e.Field, e.Category})
		}
	}
	return d
}

// Declares reports that the manifest expects the category at a place of the
// operation's answer. Where it names that field, the field's category decides;
// where it does not, any field of the operation's flows may carry it.
func (s *Session) Declares(o *Operation, path, category string) bool {
	field, err := drawbridge.ParseFieldPath(path)
	anywhere, named := false, false
	for _, e := range s.Declared.elements {
		if len(e.operations) > 0 && !slices.Contains(e.operations, o.ID) && !slices.Contains(e.operations, o.Name()) {
			continue
		}
		covers := e.category == "" || e.category == category || slices.Contains(alsoHold[e.category], category)
		if err == nil && e.at == drawbridge.AtResponse && e.path.Covers(field) {
			if covers {
				return true
			}
			named = true
		}
		anywhere = anywhere || covers && e.category != ""
	}
	return anywhere && !named
}

// alsoHold are categories whose values often have the form of another one: a
// name to sign in with is often an e-mail address.
var alsoHold = map[string][]string{
	"account.username": {"contact.email", "contact.phone"},
	"account.user_id":  {"contact.email", "contact.phone"},
}
