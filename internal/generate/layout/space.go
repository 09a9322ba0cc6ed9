package layout

// spaced reports whether a space comes before the token that was scanned, which is not
// the first of its line and no closing bracket.
func (l *layouter) spaced() bool {
	switch l.last {
	case period, unary, star, ellipsis, parenOpen, bracketOpen, braceOpen:
		return false
	}
	after := l.last.operand()
	switch l.tok {
	case comma, semicolon, period:
		return false
	case colon:
		if l.top().kind == index {
			l.unknown = true
		}
		return false
	case operator:
		return true
	case unary:
		l.unknown = l.unknown || after // the printer decides by the depth of an expression
		return l.last != bracketClose
	case star:
		return l.last != bracketClose // a pointer: nothing that is generated multiplies
	case ellipsis:
		return l.next() != ')'
	case parenOpen:
		switch {
		case l.last == parenClose:
			return l.top().signature || l.top().kind == methods
		case l.last == keywordFunc:
			return len(l.frames) == 1 && l.atStart("func")
		}
		return !after
	case bracketOpen:
		next := l.next()
		switch {
		case l.last == ident || l.last == parenClose:
			array := digit(next) && l.top().kind == fields && l.cells[0] == 0
			l.unknown = l.unknown || digit(next) && !array
			return next == ']' || array
		case l.last == bracketClose || l.last == keywordMap:
			return false
		}
		return true
	case braceOpen:
		switch kind := l.braces(); {
		case kind == literal:
			return !after
		case kind == fields || kind == methods:
			return l.next() != '}'
		}
		return true
	}
	// A name, a literal or a keyword.
	if l.last == bracketClose {
		return l.tok == text
	}
	return true
}

// atStart reports whether the line holds only this word.
func (l *layouter) atStart(word string) bool { return string(l.out[l.start:]) == word }
