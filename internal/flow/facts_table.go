package flow

import (
	"slices"
	"strings"
	"time"

	"drawbridge"
	"drawbridge/internal/manifest"
)

// The three tables hold one getter for each fact of facts.yaml; a test holds
// them to the file. A getter returns nil when nobody answered.

var fileGetters = map[string]func(*Facts) any{
	"integration.environment":      func(f *Facts) any { return f.in.Environment },
	"integration.production":       func(f *Facts) any { return f.in.Environment == "production" },
	"integration.purpose":          func(f *Facts) any { return text(f.in.Purpose) },
	"integration.owners_named":     func(f *Facts) any { return f.in.Owners.Business != "" && f.in.Owners.Technical != "" },
	"integration.data_owner_named": func(f *Facts) any { return f.in.Owners.Data != "" },
	"integration.uncategorised": func(f *Facts) any {
		return f.countData(func(d dataInput) bool { return d.cat == nil })
	},
	"integration.unconfirmed": func(f *Facts) any {
		return f.countData(func(d dataInput) bool { return d.cat != nil && d.def.Source == drawbridge.Inferred })
	},
	"criticality.function":      func(f *Facts) any { return text(f.in.Criticality.Function) },
	"criticality.hint":          func(f *Facts) any { return text(f.in.Criticality.TierHint) },
	"criticality.critical":      critical,
	"criticality.substitutable": func(f *Facts) any { return text(f.in.Criticality.Substitutable) },
	"criticality.rto":           func(f *Facts) any { return span(f.in.Criticality.RTO) },
	"partner.country":           ofPartner(func(p *manifest.Partner, _ time.Time) any { return text(p.Country) }),
	"partner.subprocessors": ofPartner(func(p *manifest.Partner, _ time.Time) any {
		if p.Subprocessors == nil {
			return nil
		}
		return int64(len(p.Subprocessors))
	}),
	"partner.breaches": ofPartner(func(p *manifest.Partner, asOf time.Time) any {
		return countOf(p.Incidents, func(i manifest.Incident) bool {
			return i.Kind == "breach" && i.On.End().AddDate(3, 0, 0).After(asOf)
		})
	}),
	"partner.open_incidents": ofPartner(func(p *manifest.Partner, _ time.Time) any {
		return countOf(p.Incidents, func(i manifest.Incident) bool { return i.Resolved == nil || !*i.Resolved })
	}),
	"partner.audited": ofPartner(func(p *manifest.Partner, asOf time.Time) any {
		return claims(p, asOf, "soc2_type2", "iso27001", "pci_dss", "hitrust", "fedramp")
	}),
	"partner.pentested":            ofPartner(func(p *manifest.Partner, asOf time.Time) any { return claims(p, asOf, "pentest") }),
	"partner.security_contact":     ofPartner(func(p *manifest.Partner, _ time.Time) any { return knownText(p.SecurityContact) }),
	"operations.timeout":           func(f *Facts) any { return span(f.in.Operations.Timeout) },
	"operations.latency_budget":    func(f *Facts) any { return span(f.in.Operations.LatencyBudget) },
	"operations.fallback":          func(f *Facts) any { return text(f.in.Operations.Fallback) },
	"operations.rollback":          func(f *Facts) any { return text(f.in.Operations.Rollback) },
	"operations.runbook":           func(f *Facts) any { return text(f.in.Operations.Runbook) },
	"operations.monitoring":        func(f *Facts) any { return text(f.in.Operations.Monitoring) },
	"operations.drill_age":         drillAge,
	"contract.dpa":                 func(f *Facts) any { return started(f.in.Contract.DPA, f.asOf) },
	"contract.breach_notice":       func(f *Facts) any { return span(f.in.Contract.BreachNotice) },
	"contract.deprecation_notice":  func(f *Facts) any { return span(f.in.Contract.DeprecationNotice) },
	"contract.subprocessor_notice": func(f *Facts) any { return span(f.in.Contract.SubprocessorNotice) },
	"contract.audit_rights":        func(f *Facts) any { return value(f.in.Contract.AuditRights) },
	"contract.training_use":        func(f *Facts) any { return text(f.in.Contract.TrainingUse) },
	"contract.availability":        func(f *Facts) any { return value(f.in.Contract.SLO.Availability) },
	"contract.latency_p95":         func(f *Facts) any { return span(f.in.Contract.SLO.LatencyP95) },
	"contract.exit_return":         func(f *Facts) any { return span(f.in.Contract.Exit.DataReturn) },
	"contract.exit_deletion":       func(f *Facts) any { return span(f.in.Contract.Exit.Deletion) },
	"contract.exit_plan":           func(f *Facts) any { return text(f.in.Contract.Exit.Plan) },
	"contract.expired": func(f *Facts) any {
		if f.in.Contract.Until == "" {
			return nil
		}
		return f.in.Contract.Until.Past(f.asOf)
	},
	"envelope.requests_per_minute": func(f *Facts) any { return value(f.in.Envelope.RequestsPerMinute) },
	"envelope.max_body": func(f *Facts) any {
		if f.in.Envelope.MaxBody == nil {
			return nil
		}
		return int64(*f.in.Envelope.MaxBody)
	},
}

