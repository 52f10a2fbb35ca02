package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/manifest"
	"drawbridge/internal/policy"
)

// newValidate makes the command "validate".
func newValidate(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check manifests and partner files, and list everything that is wrong",
		Long: `Check manifests and partner files, and list everything that is wrong at once, each
with its line, its column and what to do about it.

A manifest is checked with the manifests that it extends, with the partner's file
beside it, and with the data categories of the workspace. Nothing outside the
manifest's folder is read.`,
		Example: `  drawbridge validate acme-payments/integration.yaml
  drawbridge validate --format json */integration.yaml`,
		Args: cobra.MinimumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		results := make([]validation, 0, len(args))
		bad := 0
		for _, name := range args {
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			r := env.validate(name)
			if !r.OK {
				bad++
			}
			if *format == "text" {
				tellValidation(env, r)
			}
			results = append(results, r)
		}
		if *format == "json" {
			enc := json.NewEncoder(env.Stdout)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			doc := map[string]any{"schema_version": drawbridge.SchemaVersion, "files": results}
			if err := enc.Encode(doc); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
		}
		if bad > 0 {
			return drawbridge.Errorf(drawbridge.Invalid, "%d of %d files cannot be used", bad, len(args))
		}
		return nil
	}
	return cmd
}

// validation is what was found in one file.
type validation struct {
	File     string             `json:"file"`
	OK       bool               `json:"ok"`
	Kind     string             `json:"kind,omitempty"`
	ID       string             `json:"id,omitempty"`
	Digest   string             `json:"digest,omitempty"` // content digest of an integration
	Problems []manifest.Problem `json:"problems,omitempty"`
}

func (e *Env) validate(name string) validation {
	r := validation{File: name}
	err := e.validateFile(name, &r)
	if err == nil {
		r.OK = true
		return r
	}
	if list, ok := errors.AsType[manifest.Problems](e.shorten(err)); ok {
		r.Problems = list
	} else {
		message := strings.TrimPrefix(e.shorten(err).Error(), name+": ")
		r.Problems = []manifest.Problem{{File: name, Line: 1, Column: 1, Message: message}}
	}
	return r
}

// validateFile loads an integration, or parses a partner's file.
func (e *Env) validateFile(name string, r *validation) error {
	path := e.path(name)
	ws, err := policy.OpenWorkspace(filepath.Dir(path))
	if err != nil {
		return err
	}
	data, err := manifest.ReadFile(path)
	if err != nil {
		return err
	}
	if manifest.IsPartner(data) {
		doc, err := manifest.Parse(path, data, ws.ManifestOptions()...)
		if err == nil {
			r.Kind, r.ID = doc.Partner.Kind, doc.Partner.ID
		}
		return err
	}
	b, err := manifest.Load(path, ws.ManifestOptions()...)
	if err != nil {
		return err
	}
	r.Kind, r.ID = b.Integration.Kind, b.Integration.ID
	r.Digest, err = manifest.ContentDigest(b)
	return err
}

// tellValidation prints "ok" to stdout, or the problems to stderr.
func tellValidation(e *Env, r validation) {
	if r.OK {
		fmt.Fprintf(e.Stdout, "%s: ok\n", r.File)
		return
	}
	fmt.Fprintln(e.Stderr, manifest.Problems(r.Problems).Error())
}

// shorten names files below the working directory relative to it.
func (e *Env) shorten(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, one := range joined.Unwrap() {
			all = append(all, e.shorten(one))
		}
		return errors.Join(all...)
	}
	list, ok := errors.AsType[manifest.Problems](err)
	if !ok {
		if known, ok := errors.AsType[*drawbridge.Error](err); ok {
			return &drawbridge.Error{Kind: known.Kind, Message: strings.ReplaceAll(known.Message, e.Dir+string(filepath.Separator), ""), Err: known.Err}
		}
		return err
	}
	out := make(manifest.Problems, len(list))
	for i, p := range list {
		p.File = strings.TrimPrefix(p.File, e.Dir+string(filepath.Separator))
		out[i] = p
	}
	return out
}
