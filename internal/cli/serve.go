package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/app"
	"drawbridge/internal/seal"
)

const serveLong = `Serve runs the server: the record of partners, integrations and decisions, with its API.

Without settings it keeps everything in a folder of yours, in SQLite, and answers this machine
alone. With --demo it makes up an organisation first, in a folder of its own: forty partners, a
person for each role who signs in with one press, and a path of five steps through the product.

Every setting is a flag, a variable in the environment (--tls-cert is DRAWBRIDGE_TLS_CERT)
or a key of the file that --config names (tls_cert); a flag wins over the environment, that over
the file. Beyond this machine it speaks TLS only.

SIGTERM or Ctrl-C stops it: requests that are being answered have 10 seconds to end.`

func newServe(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long:  serveLong,
		Example: `  drawbridge serve
  drawbridge serve --demo
  drawbridge serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem
  drawbridge serve --admin-email ann@example.com --admin-password-file /run/secrets/admin`,
		Args: cobra.NoArgs,
	}
	settings := settingFlags(cmd, env, false)
	var first firstAdmin
	first.flags(cmd, "admin-")
	demo := cmd.Flags().Bool("demo", false, "serve a made-up organisation, to look around; it is made at the first start, in about half a minute")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		opt, err := settings()
		if err != nil {
			return err
		}
		if opt.Demo = *demo; opt.Demo {
			if !cmd.Flags().Changed("data") {
				opt.Data += "-demo"
			}
			if err := env.makeDemo(cmd.Context(), opt); err != nil {
				return err
			}
		}
		a, err := app.New(cmd.Context(), opt)
		if err != nil {
			return err
		}
		none, err := first.make(cmd.Context(), env, a.Local)
		if err != nil {
			_ = a.Stop(cmd.Context()) // the first error tells more
			return err
		}
		return a.Run(cmd.Context(), func() { env.welcome(cmd.Context(), a, none) })
	}
	return cmd
}

// makeDemo makes the demonstration, and says how far it is.
func (e *Env) makeDemo(ctx context.Context, opt app.Options) error {
	defer e.progressDone()
	return app.MakeDemo(ctx, opt, e.counting("making the demonstration: %d of %d acts"))
}

// welcome says on the terminal, or to the log, where everything is.
func (e *Env) welcome(ctx context.Context, a *app.App, none bool) {
	opt := a.Options
	a.Log.LogAttrs(ctx, slog.LevelInfo, "ready", slog.String("url", a.URL()), slog.String("address", a.Address()), slog.String("data", opt.Data), slog.Bool("postgres", a.Store.Postgres()))
	if opt.LogFormat == "json" {
		return
	}
	fmt.Fprintf(e.Stderr, "\n  Drawbridge %s answers at %s\n  Its data are in %s\n", e.Version, a.URL(), opt.Data)
	if none {
		fmt.Fprintf(e.Stderr, "  Nobody can sign in yet. Make the first administrator from another terminal:\n\n    drawbridge admin create --data %q --email you@example.com\n", opt.Data)
	}
	if opt.Demo {
		fmt.Fprintf(e.Stderr, "  Open the address in a browser, and sign in with one press.\n")
	}
	fmt.Fprintln(e.Stderr)
}

func newWorker(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Run jobs beside servers on PostgreSQL",
		Long: `Worker is one more process that does the work of the queue: assessments that are due, mail,
webhooks, retention. It needs the PostgreSQL, the keys and the files of the server: the same
--database and a data folder that both see. With SQLite the server does all of this itself.`,
		Example: "  drawbridge worker --database postgres://drawbridge@db.example/drawbridge --workers 8",
		Args:    cobra.NoArgs,
	}
	settings := settingFlags(cmd, env, false)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		opt, err := settings()
		if err != nil {
			return err
		}
		a, err := app.NewWorker(cmd.Context(), opt)
		if err != nil {
			return err
		}
		return a.Run(cmd.Context(), func() { a.Log.LogAttrs(cmd.Context(), slog.LevelInfo, "ready", slog.String("data", opt.Data)) })
	}
	return cmd
}

// settingFlags adds a flag for each setting; local leaves out those that only a
// server needs. What it returns reads all of them.
func settingFlags(cmd *cobra.Command, env *Env, local bool) func() (app.Options, error) {
	opt := app.Default(env.Environ)
	config := cmd.Flags().String("config", env.Environ("DRAWBRIDGE_CONFIG"), "file with settings, in YAML")
	for _, s := range app.Settings() {
		if !s.Secret && (s.Local || !local) {
			cmd.Flags().String(s.Name, s.Value(&opt), s.Usage)
		}
	}
	return func() (app.Options, error) {
		from := app.Sources{Environ: env.Environ, Dir: env.Dir, Flag: func(name string) (string, bool) {
			f := cmd.Flags().Lookup(name)
			if f == nil || !f.Changed {
				return "", false
			}
			return f.Value.String(), true
		}}
		if *config != "" {
			from.File = env.path(*config)
		}
		opt, err := app.Load(from)
		opt.Now, opt.Version, opt.Log = env.Now, env.Version, env.Stderr
		return opt, err
	}
}

// firstAdmin is who is made the first administrator.
type firstAdmin struct{ email, name, file string }

func (f *firstAdmin) flags(cmd *cobra.Command, prefix string) {
	cmd.Flags().StringVar(&f.email, prefix+"email", "", "address of the first administrator")
	cmd.Flags().StringVar(&f.name, prefix+"name", "", "their name; the address when it is left out")
	cmd.Flags().StringVar(&f.file, prefix+"password-file", "", "file with their password; - reads standard input")
}

// make makes the administrator that the flags or the environment name, unless
// there are people already. It reports whether there is still nobody.
func (f *firstAdmin) make(ctx context.Context, env *Env, local *app.Local) (none bool, err error) {
	if f.email == "" {
		f.email = env.Environ("DRAWBRIDGE_ADMIN_EMAIL")
	}
	if none, err = local.Account.Empty(ctx); err != nil || !none || f.email == "" {
		return none, err
	}
	password, err := env.password(f.file, false)
	if err != nil {
		return true, err
	}
	_, err = local.Account.Bootstrap(ctx, "setup", f.email, f.nameOrEmail(), password)
	if drawbridge.KindOf(err) == drawbridge.Conflict { // another process was first
		err = nil
	}
	return err != nil, err
}

func (f *firstAdmin) nameOrEmail() string {
	if f.name != "" {
		return f.name
	}
	return f.email
}

// password reads a new password: from a file, from standard input, from
// DRAWBRIDGE_ADMIN_PASSWORD_FILE or DRAWBRIDGE_ADMIN_PASSWORD, or from a person
// at a terminal who is asked.
func (e *Env) password(file string, ask bool) (seal.Hidden, error) {
	if file == "" {
		file = e.Environ("DRAWBRIDGE_ADMIN_PASSWORD_FILE")
	}
	switch {
	case file != "":
		return e.secretText(file)
	case e.Environ("DRAWBRIDGE_ADMIN_PASSWORD") != "":
		return seal.Hide(e.Environ("DRAWBRIDGE_ADMIN_PASSWORD")), nil
	case ask:
		return e.askPassword()
	}
	return seal.Hidden{}, usageError{fmt.Errorf("name a file with the administrator's password by --admin-password-file; - reads standard input")}
}
