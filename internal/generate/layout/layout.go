// Package layout lays out Go source as gofmt does, at a small part of the cost.
//
// It knows the Go that the generator writes and no other: source is laid out by its
// tokens and the line breaks between them, without a syntax tree. What it does not
// know for certain it leaves to go/format, so the result is what gofmt leaves
// unchanged in either case.
package layout

import (
	"go/format"
	"math"
	"unicode/utf8"
)

// Source returns src as gofmt lays it out. It fails if src does not parse, as far as
// that is noticed.
func Source(src []byte) ([]byte, error) {
	if out, ok := layout(src); ok {
		return out, nil
	}
	return format.Source(src)
}

// layout returns src as gofmt lays it out, or false if it holds something that this
// package does not know.
func layout(src []byte) (out []byte, ok bool) {
	l := layouter{scanner: scanner{src: src}, out: make([]byte, 0, len(src)+len(src)/8)}
	l.frames = append(l.frames, frame{kind: file, multi: true})
	for !l.unknown && l.scan() {
		l.token()
	}
	if l.unknown || len(l.frames) != 1 || len(l.comments) > 0 || l.afterOpening || l.declaration == "" {
		return nil, false
	}
	l.endLine()
	l.align()
	return append(l.out, '\n'), !l.unknown
}

// kind is what brackets hold.
type kind uint8

const (
	file      kind = iota // no brackets: declarations
	arguments             // of a call, or the parameters of a function
	index                 // an index, or type arguments
	literal               // the elements of a composite literal
	block                 // statements
	clauses               // the clauses of a switch
	fields                // of a struct
	methods               // of an interface
	values                // a group of constants or variables
	imports
)

// frame is a pair of brackets that is open.
type frame struct {
	kind      kind
	multi     bool // a line ends behind the opening bracket
	expect    kind // what the next braces hold, after the keyword that says it; 0 for the elements of a literal
	signature bool // that keyword is func

	cells int // of a group of constants: what each has

	// Of a literal: how long the keys were that stand below each other.
	previous int // size of the last key, 0 if its element took several lines
	logs     float64
	keys     int
}

type layouter struct {
	scanner
	out     []byte
	frames  []frame
	unknown bool

	last         token    // of the line; none at its start
	afterOpening bool     // the last token opened brackets whose content begins on the next line
	opened       bool     // the line did
	started      bool     // something was written
	comments     [][]byte // that are read and not written yet
	declaration  string   // the keyword of the last declaration

	base     int    // the frame that holds the line
	start    int    // of the line in out, behind its indentation
	cells    [2]int // ends of the line's cells in out; 0 for none
	pair     bool   // the line has a key
	trailing bool   // the line ends with a comment
	rows     []row  // the lines that are aligned with each other
	old      []byte // of align
}

// row is a line whose cells are aligned with those of the lines around it.
type row struct {
	start int // in out
	cells [2]int
	pads  [2]int // spaces behind the cells
}

func (l *layouter) top() *frame { return &l.frames[len(l.frames)-1] }

// token adds the token that was scanned.
func (l *layouter) token() {
	switch {
	case l.tok == remark && l.breaks == 0 && l.started:
		l.trail()
		return
	case l.breaks > 0 || !l.started:
		l.lineBreak()
	case l.afterOpening:
		l.unknown = true // the scanner saw a line break
	}
	if l.unknown || l.tok == remark {
		return
	}
	begins := l.last == none
	if l.tok.closes() {
		l.closing()
		return
	}
	if begins {
		l.begin()
	} else if l.spaced() {
		l.out = append(l.out, ' ')
	}
	at := len(l.out)
	l.out = append(l.out, l.text...)
	l.cell(at)
	l.expect()
	if l.tok.opens() {
		l.opening()
	}
	if l.tok == other || l.tok == lines && l.base > 0 {
		l.unknown = true
	}
	l.last = l.tok
}

// lineBreak ends a line, before the next token.
func (l *layouter) lineBreak() {
	if l.started && len(l.comments) == 0 {
		l.endLine()
	}
	if l.tok == remark {
		if l.breaks != 1 && len(l.comments) > 0 {
			l.floating()
		}
		if len(l.comments) == 0 {
			l.between(l.breaks > 1, true)
		}
		l.comments = append(l.comments, l.text)
		l.started = true
		return
	}
	if len(l.comments) == 0 {
		l.between(l.breaks > 1, false)
		l.started = true
		return
	}
	if l.breaks > 1 {
		l.floating()
		l.between(true, false)
		return
	}
	if l.top().kind == clauses {
		l.unknown = true // it may be of the clause or of a statement
	}
	formatted, ok := docComment(l.comments)
	l.unknown = l.unknown || !ok
	l.writeComments(formatted)
	l.newline()
}

// floating writes comments that are of nothing.
func (l *layouter) floating() {
	if l.declaration != "" {
		l.unknown = true
	}
	l.writeComments(l.comments)
}

