package store

import (
	"fmt"
	"strings"
	"time"
)

// naming is a column that names files: fields tagged record:"file".
type naming struct {
	table, column string
	partner       bool // whether its rows name a partner too
}

// String is the column as [Tx.DueFiles] names it.
func (n naming) String() string { return n.table + "." + n.column }

// needs says for the columns whose rows need their file for a time only which of
// the rows still do; ? is the cut. The rows of every other column need it for good.
var needs = map[string]string{
	"assessment.document": `t.created_at >= ? OR EXISTS (SELECT 1 FROM integration i WHERE i.id = t.integration AND i.assessment = t.id AND i.state <> 'retired')`,
	"revision.bundle":     `t.created_at >= ? OR EXISTS (SELECT 1 FROM integration i WHERE i.id = t.integration AND i.head = t.id AND i.state <> 'retired')`,
	"run.document":        `t.created_at >= ? OR t.stands AND EXISTS (SELECT 1 FROM integration i WHERE i.id = t.integration AND i.state <> 'retired')`,
	// A document counts to the end of its last day.
	"evidence.file": `t.updated_at >= ? OR t.state = 'accepted' AND t.superseded_by = '' AND CASE WHEN t.expires <> '' THEN t.expires ELSE t.period_end END || 'T24' >= ?`,
}

// namings lists every column that names files.
func namings() []naming {
	var out []naming
	for _, r := range records() {
		out = append(out, r.files()...)
	}
	return out
}

func (t *table[T]) files() []naming {
	var out []naming
	for _, f := range t.fields {
		if f.file {
			out = append(out, naming{t.kind, f.name, t.has("partner")})
		}
	}
	return out
}

// DueFiles lists the files that a column names and that no row needs any more:
// neither of this column nor of any other, since the same content may be named
// by several. cuts says for each column what was made too long ago to be needed;
// the rows of a column without a cut need their files for good.
func (tx *Tx) DueFiles(column string, p Page, cuts map[string]time.Time) ([]Due, error) {
	var query strings.Builder
	query.WriteString(`SELECT b.id FROM blob b WHERE b.id > ?`)
	args := []any{p.After}
	known := false
	for _, n := range namings() {
		if n.String() == column {
			known = true
			fmt.Fprintf(&query, ` AND EXISTS (SELECT 1 FROM %s t WHERE t.%s = b.id)`, n.table, n.column)
		}
		still := needs[n.String()]
		if cut, ok := cuts[n.String()]; ok && !cut.IsZero() && still != "" {
			for range strings.Count(still, "?") {
				args = append(args, Time(cut))
			}
		} else {
			still = "1 = 1"
		}
		fmt.Fprintf(&query, ` AND NOT EXISTS (SELECT 1 FROM %s t WHERE t.%s = b.id AND (%s))`, n.table, n.column, still)
	}
	if !known {
		return nil, fmt.Errorf("store: no column %q names files", column)
	}
	query.WriteString(` ORDER BY b.id LIMIT ?`)
	rows, err := tx.query(query.String(), append(args, p.Limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read files that are due: %w", err)
		}
		ids = append(ids, id)
	}
	if err := tx.explain(rows.Err()); err != nil || len(ids) == 0 {
		return nil, err
	}
	return tx.aboutFiles(ids)
}

// aboutFiles tells what files are about: everything that a row is about which
// names them.
func (tx *Tx) aboutFiles(ids []string) ([]Due, error) {
	parts, args := []string{`SELECT id, integration, '' AS partner FROM blob WHERE id IN (` + marks(len(ids)) + `)`}, texts(ids)
	for _, n := range namings() {
		partner := "''"
		if n.partner {
			partner = "partner"
		}
		parts = append(parts, fmt.Sprintf(`SELECT %s, integration, %s FROM %s WHERE %s IN (%s)`, n.column, partner, n.table, n.column, marks(len(ids))))
		args = append(args, texts(ids)...)
	}
	rows, err := tx.query(strings.Join(parts, " UNION ")+` ORDER BY 1, 2, 3`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Due
	for rows.Next() {
		var id, integration, partner string
		if err := rows.Scan(&id, &integration, &partner); err != nil {
			return nil, fmt.Errorf("read what files are about: %w", err)
		}
		if len(out) == 0 || out[len(out)-1].ID != id {
			out = append(out, Due{ID: id})
		}
		out[len(out)-1].About.name(integration, partner, "")
	}
	return out, tx.explain(rows.Err())
}
