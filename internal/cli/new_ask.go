package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"charm.land/huh/v2"
	"golang.org/x/term"

	"drawbridge/internal/spec"
	"drawbridge/internal/taxonomy"
)

// asker asks the person: with menus, or with plain lines.
type asker interface {
	// operations returns what to pass to [spec.API.Select].
	operations(api *spec.API) ([]string, error)
	// choose returns the index of the chosen option.
	choose(title, detail string, options []string) (int, error)
	// category returns a category's id, or "" for none.
	category(t *taxonomy.Taxonomy, title string) (string, error)
}

// asker returns nil when nobody is there to answer.
func (n *newcomer) asker() asker {
	in, ok := n.env.Stdin.(*os.File)
	if n.yes || n.format == "json" || !ok || !isTerminal(in) {
		return nil
	}
	if n.env.Environ("ACCESSIBLE") != "" || n.env.Environ("TERM") == "dumb" {
		return &plainAsker{in: bufio.NewReader(in), out: n.env.Stderr}
	}
	if out, ok := n.env.Stderr.(*os.File); ok && isTerminal(out) {
		return &menuAsker{in: in, out: out}
	}
	return nil
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// review goes once over the guesses, biggest exposure first: level, then count.
// Elements without a guess come last; there may be many.
func (n *newcomer) review(ask asker, draft *spec.Draft) error {
	groups := draft.Guesses(n.taxonomy)
	settled := map[string]bool{} // categories of which all guesses are confirmed
	skipped := map[string]bool{}
	for i, g := range groups {
		if settled[g.Category] && g.Category != "" {
			g.Declare(g.Category)
			continue
		}
		if skipped[g.Category] {
			continue
		}
		stop, err := n.ask(ask, g, i, len(groups), settled, skipped)
		if err != nil || stop {
			return err
		}
	}
	return nil
}

// answers to the question about one group.
const (
	yes        = "Yes"
	correct    = "Another category ..."
	skip       = "Skip: leave it as a guess"
	skipOpen   = "Skip: leave it open"
	skipAll    = "Skip all that have no guess"
	stopAsking = "Stop here: leave the rest as it is"
)

func (n *newcomer) ask(ask asker, g *spec.Guess, i, total int, settled, skipped map[string]bool) (stop bool, err error) {
	title, options := fmt.Sprintf("%d/%d  %s: no guess; what is it?", i+1, total, g.Name), []string{correct, skipOpen, skipAll, stopAsking}
	all := "Yes, and all that remain of " + g.Category
	if g.Category != "" {
		c, _ := n.taxonomy.Category(g.Category)
		title = fmt.Sprintf("%d/%d  %s: is this %s (%s, %s)?", i+1, total, g.Name, g.Category, strings.ToLower(c.Name), g.Level)
		options = []string{yes, all, correct, skip, stopAsking}
	}
	detail := g.Where
	if more := len(g.Elements) - 1; more > 0 {
		detail += fmt.Sprintf(", and %s more", count(more, "place"))
	}
	if because := g.Elements[0].Because; because != "" {
		detail += "; guessed by " + because
	}
	choice, err := ask.choose(title, detail, options)
	if err != nil {
		return false, err
	}
	switch options[choice] {
	case yes:
		g.Declare(g.Category)
	case all:
		settled[g.Category] = true
		g.Declare(g.Category)
	case correct:
		id, err := ask.category(n.taxonomy, "Category of "+g.Name)
		if err != nil {
			return false, err
		}
		if id != "" {
			g.Declare(id)
		}
	case skipAll:
		skipped[g.Category] = true
	case stopAsking:
		return true, nil
	}
	return false, nil
}

// menuAsker asks with menus on a terminal.
type menuAsker struct{ in, out *os.File }

func (m *menuAsker) run(field huh.Field) error {
	err := huh.NewForm(huh.NewGroup(field)).WithInput(m.in).WithOutput(m.out).Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return context.Canceled
	}
	return err
}