func (l *layouter) writeComments(comments [][]byte) {
	for i, c := range comments {
		if i > 0 {
			l.newline()
		}
		l.indent(0)
		l.out = append(l.out, c...)
	}
	l.comments = l.comments[:0]
}

// between writes what is between a line and the next one.
func (l *layouter) between(blank, commented bool) {
	opening := l.afterOpening
	l.afterOpening = false
	if !l.started {
		return
	}
	if opening && (blank || l.tok.closes()) || blank && l.tok.closes() {
		l.unknown = true
	}
	if len(l.frames) == 1 && l.declaration != "" && !l.tok.closes() {
		blank = blank || commented || string(l.text) != l.declaration
	}
	if blank {
		l.align()
		l.newline()
	}
	if commented {
		l.align()
	}
	l.newline()
}

func (l *layouter) newline() { l.out = append(l.out, '\n') }

// indent writes the indentation of a line, which is less by some levels than that of
// what the brackets hold.
func (l *layouter) indent(less int) {
	for _, f := range l.frames[1+less:] {
		if f.multi {
			l.out = append(l.out, '\t')
		}
	}
	l.start = len(l.out)
}

// begin begins a line that does not begin with a closing bracket.
func (l *layouter) begin() {
	less := 0
	l.base = len(l.frames) - 1
	switch f := l.top(); {
	case !f.multi:
		l.unknown = true
	case f.kind == file:
		switch string(l.text) {
		case "package", "import", "const", "type", "var", "func":
			l.declaration = string(l.text)
		default:
			l.unknown = true
		}
	case f.kind == clauses && (string(l.text) == "case" || string(l.text) == "default"):
		less = 1
	}
	l.indent(less)
}

// opening adds an opening bracket.
func (l *layouter) opening() {
	outer := l.top()
	f := frame{multi: l.next() == '\n'}
	switch l.tok {
	case parenOpen:
		f.kind = arguments
		if outer.kind == file && l.last == keyword {
			switch l.declaration {
			case "const", "var":
				f.kind = values
			case "import":
				f.kind = imports
			case "type":
				l.unknown = true
			}
		}
	case bracketOpen:
		f.kind = index
		l.unknown = l.unknown || f.multi
	case braceOpen:
		f.kind = l.braces()
		if f.kind != literal && !f.multi && l.next() != '}' {
			l.unknown = true
		}
		outer.expect, outer.signature = file, false
	}
	l.frames = append(l.frames, f)
	l.afterOpening = f.multi
	l.opened = l.opened || f.multi
}

// braces returns what the braces that open now hold.
func (l *layouter) braces() kind {
	if l.last == keywordStruct {
		return fields
	}
	if l.last == keywordInterface {
		return methods
	}
	if expect := l.top().expect; expect != file {
		return expect
	}
	return literal
}

// expect remembers what a keyword says about the braces that follow.
func (l *layouter) expect() {
	f := l.top()
	switch {
	case l.tok == keywordFunc:
		if f.expect == file {
			f.expect = block
		}
		f.signature = true
	case l.tok == comma && (f.kind == arguments || f.kind == index || f.kind == literal):
		f.expect, f.signature = file, false
		if l.pair && f.kind == literal && f.multi && l.next() != '\n' {
			l.unknown = true
		}
	case l.tok == keyword:
		switch string(l.text) {
		case "if", "for", "else":
			f.expect = block
		case "switch":
			f.expect = clauses
		case "select", "go", "chan", "goto":
			l.unknown = true
		}
	}
}

// closing adds a closing bracket.
func (l *layouter) closing() {
	f := l.top()
	begins := l.last == none
	if len(l.frames) == 1 || f.multi != begins || l.tok != closers[f.kind] || l.last == comma {
		l.unknown = true
		return
	}
	if begins {
		l.align()
		l.indent(0)
		l.out = l.out[:len(l.out)-1]
		l.start--
	}
	l.frames = l.frames[:len(l.frames)-1]
	l.out = append(l.out, l.text...)
	l.last = l.tok
	if begins {
		l.base = len(l.frames) // the outer
		l.opened = true        // what began on a former line ends on this one
	}
	l.base = min(l.base, len(l.frames)-1)
}

var closers = [...]token{arguments: parenClose, index: bracketClose, literal: braceClose, block: braceClose, clauses: braceClose, fields: braceClose, methods: braceClose, values: parenClose, imports: parenClose}

// trail adds a comment behind what is on the line.
func (l *layouter) trail() {
	f := l.top()
	if f.kind != block || l.afterOpening || l.trailing || l.opened || l.last == none {
		l.unknown = true
		return
	}
	l.unknown = trailingSpace(l.text)
	l.out = append(append(l.out, ' '), l.text...)
	l.last = remark
}

