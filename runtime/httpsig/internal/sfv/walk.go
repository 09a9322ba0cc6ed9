package sfv

// Walker goes over the members of a field or a part of it:
//
//	members := sfv.Dictionary(text)
//	for members.Next() {
//		… members.Member …
//	}
//	if err := members.Err(); err != nil { … }
type Walker struct {
	// Member is the present one.
	Member
	scan scanner
	next func(*Walker) (more bool, err error)
	more bool
	err  error
}

// Dictionary walks over the members of a dictionary. A key that is there twice
// comes twice.
func Dictionary(text string) Walker { return fieldWalker(text, nextEntry) }

// List walks over the members of a list.
func List(text string) Walker { return fieldWalker(text, nextMember) }

// Items walks over the items of an inner list; text begins with "(" and is a
// Value of this package.
func Items(text string) Walker {
	return Walker{scan: scanner{text: text, at: 1}, next: nextItem, more: true}
}

// Parameters walks over parameters; text is a Params of this package, or
// something to be checked.
func Parameters(text string) Walker {
	return Walker{scan: scanner{text: text}, next: nextParam, more: text != ""}
}

func fieldWalker(text string, next func(*Walker) (bool, error)) Walker {
	w := Walker{scan: scanner{text: text}, next: next}
	w.scan.spaces()
	w.more = !w.scan.done()
	return w
}

// Next goes to the next member. It is false at the end and at an error.
func (w *Walker) Next() bool {
	if !w.more || w.err != nil {
		return false
	}
	w.Member = Member{}
	w.more, w.err = w.next(w)
	return w.err == nil && w.Kind != 0
}

// Err tells why Next was false: nil at the end.
func (w *Walker) Err() error { return w.err }

func nextEntry(w *Walker) (bool, error) {
	var err error
	if w.Key, err = w.scan.key(); err != nil {
		return false, err
	}
	if w.scan.peek() == '=' {
		w.scan.at++
		err = w.scan.item(&w.Member, true)
	} else {
		w.Kind = Boolean
		err = w.scan.params(&w.Member)
	}
	if err != nil {
		return false, err
	}
	return w.scan.comma()
}

func nextMember(w *Walker) (bool, error) {
	if err := w.scan.item(&w.Member, true); err != nil {
		return false, err
	}
	return w.scan.comma()
}

func nextItem(w *Walker) (bool, error) {
	w.scan.spaces()
	if w.scan.peek() == ')' {
		return false, nil
	}
	return true, w.scan.item(&w.Member, false)
}

func nextParam(w *Walker) (bool, error) {
	if w.scan.peek() != ';' {
		return false, w.scan.fail("a semicolon is missing")
	}
	var err error
	w.Member, err = w.scan.param()
	return !w.scan.done(), err
}