func (m *menuAsker) operations(api *spec.API) ([]string, error) {
	width := 72
	if w, _, err := term.GetSize(int(m.out.Fd())); err == nil {
		width = max(w-8, 20)
	}
	var options []huh.Option[string]
	for _, o := range slices.Concat(api.Operations, api.Webhooks) {
		label := []rune(fmt.Sprintf("%s  %s %s  [%s]", o.ID, o.Method, o.Path, o.Tag))
		options = append(options, huh.NewOption(string(label[:min(len(label), width)]), o.ID))
	}
	var ids []string
	err := m.run(huh.NewMultiSelect[string]().Title("Which operations will you use?").
		Description("x or space picks, / filters, ctrl+a picks all that are shown; enter goes on, with all when none is picked").
		Options(options...).Filterable(true).Height(min(len(options)+4, 20)).Value(&ids))
	return ids, err
}

func (m *menuAsker) choose(title, detail string, options []string) (int, error) {
	var list []huh.Option[int]
	for i, o := range options {
		list = append(list, huh.NewOption(o, i))
	}
	choice := 0
	err := m.run(huh.NewSelect[int]().Title(title).Description(detail).Options(list...).Value(&choice))
	return choice, err
}

func (m *menuAsker) category(t *taxonomy.Taxonomy, title string) (string, error) {
	list := []huh.Option[string]{huh.NewOption("(none of these: leave it open)", "")}
	for _, c := range t.Categories() {
		list = append(list, huh.NewOption(fmt.Sprintf("%s  %s (%s)", c.ID, c.Name, c.Level), c.ID))
	}
	var id string
	err := m.run(huh.NewSelect[string]().Title(title).Description("type to search").Options(list...).Filtering(true).Height(15).Value(&id))
	return id, err
}

// plainAsker asks line by line, for screen readers and plain terminals.
type plainAsker struct {
	in  *bufio.Reader
	out io.Writer
}

func (p *plainAsker) line(prompt string) (string, error) {
	fmt.Fprint(p.out, prompt)
	s, err := p.in.ReadString('\n')
	if err != nil {
		return "", context.Canceled
	}
	return strings.TrimSpace(s), nil
}

func (p *plainAsker) operations(api *spec.API) ([]string, error) {
	for _, o := range slices.Concat(api.Operations, api.Webhooks) {
		fmt.Fprintf(p.out, "  %-40s %s %s  [%s]\n", o.ID, o.Method, o.Path, o.Tag)
	}
	for {
		s, err := p.line("Operations to use (ids, patterns like pay*, tag:NAME; commas between; empty for all): ")
		if err != nil || s == "" {
			return nil, err
		}
		list := strings.Split(s, ",")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		if _, err = api.Select(list); err == nil {
			return list, nil
		}
		fmt.Fprintln(p.out, err)
	}
}

func (p *plainAsker) choose(title, detail string, options []string) (int, error) {
	fmt.Fprintf(p.out, "\n%s\n  %s\n", title, detail)
	for i, o := range options {
		fmt.Fprintf(p.out, "  %d  %s\n", i+1, o)
	}
	for {
		s, err := p.line("Number: ")
		if err != nil {
			return 0, err
		}
		if i, err := strconv.Atoi(s); err == nil && i >= 1 && i <= len(options) {
			return i - 1, nil
		}
		fmt.Fprintf(p.out, "Write a number from 1 to %d.\n", len(options))
	}
}

func (p *plainAsker) category(t *taxonomy.Taxonomy, title string) (string, error) {
	for {
		s, err := p.line(title + " (an id, words to search for, or empty for none): ")
		if err != nil || s == "" {
			return "", err
		}
		if _, ok := t.Category(s); ok {
			return s, nil
		}
		found := 0
		for _, c := range t.Categories() {
			if line := c.ID + "  " + c.Name; strings.Contains(strings.ToLower(line), strings.ToLower(s)) {
				fmt.Fprintf(p.out, "  %s (%s)\n", line, c.Level)
				found++
			}
		}
		if found == 0 {
			fmt.Fprintf(p.out, "No category has %q in its id or name. Near: %s\n", s, strings.Join(t.Suggest(s), ", "))
		}
	}
}
