package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/app"
)

const doctorLong = `Doctor examines an installation and says what is wrong with it and how to mend it: the data
folder, room on the disk, keys, database, schema, durability, the ledger's head and last entries,
the clock, jobs, packs, the certificate, and whether the server answers. It changes nothing, and
may be run while the server works. drawbridge fsck looks at every record and file.

It exits with 3 when a check fails.`

func newDoctor(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "doctor",
		Short:   "Say what is wrong with an installation",
		Long:    doctorLong,
		Example: "  drawbridge doctor\n  drawbridge doctor --server https://drawbridge.example --format json",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json")
	settings := settingFlags(cmd, env, false)
	server := cmd.Flags().String("server", "", "URL of the server to ask; the settings' own when it is left out")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		opt, err := settings()
		if err != nil {
			return err
		}
		list := app.Doctor(cmd.Context(), opt, *server)
		if *format == "json" {
			err = writeJSON(env.Stdout, map[string]any{"schema_version": drawbridge.SchemaVersion, "healthy": !app.Sick(list), "checks": list})
		} else {
			_, err = fmt.Fprint(env.Stdout, tellHealth(list))
		}
		if err == nil && app.Sick(list) {
			return errNo
		}
		return err
	}
	return cmd
}

func tellHealth(list []app.Diagnosis) string {
	var b strings.Builder
	count := map[app.Health]int{}
	for _, d := range list {
		count[d.Health]++
		fmt.Fprintf(&b, "%-8s %-17s %s\n", d.Health, d.Check, d.Saw)
		if d.Do != "" {
			fmt.Fprintf(&b, "%26s %s\n", "->", d.Do)
		}
	}
	fmt.Fprintf(&b, "\n%d fine, %d to look at, %d wrong\n", count[app.HealthOK], count[app.HealthWarn], count[app.HealthFail])
	return b.String()
}
