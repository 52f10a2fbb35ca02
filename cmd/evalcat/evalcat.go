package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"drawbridge"
	"drawbridge/internal/taxonomy"
)

// options are the flags of the command.
type options struct {
	specs  string
	labels string
	half   string
	format string
	strict bool
	errors bool
}

// run is the command: it returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	drawing := len(args) > 0 && args[0] == "sample"
	if drawing {
		args = args[1:]
	}
	opt, err := parse(args, stderr)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(stderr, "evalcat:", err)
		}
		return drawbridge.ExitUsage
	}
	if drawing {
		err = sample(opt, stdout)
	} else {
		var ok bool
		if ok, err = evaluate(opt, stdout); err == nil && !ok {
			return drawbridge.ExitNo
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, "evalcat:", err)
		return drawbridge.KindOf(err).Exit()
	}
	return drawbridge.ExitOK
}

func parse(args []string, stderr io.Writer) (options, error) {
	var opt options
	set := flag.NewFlagSet("evalcat", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&opt.specs, "specs", "", "folder with the specifications that the labels point into")
	set.StringVar(&opt.labels, "labels", "internal/taxonomy/testdata/eval", "folder with look.jsonl and judge.jsonl")
	set.StringVar(&opt.half, "half", "judge", "which half to measure: look, judge or both")
	set.StringVar(&opt.format, "format", "text", "text or json")
	set.BoolVar(&opt.strict, "strict", false, "accept the label alone, none of the other defensible categories")
	set.BoolVar(&opt.errors, "errors", false, "list each disagreement; on the look half alone")
	if err := set.Parse(args); err != nil {
		return opt, err
	}
	switch {
	case set.NArg() > 0:
		return opt, fmt.Errorf("%q is one argument too many", set.Arg(0))
	case !slices.Contains([]string{"look", "judge", "both"}, opt.half):
		return opt, fmt.Errorf("--half %q: write look, judge or both", opt.half)
	case !slices.Contains([]string{"text", "json"}, opt.format):
		return opt, fmt.Errorf("--format %q: write text or json", opt.format)
	case opt.errors && opt.half != "look":
		return opt, errors.New("--errors shows the look half alone, so that nobody tunes on the other one; add --half look")
	}
	return opt, nil
}

// evaluate measures and prints. It reports false when a field was taken for a
// special category that it is not.
func evaluate(opt options, stdout io.Writer) (bool, error) {
	labels, err := readLabels(opt.labels, opt.half)
	if err != nil {
		return false, err
	}
	if opt.strict {
		for i := range labels {
			labels[i].Also = nil
		}
	}
	rep, err := judge(taxonomy.Builtin(), opt.specs, labels)
	if err != nil {
		return false, err
	}
	rep.Half, rep.Strict = opt.half, opt.strict
	if !opt.errors {
		rep.Errors = nil
	}
	if opt.format == "json" {
		return rep.sound(), printJSON(stdout, rep)
	}
	return rep.sound(), printText(stdout, rep)
}

// judge resolves every label, asks the classifier and counts.
func judge(tax *taxonomy.Taxonomy, specs string, labels []label) (*report, error) {
	rep := &report{Labelled: len(labels)}
	byFile := map[string][]label{}
	for _, l := range labels {
		byFile[l.File] = append(byFile[l.File], l)
	}
	var seen []answer
	for _, file := range sortedKeys(byFile) {
		doc, err := openDocument(specs, file)
		if errors.Is(err, fs.ErrNotExist) {
			rep.Absent = append(rep.Absent, shortfall{File: file, Fields: len(byFile[file])})
			continue
		}
		if err != nil {
			return nil, err
		}
		at := map[string]location{}
		for _, l := range walk(doc) {
			at[l.Pointer] = l
		}
		moved := 0
		for _, l := range byFile[file] {
			loc, ok := at[l.Pointer]
			if !ok || loc.Name != l.Name {
				moved++
				continue
			}
			seen = append(seen, answer{label: l, guess: tax.Classify(field(doc, loc))})
		}
		if moved > 0 {
			rep.Moved = append(rep.Moved, shortfall{File: file, Fields: moved})
		}
	}
	return rep, rep.measure(tax, seen)
}

// field is what the classifier gets to see, put together as an import does:
// names without array items, the first tag, the first operation.
func field(doc *document, l location) taxonomy.Field {
	t := doc.traits(l.Pointer)
	return taxonomy.Field{
		Name: l.Name, Parents: l.Parents, Type: t.Type, Format: t.Format, Pattern: t.Pattern,
		Description: t.Description, Example: t.Example, Enum: t.Enum,
		At: l.At, Operation: l.Operation, Tag: l.Tag,
	}
}

// sample prints the fields to be labelled, one JSON object a line, with what
// the specification says about them.
func sample(opt options, stdout io.Writer) error {
	var all []location
	docs := map[string]*document{}
	for _, file := range specFiles {
		doc, err := openDocument(opt.specs, file)
		if err != nil {
			return err
		}
		docs[file] = doc
		all = append(all, walk(doc)...)
	}
	enc := json.NewEncoder(stdout)
	enc.SetEscapeHTML(false)
	for _, d := range draw(all) {
		t := docs[d.File].traits(d.Pointer)
		line := struct {
			Half string `json:"half"`
			label
			Operation   string   `json:"operation,omitempty"`
			Description string   `json:"description,omitempty"`
			Enum        []string `json:"enum,omitempty"`
			Example     string   `json:"example,omitempty"`
		}{d.Half, label{
			File: d.File, Pointer: d.Pointer, Name: d.Name, Parents: d.Parents,
			Type: t.Type, Format: t.Format, At: d.At, Stratum: d.Stratum,
		}, d.Operation, strings.Join(strings.Fields(t.Description), " "), t.Enum, t.Example}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// openDocument reads the specification called file, which may not lie outside dir.
func openDocument(dir, file string) (*document, error) {
	if dir == "" {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "no folder of specifications is given; add --specs DIR: %w", fs.ErrNotExist)
	}
	data, err := readBelow(dir, file, maxSpecBytes)
	if err != nil {
		return nil, err
	}
	return parseDocument(file, data)
}

// readBelow reads a file of at most limit bytes below dir.
func readBelow(dir, file string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "open the folder: %w", err)
	}
	defer root.Close()
	f, err := root.Open(file)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.NotFound, "read %s: %w", file, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Unavailable, "read %s: %w", file, err)
	}
	if int64(len(data)) > limit {
		return nil, drawbridge.Errorf(drawbridge.TooLarge, "%s is larger than %s; nothing so large is expected here", file, drawbridge.Size(limit))
	}
	return data, nil
}
