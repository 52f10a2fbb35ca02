package taxonomy_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drawbridge"
	"drawbridge/internal/taxonomy"
)

const today = drawbridge.Date("2026-11-21")

// move makes a movement of personal data; args are evidence, or "mechanism=x",
// "tag=x", "deal=x".
func move(from, to string, args ...string) taxonomy.Movement {
	m := taxonomy.Movement{Origin: strings.Fields(from), To: strings.Fields(to), Personal: true, Level: drawbridge.LevelPersonal, AsOf: today}
	for _, a := range args {
		key, value, ok := strings.Cut(a, "=")
		switch {
		case !ok:
			m.Evidence = append(m.Evidence, a)
		case key == "mechanism":
			m.Mechanism = value
		case key == "tag":
			m.Tags = append(m.Tags, value)
		case key == "deal":
			m.Deal = value
		}
	}
	return m
}

func on(day drawbridge.Date, m taxonomy.Movement) taxonomy.Movement {
	m.AsOf = day
	return m
}

func persons(n int64, m taxonomy.Movement) taxonomy.Movement {
	m.SubjectsPerYear = &n
	return m
}

func level(l drawbridge.Level, m taxonomy.Movement) taxonomy.Movement {
	m.Level = l
	return m
}

func impersonal(m taxonomy.Movement) taxonomy.Movement {
	m.Personal = false
	return m
}

