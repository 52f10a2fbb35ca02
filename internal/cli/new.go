package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/dial"
	"drawbridge/internal/spec"
	"drawbridge/internal/taxonomy"
)

// newNew makes the command "new".
func newNew(env *Env) *cobra.Command {
	var n newcomer
	cmd := &cobra.Command{
		Use:   "new ID --from FILE|URL",
		Short: "Draft an integration from a partner's specification",
		Long: `Draft an integration from what the partner publishes: OpenAPI 3.0 or 3.1, Swagger 2,
AsyncAPI 2 or 3, a HAR recording, or a Postman 2.1 collection, in JSON or YAML.

It writes a new folder with integration.yaml, the partner's file and the
specification beside it, all or nothing. Nothing is invented: what the
specification does not say is left out, and becomes a question later.

On a terminal you pick the operations that you will call, and go once over the
categories that were guessed for the data, the most sensitive first. Without a
terminal, or with --yes, every guess is kept as a guess, and what is left open
is listed. Set ACCESSIBLE=1 for plain prompts in place of menus.`,
		Example: `  drawbridge new acme-payments --from openapi.yaml --operations createCharge,refund*
  drawbridge new acme-payments --from https://acme.example/openapi.json --operations tag:Payments --yes`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&n.from, "from", "", "specification: a file, or an http(s) address")
	cmd.Flags().StringVar(&n.out, "out", "", "folder to make; default ./ID")
	cmd.Flags().StringSliceVar(&n.operations, "operations", nil, "operations to use: ids, patterns like pay*, \"METHOD /path\" or tag:NAME; default all")
	cmd.Flags().StringVar(&n.environment, "environment", "production", "environment under review: "+strings.Join(environments, ", "))
	cmd.Flags().StringVar(&n.partner, "partner", "", "id of the partner; default from its domain")
	cmd.Flags().BoolVar(&n.yes, "yes", false, "ask nothing, and accept every guess as a guess")
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		n.env, n.id, n.format = env, args[0], *format
		if err := n.check(); err != nil {
			return err
		}
		return n.run(cmd.Context())
	}
	return cmd
}

