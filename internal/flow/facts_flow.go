package flow

import (
	"slices"
	"time"

	"drawbridge"
)

var flowGetters = map[string]func(*flowInput) any{
	"flow.crosses":   func(x *flowInput) any { return x.edge.Crosses },
	"flow.level":     func(x *flowInput) any { return int64(x.edge.Level) },
	"flow.raw_level": func(x *flowInput) any { return int64(x.edge.Raw) },
	"flow.personal":  anyData(func(d dataInput) bool { return d.present() && d.cat.Personal() }),
	"flow.special":   anyData(func(d dataInput) bool { return d.present() && d.cat.Special() }),
	"flow.secret":    anyData(func(d dataInput) bool { return d.present() && !hidden(d) && d.cat.Secret() }),
	"flow.card":      anyData(func(d dataInput) bool { return d.present() && !hidden(d) && d.cat.Card() }),
	"flow.direct":    anyData(func(d dataInput) bool { return d.plain() && d.cat.Ident == "direct" }),
	"flow.linkable": anyData(func(d dataInput) bool {
		return d.plain() && (d.cat.Ident == "direct" || d.cat.Ident == "linkable")
	}),
	"flow.sends": func(x *flowInput) any {
		return slices.ContainsFunc(x.elements, func(d dataInput) bool {
			return d.present() && d.cat.Personal() && x.edge.ToPartner(d.def.At)
		})
	},
	"flow.receives": func(x *flowInput) any {
		return x.edge.Interface != "" && slices.ContainsFunc(x.elements, func(d dataInput) bool { return !x.edge.ToPartner(d.def.At) })
	},
	"flow.elements": func(x *flowInput) any { return int64(len(x.elements)) },
	"flow.unneeded": unneeded,
	"flow.free_text": anyData(func(d dataInput) bool {
		return d.def.At == drawbridge.AtFile || d.present() && (d.cat.ID == "content.attachment" || slices.Contains(d.cat.Detect, "free_text_scan"))
	}),
	"flow.purpose":      func(x *flowInput) any { return text(x.def.Purpose) },
	"flow.lawful_basis": func(x *flowInput) any { return text(x.def.LawfulBasis) },
	"flow.subjects":     func(x *flowInput) any { return list(x.def.Subjects) },
	"flow.records_per_day": func(x *flowInput) any {
		return value(x.def.Volume.RecordsPerDay)
	},
	"flow.retention": inside(func(x *flowInput) any { return span(x.def.Retention.Period) }, time.Duration(0)),
	"flow.deletion":  func(x *flowInput) any { return text(x.def.Retention.Deletion) },
	"flow.deletion_evidence": func(x *flowInput) any {
		return text(x.def.Retention.Evidence)
	},
	"flow.origin":      func(x *flowInput) any { return list(x.def.Origin) },
	"flow.storage":     func(x *flowInput) any { return list(x.def.Region.Storage) },
	"flow.processing":  func(x *flowInput) any { return list(x.def.Region.Processing) },
	"flow.abroad":      inside(abroad, false),
	"flow.transfer":    func(x *flowInput) any { return text(x.def.Region.Transfer) },
	"flow.shared_with": inside(func(x *flowInput) any { return list(x.def.SharedWith) }, list([]string{})),
	"flow.trigger":     func(x *flowInput) any { return text(x.def.Trigger) },
	"flow.binding":     func(x *flowInput) any { return value(x.def.Binding) },
}

// inside answers for a flow between systems of our own, which has no receiver
// outside: what nobody said about the receiver is no risk of this integration.
// What is said counts.
func inside(get func(*flowInput) any, neutral any) func(*flowInput) any {
	return func(x *flowInput) any {
		if v := get(x); v != nil || x.edge.Interface != "" {
			return v
		}
		return neutral
	}
}

func anyData(match func(dataInput) bool) func(*flowInput) any {
	return func(x *flowInput) any { return slices.ContainsFunc(x.elements, match) }
}

// hidden reports whether the value of a secret or a card number no longer
// works: a pseudonym or a part of it does not authenticate or pay.
func hidden(d dataInput) bool {
	switch d.def.Transform {
	case "mask", "hmac", "token", "fpe", "generalise":
		return true
	default:
		return false
	}
}

func unneeded(x *flowInput) any {
	n := int64(0)
	for _, e := range x.elements {
		if e.def.Needed == nil {
			return nil
		}
		if !*e.def.Needed {
			n++
		}
	}
	return n
}

// abroad is true as soon as one known country lies outside the origin, and
// false only when origin, storage and processing are all known.
func abroad(x *flowInput) any {
	r := x.def.Region
	if len(Outside(x.def.Origin, r.Storage)) > 0 || len(Outside(x.def.Origin, r.Processing)) > 0 {
		return true
	}
	if len(x.def.Origin) == 0 || r.Storage == nil || r.Processing == nil {
		return nil
	}
	return false
}
