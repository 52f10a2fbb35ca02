package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"drawbridge/internal/review"
	"drawbridge/internal/spec"
	"drawbridge/internal/taxonomy"
	"drawbridge/internal/web/view"
)

// How much of a specification one page shows.
const (
	mostOperations = 200
	mostGuesses    = 40
	mostGroups     = 300
)

// untagged is the group of operations that name none.
const untagged = "(without a group)"

// intakeOperation is one operation that can be picked.
type intakeOperation struct {
	*spec.Operation
	group   string
	inbound bool
}

// offered are the operations of a specification, in its order.
func offered(api *spec.API) []intakeOperation {
	var out []intakeOperation
	add := func(list []spec.Operation, inbound bool) {
		for i := range list {
			group := cmp.Or(list[i].Tag, untagged)
			if inbound {
				group = "They call us: " + group
			}
			out = append(out, intakeOperation{&list[i], group, inbound})
		}
	}
	add(api.Operations, false)
	add(api.Webhooks, true)
	return out
}

// fits reports whether an operation is among those that are looked for.
func (o *intakeOperation) fits(group, text string) bool {
	if group != "" && o.group != group {
		return false
	}
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		if !strings.Contains(strings.ToLower(o.ID+" "+o.Method+" "+o.Path+" "+o.Summary+" "+o.group), word) {
			return false
		}
	}
	return true
}

// intakeOperations offers the operations, a page at a time.
func (p *page) intakeOperations() (templ.Component, error) {
	d, head, err := p.intakeStep("operations")
	if err != nil {
		return nil, unlessLed(p, err)
	}
	api, err := p.web.opt.Review.DraftOperations(p.R.Context(), &d)
	if err != nil {
		return nil, err
	}
	q := p.R.URL.Query()
	out := view.IntakeOperations{Head: head, Group: q.Get("group"), Text: q.Get("text"), Picked: len(d.Operations), Action: p.R.URL.RequestURI()}
	if p.failed != nil {
		out.Action = head.Here
	}
	groups := map[string]int{} // by name, the index
	var fitting []intakeOperation
	for _, o := range offered(api) {
		picked := slices.Contains(d.Operations, o.ID)
		i, ok := groups[o.group]
		if !ok {
			i = len(out.Groups)
			groups[o.group] = i
			out.Groups = append(out.Groups, view.IntakeGroup{Name: o.group, To: head.Here + "?" + url.Values{"group": {o.group}}.Encode()})
		}
		out.Groups[i].All++
		out.All++
		if picked {
			out.Groups[i].Picked++
		}
		if o.fits(out.Group, out.Text) {
			fitting = append(fitting, o)
		}
	}
	if len(out.Groups) > mostGroups {
		out.MoreGroups = len(out.Groups) - mostGroups
		out.Groups = out.Groups[:mostGroups]
	}
	slices.SortStableFunc(fitting, func(a, b intakeOperation) int { return cmp.Compare(groups[a.group], groups[b.group]) })
	from := intakeFrom(q, len(fitting))
	out.Fitting = len(fitting)
	out.Shown, out.Before, out.After = intakePages(head.Here, q, from, mostOperations, len(fitting))
	for _, o := range fitting[from:min(from+mostOperations, len(fitting))] {
		n := len(out.Lists)
		if n == 0 || out.Lists[n-1].Name != o.group {
			out.Lists = append(out.Lists, view.IntakeList{Name: o.group})
			n++
		}
		picked := slices.Contains(d.Operations, o.ID)
		if p.failed != nil {
			picked = slices.Contains(p.R.PostForm["operation"], o.ID)
		}
		out.Lists[n-1].Items = append(out.Lists[n-1].Items, view.IntakeOperation{
			ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary, Old: o.Deprecated, On: picked,
		})
	}
	for _, w := range api.Warnings {
		out.Warnings = append(out.Warnings, w.String())
	}
	return view.IntakeOperationsPage(out), nil
}

// unlessLed is the error of a page that did not lead elsewhere already.
func unlessLed(p *page, err error) error {
	if p.W.Status != 0 {
		return nil
	}
	return err
}

// intakeFrom is where a page of a list begins.
func intakeFrom(q url.Values, all int) int {
	n, err := strconv.Atoi(q.Get("from"))
	if err != nil || n < 0 || n >= all {
		return 0
	}
	return n
}

// intakePages says which part of a list is shown, and leads to those around it.
func intakePages(path string, q url.Values, from, most, all int) (shown, before, after string) {
	to := min(from+most, all)
	if from > 0 {
		before = address(path, q, "from", strconv.Itoa(max(from-most, 0)))
	}
	if to < all {
		after = address(path, q, "from", strconv.Itoa(to))
	}
	if before == "" && after == "" {
		return "", "", ""
	}
	return fmt.Sprintf("%d to %d of %d", from+1, to, all), before, after
}

