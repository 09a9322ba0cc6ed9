package table

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// candidate is a grid with what is known about its columns.
type candidate struct {
	grid   grid
	roles  roles
	number int // as a person counts the tables of the document
	scopes bool
}

// grids reads every grid that holds scopes. It refuses grids whose columns differ,
// unless the options choose one.
func (r *reader) grids(all []grid) {
	var found []candidate
	named := false
	for i, g := range all {
		g = g.promoteHeader()
		c := candidate{grid: g, number: i + 1}
		c.roles, c.scopes = r.columns(g)
		named = named || c.scopes && c.roles.named
		found = append(found, c)
	}
	if r.options.Table > 0 {
		r.chosen(found)
		return
	}
	var read []candidate
	for i, c := range found {
		// A header that says "scope" wins over guesses from content.
		found[i].scopes = c.scopes && (c.roles.named || !named)
		if found[i].scopes {
			read = append(read, found[i])
		}
	}
	if r.options.Column != "" && len(read) == 0 && len(all) > 0 {
		r.refuse("no-column", found[0].grid.line, "no table has a column "+strconv.Quote(r.options.Column)+" that holds scopes", "these tables were found; name one of their columns", list(r.file, found))
		return
	}
	for _, c := range read {
		if signature(c) != signature(read[0]) {
			r.refuse("several-tables", c.grid.line, "several tables with different columns hold scopes", "choose one with --table N", list(r.file, found))
			return
		}
	}
	for _, c := range read {
		r.grid(c.grid, c.roles)
	}
	if len(r.scopes) == 0 {
		return
	}
	for _, c := range found {
		if !c.scopes && c.grid.header != nil { // without a header: lines that happen to hold a pipe
			r.note(c.grid.line, "this table was left out: no column of it holds scopes")
		}
	}
}

// chosen reads the table that the options name.
func (r *reader) chosen(found []candidate) {
	if r.options.Table > len(found) {
		line := 0
		if len(found) > 0 {
			line = found[0].grid.line
		}
		r.refuse("no-table", line, fmt.Sprintf("there is no table %d", r.options.Table), "these tables were found", list(r.file, found))
		return
	}
	c := found[r.options.Table-1]
	if !c.scopes {
		r.refuse("no-column", c.grid.line, fmt.Sprintf("no column of table %d holds scopes", r.options.Table), "choose another table with --table, or name the column with --column", list(r.file, found))
		return
	}
	r.grid(c.grid, c.roles)
}

// list returns a description of each table, for a person who has to choose one.
func list(file string, found []candidate) []diag.Related {
	const most = 20
	var out []diag.Related
	for _, c := range found {
		if len(out) == most {
			break
		}
		var columns []string
		for i := range c.grid.width() {
			name := "column " + strconv.Itoa(i+1)
			if i < len(c.grid.header) && !c.grid.header[i].empty() {
				name = strconv.Quote(clip(c.grid.header[i].text, 60))
			}
			columns = append(columns, name)
		}
		text := fmt.Sprintf("table %d: %s; rows: %d", c.number, strings.Join(columns, ", "), len(c.grid.rows))
		if c.grid.heading != "" {
			text += "; below " + strconv.Quote(clip(c.grid.heading, 60))
		}
		out = append(out, diag.Related{Pos: diag.Position{File: file, Line: c.grid.line}, Message: text})
	}
	return out
}

// signature returns the headers of the columns that are read. Two parts of one table
// have the same.
func signature(c candidate) string {
	var b strings.Builder
	for _, i := range []int{c.roles.scope, c.roles.text} {
		if i >= 0 && i < len(c.grid.header) {
			b.WriteString(strings.ToLower(c.grid.header[i].text))
		}
		b.WriteByte('|')
	}
	return b.String()
}

// refuse records why a text cannot be read.
func (r *reader) refuse(code string, line int, message, hint string, related []diag.Related) {
	const most = 50 // errors that a person reads
	if len(r.problems) >= most {
		return
	}
	r.problems = append(r.problems, diag.Diagnostic{Code: code, Pos: diag.Position{File: r.file, Line: line}, Message: message, Hint: hint, Related: related})
}