func TestJudge(t *testing.T) {
	t.Parallel()
	scc := []string{"mechanism=scc-eu", "signed-scc", "module", "annex-I", "annex-II", "tia"}
	for _, tc := range []struct {
		name    string
		move    taxonomy.Movement
		want    string // regime to verdict mechanism, one a line, sorted
		missing string // of the strictest
	}{
		{"same country", move("DE", "DE"), "eu-gdpr DE allowed none-needed", ""},
		{"inside the EEA", move("DE", "NO"), "eu-gdpr NO allowed none-needed", ""},
		{"EEA as an origin", move("EEA", "IE"), "eu-gdpr IE allowed none-needed", ""},
		{"two EEA origins are one", move("FR DE", "CH"), "eu-gdpr CH allowed adequacy", ""},
		{"adequate", move("DE", "JP"), "eu-gdpr JP allowed adequacy", ""},
		{"Britain on the last day", on("2031-12-27", move("DE", "GB")), "eu-gdpr GB allowed adequacy", ""},
		{"Britain the day after", on("2031-12-28", move("DE", "GB")), "eu-gdpr GB blocked-mechanism ", "mechanism"},
		{"Britain the day after, with clauses", on("2031-12-28", move("DE", "GB", scc...)), "eu-gdpr GB allowed scc-eu", ""},
		{"Brazil the day before", on("2025-12-31", move("DE", "BR")), "eu-gdpr BR blocked-mechanism ", "mechanism"},
		{"Brazil on the first day", on("2026-01-01", move("DE", "BR")), "eu-gdpr BR allowed adequacy", ""},
		{"Canada without proof", move("DE", "CA"), "eu-gdpr CA blocked-mechanism ", "mechanism"},
		{"Canada with proof", move("DE", "CA", "scope-proof"), "eu-gdpr CA allowed partial", ""},
		{"Canada named", move("DE", "CA", "mechanism=partial"), "eu-gdpr CA allowed-with-evidence-missing partial", "scope-proof"},
		{"Framework listed", move("DE", "US", "mechanism=dpf", "dpf-listing-snapshot"), "eu-gdpr US allowed dpf", ""},
		{"Framework claimed", move("DE", "US", "mechanism=dpf"), "eu-gdpr US allowed-with-evidence-missing dpf", "dpf-listing-snapshot"},
		{"Framework before it was", on("2023-07-09", move("DE", "US", "mechanism=dpf", "dpf-listing-snapshot")), "eu-gdpr US blocked-mechanism ", "mechanism"},
		{"clauses", move("DE", "US", scc...), "eu-gdpr US allowed scc-eu", ""},
		{"clauses without an assessment", move("DE", "IN", scc[:5]...), "eu-gdpr IN allowed-with-evidence-missing scc-eu", "tia"},
		{"clauses by their evidence alone", move("DE", "IN", scc[1:]...), "eu-gdpr IN allowed scc-eu", ""},
		{"no mechanism", move("DE", "IN"), "eu-gdpr IN blocked-mechanism ", "mechanism"},
		{"a mechanism of another law", move("DE", "IN", "mechanism=idta", "signed-idta", "tra"), "eu-gdpr IN blocked-mechanism ", "mechanism"},
		{"restricted data needs more", level(drawbridge.LevelRestricted, move("DE", "IN", scc...)), "eu-gdpr IN allowed-with-evidence-missing scc-eu", "supplementary-measures"},
		{"unknown level counts as restricted", level(drawbridge.LevelUnknown, move("DE", "IN", scc...)), "eu-gdpr IN allowed-with-evidence-missing scc-eu", "supplementary-measures"},
		{"exception for single cases", move("DE", "IN", "mechanism=derogation", "derogation-ground"), "eu-gdpr IN needs-human derogation", ""},
		{"Britain to the EEA", move("GB", "FR"), "uk-gdpr FR allowed adequacy", ""},
		{"British addendum", move("GB", "IN", "mechanism=uk-addendum", "signed-addendum", "signed-scc", "tra"), "uk-gdpr IN allowed uk-addendum", ""},
		{"Switzerland to Monaco", move("CH", "MC"), "ch-fadp MC allowed adequacy", ""},
		{"Switzerland to the US before the Framework", on("2024-09-14", move("CH", "US", "dpf-listing-snapshot")), "ch-fadp US blocked-mechanism ", "mechanism"},
		{"several origins, one short", move("DE GB", "IN", scc...), "eu-gdpr IN allowed scc-eu\nuk-gdpr IN blocked-mechanism ", "mechanism"},
		{"several destinations", move("DE", "CH IN"), "eu-gdpr CH allowed adequacy\neu-gdpr IN blocked-mechanism ", "mechanism"},
		{"the US at home", move("US", "US"), "us-doj-bulk US allowed none-needed\nus-sector US allowed none-needed", ""},
		{"the US abroad", move("US", "IE"), "us-doj-bulk IE allowed none-needed\nus-sector IE allowed none-needed", ""},
		{"US health content needs a contract", move("US", "IE", "tag=hipaa.phi"), "us-doj-bulk IE allowed none-needed\nus-sector IE allowed-with-evidence-missing none-needed", "baa"},
		{"US bulk below", persons(9999, move("US", "CN", "tag=doj.health")), "us-doj-bulk CN allowed none-needed\nus-sector CN allowed none-needed", ""},
		{"US bulk reached", persons(10000, move("US", "CN", "tag=doj.health")), "us-doj-bulk CN blocked-mechanism \nus-sector CN allowed none-needed", "cisa-security-requirements due-diligence annual-audit"},
		{"US bulk with conditions", persons(10000, move("US", "CN", "tag=doj.health", "cisa-security-requirements", "due-diligence", "annual-audit")), "us-doj-bulk CN allowed \nus-sector CN allowed none-needed", ""},
		{"US bulk with some conditions", persons(10000, move("US", "RU", "tag=doj.fin", "due-diligence")), "us-doj-bulk RU allowed-with-evidence-missing \nus-sector RU allowed none-needed", "cisa-security-requirements annual-audit"},
		{"US bulk unknown number", move("US", "HK", "tag=doj.geo"), "us-doj-bulk HK needs-human \nus-sector HK allowed none-needed", "persons-per-year"},
		{"US genomes", persons(100, move("US", "CN", "tag=doj.omic.genomic")), "us-doj-bulk CN blocked-prohibited prohibited\nus-sector CN allowed none-needed", ""},
		{"US data sold to a country of concern", persons(100000, move("US", "CN", "tag=doj.pi-linked", "deal=data-brokerage")), "us-doj-bulk CN blocked-prohibited prohibited\nus-sector CN allowed none-needed", ""},
		{"US data sold elsewhere", move("US", "IE", "tag=doj.geo", "deal=data-brokerage", "no-onward-transfer-clause"), "us-doj-bulk IE allowed-with-evidence-missing \nus-sector IE allowed none-needed", "breach-report-14d"},
		{"US bulk binds pseudonymised data", impersonal(persons(5000, move("US", "CN", "tag=doj.bio"))), "us-doj-bulk CN blocked-mechanism ", "cisa-security-requirements due-diligence annual-audit"},
		{"China few people", persons(99999, move("CN", "US", "separate-consent-or-other-basis", "notice-text", "pipia")), "cn-pipl US allowed none-needed", ""},
		{"China few people, no notice", persons(99999, move("CN", "US", "pipia", "separate-consent-or-other-basis")), "cn-pipl US allowed-with-evidence-missing none-needed", "notice-text"},
		{"China many people", persons(100000, move("CN", "US")), "cn-pipl US blocked-mechanism ", "mechanism"},
		{"China standard contract", persons(100000, move("CN", "US", "mechanism=cn-scc", "signed-cn-scc", "filing-receipt", "pipia", "notice-text", "separate-consent-or-other-basis")), "cn-pipl US allowed cn-scc", ""},
		{"China a million", persons(1000000, move("CN", "US", "mechanism=cn-scc", "signed-cn-scc", "filing-receipt", "pipia")), "cn-pipl US blocked-mechanism ", "mechanism"},
		{"China one sensitive person", persons(1, move("CN", "US", "tag=pipl.sensitive")), "cn-pipl US blocked-mechanism ", "mechanism"},
		{"China ten thousand sensitive", persons(10000, move("CN", "US", "tag=pipl.sensitive", "mechanism=cn-scc")), "cn-pipl US blocked-mechanism ", "mechanism"},
		{"China unknown number", move("CN", "US"), "cn-pipl US needs-human ", "persons-per-year"},
		{"Egypt", move("EG", "DE"), "eg DE blocked-prohibited prohibited", "licence"},
		{"Egypt licensed", move("EG", "DE", "licence"), "eg DE allowed prohibited", ""},
		{"Russia", move("RU", "DE", "mechanism=tia-filing", "dossier", "submission-receipt"), "ru DE allowed-with-evidence-missing tia-filing", "primary-db-in-country regulator-notification"},
		{"Vietnam", move("VN", "SG"), "vn-pdpl SG blocked-mechanism ", "mechanism"},
		{"Vietnam before the law", on("2025-12-31", move("VN", "SG")), " SG needs-human ", ""},
		{"Mexico", move("MX", "US", "mechanism=notice-only", "notice-text"), "mx US allowed notice-only", ""},
		{"India", move("IN", "US"), "in-dpdp US allowed none-needed", ""},
		{"India cards", move("IN", "US", "tag=pci.chd"), "in-dpdp US allowed-with-evidence-missing none-needed", "rbi-payment-data-localisation"},
		{"South Africa special", move("ZA", "US", "mechanism=consent", "consent-text", "withdrawal-path", "tag=gdpr.art9"), "za-popia US allowed-with-evidence-missing consent", "prior-authorisation"},
		{"a country without a rule", move("KW", "DE"), " DE needs-human ", "rule"},
		{"a country without a rule, at home", move("DE KW", "KW", scc...), "eu-gdpr KW allowed scc-eu", ""},
		{"unknown origin", move("", "US"), " US needs-human ", "origin"},
		{"unknown destination", move("DE", ""), "  needs-human ", "destination"},
		{"destination is no code", move("DE", "Germany"), " GERMANY needs-human ", "destination"},
		{"lower case", move("de", " us ", "mechanism=dpf", "dpf-listing-snapshot"), "eu-gdpr US allowed dpf", ""},
		{"no day", on("soon", move("DE", "US")), " US needs-human ", "as-of"},
		{"not personal", impersonal(move("DE", "IN")), " IN not-personal ", ""},
		{"not personal, origin unknown", impersonal(move("", "IN")), " IN not-personal ", ""},
		{"not personal, counted elsewhere", impersonal(move("DE", "CN", "tag=doj.bio")), " CN not-personal ", ""},
		{"counted, origin unknown", impersonal(move("", "CN", "tag=doj.bio")), " CN needs-human ", "origin"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rulings := taxonomy.BuiltinTransfers().Judge(tc.move)
			var got []string
			for _, r := range rulings {
				got = append(got, strings.Join([]string{r.Regime, r.To, r.Verdict, r.Mechanism}, " "))
				if r.Reason == "" || r.Confidence == "" || r.AsOf == "" || r.Confirmed {
					t.Errorf("%+v lacks reason, confidence or date, or is confirmed", r)
				}
			}
			if strings.Join(got, "\n") != tc.want {
				t.Errorf("Judge:\n%s\nwant:\n%s\n%+v", strings.Join(got, "\n"), tc.want, rulings)
			}
			if missing := strings.Join(taxonomy.Strictest(rulings).Missing, " "); missing != tc.missing {
				t.Errorf("missing %q, want %q: %+v", missing, tc.missing, rulings)
			}
		})
	}
}

