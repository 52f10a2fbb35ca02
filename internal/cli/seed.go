package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/app"
	"drawbridge/internal/client"
	"drawbridge/internal/policy"
	"drawbridge/internal/seed"
)

const seedLong = `Seed writes a made-up organisation into an empty installation: people, partners, and integrations
with two years of revisions, assessments and reviews. No person or company in it exists. Everything is
written through the same doors as real work, at times in the past, so fsck and log verify hold.
Links to questionnaires are among it, all ended; nobody has their tokens.

What is exact: each revision is a manifest, and each finding comes from assessing one by the packs of
the installation. What is approximate: --findings makes manifests larger until their findings come to
about that number; the history has an assessment each 120 days where a server looks each week; and
with --history 1 everything happened in the last week.

Nobody can sign in as these people, unless --passwords-file names a file: then they have passwords,
which are written there once. Without it, make an administrator first (drawbridge admin create) and
add --into-existing.`

func newSeed(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "seed",
		Short: "Write a made-up organisation, to look around and to measure",
		Long:  seedLong,
		Example: `  drawbridge seed --data demo --passwords-file people.json
  drawbridge seed --data large --partners 10000 --integrations 10000 --findings 1000000 --history 1`,
		Args: cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, true)
	var opt seed.Options
	var asOf, passwords string
	f := cmd.Flags()
	f.IntVar(&opt.Partners, "partners", 200, "how many partners")
	f.IntVar(&opt.Integrations, "integrations", 600, "how many integrations")
	f.IntVar(&opt.Findings, "findings", 0, "about how many findings in all; 0 leaves it to the manifests")
	f.IntVar(&opt.People, "people", 50, "how many people")
	f.IntVar(&opt.History, "history", 4, "most revisions of an integration")
	f.IntVar(&opt.Reviews, "reviews", 1000, "how many integrations have reviews, with questionnaires, evidence, decisions and what follows; the others have a draft")
	f.Uint64Var(&opt.Seed, "seed", 1, "the same number gives the same organisation, identifiers and secrets apart")
	f.StringVar(&asOf, "as-of", "", "the day up to which there is a history; now when left out")
	f.BoolVar(&opt.IntoExisting, "into-existing", false, "write beside what is there")
	f.StringVar(&passwords, "passwords-file", "", "new file for the passwords of the people, readable by you alone")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if opt.AsOf, err = env.asOf(asOf); err != nil {
			return err
		}
		read := func() (app.Options, error) {
			o, err := settings()
			o.Create = true
			return o, err
		}
		file, err := env.passwordsFile(passwords)
		if err != nil {
			return err
		}
		opt.Passwords = file != nil
		return env.local(cmd, read, func(l *app.Local) error {
			start := env.Now()
			report, err := env.seed(cmd.Context(), l, opt)
			if file != nil {
				err = errors.Join(err, writePasswords(file, report.Passwords))
			}
			if err != nil {
				return err
			}
			return env.seeded(report, env.Now().Sub(start), *format)
		})
	}
	return cmd
}

// seed writes the organisation, and tells how far it is.
func (e *Env) seed(ctx context.Context, l *app.Local, opt seed.Options) (seed.Report, error) {
	ws, err := l.Workspace()
	if err != nil {
		return seed.Report{}, err
	}
	opt.Store, opt.Keys, opt.Version, opt.Workspace = l.Store, l.Keys, e.Version, func() *policy.Workspace { return ws }
	opt.Progress = e.counting("%d of %d acts")
	defer e.progressDone()
	return seed.Run(ctx, opt)
}

// counting tells of progress, now and then.
func (e *Env) counting(format string) func(done, total int) {
	var shown time.Time
	return func(done, total int) {
		if now := e.Now(); now.Sub(shown) > 200*time.Millisecond {
			shown = now
			e.progress(format, done, total)
		}
	}
}

// passwordsFile makes the file first, so that no passwords are made that cannot be kept.
func (e *Env) passwordsFile(name string) (*os.File, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // none was asked for
	}
	f, err := os.OpenFile(e.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, drawbridge.Errorf(drawbridge.Invalid, "--passwords-file %s cannot be made: %w; name one that is not there yet", name, cause(err))
	}
	return f, nil
}

// seededPerson is somebody in the file of passwords.
type seededPerson struct {
	Email    string            `json:"email"`
	Name     string            `json:"name"`
	Roles    []drawbridge.Role `json:"roles"`
	Password client.Secret     `json:"password"`
}

// writePasswords writes the passwords of those who were made before it ended;
// without any there is no file.
func writePasswords(f *os.File, list []seed.Credentials) error {
	if len(list) == 0 {
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
	people := make([]seededPerson, len(list))
	for i, c := range list {
		people[i] = seededPerson{c.Email, c.Name, c.Roles, client.Secret{Hidden: c.Password}}
	}
	return errors.Join(writeJSON(f, people), f.Sync(), f.Close())
}

// seeded tells what was written.
func (e *Env) seeded(r seed.Report, took time.Duration, format string) error {
	if format == "json" {
		return writeJSON(e.Stdout, struct {
			SchemaVersion string `json:"schema_version"`
			seed.Report
		}{drawbridge.SchemaVersion, r})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d people, %d partners, %d integrations\n", r.People, r.Partners, r.Integrations)
	fmt.Fprintf(&b, "%d revisions, %d assessments; %d findings stand\n", r.Revisions, r.Assessments, r.Findings)
	fmt.Fprintf(&b, "%d acts in %s\n", r.Acts, took.Round(100*time.Millisecond))
	_, err := fmt.Fprint(e.Stdout, b.String())
	return err
}
