package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"drawbridge"
)

// Describe writes the method of the pack as Markdown: rubric, tiers, controls,
// gate and review, with the worked examples counted. docs/method.md is what it writes
// for the built-in pack, held to it by a test.
func (p *Pack) Describe() (string, error) {
	var b strings.Builder
	p.describeIntro(&b)
	p.describeRubric(&b)
	p.describeFloors(&b)
	p.describeStrength(&b)
	if err := p.describeExamples(&b); err != nil {
		return "", err
	}
	p.describeTiers(&b)
	p.describeGate(&b)
	p.describeProtocol(&b)
	describeWorkspace(&b)
	p.describeControls(&b)
	return b.String(), nil
}

func (p *Pack) describeIntro(b *strings.Builder) {
	fmt.Fprintf(b, `# Method: how the score and the verdict come about

<!-- Generated from internal/policy/pack by "go test ./internal/policy -run TestMethodPage -update"; do not edit. -->

This is the method of the pack %s. Every figure below is data of the pack; an
organisation changes it in a pack of its own (see Workspace). Higher is always riskier.

	I = max(100 * sum(weight * factor) / sum(weight), floors)     inherent risk, 0 to 100
	E = least E of the present tier and all lower ones            control strength, 0 to 1
	R = max(I * (1 - %s * E), lifts)                             residual risk, 0 to 100

%s

Three promises hold, and are tested: a worse answer never gives a lower figure; no answer
never gives a lower figure than any answer; and narrowing what is shared never gives a higher one.

`, p.Method(), num(p.rubric.ControlEffect), p.rubric.WhyControlEffect)
}

func (p *Pack) describeRubric(b *strings.Builder) {
	b.WriteString("## Inherent risk\n\nA factor is the weighted mean of its inputs, each between 0 and 1. An input is read at every flow,\ninterface, or once for the integration, and the worst counts. An input that nobody answered counts\nas 1. While a flow's data is not declared, or an element has no category, what is read from data is\nunknown, not absent.\n")
	for _, f := range p.rubric.Factors {
		fmt.Fprintf(b, "\n### %s (weight %s)\n\n%s\n\n| input | weight | curve | why |\n|---|---|---|---|\n", f.Title, num(f.Weight), f.Why)
		for _, d := range f.Inputs {
			fmt.Fprintf(b, "| %s<br>`%s` per %s | %s | %s | %s |\n", d.Title, cell(d.Value), d.Per, num(d.Weight), curve(d), cell(d.Why))
		}
	}
	b.WriteString("\n")
}

func curve(d InputDef) string {
	var points []string
	for _, pt := range d.Curve {
		points = append(points, num(pt[0])+" → "+num(pt[1]))
	}
	out := strings.Join(points, ", ")
	if d.Scale == "log" {
		out += " (logarithmic)"
	}
	return out
}

func (p *Pack) describeFloors(b *strings.Builder) {
	b.WriteString("## Floors and lifts\n\nA floor is the least inherent risk when its condition holds, or when nobody can say whether it holds.\n\n| floor | at least | when | why |\n|---|---|---|---|\n")
	for _, f := range p.rubric.Floors {
		fmt.Fprintf(b, "| %s | %s | `%s` | %s |\n", f.ID, num(f.Least), cell(f.When), cell(f.Why))
	}
	b.WriteString("\nA lift is the least residual risk. The gate has a rule of its own for the reason of each lift, and\nlooks at the figure before lifts elsewhere.\n\n| lift | at least | when | why |\n|---|---|---|---|\n")
	for _, l := range p.rubric.Lifts {
		fmt.Fprintf(b, "| %s | %s | `%s` | %s |\n", l.ID, num(l.Least), cell(l.When), cell(l.Why))
	}
	b.WriteString("\n")
}