func ofPartner(get func(*manifest.Partner, time.Time) any) func(*Facts) any {
	return func(f *Facts) any {
		if f.partner == nil {
			return nil
		}
		return get(f.partner, f.asOf)
	}
}

func (f *Facts) countData(match func(dataInput) bool) any {
	n := int64(0)
	for _, x := range f.flows {
		for _, e := range x.elements {
			if match(e) {
				n++
			}
		}
	}
	return n
}

func countOf[T any](items []T, match func(T) bool) any {
	if items == nil {
		return nil
	}
	n := int64(0)
	for _, i := range items {
		if match(i) {
			n++
		}
	}
	return n
}

// knownText answers "is it known" for an attribute that has no way to say no.
func knownText(s string) any {
	if s == "" {
		return nil
	}
	return true
}

func claims(p *manifest.Partner, asOf time.Time, kinds ...string) any {
	if p.Assurance == nil {
		return nil
	}
	return slices.ContainsFunc(p.Assurance, func(a manifest.Assurance) bool {
		return slices.Contains(kinds, a.Kind) && inDate(a, asOf)
	})
}

// started reports whether a day has come.
func started(d drawbridge.Date, asOf time.Time) any {
	if d == "" {
		return nil
	}
	return !d.End().AddDate(0, 0, -1).After(asOf)
}

func critical(f *Facts) any {
	c := f.in.Criticality
	hint := c.TierHint == drawbridge.TierHigh || c.TierHint == drawbridge.TierCritical
	soon := c.RTO != nil && c.RTO.Duration() <= 4*time.Hour
	switch {
	case hint || soon:
		return true
	case c.TierHint == "" || c.RTO == nil:
		return nil
	default:
		return false
	}
}

func drillAge(f *Facts) any {
	if f.in.Operations.LastDrill == "" {
		return nil
	}
	return max(0, f.asOf.Sub(f.in.Operations.LastDrill.End().AddDate(0, 0, -1)))
}