func TestStrictest(t *testing.T) {
	t.Parallel()
	if got := taxonomy.Strictest(nil); got.Verdict != taxonomy.TransferNeedsHuman {
		t.Errorf("Strictest(nil) = %+v", got)
	}
	order := taxonomy.TransferVerdicts()
	for i, a := range order {
		for j, b := range order {
			got := taxonomy.Strictest([]taxonomy.Ruling{{Verdict: a, Confidence: "A"}, {Verdict: b, Confidence: "A"}})
			if want := order[max(i, j)]; got.Verdict != want {
				t.Errorf("Strictest(%s, %s) = %s, want %s", a, b, got.Verdict, want)
			}
		}
	}
	got := taxonomy.Strictest([]taxonomy.Ruling{{Verdict: "allowed", Confidence: "A", Confirmed: true}, {Verdict: "allowed", Confidence: "A", Regime: "open"}})
	if got.Regime != "open" {
		t.Errorf("an unconfirmed ruling yields to a confirmed one: %+v", got)
	}
	if got := taxonomy.Strictest([]taxonomy.Ruling{{Verdict: "blocked-mechanism"}, {Verdict: "made up"}}); got.Verdict != "made up" {
		t.Errorf("an unknown verdict passes: %+v", got)
	}
}

const ownRules = `
version: 1
as_of: 2026-11-20
sets: {GULF: [KW, QA]}
mechanisms:
- {id: board-letter, name: Letter of the board, evidence: [letter]}
regimes:
- {id: eu-gdpr, confirmed_by: "role:privacy", confirmed_at: 2026-11-10, adequate: [{to: [KE], kind: adequacy, since: 2026-06}], extra: [{to: [IN], needs: [own-review]}]}
- {id: gulf, origin: [GULF], law: our counsel's note, confidence: B, otherwise: [board-letter], confirmed_by: "role:privacy", confirmed_at: 2026-11-20}
`