func (p *Pack) describeStrength(b *strings.Builder) {
	b.WriteString(`## Control strength

Each interface has a list: the controls that the tier requires and that speak of its kind and
direction, and those that speak of flows or of the integration. The strength of a list is
sum(weight * value * confidence) / sum(weight). A control counts where it stands worst; one on the list that does not
apply to this data counts as fulfilled, so that more data never makes the figure better. E is the
least over the lists, and over the present tier and all lower ones.

Controls that speak of another kind of interface are not on a list at all. Counting them as fulfilled
would let an interface of which nothing is known look half protected.

| how a control is known | confidence |
|---|---|
`)
	for _, k := range []struct {
		known drawbridge.Knowledge
		words string
	}{
		{drawbridge.KnownNothing, "nobody answered"},
		{drawbridge.KnownClaim, "the manifest or an answer says so"},
		{drawbridge.KnownDocument, "a reviewer accepted a document; or a live test older than the tier's rhythm"},
		{drawbridge.KnownTestProxy, "live test on a target that stands for the environment"},
		{drawbridge.KnownAudit, "a reviewer accepted an independent audit, in scope and in date"},
		{drawbridge.KnownTest, "live test in the environment under review"},
	} {
		fmt.Fprintf(b, "| %s | %s |\n", k.words, num(confidence(k.known)))
	}
	fmt.Fprintf(b, `
A test that a pipeline reports counts %s of that. A failed test counts as 0 whatever anybody claims,
until it is fixed or a named reviewer refutes it. Inconclusive and skipped tests leave the claim's own
confidence. Of several passed tests the strongest counts. A passed test settles a technical control, also
against an honest no in the manifest; the threat that the no leaves open stays open until the manifest is
corrected. Reports and certificates that the partner's file lists are claims: without a reviewer's
acceptance they count as one.

An answer to a questionnaire fills in what the manifest leaves open. Where answers and manifest do not
agree, the worse counts, and the assessment shows both sides. A document that a reviewer accepted raises
the confidence of what is claimed, never of what nobody claims or what somebody denies, and only until its
last day. One more claim that a control holds, document or passed test never raises the risk; one that
ends, or grows old, never lowers it.

An exception changes no figure: it is a risk that somebody accepted, not a better partner. What one names
that the record confirms does not close the gate until its last day: a threat, a failed check, a control.
One for a failed check also covers the denial of a control that rests on nothing else; the threat that the
check opened has a name and a severity of its own. In place of the rules that fall silent the exception
speaks, with its end and its owner, and the answer is go with conditions at best. Floors, lifts and the fast
lane read the input as if nothing were accepted. A policy that forbids exceptions of a kind lets a rule
read what is accepted: threats.open_critical + threats.accepted_critical > 0, results.excepted, controls.excepted.

`, num(fromCI))
}

func (p *Pack) describeExamples(b *strings.Builder) error {
	b.WriteString("## Worked examples\n\nFacts of one integration with one interface and one flow; no tests, no threats. What is left out is unknown.\n")
	for _, e := range p.rubric.Examples {
		w, err := p.Work(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "\n### %s\n\n", upperFirst(e.Name))
		var facts []string
		for _, k := range sortedKeys(e.Facts) {
			facts = append(facts, fmt.Sprintf("`%s: %v`", k, e.Facts[k]))
		}
		fmt.Fprintf(b, "%s\n\n| step | read | 0..1 | points |\n|---|---|---|---|\n", strings.Join(facts, ", "))
		for _, c := range w.Score.Contributions {
			if c.Kind == "factor" && c.Points > 0 || c.Kind == "floor" {
				fmt.Fprintf(b, "| %s %s | %s | %s | %.2f |\n", c.Kind, c.Name, c.Input, num(c.Value), c.Points)
			}
		}
		fmt.Fprintf(b, "| **inherent risk** | tier %s | | **%.2f** |\n", w.Score.Tier, w.Score.Inherent)
	}
	b.WriteString("\n")
	return nil
}

func (p *Pack) describeTiers(b *strings.Builder) {
	b.WriteString("## Tiers\n\n| tier | inherent risk from | sign | look again after | conditions within | live tests | questionnaire | controls required |\n|---|---|---|---|---|---|---|---|\n")
	for _, t := range p.tiers {
		n := 0
		for _, c := range p.controls {
			if c.requiredIn(t.Tier) {
				n++
			}
		}
		tests := "not needed"
		if t.LiveTests {
			tests = "needed"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %d months | %d days | %s | %s | %d |\n", t.Tier, num(t.From), strings.Join(t.Roles, ", "), t.Months, t.DueDays, tests, t.Template, n)
	}
	b.WriteString("\n")
}

func (p *Pack) describeGate(b *strings.Builder) {
	b.WriteString("## Gate\n\nEvery rule that holds speaks, and the worst outcome wins. Where none speaks, the answer is go. A rule\nthat cannot be evaluated stops the gate. A conditional answer is go once its conditions are met; each\nhas an owner role and a day.\n\n| rule | outcome | when | condition, owner |\n|---|---|---|---|\n")
	for _, r := range p.gate.Rules {
		condition := ""
		if r.Condition != nil {
			condition = r.Condition.Text + " (" + r.Condition.Owner + ")"
			if r.Condition.Each == "owner" {
				condition = r.Condition.Text + " (the control's owner)"
			}
		}
		fmt.Fprintf(b, "| %s | %s | `%s` | %s |\n", r.ID, r.Outcome, cell(r.When), cell(condition))
	}
	b.WriteString("\nThe input of the gate and of the lifts; all of it is always known.\n\n| name | type | meaning |\n|---|---|---|\n")
	for _, v := range GateVars() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", v.Name, v.Type, v.Doc)
	}
	b.WriteString("\n")
}

