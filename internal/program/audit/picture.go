package audit

import (
	"path"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/visible"
)

// picture shows one API: a column for each program that uses it, a row for each
// scope that one of them requests or reaches, and below it a row for each
// operation. All measures are pixels of an SVG.
type picture struct {
	ID, Title       string
	Width, Height   int
	HeadY, FolderY  int // baselines of the names of programs
	LabelsEnd       int
	Meter           int // where meters begin
	MeterText       int
	Slanted, HasRaw bool
	Columns         []column
	Rows            []pictureRow
	Stems           []stem
	Marks           []dot
}

type column struct {
	X                      int
	Label, Folder, Package string
}

// pictureRow is a scope, or an operation that is reachable with it.
type pictureRow struct {
	Scope                                   bool
	Label, Full, Method                     string // Full is what Label abbreviates
	Top, Height, Bottom, Baseline, MeterTop int
	Share                                   string // "1 of 4"
	Meter                                   int    // length
	Drop                                    bool   // no program reaches it
}

// stem joins a scope's mark to those of its operations.
type stem struct{ X, From, To int }

type dot struct {
	X, Y, Left, Top, Radius int
	State                   string // nothing, reach, raw or unreachable
	Target, Text            string
}

const (
	glyph          = 8 // width of a character of 13 pixels, a little more than it needs
	scopeHeight    = 36
	rowHeight      = 28
	meterLength    = 48
	roomy          = 1134 // what the page has room for
	narrowestLabel = 40   // characters
	widestLabel    = 56   // characters
	mostUpright    = 5    // programs, before their names are slanted
	uprightWidth   = 152
	slantedWidth   = 44
	slantedLabel   = 24 // characters
)

// drawing collects a picture from top to bottom.
type drawing struct {
	picture
	width int // of a column
	y     int
}

// draw makes the picture of one API of roots, whose scopes have rows in tables.
func draw(id string, roots []pageRoot, pkg string) picture {
	d := drawing{picture: picture{ID: id}}
	var apis []pageAPI
	for _, root := range roots {
		for _, a := range root.APIs {
			if a.Package == pkg {
				d.Title = a.Title
				apis = append(apis, a)
				d.Columns = append(d.Columns, column{Package: root.Package})
			}
		}
	}
	order := scopeOrder(apis)
	labels := narrowestLabel
	for _, scope := range order {
		labels = max(labels, cells(scope)+16)
		for _, op := range operationsOf(apis, scope) {
			labels = max(labels, cells(op.Method)+cells(op.Path)+5)
		}
	}
	d.LabelsEnd = min(labels, widestLabel) * glyph
	d.Meter = d.LabelsEnd - meterLength
	d.MeterText = d.Meter - 8
	d.heads()
	for _, scope := range order {
		d.scope(scope, apis)
	}
	d.Height = d.y + 4
	return d.picture
}

func (d *drawing) heads() {
	d.Slanted, d.width = len(d.Columns) > mostUpright, uprightWidth
	d.HeadY, d.FolderY = 38, 20
	over := 0
	if len(d.Columns) > 0 {
		d.width = max(d.width, min(240, (roomy-d.LabelsEnd-32)/len(d.Columns)))
	}
	if d.Slanted {
		d.width, d.HeadY, over = slantedWidth, 148, slantedLabel*glyph*3/4
	}
	common := d.commonFolder()
	for i := range d.Columns {
		c := &d.Columns[i]
		c.X = d.LabelsEnd + d.width/2 + i*d.width + 16
		if d.Slanted {
			c.Label = abbreviateStart(strings.TrimPrefix(c.Package, common), slantedLabel)
			continue
		}
		c.Label = abbreviate(path.Base(c.Package), d.width/glyph-2)
		if folder := path.Dir(c.Package); folder != "." {
			c.Folder = abbreviateStart(folder, d.width/7-2)
		}
	}
	d.Width = d.LabelsEnd + len(d.Columns)*d.width + 32 + over
	d.y = d.HeadY + 18
}

// commonFolder returns what the import paths of all programs begin with.
func (d *drawing) commonFolder() string {
	common := path.Dir(d.Columns[0].Package) + "/"
	for _, c := range d.Columns {
		for !strings.HasPrefix(c.Package, common) {
			common = strings.TrimSuffix(common, "/")
			common = common[:strings.LastIndex(common, "/")+1]
		}
	}
	return common
}