func TestOwnTransferRules(t *testing.T) {
	t.Parallel()
	tr, err := taxonomy.LoadTransfers([]byte(ownRules))
	if err != nil {
		t.Fatal(err)
	}
	if tr.Digest() == taxonomy.BuiltinTransfers().Digest() {
		t.Error("the digest does not show the extension")
	}
	one := func(m taxonomy.Movement) taxonomy.Ruling {
		t.Helper()
		rulings := tr.Judge(m)
		if len(rulings) != 1 {
			t.Fatalf("Judge(%+v) = %+v, want one ruling", m, rulings)
		}
		return rulings[0]
	}
	if r := one(move("DE", "JP")); !r.Confirmed || r.Verdict != taxonomy.TransferAllowed {
		t.Errorf("confirmed row: %+v", r)
	}
	if r := one(on("2026-11-09", move("DE", "JP"))); r.Confirmed {
		t.Errorf("confirmed before it was: %+v", r)
	}
	if r := one(move("DE", "KE")); r.Verdict != taxonomy.TransferAllowed || r.Mechanism != "adequacy" {
		t.Errorf("added adequate row: %+v", r)
	}
	if r := one(move("DE", "IN", "mechanism=bcr", "bcr-approval-ref")); !slices.Equal(r.Missing, []string{"own-review"}) {
		t.Errorf("added extra: %+v", r)
	}
	if r := one(move("KW", "DE", "mechanism=board-letter", "letter")); r.Verdict != taxonomy.TransferAllowed || !r.Confirmed || r.AsOf != "2026-11-20" {
		t.Errorf("own regime: %+v", r)
	}
	if r := one(move("KW", "QA")); r.Mechanism != "none-needed" {
		t.Errorf("inside the own set: %+v", r)
	}
	if r := taxonomy.BuiltinTransfers().Judge(move("DE", "JP"))[0]; r.Confirmed {
		t.Error("the confirmation shows in the built-in rules")
	}
}