var ifaceGetters = map[string]func(*ifaceInput) any{
	"iface.kind":           func(x *ifaceInput) any { return string(x.def.Kind) },
	"iface.direction":      func(x *ifaceInput) any { return string(x.def.Direction) },
	"iface.auth":           func(x *ifaceInput) any { return text(x.def.Auth.Type) },
	"iface.auth_in":        func(x *ifaceInput) any { return text(x.def.Auth.In) },
	"iface.grant":          grant,
	"iface.redirect_uris":  func(x *ifaceInput) any { return list(x.def.OAuth.RedirectURIs) },
	"iface.scopes":         scopes,
	"iface.scopes_unused":  unusedScopes,
	"iface.rotation":       func(x *ifaceInput) any { return span(x.def.Auth.Credential.Rotate) },
	"iface.credential_ref": func(x *ifaceInput) any { return text(x.def.Auth.Credential.Ref) },
	"iface.protocols":      func(x *ifaceInput) any { return list(x.def.Protocols) },
	"iface.formats":        func(x *ifaceInput) any { return list(x.def.Formats) },
	"iface.has_spec":       func(x *ifaceInput) any { return x.def.Spec != "" },
	"iface.has_browser": func(x *ifaceInput) any {
		return x.def.Kind == drawbridge.Script || x.def.Kind == drawbridge.Widget ||
			slices.ContainsFunc(x.flows, func(fl *flowInput) bool { return fl.browser || fl.def.Trigger == "user_browser" })
	},
	"iface.operations": func(x *ifaceInput) any { return int64(len(x.operations)) },
	"iface.mutates":    mutates,
	"iface.addresses_objects": func(x *ifaceInput) any {
		return slices.ContainsFunc(x.operations, func(o *manifest.Operation) bool { return strings.Contains(o.Path, "{") })
	},
	"iface.carries_files": func(x *ifaceInput) any {
		return x.def.Kind == drawbridge.File ||
			slices.ContainsFunc(x.def.Formats, func(s string) bool { return s == "multipart" || s == "binary" || s == "archive" }) ||
			slices.ContainsFunc(x.flows, func(fl *flowInput) bool {
				return slices.ContainsFunc(fl.elements, func(e dataInput) bool { return e.def.At == drawbridge.AtFile })
			})
	},
	"iface.uses_tokens": func(x *ifaceInput) any {
		a := x.def.Auth.Type
		return x.def.Kind == drawbridge.OAuthApp || a == "bearer" || a == "jwt" || a == "oidc" || strings.HasPrefix(a, "oauth2_")
	},
	"iface.failure_modes": func(x *ifaceInput) any { return int64(len(x.def.FailureModes)) },
}

func grant(x *ifaceInput) any {
	if x.def.OAuth.Grant != "" {
		return x.def.OAuth.Grant
	}
	if g, ok := strings.CutPrefix(x.def.Auth.Type, "oauth2_"); ok {
		return g
	}
	return nil
}

// scopeless are the schemes that know no scopes.
var scopeless = []string{"none", "basic", "api_key", "cookie", "mtls", "hmac", "ssh_key", "password", "ip_allowlist"}

func scopes(x *ifaceInput) any {
	if x.def.Auth.Scopes == nil && slices.Contains(scopeless, x.def.Auth.Type) {
		return []string{}
	}
	return list(x.def.Auth.Scopes)
}

// unusedScopes compares what is granted with what is used: as declared, or by
// the operations in use when each of them names its scopes.
func unusedScopes(x *ifaceInput) any {
	granted, ok := scopes(x).([]string)
	if !ok {
		return nil
	}
	used := x.def.Auth.ScopesUsed
	if used == nil && len(granted) > 0 {
		if len(x.operations) == 0 {
			return nil
		}
		for _, o := range x.operations {
			if o.Scopes == nil {
				return nil
			}
			used = append(used, o.Scopes...)
		}
	}
	out := []string{}
	for _, s := range granted {
		if !slices.Contains(used, s) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

func mutates(x *ifaceInput) any {
	changing := []string{"POST", "PUT", "PATCH", "DELETE", "SEND"}
	if slices.ContainsFunc(x.flows, func(fl *flowInput) bool { return fl.def.Mutates != nil && *fl.def.Mutates }) ||
		slices.ContainsFunc(x.operations, func(o *manifest.Operation) bool { return slices.Contains(changing, o.Method) }) {
		return true
	}
	event := x.def.Kind == drawbridge.Webhook || x.def.Kind == drawbridge.Queue
	denied := len(x.flows) > 0 && !slices.ContainsFunc(x.flows, func(fl *flowInput) bool { return fl.def.Mutates == nil })
	return event && x.def.Direction == drawbridge.Inbound && len(x.operations) == 0 && !denied
}