func (d *drawing) scope(scope string, apis []pageAPI) {
	row := pictureRow{Scope: true, Top: d.y, Height: scopeHeight - 4, Baseline: d.y + 21, MeterTop: d.y + 13, Drop: true}
	name := scope
	if name == "" {
		name = "no scope"
		row.Drop = false
	}
	row.Label = abbreviate(name, d.LabelsEnd/glyph-15)
	if row.Label != name {
		row.Full = name
	}
	reached := operationsOf(apis, scope)
	ends := make([]int, len(apis))
	permits := 0
	for i, a := range apis {
		s := a.scope(scope)
		if s != nil {
			permits = max(permits, s.Permits)
			row.Drop = false
		}
		d.Marks = append(d.Marks, d.scopeMark(i, a, scope, s))
	}
	if permits > 0 {
		row.Share = share(len(reached), permits)
		row.Meter = min(meterLength, max(6, meterLength*len(reached)/permits))
		if len(reached) == 0 {
			row.Meter = 0
		}
	}
	d.Rows = append(d.Rows, row)
	from := d.y + scopeHeight/2 - 2
	d.y += scopeHeight
	for _, op := range reached {
		full := op.Method + " " + op.Path
		r := pictureRow{Method: op.Method, Top: d.y, Height: rowHeight, Bottom: d.y + rowHeight, Baseline: d.y + 18}
		r.Label = abbreviate(op.Path, d.LabelsEnd/glyph-cells(op.Method)-5)
		if r.Label != op.Path {
			r.Full = full
		}
		d.Rows = append(d.Rows, r)
		for i, a := range apis {
			m := dot{X: d.Columns[i].X, Y: d.y + rowHeight/2, State: "nothing"}
			for _, used := range a.rows(scope) {
				if used.Path == op.Path && used.Method == op.Method && m.State == "nothing" {
					m.State, m.Radius, m.Target = "reach", 5, "#"+used.ID
					m.Text = d.Columns[i].Package + " reaches " + full
					ends[i] = m.Y
				}
			}
			d.Marks = append(d.Marks, m.placed())
		}
		d.y += rowHeight
	}
	for i, end := range ends {
		if end > 0 {
			d.Stems = append(d.Stems, stem{d.Columns[i].X, from, end})
		}
	}
	d.y += 8
}

// scopeMark returns the mark of a program in the row of a scope. s is nil if the
// program does not reach it.
func (d *drawing) scopeMark(i int, a pageAPI, scope string, s *pageScope) dot {
	m := dot{X: d.Columns[i].X, Y: d.y + scopeHeight/2 - 2, State: "nothing", Radius: 8}
	name := scope
	if name == "" {
		name = "operations without a scope"
	}
	switch {
	case s != nil:
		m.State, m.Target = "reach", "#"+s.Rows[0].ID
		m.Text = d.Columns[i].Package + " reaches " + name
		if s.onlyRaw() {
			m.State = "raw"
			m.Text += " by a call that no generated client makes"
			d.HasRaw = true
		}
	case slices.Contains(a.Unreachable, scope):
		m.State, m.Target = "unreachable", "#"+a.ID
		m.Text = d.Columns[i].Package + " asks for " + name + ", which is unreachable: safe to drop"
	}
	return m.placed()
}

func (m dot) placed() dot {
	m.Left, m.Top = m.X-12, m.Y-12
	return m
}

// scopeOrder returns the scopes of all programs by their power, as each has them,
// and "" last if an operation needs none.
func scopeOrder(apis []pageAPI) []string {
	var order []string
	unscoped := false
	for _, a := range apis {
		reached := make([]string, 0, len(a.Scopes))
		for _, s := range a.Scopes {
			if s.Scope == "" {
				unscoped = true
				continue
			}
			reached = append(reached, s.Scope)
		}
		for _, list := range [][]string{a.Requested, reached} {
			after := 0
			for _, scope := range list {
				if i := slices.Index(order, scope); i >= 0 {
					after = max(after, i+1)
					continue
				}
				order = slices.Insert(order, after, scope)
				after++
			}
		}
	}
	if unscoped {
		order = append(order, "")
	}
	return order
}

// operationsOf returns what the programs reach with a scope, each operation once.
func operationsOf(apis []pageAPI, scope string) []pageRow {
	var list []pageRow
	for _, a := range apis {
		for _, row := range a.rows(scope) {
			if row.Path != "" && !slices.ContainsFunc(list, func(other pageRow) bool { return other.Method == row.Method && other.Path == row.Path }) {
				list = append(list, row)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b pageRow) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	return list
}

// cells returns how many characters wide text is. Those of East Asia count twice.
func cells(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// abbreviate cuts the end of text that is wider than n characters.
func abbreviate(text string, n int) string {
	if cells(text) <= n {
		return text
	}
	var b strings.Builder
	width := 1
	for _, r := range text {
		if width += cells(string(r)); width > n {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}

// abbreviateStart cuts the beginning.
func abbreviateStart(text string, n int) string {
	if cells(text) <= n {
		return text
	}
	runes := []rune(text)
	width, i := 1, len(runes)
	for i > 0 {
		if width += cells(string(runes[i-1])); width > n {
			break
		}
		i--
	}
	return "…" + string(runes[i:])
}

func lines(list []string) []string {
	shown := make([]string, len(list))
	for i, s := range list {
		shown[i] = visible.Line(s)
	}
	return shown
}