func TestLoadTransfersRefuses(t *testing.T) {
	t.Parallel()
	regime := func(more string) string {
		return "version: 1\nas_of: 2026-11\nregimes:\n- {id: x, origin: [KW], law: y, confidence: B, " + more + "}\n"
	}
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", "the file is empty"},
		{"version", "version: 3\nas_of: 2026-11", "version: 1"},
		{"no date", "version: 1", "as_of"},
		{"bad date", "version: 1\nas_of: soon", "as_of"},
		{"unknown key", "version: 1\nas_of: 2026-11\nregime: []", "regime"},
		{"set exists", "version: 1\nas_of: 2026-11\nsets: {EEA: [DE]}", "exists already"},
		{"set of nothing", "version: 1\nas_of: 2026-11\nsets: {OUR: [Germany]}", "no country code"},
		{"mechanism exists", "version: 1\nas_of: 2026-11\nmechanisms: [{id: bcr, name: x}]", "exists already"},
		{"half confirmed", regime("default: none-needed, confirmed_by: me"), "belong together"},
		{"confirmed some day", regime("default: none-needed, confirmed_by: me, confirmed_at: 2026-11"), "confirmed_at"},
		{"law of a built-in regime", "version: 1\nas_of: 2026-11\nregimes: [{id: hk, law: mine}]", "the regime exists"},
		{"says nothing", regime("note: hm"), "give otherwise, default or ladder"},
		{"default and otherwise", regime("default: bcr, otherwise: [bcr]"), "exclude each other"},
		{"unknown mechanism", regime("default: handshake"), `mechanism "handshake"`},
		{"unknown kind", regime("default: bcr, adequate: [{to: [DE], kind: fine}]"), `kind "fine"`},
		{"unknown place", regime("default: bcr, adequate: [{to: [Mars], kind: adequacy}]"), `"Mars"`},
		{"bad since", regime("default: bcr, adequate: [{to: [DE], kind: adequacy, since: spring}]"), `"spring"`},
		{"confidence", strings.Replace(regime("default: bcr"), "confidence: B", "confidence: C", 1), `"C"`},
		{"extra without effect", regime("default: bcr, extra: [{tag: a}]"), "needs or warn"},
		{"ladder with a gap", regime("ladder: [{min_persons: 5, use: [bcr]}]"), "last step"},
		{"ladder without tags", regime("ladder: [{min_persons: 5, sensitive: true, use: [bcr]}, {min_persons: 0, use: [bcr]}]"), "sensitive_tags"},
		{"bulk of nothing", regime("default: bcr, bulk: {to: [CN], thresholds: []}"), "thresholds"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := taxonomy.LoadTransfers([]byte(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) || drawbridge.KindOf(err) != drawbridge.Invalid {
				t.Fatalf("LoadTransfers = %v, want an invalid error with %q", err, tc.want)
			}
		})
	}
}