// cell notes where cells of a line end: at is where the token begins that was just
// written.
func (l *layouter) cell(at int) {
	f := l.top()
	if !f.multi {
		return
	}
	switch f.kind {
	case fields:
		switch {
		case l.tok == text && l.cells[0] == 0, l.tok == comma:
			l.unknown = true
		case l.tok == text:
			l.cells[1] = at - 1
		case l.cells[0] == 0 && l.last == ident && l.out[at-1] == ' ':
			l.cells[0] = at - 1
		case l.cells[0] == 0 && l.last == ident && l.tok == bracketOpen:
			l.unknown = true // an array, or an embedded type with arguments
		}
	case values:
		switch {
		case l.tok == operator && l.cells[0] > 0:
			l.cells[1], l.pair = at-1, true
		case l.tok == operator:
			l.cells[0], l.pair = at-1, true
		case l.cells[0] == 0 && l.last == ident:
			l.unknown = l.unknown || l.tok == comma
			l.cells[0] = at - 1
		}
	case literal:
		if l.tok == colon {
			l.unknown = l.unknown || l.pair
			l.cells[0], l.pair = at+1, true
		}
	}
}

// endLine ends a line that has tokens.
func (l *layouter) endLine() {
	if l.last == none {
		return
	}
	f := &l.frames[l.base]
	if !l.afterOpening {
		if l.base != len(l.frames)-1 || !l.complete(f) {
			l.unknown = true
		}
		f.expect, f.signature = file, false
	}
	switch {
	case f.kind == literal && f.multi:
		l.element(f)
	case f.kind == fields:
		l.unknown = l.unknown || l.opened
		l.rows = append(l.rows, row{start: l.start, cells: l.cells})
	case f.kind == values:
		cells := 1
		if l.cells[1] > 0 {
			cells = 2
		}
		if l.opened || !l.pair || f.cells > 0 && f.cells != cells {
			l.unknown = true
		}
		f.cells = cells
		l.rows = append(l.rows, row{start: l.start, cells: l.cells})
	}
	l.trailing = l.last == remark
	l.last, l.opened, l.pair, l.cells = none, false, false, [2]int{}
}

// complete reports whether a line may end where it does.
func (l *layouter) complete(f *frame) bool {
	switch f.kind {
	case arguments, literal:
		return l.last == comma
	case index:
		return false
	case clauses:
		return true
	}
	return l.last.operand() || l.last == keyword || l.last == remark
}

// element ends a line that holds an element of a literal.
func (l *layouter) element(f *frame) {
	size := 0
	if l.pair && !l.opened {
		size = l.cells[0] - 1 - l.start
	}
	// This is how go/printer decides what to align.
	apart := true
	if f.previous > 0 && size > 0 {
		const small, threshold = 40, 2.5
		if f.keys == 0 || f.previous <= small && size <= small {
			apart = false
		} else {
			ratio := float64(size) / math.Exp(f.logs/float64(f.keys))
			apart = threshold*ratio <= 1 || threshold <= ratio
		}
	}
	if apart {
		l.align()
		f.logs, f.keys = 0, 0
	}
	if size > 0 {
		f.logs += math.Log(float64(size))
		f.keys++
	}
	f.previous = size
	if size > 0 {
		l.rows = append(l.rows, row{start: l.start, cells: l.cells})
	}
}

// align writes the rows anew, with spaces behind their cells. A column reaches over
// rows that follow each other and have it.
func (l *layouter) align() {
	rows := l.rows
	l.rows = l.rows[:0]
	if len(rows) < 2 {
		return
	}
	added := 0
	for column := range 2 {
		for first := 0; first < len(rows); first++ {
			widest, end := 0, first
			for ; end < len(rows) && rows[end].cells[column] > 0; end++ {
				widest = max(widest, l.width(rows[end], column))
			}
			for ; first < end; first++ {
				rows[first].pads[column] = widest - l.width(rows[first], column)
				added += rows[first].pads[column]
			}
		}
	}
	if added == 0 {
		return
	}
	begin := rows[0].start
	l.old = append(l.old[:0], l.out[begin:]...)
	l.out = l.out[:begin]
	from := 0
	for _, r := range rows {
		for column, pad := range r.pads {
			if pad == 0 {
				continue
			}
			end := r.cells[column] - begin
			l.out = append(l.out, l.old[from:end]...)
			for range pad {
				l.out = append(l.out, ' ')
			}
			from = end
		}
	}
	l.out = append(l.out, l.old[from:]...)
	l.start += added
	for column, end := range l.cells {
		if end > 0 {
			l.cells[column] += added
		}
	}
}

// width returns how many columns a cell takes.
func (l *layouter) width(r row, column int) int {
	begin := r.start
	if column > 0 {
		begin = r.cells[column-1] + 1
	}
	return utf8.RuneCount(l.out[begin:r.cells[column]])
}