var (
	environments = []string{"production", "staging", "sandbox", "test", "development"}
	idPattern    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// newcomer is one run of "new".
type newcomer struct {
	env *Env

	id, from, out, environment, partner, format string
	operations                                  []string
	yes                                         bool
	taxonomy                                    *taxonomy.Taxonomy
}

// source is a specification as it was given.
type source struct {
	spec.Source
	dir string // folder of what it refers to; "" when it was fetched
}

func (n *newcomer) check() error {
	for _, id := range []struct{ what, value string }{{"the integration's id", n.id}, {"--partner", n.partner}} {
		if id.value != "" && !idPattern.MatchString(id.value) {
			return usageError{fmt.Errorf("%s %q: write lower-case letters, digits and hyphens, a letter first, at most 63", id.what, id.value)}
		}
	}
	switch {
	case n.id == "":
		return usageError{errors.New("the integration's id is empty")}
	case n.from == "":
		return usageError{errors.New("--from is missing; give the partner's specification, a file or an http(s) address")}
	}
	if slices.Contains(environments, n.environment) {
		return nil
	}
	return usageError{fmt.Errorf("--environment %q is not known; write one of %s", n.environment, strings.Join(environments, ", "))}
}

func (n *newcomer) run(ctx context.Context) error {
	if n.out == "" {
		n.out = n.id
	}
	if _, err := os.Lstat(n.env.path(n.out)); err == nil {
		return drawbridge.Errorf(drawbridge.Conflict, "%s exists already; nothing was written. Remove it, or choose another folder with --out", n.out)
	}
	src, err := n.read(ctx)
	if err != nil {
		return err
	}
	n.env.progress("reading %s ...", src.Name)
	api, err := spec.Read(src.Name, src.Data, spec.Options{Dir: src.dir, From: src.URL})
	n.env.progressDone()
	if err != nil {
		return err
	}
	n.taxonomy = taxonomy.Builtin()
	ask := n.asker()
	chosen, err := n.choose(api, ask)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	files, err := api.Copies(src.Source)
	if err != nil {
		return err
	}
	n.env.progress("classifying the data of %d operations ...", len(chosen))
	opt := spec.DraftOptions{ID: n.id, Environment: n.environment, Partner: n.partner, Classify: n.taxonomy}
	if len(files) > 0 {
		opt.SpecFile = "./" + src.File
	}
	draft, err := spec.NewDraft(api, chosen, opt)
	n.env.progressDone()
	if err != nil {
		return err
	}
	if ask != nil {
		if err := n.review(ask, draft); err != nil {
			return err
		}
	}
	if err := n.write(ctx, draft, api, src, files); err != nil {
		return err
	}
	return n.tell(api, draft, src, len(files) > 0, len(chosen))
}

// choose returns the ids of the operations to take.
func (n *newcomer) choose(api *spec.API, ask asker) ([]string, error) {
	if len(n.operations) > 0 || ask == nil {
		return api.Select(n.operations)
	}
	ids, err := ask.operations(api)
	if err != nil {
		return nil, err
	}
	return api.Select(ids)
}

// read reads the specification from a file or the network.
func (n *newcomer) read(ctx context.Context) (source, error) {
	if strings.HasPrefix(n.from, "http://") || strings.HasPrefix(n.from, "https://") {
		return n.fetch(ctx)
	}
	if scheme, _, ok := strings.Cut(n.from, "://"); ok {
		return source{}, drawbridge.Errorf(drawbridge.Invalid, "--from %s: the scheme %q is not fetched; give a file or an https:// address", n.from, scheme)
	}
	file := n.env.path(n.from)
	info, err := os.Stat(file) // before it is opened: opening a pipe may wait for ever
	switch {
	case err != nil:
		return source{}, n.unreadable(err)
	case info.IsDir():
		return source{}, drawbridge.Errorf(drawbridge.Invalid, "%s is a folder; give the specification's file", n.from)
	case !info.Mode().IsRegular():
		return source{}, drawbridge.Errorf(drawbridge.Invalid, "%s is a pipe or a device; save what it holds to a file, and give that", n.from)
	case info.Size() > spec.MaxBytes:
		return source{}, drawbridge.Errorf(drawbridge.TooLarge, "%s has %d MiB; at most %d are read", n.from, info.Size()>>20, spec.MaxBytes>>20)
	}
	f, err := os.Open(file) //nolint:gosec // the person names the file
	if err != nil {
		return source{}, n.unreadable(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, spec.MaxBytes+1))
	if err != nil {
		return source{}, n.unreadable(err)
	}
	return source{spec.Source{Name: n.from, File: spec.CopyName(filepath.Base(file), data), Data: data}, filepath.Dir(file)}, nil
}

func (n *newcomer) unreadable(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return drawbridge.Errorf(drawbridge.NotFound, "%s: there is no such file", n.from)
	}
	return drawbridge.Errorf(drawbridge.Invalid, "%s cannot be read: %w", n.from, err)
}

func (n *newcomer) fetch(ctx context.Context) (source, error) {
	d, err := dial.New(dial.Options{Purpose: dial.PartnerSupplied, MaxBytes: spec.MaxBytes, UserAgent: "drawbridge/" + n.env.Version})
	if err != nil {
		return source{}, err
	}
	n.env.progress("fetching %s ...", n.from)
	doc, err := d.Fetch(ctx, n.from)
	n.env.progressDone()
	if err != nil {
		return source{}, err
	}
	if !doc.Secure {
		fmt.Fprintln(n.env.Stderr, "drawbridge: the specification came over plain http; anyone on the way could have changed it")
	}
	return source{Source: spec.Source{Name: doc.Name, File: spec.CopyName(doc.Name, doc.Body), URL: doc.URL, Data: doc.Body}}, nil
}