func (p *page) doIntakeOperations() (string, error) {
	in := review.Drafting{Shown: p.R.PostForm["shown"], Operations: p.R.PostForm["operation"]}
	all, none := p.said("all"), p.said("none")
	if all != "" || none != "" {
		d, err := p.intakeDraft()
		if err != nil {
			return "", err
		}
		api, err := p.web.opt.Review.DraftOperations(p.R.Context(), &d)
		if err != nil {
			return "", err
		}
		group := cmp.Or(all, none)
		if group == "*" { // whatever the filter lets through
			group = p.R.URL.Query().Get("group")
		}
		for _, o := range offered(api) {
			if !o.fits(group, p.R.URL.Query().Get("text")) {
				continue
			}
			if in.Shown = append(in.Shown, o.ID); all != "" {
				in.Operations = append(in.Operations, o.ID)
			} else {
				in.Operations = slices.DeleteFunc(in.Operations, func(id string) bool { return id == o.ID })
			}
		}
	}
	return p.intakeSave(in)
}

// intakeData asks what the data is, by what was guessed.
func (p *page) intakeData() (templ.Component, error) {
	d, head, err := p.intakeStep("data")
	if err != nil {
		return nil, unlessLed(p, err)
	}
	found, err := p.web.opt.Review.DraftGuesses(p.R.Context(), &d)
	if err != nil {
		return nil, err
	}
	ws, err := p.web.opt.Workspace()
	if err != nil {
		return nil, err
	}
	q := p.R.URL.Query()
	out := view.IntakeData{Head: head, Action: p.R.URL.RequestURI(), Operations: len(d.Operations), All: len(found.Guesses), Categories: categoryOptions(ws.Taxonomy)}
	if p.failed != nil {
		out.Action = head.Here
	}
	for _, g := range found.Guesses {
		if d.Categories[g.Key()] != "" {
			out.Confirmed++
		} else if g.Category == "" {
			out.Open++
		}
	}
	from := intakeFrom(q, len(found.Guesses))
	out.Shown, out.Before, out.After = intakePages(head.Here, q, from, mostGuesses, len(found.Guesses))
	for _, g := range found.Guesses[from:min(from+mostGuesses, len(found.Guesses))] {
		out.Guesses = append(out.Guesses, p.intakeGuess(g, d.Categories[g.Key()], ws.Taxonomy))
	}
	return view.IntakeDataPage(out), nil
}

func (p *page) intakeGuess(g *spec.Guess, said string, t *taxonomy.Taxonomy) view.IntakeGuess {
	first := g.Elements[0]
	out := view.IntakeGuess{Key: g.Key(), Name: g.Name, Where: g.Where, Places: len(g.Elements), Guess: g.Category, Because: first.Because, Level: "no guess"}
	if c, ok := t.Category(g.Category); ok {
		out.Called, out.Level = c.Name, c.Level.String()
	}
	if first.Confidence != nil {
		out.Sure = strconv.Itoa(int(*first.Confidence*100+0.5)) + " % sure"
	}
	switch said {
	case "":
	case g.Category:
		out.Choice = view.IntakeYes
	default:
		out.Choice, out.Other = view.IntakeOther, said
	}
	if p.failed != nil {
		out.Choice, out.Other = p.said("g:"+out.Key), p.said("o:"+out.Key)
	}
	if out.Other != "" {
		if c, ok := t.Category(out.Other); ok {
			out.OtherCalled = c.Name
		} else {
			out.Wrong = "There is no such category."
			if near := t.Suggest(out.Other); len(near) > 0 {
				out.Wrong += " Near: " + strings.Join(near, ", ") + "."
			}
		}
	}
	return out
}

// categoryOptions are the categories by their ids.
func categoryOptions(t *taxonomy.Taxonomy) []view.Option {
	var out []view.Option
	for _, c := range t.Categories() {
		out = append(out, view.Option{Value: c.ID, Text: c.Name + " (" + c.Level.String() + ")"})
	}
	return out
}

func (p *page) doIntakeData() (string, error) {
	in := review.Drafting{Categories: map[string]string{}}
	var guesses map[string]string
	for name := range p.R.PostForm {
		key, ok := strings.CutPrefix(name, "g:")
		if !ok {
			continue
		}
		if guesses == nil {
			var err error
			if guesses, err = p.intakeGuesses(); err != nil {
				return "", err
			}
		}
		other := strings.TrimSpace(p.said("o:" + key))
		switch choice := p.said(name); {
		case choice == view.IntakeYes:
			in.Categories[key] = guesses[key]
		case choice == view.IntakeOther || other != "":
			in.Categories[key] = other
		case p.said("confirm") != "" && guesses[key] != "":
			in.Categories[key] = guesses[key]
		default:
			in.Categories[key] = ""
		}
	}
	return p.intakeSave(in)
}

// intakeGuesses are the guesses of a draft by their keys.
func (p *page) intakeGuesses() (map[string]string, error) {
	d, err := p.intakeDraft()
	if err != nil {
		return nil, err
	}
	found, err := p.web.opt.Review.DraftGuesses(p.R.Context(), &d)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, g := range found.Guesses {
		out[g.Key()] = g.Category
	}
	return out, nil
}