func (p *Pack) describeProtocol(b *strings.Builder) {
	r := p.protocol
	b.WriteString("## Review\n\nHow a review is run stands in review.yaml. One reviewer is enough (the fast lane) when this holds over the\ngate's input:\n\n")
	fmt.Fprintf(b, "\t%s\n\n", r.FastLane.When)
	b.WriteString("| tier | order of sign-offs | quorum of each role | decided within | escalated after | longest exception | renewals | threats looked at after |\n|---|---|---|---|---|---|---|---|\n")
	for _, t := range r.Tiers {
		var groups []string
		for _, g := range t.Order {
			words := make([]string, len(g))
			for i, role := range g {
				words[i] = string(role)
			}
			groups = append(groups, strings.Join(words, " and "))
		}
		order := strings.Join(groups, ", then ")
		if order == "" {
			order = "any"
		}
		fmt.Fprintf(b, "| %s | %s | %d | %d days | %d days | %d days | %d | %d months |\n", t.Tier, order, t.Quorum, t.Decide, t.Escalate, t.Exception, t.Renewals, t.Threats)
	}
	fmt.Fprintf(b, "\nA delegation lasts at most %d days. A reassessment is opened %d days before the last day of a decision. Where the\ncontract says nothing, there are %d days to object to a sub-processor, and %d days of notice before something goes\naway; a contract is looked at %d days before its end. Open threads that block hold a review back when they are\nabout: %s.\n\n",
		r.Delegation, r.Reassess, r.Objection, r.Deprecation, r.Renewal, strings.Join(r.Threads, ", "))
	b.WriteString("What a trigger does; the first row that fits counts, severity and tier mean this or higher:\n\n| trigger | severity | tier | effect on what is live | opens a review |\n|---|---|---|---|---|\n")
	for _, t := range r.Triggers {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %v |\n", t.Kind, cmp.Or(string(t.Severity), "any"), cmp.Or(string(t.Tier), "any"), t.Effect, t.Review)
	}
	b.WriteString("\n")
}

func describeWorkspace(b *strings.Builder) {
	b.WriteString(`## Workspace and packs

drawbridge.yaml beside or above the manifests pins the packs; it is looked for upwards, up to a folder
with .git in it. Copies lie under .drawbridge/packs/<name>@<version>/, and the listing that was pinned beside each, so
that a difference has a name. A pack that is not exactly the one pinned stops every command.

	apiVersion: drawbridge/v1
	kind: Workspace
	packs:
	- {name: ours, kind: policy, version: 1.0.0, digest: "sha256:..."}
	approval_keys: ["drawbridge.example/abc+5e1a2b3c+AZ..."]

approval_keys are the servers' keys by which "drawbridge gate --approval" trusts a signed approval.

Every pack has a pack.yaml with name, kind and version. A policy pack holds controls/*.yaml, rubric.yaml,
gate.yaml, review.yaml and frameworks.yaml; with "extends: builtin" it brings only what differs: a control of the
same id replaces the built-in one, "drop" leaves some out, and a file that it does not bring stays.
Without it, it brings everything but review.yaml. A workspace has at most one policy pack. A threats pack holds
rules/*.yaml, a taxonomy pack categories/*.yaml, a transfers pack transfers/*.yaml, a questionnaire pack
templates/*.yaml (docs/questionnaires.md); each adds to the built-in one. What is asked is no part of a verdict, so
an assessment does not name the questionnaire.

The digest of a pack is the SHA-256 of its listing: one line for each file in byte order of the paths,
"<sha256 in hexadecimal> <bytes> <path>\n". Test vector, of a pack with the files controls/a.yaml
("id: a\n") and pack.yaml ("name: ours\n"):

	32848b63caee2b356871054d84e60643683ed636c46ba010d11f04e367325f45 6 controls/a.yaml
	d7bbcd55840ed6edd5e0c7305b786ec5ab712ba4cd652d3ecb3bc48b06e7d12a 11 pack.yaml
	-> sha256:059a10155e87e5adb2789a7fd6df8999de778d8fb90c3aca215d1370e3a307cc

`)
}

func (p *Pack) describeControls(b *strings.Builder) {
	b.WriteString("## Controls\n\nA tier requires the controls listed for it and for every lower tier.\n")
	for _, t := range drawbridge.Tiers() {
		fmt.Fprintf(b, "\n### From tier %s on\n\n| control | criterion | weight | owner | frameworks |\n|---|---|---|---|---|\n", t)
		for _, c := range p.controls {
			if c.RequiredFrom == t {
				fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", c.ID, cell(c.Criterion), num(c.Weight), c.Owner, strings.Join(sorted(c.Frameworks), ", "))
			}
		}
	}
}

func sorted(s []string) []string { s = slices.Clone(s); slices.Sort(s); return s }

func num(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

func cell(s string) string { return strings.NewReplacer("|", "\\|", "\n", " ").Replace(s) }

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
