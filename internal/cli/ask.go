package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
)

// question is a command that asks a server for one thing.
type question[T any] struct {
	proof bool                      // it needs the password again
	check func(args []string) error // of the flags, before anybody is asked for anything
	ask   func(ctx context.Context, c *client.Client, args []string) (T, error)
	tell  func(w io.Writer, answer T) error // for people
}

// on makes a command of the question.
func (q question[T]) on(env *Env, cmd *cobra.Command) *cobra.Command {
	format := formatFlag(cmd, "text", "json")
	flags, password := serverFlagsOf(cmd), ""
	if q.proof {
		passwordFlag(cmd, &password)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if q.check != nil {
			if err := q.check(args); err != nil {
				return usageError{err}
			}
		}
		run := func(c *client.Client) error {
			answer, err := q.ask(cmd.Context(), c, args)
			if err != nil {
				return err
			}
			if *format == "json" {
				return writeAnswer(env.Stdout, c.URL(), answer)
			}
			return q.tell(env.Stdout, answer)
		}
		c, err := env.connect(flags)
		if err != nil {
			return err
		}
		defer c.Close()
		if q.proof {
			return env.proven(cmd.Context(), c, password, run)
		}
		return run(c)
	}
	return cmd
}

// listing is a command that lists things of a server.
type listing[T any] struct {
	read func(ctx context.Context, c *client.Client, page client.Page, args []string) (client.List[T], error)
	head string // names of the columns, apart by spaces
	row  func(T) []string
	none string // what is said when there is nothing
}

// Sizes of a list on the command line.
const (
	usualList = 100
	maxList   = 100_000
	pageSize  = 200 // of one request
)

// listed is what a list command answers.
type listed[T any] struct {
	Items []T  `json:"items"`
	More  bool `json:"more"` // than --limit lets through
}

// on makes a command of the list.
func (l listing[T]) on(env *Env, cmd *cobra.Command) *cobra.Command {
	limit := cmd.Flags().Int("limit", usualList, fmt.Sprintf("most items to list, up to %d", maxList))
	return question[listed[T]]{
		check: func([]string) error {
			if *limit < 1 || *limit > maxList {
				return fmt.Errorf("--limit is 1 to %d", maxList)
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (listed[T], error) {
			out := listed[T]{Items: []T{}}
			for page := (client.Page{}); ; {
				page.Limit = min(*limit-len(out.Items), pageSize)
				part, err := l.read(ctx, c, page, args)
				if err != nil {
					return out, err
				}
				out.Items = append(out.Items, part.Items...)
				page.Cursor = part.Next
				if out.More = part.Next != "" || len(out.Items) > *limit; !out.More || len(out.Items) >= *limit {
					out.Items = out.Items[:min(len(out.Items), *limit)]
					return out, nil
				}
			}
		},
		tell: func(w io.Writer, got listed[T]) error {
			if len(got.Items) == 0 {
				fmt.Fprintln(env.Stderr, l.none)
				return nil
			}
			rows := make([][]string, len(got.Items))
			for i, item := range got.Items {
				rows[i] = l.row(item)
			}
			if got.More {
				defer fmt.Fprintf(env.Stderr, "there are more than %d; --limit shows them\n", len(rows))
			}
			return writeTable(w, strings.Fields(l.head), rows)
		},
	}.on(env, cmd)
}

// writeTable writes rows in columns. What comes from a server keeps to its cell.
func writeTable(w io.Writer, head []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = oneLine(cell); cell == "" {
				cells[i] = "-"
			}
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

// writeFields writes names and values below each other, those alone that have a value.
func writeFields(w io.Writer, pairs ...string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", pairs[i], line(pairs[i+1]))
		}
	}
	return t.Flush()
}

// saying tells one line.
func saying[T any](format string, words func(T) []any) func(io.Writer, T) error {
	return func(w io.Writer, answer T) error {
		_, err := fmt.Fprintf(w, format+"\n", words(answer)...)
		return err
	}
}

// writeAnswer writes a server's answer as one document, which says in front
// which server it is from.
func writeAnswer(w io.Writer, url string, answer any) error {
	head, err := json.Marshal(map[string]string{"schema_version": drawbridge.SchemaVersion, "server": url})
	if err != nil {
		return err
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	inner := bytes.TrimSpace(body.Bytes())
	if len(inner) > len("{}") {
		head = append(append(head[:len(head)-1], ','), inner[1:]...)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, head, "", "  "); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w)
	return err
}

// moment is a time for people, in UTC.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// because adds --reason, which the record keeps.
func because(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "reason", "", "why; it is recorded with the change")
}

// needReason refuses an act without one before the server does.
func needReason(reason *string) func([]string) error {
	return func([]string) error {
		if strings.TrimSpace(*reason) == "" {
			return errors.New("give --reason: it is recorded with the change")
		}
		return nil
	}
}

// family is a command that only holds others.
func family(use, short, long string, members ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: long, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(members...)
	return cmd
}