// TestJudgeProperties holds the judge to its promises on arbitrary movements:
// it answers, it repeats itself, and more evidence never makes a verdict worse.
func TestJudgeProperties(t *testing.T) {
	t.Parallel()
	tr := taxonomy.BuiltinTransfers()
	place := rapid.OneOf(rapid.SampledFrom([]string{"DE", "GB", "CH", "US", "CN", "IN", "BR", "EG", "KW", "EEA", "xx", "", "org:EPO"}), rapid.String())
	evidence := rapid.SampledFrom([]string{"signed-scc", "module", "annex-I", "annex-II", "tia", "tra", "dpf-listing-snapshot", "scope-proof", "pipia", "licence", "baa", "bcr-approval-ref", "signed-clauses"})
	rank := func(r []taxonomy.Ruling) int {
		return slices.Index(taxonomy.TransferVerdicts(), taxonomy.Strictest(r).Verdict)
	}
	rapid.Check(t, func(rt *rapid.T) {
		m := taxonomy.Movement{
			Origin: rapid.SliceOfN(place, 0, 4).Draw(rt, "origin"), To: rapid.SliceOfN(place, 0, 4).Draw(rt, "to"),
			Mechanism: rapid.SampledFrom([]string{"", "dpf", "scc-eu", "bcr", "cn-scc", "made-up"}).Draw(rt, "mechanism"),
			Evidence:  rapid.SliceOfN(evidence, 0, 6).Draw(rt, "evidence"),
			Tags:      rapid.SliceOfN(rapid.SampledFrom([]string{"doj.health", "doj.omic.genomic", "pipl.sensitive", "hipaa.phi"}), 0, 3).Draw(rt, "tags"),
			Level:     drawbridge.Level(rapid.IntRange(-1, 4).Draw(rt, "level")), Personal: rapid.Bool().Draw(rt, "personal"),
			AsOf: rapid.SampledFrom([]drawbridge.Date{today, "2020-01-01", "2035-01-01", ""}).Draw(rt, "as_of"),
		}
		if rapid.Bool().Draw(rt, "counted") {
			n := rapid.Int64Range(0, 2_000_000).Draw(rt, "persons")
			m.SubjectsPerYear = &n
		}
		got := tr.Judge(m)
		if len(got) == 0 || rank(got) < 0 {
			rt.Fatalf("Judge(%+v) = %+v", m, got)
		}
		if again := tr.Judge(m); !slices.EqualFunc(got, again, func(a, b taxonomy.Ruling) bool { return a.Reason == b.Reason && a.Verdict == b.Verdict }) {
			rt.Fatalf("Judge(%+v) differs between two calls", m)
		}
		if len(slices.DeleteFunc(slices.Clone(m.Origin), func(s string) bool { return strings.TrimSpace(s) == "" })) == 0 && m.Personal && rank(got) < slices.Index(taxonomy.TransferVerdicts(), taxonomy.TransferNeedsHuman) {
			rt.Fatalf("Judge(%+v) approves without an origin: %+v", m, got)
		}
		more := m
		more.Evidence = append(slices.Clone(m.Evidence), evidence.Draw(rt, "more"))
		if better := tr.Judge(more); rank(better) > rank(got) {
			rt.Fatalf("with more evidence %v the verdict got worse: %+v, before %+v", more.Evidence, better, got)
		}
	})
}

func FuzzLoadTransfers(f *testing.F) {
	f.Add([]byte(ownRules))
	f.Add([]byte("version: 1\nas_of: 2026-11\nregimes: [{id: x, ladder: [{}]}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tr, err := taxonomy.LoadTransfers(data)
		if err != nil {
			if drawbridge.KindOf(err) == drawbridge.Internal {
				t.Errorf("an internal error for bad input: %v", err)
			}
			return
		}
		if got := tr.Judge(move("DE KW", "US CN")); len(got) == 0 {
			t.Error("no ruling")
		}
	})
}
